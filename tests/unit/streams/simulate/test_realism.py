"""Statistics that hold in real query logs hold in these."""

import tracemalloc
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest

from streams.simulate import Recipe, build, generate
from streams.simulate.almanac import DAY, HOUR
from streams.simulate.population import ROLES
from tests.unit.streams.simulate.made_worlds import DAYS, SEED, SIZES, Made, made_of


def innocent(made: Made) -> Any:
    """Rows that are in no campaign."""
    return made.scenario.rows[made.scenario.rows["campaign"] < 0]


def guilty(made: Made) -> set[str]:
    """The actors of campaigns, whom groups leave out."""
    return {
        actor
        for label in made.labels
        if label["type"] == "campaign" and not label["ambiguous"]
        for actor in label["actors"]
    }


def group_actors(made: Made, name: str) -> set[str]:
    """The actors of a look-alike group."""
    return {
        actor
        for label in made.labels
        if label["type"] == "group" and label["name"] == name
        for actor in label["actors"]
    }


def test_activity_has_a_heavy_tail(made: Made) -> None:
    """Few actors make most searches: the busiest tenth at least half of them."""
    counts = np.sort(np.bincount(innocent(made)["actor"]))[::-1]
    counts = counts[counts > 0]

    assert counts[: max(len(counts) // 10, 1)].sum() > 0.5 * counts.sum() * (
        0.7 if made.scenario.recipe.world == "gateway" else 1.0
    )
    assert counts.max() > 10 * np.median(counts)


def test_people_sleep(made: Made) -> None:
    """In local hours, the quietest six of the day see a small part of what people do."""
    rows = innocent(made)
    table = made.scenario.population.actors[rows["actor"]]
    human = (table["role"] != ROLES.index("service")) & (table["role"] != ROLES.index("officer"))
    almanac = made.scenario.almanac
    day = np.clip((rows["time"] - almanac.start) // DAY + 1, 0, almanac.span - 1)
    local = (rows["time"] - almanac.midnights[table["zone"], day]) // HOUR % 24
    hours = np.bincount(local[human], minlength=24)

    assert np.sort(hours)[:6].sum() < 0.12 * hours.sum()


def test_police_work_at_night_too() -> None:
    """Patrol shifts cover all hours."""
    rows = innocent(made_of("police"))
    table = made_of("police").scenario.population.actors[rows["actor"]]
    patrol = rows[table["role"] == ROLES.index("officer")]
    hours = np.bincount(patrol["time"] // HOUR % 24, minlength=24)

    assert hours.min() > 0.1 * hours.mean()


def test_offices_rest_at_weekends() -> None:
    """Detectives search far less on Saturdays and Sundays."""
    made = made_of("police")
    rows = innocent(made)
    table = made.scenario.population.actors[rows["actor"]]
    desk = rows[table["role"] == ROLES.index("detective")]
    weekday = ((desk["time"] - made.scenario.almanac.start) // DAY) % 7

    assert (weekday >= 5).mean() < 0.15


def test_days_are_overdispersed(made: Made) -> None:
    """A person's daily counts vary far more than a Poisson process would."""
    rows = innocent(made)
    days = made.scenario.almanac.days
    ratios = []
    for actor in np.unique(rows["actor"]):
        times = rows["time"][rows["actor"] == actor]
        daily = np.bincount((times - made.scenario.almanac.start) // DAY, minlength=days)
        if daily.mean() > 0.3:
            ratios.append(daily.var() / daily.mean())

    assert np.median(ratios) > 1.5


def test_some_people_are_popular() -> None:
    """On a consumer engine most subjects come up once, and some a hundred times."""
    subjects = Counter(
        event["subject_id"] for event in made_of("consumer").events if "subject_id" in event
    )
    counts = np.array(list(subjects.values()))

    assert np.median(counts) <= 2
    assert counts.max() > 100


@pytest.mark.parametrize("world", sorted(SIZES))
def test_some_searches_find_nobody_and_some_fail(world: str) -> None:
    """In the median world without misuse, neither is rare enough to mean anything by itself."""
    empty, failed = [], []
    for seed in range(SEED, SEED + 5):
        events = list(
            generate(Recipe(world=world, seed=seed, actors=SIZES[world], days=DAYS, campaigns=0))
        )
        counted = [event["candidate_count"] for event in events if "candidate_count" in event]
        empty.append(counted.count(0) / len(counted))
        failed.append(sum(event["outcome"] != "success" for event in events) / len(events))

    assert 0.03 < np.median(empty) < 0.8
    assert 0.005 < np.median(failed) < 0.2


def test_networks_are_shared_and_change() -> None:
    """An office has one address for many; a phone has many addresses for one."""
    holders, addresses = defaultdict(set), defaultdict(set)
    for event in made_of("police").events:
        holders[event["source_ip"]].add(event["actor_id"])
        addresses[event["actor_id"]].add(event["source_ip"])

    assert max(map(len, holders.values())) >= 5
    assert np.median([len(own) for own in addresses.values()]) >= 2


def test_lists_are_gone_through_daily() -> None:
    """A wanted-list analyst looks the same people up on most working days."""
    made = made_of("police", campaigns=0)
    analysts = group_actors(made, "wanted_list_analyst")
    days_of: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for event in made.events:
        if event["actor_id"] in analysts and "subject_id" in event:
            days_of[event["actor_id"], event["subject_id"]].add(event["event_time"][:10])

    often = Counter(actor for (actor, _), days in days_of.items() if len(days) >= 15)
    assert any(count >= 5 for count in often.values())


def test_long_cases_are_of_few_people() -> None:
    """A detective's long case is one person for months, as persistent as a stalker."""
    made = made_of("police", campaigns=0)
    detectives = group_actors(made, "long_case_detective")
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for event in made.events:
        if event["actor_id"] in detectives and "subject_id" in event:
            counts[event["actor_id"]][event["subject_id"]] += 1

    assert max(count.most_common(1)[0][1] for count in counts.values()) >= 25


def test_load_tests_send_the_same_files() -> None:
    """Hundreds of requests on a day, a handful of probes."""
    made = made_of("gateway")
    testers = group_actors(made, "load_test")
    per_day: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for event in made.events:
        if event["actor_id"] in testers and "probe_id" in event:
            per_day[event["actor_id"], event["event_time"][:10]].append(event["probe_id"])

    assert any(
        len(probes) > 200 and len(set(probes)) < 0.4 * len(probes) for probes in per_day.values()
    )


def test_self_searches_find_oneself() -> None:
    """A verified self-search is marked as such, and is mostly of one person."""
    made = made_of("consumer")
    verified = group_actors(made, "verified_self_search_weekly") | guilty(made)
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for event in made.events:
        if event.get("subject_relation") == "self" and "subject_id" in event:
            assert event["actor_id"] in verified
            found[event["actor_id"]][event["subject_id"]] += 1

    shares = [c.most_common(1)[0][1] / c.total() for c in found.values() if c.total() >= 5]
    assert np.median(shares) > 0.8


def test_levels_differ_by_tenant() -> None:
    """Some of a gateway's customers log subjects, others hardly more than times."""
    fields: defaultdict[str, set[str]] = defaultdict(set)
    for event in made_of("gateway").events:
        fields[event["tenant_id"]] |= event.keys()

    assert any("subject_id" in names for names in fields.values())
    assert any("subject_id" not in names for names in fields.values())


def test_events_are_rendered_as_they_are_read() -> None:
    """Memory for a log's events does not grow with their number."""
    scenario = build(Recipe(world="gateway", seed=2, actors=50, days=30))
    assert len(scenario.rows) > 8_000
    tracemalloc.start()
    try:
        read = sum(1 for _ in scenario.events())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert read == len(scenario.rows)
    assert peak < 16_000_000
