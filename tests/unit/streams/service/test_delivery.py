"""What the service makes of a log is what a pipeline makes of it, whatever happens on the way."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.alerts import Alert
from detectors.pipeline import Pipeline
from tests.facts import assert_same, facts_of
from tests.logs import Fields, misuse, one_in, stories

from .cluster import Cluster, lines_of, pipeline_over, queries

Trouble = dict[str, bool]

CALM: Trouble = {}
CRASHES: Trouble = {"crashing": True}
DOUBLES: Trouble = {"crashing": True, "haunted": True}

logs = stories(days=8, most_bursts=8)
seeds = st.integers(0, 2**32)


def served(
    events: list[Fields],
    seed: int,
    trouble: Trouble,
    *,
    sources: int = 1,
    partitions: int = 1,
) -> Cluster:
    """A cluster that has read a log to its end."""
    rng = np.random.default_rng(seed)
    cluster = Cluster(queries(events, sources, rng), partitions, rng)
    cluster.live(**trouble)
    return cluster


def once(alerts: Iterable[Alert]) -> list[Alert]:
    """The alerts without repetitions, each where it came first."""
    first: dict[tuple[str, int], Alert] = {}
    for alert in alerts:
        first.setdefault((alert.alert_id, alert.revision), alert)
    return list(first.values())


def assert_like_the_pipeline(cluster: Cluster, judge: Pipeline, alerts: list[Alert]) -> None:
    """Every unit's arrays and day, and the alerts of each stage in their order."""
    found = cluster.units()
    for name, unit in judge.units().items():
        assert found[name].today == unit.today, name
        arrays = found[name].arrays()
        for key, array in unit.arrays().items():
            assert arrays[key].tobytes() == array.tobytes(), (name, key)
    for stage in judge.stages():
        codes = {pattern.code for _, pattern in stage.patterns}
        told = [alert for alert in once(cluster.alerts) if alert.pattern in codes]
        assert told == [alert for alert in alerts if alert.pattern in codes]


def assert_counts_like_the_pipeline(cluster: Cluster, judge: Pipeline) -> None:
    """Everything was judged, each event once, and everything that is counted is the same."""
    stages = [seat.station.stage for seat in cluster.stations.values()]
    assert not any(seat.station.parked for seat in cluster.stations.values())
    assert {unit.today for unit in cluster.units().values()} == {judge.today}
    assert_same(facts_of(stages), facts_of(judge.stages()))
    assert cluster.duplicates() == judge.duplicates


@pytest.mark.parametrize("trouble", [CALM, CRASHES, DOUBLES], ids=["calm", "crashes", "doubles"])
@given(events=logs, seed=seeds)
@one_in(12)
def test_one_partition_is_the_pipeline(trouble: Trouble, events: list[Fields], seed: int) -> None:
    """To the byte, however records are batched, parts end, or doubles of them go on."""
    judge, alerts = pipeline_over(lines_of(events))

    assert_like_the_pipeline(served(events, seed, trouble), judge, alerts)


@pytest.mark.parametrize("trouble", [CALM, DOUBLES], ids=["calm", "doubles"])
@given(events=logs, seed=seeds, sources=st.integers(1, 3), partitions=st.integers(2, 4))
@one_in(12)
def test_many_partitions_count_the_same(
    trouble: Trouble, events: list[Fields], seed: int, sources: int, partitions: int
) -> None:
    """Whatever comes first, and whatever is read, sent, or lost and sent again."""
    judge, _ = pipeline_over(lines_of(events))
    cluster = served(events, seed, trouble, sources=sources, partitions=partitions)

    assert_counts_like_the_pipeline(cluster, judge)


def test_misuse_is_told_as_the_pipeline_tells_it() -> None:
    """Three weeks with misuse of every pattern, with crashes and doubles, give its alerts."""
    events = misuse()
    judge, alerts = pipeline_over(lines_of(events))
    cluster = served(events, 7, DOUBLES)

    assert {alert.pattern for alert in alerts} == {p.code for p in judge.patterns}
    # The trouble was real: what a crash lost was told again.
    assert cluster.crashes > 2
    assert cluster.zombies
    assert len(once(cluster.alerts)) < len(cluster.alerts)
    assert_like_the_pipeline(cluster, judge, alerts)


def test_misuse_is_found_in_many_partitions() -> None:
    """The same episodes are raised, with crashes and doubles."""
    events = misuse()
    judge, alerts = pipeline_over(lines_of(events))
    cluster = served(events, 8, DOUBLES, sources=2, partitions=3)

    assert_counts_like_the_pipeline(cluster, judge)
    assert {alert.alert_id for alert in cluster.alerts} == {alert.alert_id for alert in alerts}
