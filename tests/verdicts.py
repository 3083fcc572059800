"""Verdicts for tests, each a plain one with what matters changed."""

from typing import Any

from hypothesis import strategies as st

from detectors.alerts import PatternCode
from detectors.verdicts import Cause, Ruling, Verdict
from tests.logs import DAY, MONDAY

PLAIN: dict[str, Any] = {
    "alert_id": "a1",
    "verdict": Ruling.FALSE,
    "event_time": MONDAY,
    "pattern": PatternCode.BULK_SCRAPING,
    "tenant_id": "tenant",
    "reasons": (Cause("reach", 90.0, 3.0),),
}


def a_verdict(**changed: Any) -> Verdict:
    """That an alert on bulk scraping was false, but for what is `changed`."""
    return Verdict(**(PLAIN | changed))


def several(count: int, **changed: Any) -> list[Verdict]:
    """The same verdict on so many alerts."""
    return [a_verdict(**changed, alert_id=f"a{number}") for number in range(count)]


_numbers = st.one_of(st.just(0.0), st.floats(-1e300, 1e300), st.floats(-10, 10))
_causes = st.builds(Cause, st.sampled_from(["reach", "hours", "days"]), _numbers, _numbers)

verdicts = st.builds(
    a_verdict,
    alert_id=st.sampled_from([f"a{number}" for number in range(8)]),
    verdict=st.sampled_from(Ruling),
    event_time=st.integers(0, 5 * DAY).map(lambda after: MONDAY + after),
    pattern=st.sampled_from(PatternCode),
    tenant_id=st.sampled_from(["tenant", "other", None]),
    reasons=st.lists(_causes, max_size=4).map(tuple),
)
