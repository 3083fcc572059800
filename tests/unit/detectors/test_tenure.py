import math
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.alerts import PatternCode
from detectors.baseline import Peers
from detectors.events import EventBatch
from detectors.kernels.cohorts import DAILY_MEMORY
from detectors.pipeline import Pipeline
from detectors.state.actors import DAY
from detectors.state.cohorts import COHORT
from detectors.tenure import Term, clean_days, days_until
from tests.logs import (
    MONDAY,
    Fields,
    at,
    batch,
    code,
    in_order,
    misuse_log,
    one_in,
    pipeline,
    search,
    stories,
)

FIRST = MONDAY // DAY


def counted(log: EventBatch, scores: dict[str, np.ndarray] | None = None) -> dict[int, int]:
    """Accounts and days of the log by tenant; with scores, those with one for what is unusual."""
    rows = log.rows
    if scores is not None:
        rows = rows[~np.isnan(scores[PatternCode.UNUSUAL_ACTIVITY.value])]
    found = {
        (int(row["tenant"]), int(row["actor"][0]), int(row["time"]) // DAY)
        for row in rows[["tenant", "actor", "time"]]
    }
    return dict(Counter(tenant for tenant, _, _ in found))


def terms(whole: Pipeline) -> dict[int, Term]:
    """What the pipeline has counted."""
    return whole.tenure.terms(whole.actors)


@given(stories(days=10), st.integers(1, 60))
@one_in(4)
def test_every_day_of_an_account_is_counted_once(events: list[Fields], size: int) -> None:
    """Whatever it did, however the log is cut, whether its day is over, whoever asks meanwhile."""
    log, whole = batch(events), pipeline()
    for start in range(0, len(log), size):
        whole.observe(log.take(start, min(start + size, len(log))))
        terms(whole)
    whole_days = counted(log)

    assert {tenant: term.actor_days for tenant, term in terms(whole).items()} == whole_days
    whole.advance(whole.today + 5)
    assert {tenant: term.actor_days for tenant, term in terms(whole).items()} == whole_days


def test_a_tenant_is_judged_from_its_first_day_on() -> None:
    """Not from that of the log."""
    whole = pipeline()
    late = search(at(9), "bob", tenant_id="newcomer")
    whole.observe(batch(in_order([search(at(0)), search(at(1)), late])))

    assert terms(whole) == {
        code("tenant"): Term(FIRST, 2, 0),
        code("newcomer"): Term(FIRST + 9, 1, 0),
    }


def test_ripe_days_are_those_with_a_score() -> None:
    """Of a tenant that is young at first: as many as `unusual_activity` has looked at."""
    log, whole = misuse_log(), pipeline()
    scores = whole.observe(log).scores
    found = {tenant: term.ripe_days for tenant, term in terms(whole).items()}

    assert found == counted(log, scores)
    assert 0 < found[code("tenant")] < terms(whole)[code("tenant")].actor_days


def test_an_account_may_be_ripe_by_its_own_days() -> None:
    """One alone is, long before its tenant has enough days; and new colleagues are not."""
    events = [search(at(day, 9 + i), "ada") for day in range(20) for i in range(4)]
    events += [search(at(day, 9 + i), "new") for day in range(18, 20) for i in range(4)]
    log, whole = batch(in_order(events)), pipeline()
    scores = whole.observe(log).scores
    term = terms(whole)[code("tenant")]

    assert {code("tenant"): term.ripe_days} == counted(log, scores)
    assert 10 < term.ripe_days < 18
    assert term.actor_days == 22


def test_clean_days_are_of_all_groups_of_a_tenant() -> None:
    """What its roles have together."""
    known = np.zeros(3, COHORT)
    known["tenant"], known["cohort"], known["acts"] = [7, 7, 9], [1, 2, 3], [30.0, 12.0, 4.0]

    assert clean_days(Peers(known)) == {7: 42.0, 9: 4.0}


@given(st.floats(0.01, 50), st.integers(1, 400), st.floats(1, 200))
def test_days_until_is_when_as_many_a_day_come_to_enough(
    rate: float, days: int, needed: float
) -> None:
    """A count that grows by so many a day, and fades, is enough then and not a day sooner."""
    known = 0.0
    for _ in range(days):
        known = known * DAILY_MEMORY + rate
    left = days_until(known, days, needed)

    most = rate / (1 - DAILY_MEMORY)
    if known < needed and math.isclose(most, needed, rel_tol=1e-6):
        return  # Nobody can tell never from very late.
    if left is None:
        assert most <= needed
        return
    for _ in range(left):
        assert known < needed
        known = known * DAILY_MEMORY + rate
    assert known >= needed * (1 - 1e-9)


def test_nobody_can_say_before_the_first_day_is_over() -> None:
    """Nor of a tenant whose days were all suspect."""
    assert days_until(0.0, 10) is None
    assert days_until(0.0, 0) is None
    assert days_until(3.0, 0) is None
