import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.alerts import Status
from detectors.pipeline import Pipeline
from detectors.shards.batch import by_shard
from detectors.state.actors import DAY
from tests.logs import Fields, at, batch, misuse_log, one_in, pipeline, search, stories


@given(keys=st.lists(st.integers(0, 2**64 - 1), max_size=200))
def test_every_key_has_one_shard(keys: list[int]) -> None:
    """Each number comes once, in order within its shard, and a key's shard is always the same."""
    column = np.array(keys, np.uint64)
    parts = dict(by_shard(column))
    shard_of = {key: shard for shard, order in parts.items() for key in column[order].tolist()}

    assert sorted(n for order in parts.values() for n in order.tolist()) == [*range(len(keys))]
    assert all((np.diff(order) > 0).all() for order in parts.values())
    for shard, order in parts.items():
        assert {shard_of[key] for key in column[order].tolist()} == {shard}
    alone = [next(by_shard(column[n : n + 1]))[0] for n in range(len(keys))]
    assert [shard_of[key] for key in keys] == alone


def ticked(events: list[Fields], upto: int) -> Pipeline:
    """A pipeline that is told of every day as it begins, also of those without an event."""
    log, judge = batch(events), pipeline()
    days = log.rows["time"] // DAY
    for day in range(int(days[0]), upto + 1):
        judge.advance(day)
        start, stop = np.searchsorted(days, [day, day + 1]).tolist()
        judge.observe(log.take(start, stop))
    return judge


@given(events=stories(days=20, most_bursts=6))
@one_in(5)
def test_days_without_events_pass_unheard(events: list[Fields]) -> None:
    """Being told of an empty day, or only noticing at the next event, comes to the same state."""
    untold = pipeline()
    untold.observe(batch(events))
    last = untold.today + 5
    untold.advance(last)

    assert ticked(events, last).snapshot() == untold.snapshot()


def test_time_never_goes_back() -> None:
    """A day that has begun begins once; late events do not undo it."""
    judge = pipeline()
    judge.observe(batch([search(at(5, 1), subject="ann", event_id="new")]))
    today = judge.today
    state = judge.snapshot()

    assert judge.advance(today) == judge.advance(today - 3) == []
    assert judge.snapshot() == state
    judge.observe(batch([search(at(4, 23.5), subject="ann", event_id="late")]))
    assert judge.today == today


def test_a_late_event_counts_on_its_own_day() -> None:
    """Half an hour after midnight, one of half an hour before belongs to the evening."""
    judge = pipeline()
    judge.observe(batch([search(at(5, 0.5), subject="ann", event_id="new")]))
    judge.observe(batch([search(at(4, 23.5), subject="bea", event_id="late")]))
    (shard,) = [shard for shard in judge.actors.shards.values() if len(shard.actors)]
    sheets = shard.pools["sheets"].rows
    days = {int(sheet["day"]): int(sheet["searches"]) for sheet in sheets[sheets["searches"] > 0]}

    assert days == {judge.today: 1, judge.today - 1: 1}


def test_a_late_suspicion_leaves_today_alone() -> None:
    """What is suspected of an event from days ago is not held against the day that is filled."""
    judge = pipeline()
    judge.observe(batch([search(at(5), subject="ann", event_id="new")]))
    (shard,) = [shard for shard in judge.actors.shards.values() if len(shard.actors)]
    shard.suspect(np.zeros(1, np.int32), np.array([judge.today - 2]))

    assert shard.pools["sheets"].rows["suspect"].tolist()[:1] == [0]


def test_repeated_events_are_counted() -> None:
    """Of each once, whatever came in between."""
    judge = pipeline()
    events = [search(at(0, i), subject=f"p{i}", event_id=f"e{i}") for i in range(5)]
    for some in (events, events[2:], events[:1]):
        judge.observe(batch(some))

    assert judge.duplicates == 4


def test_the_same_event_id_in_two_tenants_is_two_events() -> None:
    """Ids are unique within a tenant only."""
    judge = pipeline()
    judge.observe(batch(search(at(0), event_id="e", tenant_id=f"tenant-{i}") for i in range(3)))

    assert judge.duplicates == 0
    assert judge.tracked()["actor"].count == 3


def test_alerts_come_in_the_order_of_their_events() -> None:
    """Also when several patterns and days are judged at once; closings come as the day begins."""
    judge = pipeline()
    alerts = [*judge.observe(misuse_log()).alerts, *judge.advance(judge.today + 60)]
    times = [alert.last_event_time for alert in alerts if alert.status is not Status.CLOSED]

    assert times == sorted(times)
    assert {alert.status for alert in alerts} >= {Status.OPEN, Status.UPDATED, Status.CLOSED}


@pytest.mark.parametrize("kind", ["actor", "pair", "subject", "network", "cohort", "event"])
def test_what_is_held_is_told(kind: str) -> None:
    """How many of each kind, and bytes that grow with them."""
    empty, full = pipeline(), pipeline()
    full.observe(misuse_log())

    assert empty.tracked()[kind].count == 0
    assert full.tracked()[kind].count > 0
    assert full.tracked()[kind].bytes > empty.tracked()[kind].bytes
