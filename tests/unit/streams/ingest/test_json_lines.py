import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.ingest.decoded import Decoded
from streams.ingest.json_lines import MOST_LEARNED, SIGHTINGS, JsonLines
from streams.ingest.lenient import read_line
from streams.ingest.rejects import Rejected
from streams.ingest.scanning import LONGEST_LINE
from streams.ingest.schema import FIELDS
from tests.columns import rows, telling

BASE: dict[str, Any] = {
    "event_id": "e1",
    "event_time": "2026-01-05T10:00:00Z",
    "tenant_id": "acme",
    "actor_id": "ada",
    "operation": "identify",
    "outcome": "success",
}


def line(**fields: Any) -> bytes:
    """A good event with these fields added."""
    return json.dumps(BASE | fields).encode()


def reference(lines: Sequence[bytes], first: int) -> tuple[Any, ...]:
    """Every line by the lenient reader alone."""
    events, index, rejected, ignored = [], [], [], 0
    dropped = Counter[str]()
    for number, text in enumerate(lines, first):
        if not text.strip():
            continue
        read = read_line(text, number)
        if isinstance(read, Rejected):
            rejected.append(read)
            continue
        events.append(telling(read.values))
        index.append(number)
        ignored += len(read.unknown)
        dropped.update(read.dropped)
    return events, index, rejected, ignored, dropped


def seen(decoded: Decoded) -> tuple[Any, ...]:
    """What the fast decoder made of them, in the same form."""
    return rows(decoded), decoded.index.tolist(), decoded.rejected, decoded.ignored, decoded.dropped


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**11) | st.just(10**40),
    st.floats(0, 1) | st.floats(allow_nan=False),
    st.text(st.characters(), max_size=10) | st.sampled_from(["cctv", "self", "x" * 600]),
    st.lists(st.text(max_size=5) | st.integers(), max_size=4) | st.just(["x"] * 120),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=8,
    ),
)
names = st.sampled_from([*FIELDS, "image", "unknown", "other", "skipped_0", "a\nb", 'a"b', "é", ""])
records = st.builds(
    lambda changes, ascii_only, separators: json.dumps(
        BASE | changes, ensure_ascii=ascii_only, separators=separators
    ).encode("utf-8", "surrogatepass"),
    st.dictionaries(names, values, max_size=5),
    st.booleans(),
    st.sampled_from([None, (",", ":"), (" ,\t", "\r :\n")]),
)
junk = st.binary(max_size=20) | records.map(lambda text: text[:-3]) | st.just(b"\xef\xbb\xbf{}")


@given(st.lists(st.lists(records | junk, max_size=10), min_size=1, max_size=4))
def test_fast_and_patient_reading_agree(batches: list[list[bytes]]) -> None:
    """Whichever way a line takes, and whatever the decoder has learned by then."""
    decoder = JsonLines()
    for batch in batches:
        # Often enough for unknown fields to be learned.
        lines = batch * SIGHTINGS

        assert seen(decoder.decode(lines, 5)) == reference(lines, 5)


def test_events_keep_their_record_numbers() -> None:
    """Rejects and blank lines in between have numbers of their own."""
    decoded = JsonLines().decode([b"", line(), b"[]", b"\r", line(event_id="e2")], 10)

    assert decoded.columns.texts["event_id"].texts() == ["e1", "e2"]
    assert decoded.index.tolist() == [11, 14]
    assert decoded.rejected == [Rejected(12, "not_object")]
    assert decoded.blank == 2


def test_nothing_comes_of_nothing() -> None:
    """No lines, no events."""
    decoded = JsonLines().decode([], 0)

    assert decoded.columns.count == 0
    assert decoded.index.dtype == np.int64
    assert len(decoded.index) == 0


@pytest.mark.parametrize("excess", [0, 1])
def test_line_beyond_the_limit_is_rejected(excess: int) -> None:
    """The longest line is still read."""
    start = line(padding="")
    long = start.replace(b'""', b'"' + b"x" * (LONGEST_LINE - len(start) + excess) + b'"')
    decoded = JsonLines().decode([long, line()], 0)

    assert decoded.rejected == [Rejected(0, "too_large")] * excess
    assert len(decoded.index) == 2 - excess


def test_fields_that_all_events_share_are_learned() -> None:
    """Known or not, null or not: the second batch meets nothing unfamiliar."""
    calls = 0

    class Watched(JsonLines):
        def _read_again(self, *args: Any) -> Any:
            nonlocal calls
            calls += 1
            return super()._read_again(*args)

    decoder = Watched()
    lines = [line(purpose="p", case_ref=None, ours={"a": [1, {}]}, theirs=2)] * SIGHTINGS
    first, second = decoder.decode(lines, 0), decoder.decode(lines, 0)

    assert calls == SIGHTINGS
    assert first.ignored == second.ignored == 2 * SIGHTINGS
    assert seen(first) == seen(second)


def test_learning_is_bounded() -> None:
    """A sender of ever new fields costs time, not memory, and is counted as any other."""
    decoder = JsonLines()
    for batch in range(20):
        lines = [line(**{f"new_{batch}_{i}": i for i in range(5)})] * SIGHTINGS

        assert decoder.decode(lines, 0).ignored == 5 * SIGHTINGS
    assert len(decoder._learned) == MOST_LEARNED  # noqa: SLF001


def test_rare_names_are_not_learned() -> None:
    """Places are kept for what a source sends every time."""
    decoder = JsonLines()
    decoder.decode([line(once=1)] * (SIGHTINGS - 1), 0)

    assert decoder._learned == []  # noqa: SLF001
