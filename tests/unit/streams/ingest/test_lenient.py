import json
from typing import Any

import pytest

from streams.ingest.lenient import Repaired, judge, read_line
from streams.ingest.rejects import Rejected
from streams.ingest.schema import FORBIDDEN, REQUIRED

BASE: dict[str, Any] = {
    "event_id": "e1",
    "event_time": "2026-01-05T10:00:00Z",
    "tenant_id": "acme",
    "actor_id": "ada",
    "operation": "identify",
    "outcome": "success",
}


def repaired(**fields: Any) -> Repaired:
    """What becomes of a good event with these fields added."""
    read = judge(BASE | fields, 0)
    assert isinstance(read, Repaired)
    return read


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("null", [True, False])
def test_event_without_a_required_field_is_rejected(name: str, *, null: bool) -> None:
    """Missing altogether or null is the same."""
    record = {key: value for key, value in BASE.items() if key != name}

    assert judge(record | ({name: None} if null else {}), 3) == Rejected(3, "missing_field", name)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("event_id", 5, "wrong_type"),
        ("event_id", "", "bad_length"),
        ("event_id", "x" * 129, "bad_length"),
        ("tenant_id", "x" * 129, "bad_length"),
        ("actor_id", "x" * 257, "bad_length"),
        ("actor_id", ["ada"], "wrong_type"),
        ("actor_id", "\ud800", "bad_value"),
        ("operation", "Identify", "bad_value"),
        ("outcome", True, "wrong_type"),
        ("event_time", -1, "bad_time"),
        ("event_time", 10**30, "bad_time"),
        ("event_time", 1.5, "wrong_type"),
        ("event_time", True, "wrong_type"),
        ("event_time", float("inf"), "wrong_type"),
    ],
)
def test_event_with_a_wrong_required_field_is_rejected(name: str, value: Any, reason: str) -> None:
    """With the reason and the name of the field."""
    assert judge(BASE | {name: value}, 0) == Rejected(0, reason, name)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", sorted(FORBIDDEN))
@pytest.mark.parametrize("value", ["data", None])
def test_forbidden_field_rejects(name: str, value: str | None) -> None:
    """Whatever it holds, however it is spelt, and before anything else is looked at."""
    assert judge({name: value}, 0) == Rejected(0, "forbidden_field", name)
    assert judge(BASE | {name.upper(): value}, 0) == Rejected(0, "forbidden_field", name)


def test_forbidden_name_inside_an_unknown_field_is_ignored_with_it() -> None:
    """Nothing of an unknown field is ever read."""
    assert repaired(debug={"embedding": [0.1]}).unknown == ("debug",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("user_agent", 5),
        ("user_agent", "\ud800"),
        ("probe_quality", 1.01),
        ("probe_quality", "0.5"),
        ("top_score", True),
        ("candidate_limit", -1),
        ("candidate_limit", 2.5),
        ("candidate_limit", float("inf")),
        ("capture_class", "painting"),
        ("embedding_returned", 1),
        ("candidate_ids", "p1"),
        ("candidate_ids", ["p1", 2]),
        ("candidate_ids", ["p1", "\ud800"]),
        ("source_asn", -1),
        ("source_asn", 2**32),
        ("source_ip", "x" * 65),
        ("source_country", "DEU"),
        ("actor_tz", "x" * 65),
        ("actor_created_at", -1),
        ("latency_ms", float("inf")),
    ],
)
def test_wrong_optional_field_is_dropped(name: str, value: Any) -> None:
    """The event stays, without the field."""
    read = repaired(**{name: value})

    assert name not in read.values
    assert read.dropped == (name,)


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("user_agent", "x" * 600, "x" * 512),
        ("subject_id", "é" * 257, "é" * 256),
        ("candidate_ids", [str(i) for i in range(150)], [str(i) for i in range(100)]),
        ("candidate_ids", ["x" * 300], ["x" * 256]),
    ],
)
def test_what_is_too_long_is_cut(name: str, value: Any, kept: Any) -> None:
    """A 600-character user agent cannot make a scraper invisible."""
    read = repaired(**{name: value})

    assert read.values[name] == kept
    assert read.dropped == (name,)


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("candidate_limit", 5.0, 5),
        ("candidate_limit", 10**12, 2**31 - 1),
        ("event_time", 1_767_607_200_000.0, 1_767_607_200_000),
        ("top_score", 1, 1),
    ],
)
def test_numbers_are_read_by_value(name: str, value: Any, kept: int) -> None:
    """JSON has one kind of number; counts beyond all use are the largest."""
    read = repaired(**{name: value})

    assert read.values[name] == kept
    assert read.dropped == ()


def test_null_is_absent_and_not_counted() -> None:
    """An exporter may write every field, always."""
    read = repaired(user_agent=None, candidate_ids=None)

    assert read.values == BASE
    assert read.dropped == ()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"nonsense", "not_json"),
        (b'{"a": NaN}', "not_json"),
        (b'{"a": -Infinity}', "not_json"),
        (b'{"a": 01}', "not_json"),
        (b'{"a": 1} {}', "not_json"),
        (b'{"a": "\n"}', "not_json"),
        (b"\xff{}", "not_json"),
        (b"[]", "not_object"),
        (b'"text"', "not_object"),
        (b"null", "not_object"),
        (b"9" * 10_000, "not_object"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too_deep"),
    ],
)
def test_line_that_is_no_object_is_rejected(line: bytes, reason: str) -> None:
    """Whatever its size and depth."""
    assert read_line(line, 7) == Rejected(7, reason)  # type: ignore[arg-type]


def test_byte_order_mark_is_skipped() -> None:
    """Editors of one system put it at the head of a file."""
    assert read_line(b"\xef\xbb\xbf" + json.dumps(BASE).encode(), 0) == judge(BASE, 0)


def test_last_of_a_repeated_field_counts() -> None:
    """As in nearly every reader of JSON, the fast decoder among them."""
    line = json.dumps(BASE).encode().replace(b'"ada"', b'5, "actor_id": "grace"')
    read = read_line(line, 0)

    assert isinstance(read, Repaired)
    assert read.values["actor_id"] == "grace"


def test_bytes_that_are_no_text_spoil_only_their_field() -> None:
    """A scraper cannot become invisible by sending a broken user agent."""
    line = json.dumps(BASE | {"user_agent": "?", "other": "?"}).encode().replace(b"?", b"\xff\xfe")
    read = read_line(line, 0)

    assert isinstance(read, Repaired)
    assert read.dropped == ("user_agent",)
    assert read_line(json.dumps(BASE).encode().replace(b"ada", b"\xff"), 0) == Rejected(
        0, "bad_value", "actor_id"
    )
