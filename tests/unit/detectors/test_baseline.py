import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.baseline import PRIOR, Peers, merge, no_peers
from detectors.events import Records
from detectors.kernels.habits import HabitView
from detectors.kernels.sheets import PeerView
from detectors.state.actors import TRAITS
from detectors.state.cases import CASE_CELLS
from detectors.state.cohorts import COHORT
from detectors.state.conduct import HABITS

RATIOS = ("returning", "return_logs", "explained", "social")


def cohort(key: int, *, actors: int, days: float, mean: float = 2.0, own: float = 0.1) -> Records:
    """A cohort whose actor-days lie around a mean, each actor's around its own; ten a tenant."""
    rows: Records = np.zeros(1, COHORT)
    rows["cohort"] = key
    rows["tenant"] = key // 10
    rows["actors"] = actors
    rows["days"] = rows["own_days"] = days
    rows["sums"] = days * mean
    rows["squares"] = days * (mean**2 + 0.3)
    rows["own_squares"] = days * own
    return rows


parts = st.lists(
    st.builds(
        lambda key, actors, days, mean: cohort(key, actors=actors, days=days, mean=mean),
        st.integers(1, 5),
        st.integers(0, 50),
        st.integers(0, 500),
        st.floats(0, 8),
    ),
    min_size=1,
    max_size=8,
)


@given(rows=parts, data=st.data())
def test_merging_does_not_depend_on_shards(rows: list[Records], data: st.DataObject) -> None:
    """One row per cohort, with the sum of all shards', in whatever order they are."""
    merged = merge(rows)
    shuffled = merge(data.draw(st.permutations(rows)))

    assert merged["cohort"].tolist() == sorted({int(row["cohort"][0]) for row in rows})
    for name in COHORT.names or ():
        assert shuffled[name] == pytest.approx(merged[name])
    for row in merged:
        own = [part for part in rows if part["cohort"][0] == row["cohort"]]
        assert row["actors"] == sum(int(part["actors"][0]) for part in own)
        assert row["sums"] == pytest.approx(sum(part["sums"][0] for part in own))


@given(rows=parts)
def test_expectations_are_finite(rows: list[Records]) -> None:
    """However little is known, nothing is infinite and every spread is positive."""
    view = Peers(merge(rows)).view

    for column in view:
        assert np.isfinite(column).all()
    assert (view.between > 0).all()
    assert (view.within > 0).all()


def row(view: PeerView | HabitView, number: int) -> list[float]:
    """All of one row."""
    return [value for column in view for value in np.atleast_1d(column[number]).tolist()]


def test_nobody_known_is_the_prior() -> None:
    """An empty cohort is expected to be as the prior says, and so is an unknown one."""
    peers = Peers(cohort(7, actors=0, days=0))
    expected = [*PRIOR.mean, *PRIOR.between, *PRIOR.within]
    expected += [getattr(PRIOR, name) for name in RATIOS]
    # Nobody has a case: neither the cohort, its accounts nor their tenant.
    expected += [0.0] * (3 + 2 * CASE_CELLS)
    habits = ("habit", "habit_mean", "habit_between", "habit_within")
    usual = [getattr(PRIOR, name) for name in habits for _ in range(HABITS)] + [0.0]

    assert row(peers.view, 0) == pytest.approx(expected)
    assert row(peers.view, 1) == pytest.approx(expected)
    assert row(no_peers().view, 0) == pytest.approx(expected)
    assert row(peers.habits, 1) == pytest.approx(usual)
    assert row(no_peers().habits, 0) == pytest.approx(usual)


def test_the_more_actors_the_more_a_cohort_is_its_own() -> None:
    """Its mean moves from the prior's to what its days were."""
    means = [
        Peers(cohort(7, actors=actors, days=20 * actors, mean=5.0)).view.mean[0, 0]
        for actors in (0, 1, 10, 100, 10_000)
    ]

    assert means == sorted(means)
    assert means[0] == pytest.approx(PRIOR.mean[0])
    assert means[1] < (PRIOR.mean[0] + 5.0) / 2
    assert means[-1] == pytest.approx(5.0, abs=0.01)


def test_a_small_cohort_is_like_its_tenant() -> None:
    """Of two roles that hardly anybody has, each is expected to be as the rest of its tenant."""
    rows = [
        cohort(10 * tenant + role, actors=actors, days=20 * actors, mean=mean)
        for tenant, mean in ((1, 1.0), (2, 6.0))
        for role, actors in ((0, 200), (1, 0))
    ]
    mean = Peers(merge(rows)).view.mean[:, 0]

    assert mean[[1, 3]] == pytest.approx([1.0, 6.0], abs=0.1)


def test_steady_actors_are_expected_to_stay_so() -> None:
    """The spread around an actor's own days is learned apart from that between actors."""
    steady, wild = (Peers(cohort(7, actors=100, days=2000, own=own)).view for own in (0.01, 0.25))

    assert steady.within[0, 0] < wild.within[0, 0]
    assert steady.between[0, 0] > wild.between[0, 0]


def test_cohorts_are_located_by_key() -> None:
    """Unknown ones, before, between and after the known, get the prior's row."""
    peers = Peers(merge([cohort(key, actors=1, days=1) for key in (30, 10, 20)]))
    keys = np.array([10, 20, 30, 5, 15, 99], np.uint64)

    assert peers.locate(keys).tolist() == [0, 1, 2, 3, 3, 3]
    assert no_peers().locate(keys).tolist() == [0] * 6
    assert len(peers.view.mean[0]) == TRAITS
