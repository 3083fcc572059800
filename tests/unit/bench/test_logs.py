from collections import Counter
from pathlib import Path

import orjson

from bench.rig.logs import crowd, list_ten, tell, world_of, write
from streams.simulate import Level, Recipe, Scenario, build
from streams.simulate.render import Event


def small() -> Scenario:
    """A world with all kinds of request."""
    return build(Recipe(world="gateway", seed=3, actors=40, days=8))


def answered(events: list[Event]) -> list[Event]:
    """Searches of galleries that were not turned away."""
    return [e for e in events if e["operation"] == "identify" and e["outcome"] == "success"]


def test_log_is_cut_to_length(tmp_path: Path) -> None:
    """The first records are written, one a line."""
    path = tmp_path / "log.jsonl"

    assert write(({"n": n} for n in range(9)), path, 3) == 3
    assert [orjson.loads(line) for line in path.read_bytes().splitlines()] == [
        {"n": 0},
        {"n": 1},
        {"n": 2},
    ]


def test_log_tells_what_is_asked() -> None:
    """Every tenant's log has the level's fields, less those omitted, and none above it."""
    scenario = small()
    tell(scenario, Level.L2, omitted=["candidate_ids"])
    events = list(scenario.events())

    assert all("probe_id" in event for event in answered(events))
    assert not any({"candidate_ids", "purpose", "case_ref"} & event.keys() for event in events)


def test_every_answer_lists_ten() -> None:
    """Whoever is searched for, ten different people come back."""
    scenario = small()
    tell(scenario, Level.L3)
    list_ten(scenario)
    lists = [event["candidate_ids"] for event in answered(list(scenario.events()))]

    assert len(lists) > 100
    assert {len(set(found)) for found in lists} == {10}


def test_world_is_large_enough() -> None:
    """A world of at least so many events, more than misuse alone makes, is not twice as large."""
    rows = len(world_of("consumer", seed=2, events=100_000).rows)

    assert 100_000 <= rows < 200_000


def test_crowd_searches_twice_each() -> None:
    """Every account has two searches, each an event of its own, in order of time."""
    events = list(crowd(300))
    times = [event["event_time"] for event in events]

    assert set(Counter(event["actor_id"] for event in events).values()) == {2}
    assert len({event["actor_id"] for event in events}) == 300
    assert len({event["event_id"] for event in events}) == 600
    assert times == sorted(times)
