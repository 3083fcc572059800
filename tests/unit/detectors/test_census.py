from collections import Counter

import numpy as np

from detectors.alerts import PatternCode
from detectors.baseline import Peers
from detectors.census import (
    Accounts,
    Tally,
    accounts,
    drifts,
    open_actor_days,
    room,
    tally,
    young_actors,
    young_tenants,
)
from detectors.config import Detection, Limits
from detectors.kernels.hashing import FREE
from detectors.pipeline import Pipeline
from detectors.shards.batch import SHARDS
from detectors.state.actors import DAY
from detectors.state.cohorts import COHORT
from tests.logs import MONDAY, at, batch, code, in_order, name_of, pipeline, search

FIRST = MONDAY // DAY

SEARCHES = 8
"""A day of an actor: enough to learn from."""


def crowd(days: int, actors: int = 40) -> Pipeline:
    """A pipeline after days on which some actors searched a few times each."""
    whole = pipeline()
    events = [
        search(at(day, 9 + turn, minute=number), f"actor-{number}", f"person-{number}")
        for day in range(days)
        for number in range(actors)
        for turn in range(SEARCHES)
    ]
    whole.observe(batch(in_order(events)))
    return whole


def test_repeated_events_are_counted() -> None:
    """Since an earlier count, so that a counter can take them."""
    whole = pipeline()
    events = batch(in_order([search(at(0, hour)) for hour in range(5)]))
    whole.observe(events)
    before = tally(whole.actors)
    whole.observe(events)

    assert before.duplicated == 0
    assert tally(whole.actors).since(before) == Tally(5, Counter(), Counter())


def test_evictions_have_a_cause() -> None:
    """Idle for long, or dropped for others; what went with an actor went for the same cause."""
    detection = Detection(limits=Limits(actors=1_000, pairs=200_000))
    whole = Pipeline(detection, "test", name_of)
    idle = [search(at(0, 9, second=i), f"idle-{i}", f"person-{i}") for i in range(400)]
    many = [
        search(at(200 + i // 700, 9, second=i), f"actor-{i}", f"person-{i}") for i in range(1_400)
    ]
    whole.observe(batch(in_order(idle + many)))
    whole.advance(FIRST + 215)
    dropped = tally(whole.actors)

    assert dropped.evicted["actor", "idle"] == 400
    assert dropped.evicted["actor", "room"] + dropped.untracked["actor"] > 0
    assert dropped.evicted["pair", "room"] == dropped.evicted["actor", "room"]
    for stage in whole.stages():
        for unit in stage.units.values():
            for held in unit.shard.tracked.values():
                assert 0 <= held.crowded_out <= held.evicted


def test_events_without_room_are_counted() -> None:
    """By the kind of entity that there is no room for."""
    detection = Detection(limits=Limits(actors=1_000, networks=1_000))
    whole = Pipeline(detection, "test", name_of)
    events = [
        search(at(0, 9, second=i), f"actor-{i}", source_ip=f"10.{i % 250}.{i // 250}.0")
        for i in range(2_000)
    ]
    whole.observe(batch(in_order(events)))

    kept = sum(len(shard.actors) for shard in whole.actors.shards.values())
    assert tally(whole.actors).untracked["actor"] == 2_000 - kept > 0
    assert tally(whole.networks).untracked["network"] > 0


def test_room_is_what_the_settings_allow() -> None:
    """Over all shards; of events and the like there is no limit of their own."""
    whole = pipeline(Detection(limits=Limits(actors=3_200, pairs=6_400, subjects=32_000)))
    total: Counter[str] = Counter()
    for unit in whole.units().values():
        total.update(room(unit.shard))

    assert (total["actor"], total["pair"], total["subject"]) == (3_200, 6_400, 32_000)
    assert total["network"] == Limits().networks // SHARDS * SHARDS
    assert total["cohort"] > 0
    assert room(object()) == {}


def test_actor_days_close_two_days_later() -> None:
    """Each is counted open on its day and the next, and closes as the one after begins."""
    whole = crowd(days=1)
    assert open_actor_days(whole.actors) == 40
    whole.advance(FIRST + 1)
    assert open_actor_days(whole.actors) == 40
    whole.advance(FIRST + 2)
    assert open_actor_days(whole.actors) == 0


def test_actors_are_young_until_a_clean_day_is_over() -> None:
    """Then they are compared with their own past as well."""
    whole = crowd(days=1)
    assert set(young_actors(whole.actors).values()) == {40}
    whole.advance(FIRST + 2)
    young = young_actors(whole.actors)
    assert young[PatternCode.BULK_SCRAPING] == 0
    assert young[PatternCode.UNUSUAL_ACTIVITY] == 0
    assert PatternCode.CASE_LAUNDERING not in young


def test_accounts_are_counted_by_tenant() -> None:
    """All that searched; those without a past; those judged by days of their own."""
    whole = crowd(days=1, actors=3)
    whole.observe(batch([search(at(0, 20), "bob", tenant_id="other", event_id="b")]))
    assert accounts(whole.actors) == {
        code("tenant"): Accounts(searching=3, young=3),
        code("other"): Accounts(searching=1, young=1),
    }

    whole = crowd(days=9, actors=3)
    assert accounts(whole.actors) == {code("tenant"): Accounts(searching=3, own=3)}


def test_who_was_always_suspect_is_young_and_suspected() -> None:
    """Its days are over, and were not learned."""
    whole = crowd(days=1, actors=3)
    for shard in whole.actors.shards.values():
        rows = np.flatnonzero(shard.actors.rows["sheets"][: len(shard.actors), FIRST & 1] != FREE)
        shard.suspect(rows.astype(np.int32), np.full(len(rows), FIRST))
    whole.advance(FIRST + 2)

    assert accounts(whole.actors)[code("tenant")].young == 3
    assert accounts(whole.actors)[code("tenant")].suspected == 3


def test_tenants_are_young_below_so_many_days() -> None:
    """Of all their groups together."""
    known = np.zeros(3, COHORT)
    known["tenant"] = [7, 7, 9]
    known["cohort"] = [1, 2, 3]
    known["acts"] = [30.0, 20.0, 49.0]

    assert young_tenants(Peers(known)) == (1, 2)
    assert young_tenants(Peers(known[:0])) == (0, 0)


def test_drifts_are_those_of_the_experts() -> None:
    """By shard and tenant, and only where there were any."""
    whole = crowd(days=12)
    assert drifts(whole.actors) == Counter()
    number, shard = next((n, s) for n, s in whole.actors.shards.items() if s.conduct.experts)
    tenant, expert = next(iter(shard.conduct.experts.items()))
    expert.drifts = 2

    assert drifts(whole.actors) == Counter({(number, tenant): 2})
