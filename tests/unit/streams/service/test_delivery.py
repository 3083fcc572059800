"""What the service makes of a log is what a pipeline makes of it, whatever happens on the way."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.alerts import Alert, PatternCode
from detectors.config import Detection
from detectors.guidance import Change
from detectors.pipeline import Pipeline
from detectors.verdicts import Ruling
from streams.decisions.changes import changed
from streams.decisions.ledger import Ledger
from streams.decisions.records import Configuration, Decision, Ruled
from streams.ingest.ingest import Ingest
from streams.ingest.pseudonyms import PlainNames
from streams.settings import Settings
from tests.decisions import a_budget, configured, ruled
from tests.facts import assert_same, facts_of
from tests.logs import DAY, MONDAY, Fields, misuse, one_in, stories

from .cluster import Cluster, lines_of, pipeline_over, queries

Trouble = dict[str, bool]

CALM: Trouble = {}
CRASHES: Trouble = {"crashing": True}
DOUBLES: Trouble = {"crashing": True, "haunted": True}

logs = stories(days=8, most_bursts=8)
seeds = st.integers(0, 2**32)


def served(  # noqa: PLR0913  what tests vary
    events: list[Fields],
    seed: int,
    trouble: Trouble,
    *,
    sources: int = 1,
    partitions: int = 1,
    decisions: Iterable[Decision] | None = None,
) -> Cluster:
    """A cluster that has read a log to its end, whatever people decided meanwhile."""
    rng = np.random.default_rng(seed)
    cluster = Cluster(queries(events, sources, rng), partitions, rng, decisions)
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


def decided(days: Iterable[int]) -> list[Decision]:
    """On each of some days: the budget is changed, and thirty alerts on each pattern are judged."""
    made: list[Decision] = []
    for number, day in enumerate(days):
        made.append(configured(a_budget((20.0, 0.5, 5.0)[number % 3]), MONDAY + day * DAY))
        made += [
            ruled(
                alert_id=f"{code}{number}",
                pattern=code,
                event_time=MONDAY + day * DAY,
                verdict=Ruling.FALSE if place % 2 else Ruling.TRUE,
                reasons=(),
            )
            for place, code in enumerate(PatternCode)
            for number in range(30)
        ]
    return made


def exported(cluster: Cluster, events: list[Fields]) -> tuple[Pipeline, list[Alert]]:
    """A pipeline over the log that was given what the cluster's topic holds in the end."""
    ledger = Ledger(Settings())
    for record in cluster.decided:
        ledger.hear(record)
    names = PlainNames()
    judge = Pipeline(Detection(), Settings().config_hash, names.write)
    for one in ledger.decisions():
        if isinstance(one, Ruled):
            judge.hear([one.verdict])
        elif isinstance(one, Configuration):
            held = changed(Settings(), one.tables)
            judge.plan([Change(held.detection, held.config_hash, one.event_time)])
    return judge, judge.observe(Ingest(names).decode(lines_of(events), 0).batch).alerts


@pytest.mark.parametrize("trouble", [CALM, DOUBLES], ids=["calm", "doubles"])
@pytest.mark.parametrize("seed", [1, 2])
def test_what_people_decide_counts_as_an_export_says(trouble: Trouble, seed: int) -> None:
    """Whenever it is written, whoever ends or goes on twice: so a replay of the topic does it."""
    events = misuse()
    cluster = served(events, seed, trouble, decisions=decided([4, 9, 13, 17]))
    judge, alerts = exported(cluster, events)

    assert_like_the_pipeline(cluster, judge, alerts)
    assert len({alert.config_hash for alert in alerts}) > 2
    assert judge.lesson.factors


@pytest.mark.parametrize("trouble", [CALM, DOUBLES], ids=["calm", "doubles"])
def test_every_partition_changes_on_the_same_day(trouble: Trouble) -> None:
    """Alerts of a day bear one configuration, whatever partition they come from."""
    events = misuse()
    cluster = served(events, 3, trouble, sources=2, partitions=3, decisions=decided([4, 9, 13, 17]))
    judge, alerts = exported(cluster, events)

    assert_counts_like_the_pipeline(cluster, judge)
    opened = {a.alert_id: a.config_hash for a in cluster.alerts if a.revision == 1}
    assert opened == {a.alert_id: a.config_hash for a in alerts if a.revision == 1}
    assert len(set(opened.values())) > 2
