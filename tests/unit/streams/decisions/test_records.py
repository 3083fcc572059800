import re

import msgspec
import pytest
from hypothesis import given

from detectors.verdicts import Verdict
from streams.decisions.decoding import MOST_BYTES, decode
from streams.decisions.records import (
    DayBegun,
    Record,
    Ruled,
    Started,
    key_of,
    line_of,
)
from streams.ingest.rejects import Rejected
from streams.ingest.verdicts import decode_verdicts
from tests.decisions import NOW, a_budget, a_snooze, configured, ruled
from tests.logs import DAY, MONDAY
from tests.verdicts import verdicts

RECORDS = [
    Ruled(verdict=ruled().verdict, by="anna", written_at=NOW, note=("red-team", "known")),
    a_snooze(),
    a_snooze(pattern=None, tenant_id=None, alert_id="a1"),
    a_snooze(pattern=None, tenant_id=None, entity="p0_" + "a" * 26 + "+p0_" + "b" * 26),
    configured(a_budget(2.0)),
    DayBegun(20_000),
    Started(NOW, "0123456789ab", {"limits.actors": 1_000}, {"budget": {}}),
]


@pytest.mark.parametrize("record", RECORDS, ids=range(len(RECORDS)))
def test_what_is_written_is_read(record: Record) -> None:
    """Each kind of record comes back as it went."""
    assert decode(line_of(record)) == record


@given(verdicts)
def test_a_verdict_on_the_topic_is_one_for_replay(verdict: Verdict) -> None:
    """Its line is a verdict's, whatever is in it, with who and when beside."""
    line = line_of(Ruled(verdict=verdict, by="anna", written_at=NOW))

    assert decode_verdicts([line]).verdicts == [verdict]
    assert decode(verdict.line()) == Ruled(
        verdict=verdict, by="unknown", written_at=verdict.event_time
    )


def test_compaction_keeps_the_last_of_each_thing() -> None:
    """Keys are those of an alert and a day, of a snooze, and of a day's configuration."""
    assert key_of(ruled(alert_id="x", event_time=MONDAY + DAY)) != key_of(ruled(alert_id="x"))
    assert key_of(ruled(alert_id="x", event_time=MONDAY + 1)) == key_of(ruled(alert_id="x"))
    assert key_of(a_snooze(until=1)) == key_of(a_snooze())
    assert key_of(configured(a_budget(2.0))) == key_of(configured(a_budget(3.0)))
    assert key_of(configured(a_budget(2.0), MONDAY + DAY)) != key_of(configured(a_budget(2.0)))


def test_no_beginning_of_a_day_replaces_another() -> None:
    """The first one counts, so compaction must keep it."""
    assert re.fullmatch(rb"day/20000/[0-9a-f]{8}", key_of(DayBegun(20_000)))
    assert key_of(DayBegun(20_000)) != key_of(DayBegun(20_000))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"no json", Rejected(7, "not_json")),
        (b"[]", Rejected(7, "not_object")),
        (b"[" * 5_000, Rejected(7, "too_deep")),
        (b" " * (MOST_BYTES + 1), Rejected(7, "too_large")),
        (b'{"schema":"probewatch.other.v1"}', Rejected(7, "bad_value", "schema")),
        (b'{"schema":7}', Rejected(7, "bad_value", "schema")),
        (b'{"alert_id":"a1"}', Rejected(7, "missing_field", "verdict")),
        (b'{"schema":"probewatch.snooze.v1"}', Rejected(7, "missing_field", "snooze_id")),
        (b'{"schema":"probewatch.day.v1","day":"x"}', Rejected(7, "bad_value", "day")),
        (b'{"schema":"probewatch.day.v1","day":-1}', Rejected(7, "bad_value", "day")),
        (b'{"schema":"probewatch.day.v1","day":4000000}', Rejected(7, "bad_value", "day")),
    ],
)
def test_what_is_no_decision_is_rejected(value: bytes, expected: Rejected) -> None:
    """With what is wrong, and where; never with what it held."""
    assert decode(value, 7) == expected


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("owner", "Anna Smith, who knows", "bad_value"),
        ("by", "", "bad_value"),
        ("until", "tomorrow", "bad_time"),
        ("until", True, "bad_time"),
        ("event_time", 1 << 80, "bad_time"),
        ("entity", "anna@example.org", "bad_value"),
        ("pattern", "stalking", "bad_value"),
        ("snooze_id", "../../x", "bad_value"),
        ("severity", "worst", "bad_value"),
    ],
)
def test_a_field_that_is_wrong_is_named(field: str, value: object, reason: str) -> None:
    """Whatever else is right."""
    plain = msgspec.json.decode(line_of(a_snooze())) | {field: value}

    assert decode(msgspec.json.encode(plain), 3) == Rejected(3, reason, field)  # type: ignore[arg-type]


def test_a_snooze_of_everything_is_none() -> None:
    """It needs one bound: an alert, an entity, or a pattern with its tenant."""
    plain = msgspec.json.decode(line_of(a_snooze()))
    del plain["tenant_id"]

    assert decode(msgspec.json.encode(plain)) == Rejected(0, "bad_value")


def test_notes_are_codes() -> None:
    """A sentence is none, so no story about anybody gets into the topic."""
    plain = msgspec.json.decode(line_of(ruled())) | {"note": ["she searched for her ex"]}

    assert decode(msgspec.json.encode(plain)) == Rejected(0, "bad_value", "note")


@pytest.mark.parametrize("field", ["by", "owner", "snooze_id", "entity"])
def test_nothing_stands_behind_a_name(field: str) -> None:
    """Not even a line break, which a terminal would obey."""
    one = a_snooze(pattern=None, tenant_id=None, entity="p0_" + "a" * 26)
    plain = msgspec.json.decode(line_of(one))
    plain[field] += "\n"

    assert decode(msgspec.json.encode(plain)) == Rejected(0, "bad_value", field)


def test_a_day_that_lies_ahead_does_not_begin() -> None:
    """By the broker's clock: or nothing that is decided until then would count."""
    today = NOW // DAY
    for day in (0, today, today + 2):
        assert decode(line_of(DayBegun(day)), 0, NOW) == DayBegun(day)
    for day in (today + 3, 30_000):
        assert decode(line_of(DayBegun(day)), 7, NOW) == Rejected(7, "bad_time", "day")
