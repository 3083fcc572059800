"""Simulated logs on disk, made as large and as talkative as a benchmark asks for."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from detectors.state.actors import DAY
from streams.simulate import WORLDS, Level, Recipe, Scenario, build
from streams.simulate.scenario import FEWEST_ACTORS, FIRST_DAY

TEN = 10
"""Candidates on a list; who asks for a fixed number sets no threshold (NIST's investigation)."""

CROWD_DAYS = 60
CROWD_NETWORKS = 20_000


def write(records: Iterable[dict[str, Any]], path: Path, most: int | None = None) -> int:
    """Write records, or the first `most` of them, as JSON lines.

    Returns:
        How many they are.
    """
    count = 0
    with path.open("wb") as file:
        for record in islice(records, most):
            file.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
            count += 1
    return count


def world_of(world: str, seed: int, events: int) -> Scenario:
    """A world with as many actors as make at least so many events in the usual time."""
    actors = WORLDS[world].actors
    scenario = build(Recipe(world=world, seed=seed, actors=actors))
    actors = max(FEWEST_ACTORS, ceil(actors * events / len(scenario.rows)))
    while len((scenario := build(Recipe(world=world, seed=seed, actors=actors))).rows) < events:
        actors = ceil(1.1 * actors)
    return scenario


def tell(scenario: Scenario, level: Level, omitted: Collection[str] = ()) -> None:
    """Let every tenant's log have all fields up to `level`, save those omitted."""
    tenants = scenario.population.tenants
    tenants[:] = [replace(tenant, level=level, omits=frozenset(omitted)) for tenant in tenants]


def list_ten(scenario: Scenario) -> None:
    """Let every search return ten candidates, however little they resemble the probe."""
    scenario.rows["limit"] = TEN
    scenario.rows["threshold"] = 0.0


def crowd_start() -> int:
    """When the crowd's log begins, ms."""
    midnight = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC)
    return 1000 * int(midnight.timestamp())


def crowd(actors: int) -> Iterator[dict[str, Any]]:
    """Events of accounts that search twice each, at any time of two months, for anybody."""
    rng = np.random.default_rng(1)
    times = crowd_start() + np.sort(rng.integers(0, CROWD_DAYS * DAY, 2 * actors))
    who = rng.permutation(np.repeat(np.arange(actors), 2))
    whom = rng.integers(0, actors, 2 * actors)
    searches = zip(times.tolist(), who.tolist(), whom.tolist(), strict=True)
    for number, (time, actor, person) in enumerate(searches):
        high, low = divmod(actor % CROWD_NETWORKS, 250)
        yield {
            "event_id": f"e{number:08x}",
            "event_time": time,
            "tenant_id": "host",
            "actor_id": f"u{actor:08x}",
            "operation": "identify",
            "outcome": "success",
            "gallery_id": "all",
            "candidate_limit": 1,
            "candidate_count": 1,
            "probe_id": f"f{number:016x}",
            "subject_id": f"s{person:08x}",
            "source_ip": f"11.{high}.{low}.9",
        }
