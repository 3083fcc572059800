from typing import Any

import orjson
import pytest

from detectors.alerts import PatternCode
from detectors.verdicts import Cause, Ruling, Verdict
from streams.ingest.rejects import Rejected
from streams.ingest.verdicts import MOST_BYTES, Heard, decode_verdicts

RECORD: dict[str, Any] = {
    "alert_id": "a1",
    "verdict": "benign",
    "event_time": "2026-03-05T10:00:00+01:00",
    "pattern": "bulk_scraping",
    "tenant_id": "city",
    "reasons": [{"feature": "reach", "observed": 90, "expected": 3.5, "unit": "people"}],
    "by": "an analyst",
}
VERDICT = Verdict(
    alert_id="a1",
    verdict=Ruling.BENIGN,
    event_time=1_772_701_200_000,
    pattern=PatternCode.BULK_SCRAPING,
    tenant_id="city",
    reasons=(Cause("reach", 90.0, 3.5),),
)


def heard(**changed: Any) -> Heard:
    """What the record above, with changes, comes to; a field that is `...` is left out."""
    record = {name: value for name, value in (RECORD | changed).items() if value is not ...}
    return decode_verdicts([orjson.dumps(record)])


@pytest.mark.parametrize(
    "same",
    [
        {},
        {"event_time": 1_772_701_200_000},
        {"event_time": "2026-03-05T09:00:00Z"},
        {"schema": "probewatch.verdict.v1"},
    ],
)
def test_a_verdict_is_read(same: dict[str, Any]) -> None:
    """Times as events have them; what is unknown is ignored."""
    assert heard(**same) == Heard([VERDICT])


def test_what_is_not_there_is_not_needed() -> None:
    """An alert across tenants has none; a verdict without reasons counts for its pattern."""
    (bare,) = heard(tenant_id=None, reasons=...).verdicts
    assert (bare.tenant_id, bare.reasons) == (None, ())


@pytest.mark.parametrize("field", ["alert_id", "verdict", "event_time", "pattern"])
@pytest.mark.parametrize("absent", [..., None])
def test_a_verdict_without_what_it_is_about_is_none(field: str, absent: object) -> None:
    """Absent or null."""
    assert heard(**{field: absent}) == Heard([], [Rejected(0, "missing_field", field)])


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("alert_id", ""),
        ("alert_id", "a" * 129),
        ("alert_id", 7),
        ("verdict", "maybe"),
        ("verdict", True),
        ("pattern", "loitering"),
        ("tenant_id", ["city"]),
        ("schema", "probewatch.alert.v1"),
        ("reasons", "reach"),
        ("reasons", [{"feature": "reach", "observed": "many", "expected": 3}]),
        ("reasons", [{"feature": "reach", "observed": 1.7e308, "expected": 3}]),
        ("reasons", [{"feature": "", "observed": 1, "expected": 3}]),
        ("reasons", RECORD["reasons"] * 21),
    ],
)
def test_a_wrong_value_is_named(field: str, wrong: object) -> None:
    """By its field, never by what it was."""
    assert heard(**{field: wrong}) == Heard([], [Rejected(0, "bad_value", field)])


@pytest.mark.parametrize("time", ["2026-03-05T10:00:00", "today", -1, 2**63, 1.5, True, [], {}])
def test_a_time_is_one(time: object) -> None:
    """With an offset, or in whole milliseconds since the epoch."""
    assert heard(event_time=time) == Heard([], [Rejected(0, "bad_time", "event_time")])


def test_lines_are_read_one_by_one() -> None:
    """Blank lines are nothing; a broken one leaves the others alone."""
    good = orjson.dumps(RECORD)
    lines = [b"", good, b"{", b"[]", b" ", good, b'{"a": "\xff"}', b"[" * 60_000, b"1e999"]
    assert decode_verdicts([*lines, b" " * MOST_BYTES + good]) == Heard(
        [VERDICT, VERDICT],
        [
            Rejected(2, "not_json"),
            Rejected(3, "not_object"),
            Rejected(6, "not_json"),
            Rejected(7, "too_deep"),
            Rejected(8, "not_json"),
            Rejected(9, "too_large"),
        ],
    )
