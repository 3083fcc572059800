"""The same recipe is the same log; another seed is another world."""

import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from streams.simulate import WORLDS, Level, Recipe, Scenario, build, generate
from streams.simulate.render import Renderer
from tests.unit.streams.simulate.made_worlds import Made

DIGEST = """
import hashlib, orjson
from streams.simulate import Recipe, build
scenario = build(Recipe(world={world!r}, seed=5, actors=60, days=12, disorder=30.0))
digest = hashlib.sha256()
for record in (*scenario.events(), *scenario.labels()):
    digest.update(orjson.dumps(record))
print(digest.hexdigest())
"""


@pytest.mark.parametrize("world", list(WORLDS))
def test_two_processes_write_the_same_bytes(world: str) -> None:
    """Neither the process nor the seed of Python's string hashes shows."""
    digests = [
        subprocess.run(
            [sys.executable, "-c", DIGEST.format(world=world)],
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for hash_seed in ("1", "2")
    ]

    assert len(digests[0].strip()) == 64
    assert digests[0] == digests[1]


@pytest.mark.parametrize("world", list(WORLDS))
def test_another_seed_is_another_world(world: str) -> None:
    """Not only other noise: every parameter that was drawn differs, and no id is shared."""
    one, two = (build(Recipe(world=world, seed=seed, actors=60, days=10)) for seed in (1, 2))
    counted = ("tenants", "agencies", "customers", "limit")
    drawn = [name for name in one.parameters if name not in counted]

    assert len(drawn) >= 10
    assert all(one.parameters[name] != two.parameters[name] for name in drawn)
    actors_one = {event["actor_id"] for event in one.events()}
    assert actors_one.isdisjoint({event["actor_id"] for event in two.events()})


def labelled(scenario: Scenario) -> set[str]:
    """The ids of all events of campaigns."""
    return {
        event_id
        for label in scenario.labels()
        if label["type"] == "campaign"
        for event_id in label["event_ids"]
    }


@pytest.mark.parametrize("world", list(WORLDS))
def test_misuse_leaves_innocent_events_as_they_were(world: str) -> None:
    """With and without campaigns, the innocent events are equal, field by field."""
    without = build(Recipe(world=world, seed=6, actors=80, days=40, campaigns=0))
    planted = build(Recipe(world=world, seed=6, actors=80, days=40))
    # Own faces are labelled in both; a crowd may be ambiguous, and is planted all the same.
    misuse = labelled(planted) - labelled(without)
    assert misuse

    innocent = [event for event in planted.events() if event["event_id"] not in misuse]
    assert innocent == list(without.events())


def test_an_event_does_not_depend_on_its_neighbours(made: Made) -> None:
    """Rendered alone or among others, it is the same."""
    scenario = made.scenario
    renderer = Renderer(scenario.population, scenario.almanac, ceiling=Level.L3)

    for index in range(0, len(scenario.rows), len(scenario.rows) // 50):
        assert list(renderer.events(scenario.rows[index : index + 1])) == [made.events[index]]


def test_events_are_in_order_of_time(made: Made) -> None:
    """Without disorder."""
    times = [event["event_time"] for event in made.events]

    assert times == sorted(times)


def test_disorder_is_bounded() -> None:
    """Events come late, by no more than was asked for, and none is lost or changed."""
    recipe = Recipe(world="police", seed=8, actors=60, days=15)
    ordered = list(generate(recipe))
    mixed = list(generate(replace(recipe, disorder=600.0)))

    def seconds(event: dict[str, Any]) -> float:
        return datetime.fromisoformat(event["event_time"]).timestamp()

    newest, late = 0.0, Counter[bool]()
    for event in mixed:
        newest = max(newest, seconds(event))
        late[newest > seconds(event)] += 1
        assert newest - seconds(event) <= 600.0
    assert late[True] > 20
    assert sorted(map(repr, ordered)) == sorted(map(repr, mixed))
