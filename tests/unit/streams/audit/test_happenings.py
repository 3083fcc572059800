from dataclasses import dataclass
from hashlib import sha256

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.audit.chain import Head, Source, Whole, link, verify
from streams.audit.happenings import of_alert, of_decision
from tests.alerts import an_alert


@dataclass
class Written:
    """A record of a topic."""

    key: bytes | None
    value: bytes | None
    topic: str = "alerts"
    partition: int = 3
    offset: int = 7
    timestamp: int = 1_741_000_000_042


def test_of_an_alert_nobody_is_named() -> None:
    """The trail says which alert and what was said of it, and names no account or person."""
    alert = an_alert(actors=("p0_someone",), subjects=("p0_her",))
    value = orjson.dumps(msgspec.to_builtins(alert))
    happened = of_alert(Written(b"a1", value))

    assert happened.kind == "alert"
    assert happened.time == "2025-03-03T11:06:40.042Z"
    assert happened.source == Source("alerts", 3, 7)
    assert happened.what["alert_id"] == alert.alert_id
    assert happened.what["sha256"] == sha256(value).hexdigest()
    assert b"p0_" not in orjson.dumps(happened.what)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (b'{"type": "snooze", "owner": "ada"}', "snooze"),
        (b'{"schema": "probewatch.verdict.v1"}', "probewatch.verdict.v1"),
        (b"[]", "decision"),
        (b"nonsense", "decision"),
        (None, "withdrawn"),
    ],
)
def test_a_decision_is_told_by_its_type(value: bytes | None, kind: str) -> None:
    """Whatever it is, and whoever wrote it: its kind and its hashes are kept, nothing else."""
    happened = of_decision(Written(b"key", value))

    assert happened.kind == kind
    assert happened.what == {
        "key_sha256": sha256(b"key").hexdigest(),
        "sha256": sha256(value or b"").hexdigest(),
    }


def nested(depth: int) -> bytes:
    """JSON as deep as orjson reads it, and deeper than it writes it."""
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize("field", ["alert_id", "revision", "type", "kind", "schema"])
@pytest.mark.parametrize("depth", [1, 600, 1_000])
def test_a_record_of_any_shape_has_its_place(field: str, depth: int) -> None:
    """What others wrote into the topics can neither end the trail nor get into it."""
    record = Written(b"k", b'{"%s": %s}' % (field.encode(), nested(depth)))
    for make in (of_alert, of_decision):
        made = link(Head(), make(record))

        assert b"[" not in made.line()
        assert made.source == Source("alerts", 3, 7)
        assert made.what["sha256"] == sha256(record.value or b"").hexdigest()


def test_a_long_text_is_not_kept() -> None:
    """The longest that means anything is an id, and a trail is kept for good."""
    happened = of_alert(Written(b"k", orjson.dumps({"alert_id": "x" * 10_000, "revision": 2})))

    assert happened.what["alert_id"] is None
    assert happened.what["revision"] == 2


@pytest.mark.parametrize(
    ("timestamp", "year"), [(-1, "1970"), (253_402_300_800_000, "9999"), (2**62, "9999")]
)
def test_a_time_that_there_is_not_is_the_nearest(timestamp: int, year: str) -> None:
    """Kafka takes any number from whoever writes a record."""
    assert of_alert(Written(b"k", b"{}", timestamp=timestamp)).time.startswith(year)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
FIELDS = st.sampled_from(["alert_id", "revision", "tenant_id", "type", "kind", "schema"])


@given(st.dictionaries(FIELDS, ANYTHING) | ANYTHING, st.integers(-(2**63), 2**63 - 1))
def test_whatever_was_read_can_be_chained(value: object, timestamp: int) -> None:
    """And read back as it was written."""
    record = Written(None, orjson.dumps(value), timestamp=timestamp)
    head, written = Head(), []
    for make in (of_alert, of_decision):
        made = link(head, make(record))
        head = Head(made.seq, made.hash)
        written.append(made.line())

    assert isinstance(verify(written), Whole)
