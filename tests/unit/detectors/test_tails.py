"""What evidence is worth at a tenant, by how near to alerts its episodes come."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.baseline import Peers
from detectors.patterns.persistent_stalking import PersistentStalking
from detectors.state.cohorts import COHORT
from detectors.tails import CEILING, SURE_COUNT, Law, Reach, law_of, own_share, tail_of, worth

LAW = law_of(PersistentStalking(), 1.0)
DAYS = 20_000.0
EXPECTED = LAW.share * DAYS
ALERT = LAW.mark + LAW.most


def tenant() -> Peers:
    """One, of whom so many actor-days are known."""
    cohorts = np.zeros(1, COHORT)
    cohorts["cohort"], cohorts["tenant"], cohorts["actor_days"] = 5, 7, DAYS
    return Peers(cohorts)


def reach(law: Law, below: float, at_ceiling: float = 0.0) -> Reach:
    """So many episodes, as far beyond the mark as by the law."""
    told = Reach()
    for _ in range(round(below)):
        told.note(-1.0, (1 - math.log(CEILING) / (CEILING - 1)) / law.rate, law.most)
    for _ in range(round(at_ceiling)):
        told.note(-1.0, law.most + 1.0, law.most)
    return told


def worth_of(evidence: float, told: Reach | None) -> float:
    """Nats by the law at a tenant of whom so much was counted."""
    tails = tail_of({0: {} if told is None else {7: told}})
    judged = worth(LAW, 0, tails, tenant())
    return float(judged.of(np.array([evidence]), np.zeros(1, np.intp))[0])


def test_a_tenant_as_by_the_law_is_judged_by_it() -> None:
    """As many near an alert as expected, as far beyond."""
    told = reach(LAW, EXPECTED * (1 - 1 / CEILING), EXPECTED / CEILING)

    assert worth_of(ALERT, told) == pytest.approx(ALERT, abs=0.2)


def test_evidence_is_worth_less_where_more_come_near() -> None:
    """Ten times as many as by the law: a nat less; where none do, a little more."""
    many, none = worth_of(ALERT, reach(LAW, 10 * EXPECTED)), worth_of(ALERT, None)

    assert many < ALERT - 1.0
    assert ALERT < none <= ALERT + math.log(2) / LAW.rate + 1e-9


def test_what_goes_beyond_the_ceiling_counts_for_the_level_too() -> None:
    """Innocents with a heavy tail do; that campaigns may excuse each other is its price."""
    usual, attacked = (worth_of(ALERT, reach(LAW, EXPECTED, n * EXPECTED)) for n in (0, 9))

    assert attacked < usual - 1.0


def test_a_flat_tail_is_seen_where_many_come_near() -> None:
    """Innocents who go as far as alerts, among many who come near, flatten the slope."""
    steep, flat = (reach(LAW, 8 * EXPECTED, top * EXPECTED) for top in (0, 8))

    assert worth_of(ALERT, flat) < worth_of(ALERT, steep) - 0.3


def test_an_episode_is_counted_once() -> None:
    """However it grows; beyond the ceiling it counts as at it."""
    at_once, slowly = Reach(), Reach()
    at_once.note(-1.0, 9.0, LAW.most)
    for before, now in ((-1.0, 0.1), (0.1, 1.0), (1.0, 9.0)):
        slowly.note(before, now, LAW.most)

    assert (slowly.reached, slowly.topped) == (at_once.reached, at_once.topped) == (1, 1)
    assert slowly.beyond == pytest.approx(at_once.beyond) == pytest.approx(LAW.most)


@given(st.floats(0.0, 1e6), st.floats(0.0, 1e4))
def test_the_own_share_is_the_weight_of_the_own_count(days: float, reached: float) -> None:
    """What a tenant's rate is taken for lies between the law's and its own, so far from each."""
    taken = (SURE_COUNT + reached) / (SURE_COUNT + LAW.share * days)
    share = own_share(LAW, days)
    assert 0.0 <= share < 1.0
    if days > 1e-3:
        assert taken == pytest.approx(1 - share + share * reached / (LAW.share * days))
    else:
        assert share == pytest.approx(0.0, abs=1e-6)
