"""How many series there are is settled before the first event."""

import asyncio

import numpy as np

from detectors.baseline import no_peers
from detectors.events import EventBatch, Operation, Outcome, Relation, empty_rows
from detectors.shards.batch import stretch_of
from detectors.stages import ActorStage
from detectors.state.actors import DAY
from tests.logs import at

from .test_metrics import chores
from .test_worker import World, world

ACTORS = 1_000_000
AT_ONCE = 50_000
TENANTS = 1_000
"""Events of one actor each, of so many tenants; more tenants are tried in `measures`."""

_MIXING = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no two numbers become one


def crowd(first: int) -> EventBatch:
    """Events of as many actors, networks and persons."""
    numbers = np.arange(first, first + AT_ONCE, dtype=np.uint64) + np.uint64(1)
    mixed = numbers * _MIXING
    rows = empty_rows(AT_ONCE)
    rows["time"] = at(0, 9) + np.arange(AT_ONCE) // 100
    rows["operation"], rows["outcome"] = Operation.IDENTIFY, Outcome.SUCCESS
    rows["relation"] = Relation.OTHER
    rows["event"] = mixed
    for column in ("actor", "network", "subject"):
        rows[column][:, 0] = rows[column][:, 1] = mixed
    rows["tenant"] = numbers % TENANTS
    names = {number: f"tenant-{number}" for number in range(TENANTS)}
    offsets = np.zeros(AT_ONCE + 1, np.int64)
    ids = [""] * AT_ONCE
    return EventBatch(rows, ids, offsets, np.zeros(0, np.uint64), names)


def series(one: World) -> set[tuple[str, tuple[tuple[str, str], ...]]]:
    """All that is shown: names with their labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items())))
        for family in one.metrics.registry.collect()
        for sample in family.samples
    }


async def _story() -> None:
    one = world()
    await one.assign(*one.everything())
    looking = chores(one)
    counts = []
    for first in range(0, ACTORS, AT_ONCE):
        batch = crowd(first)
        one.metrics.tenants.observe(batch)
        stretch = stretch_of(batch, at(0) // DAY)
        for kind in ("actor", "subject", "network"):
            stage = one.worker.keepers[one.blocks(kind)].station.stage
            if isinstance(stage, ActorStage):
                stage.observe(stretch, no_peers())
            else:
                stage.observe(stretch)
        if first in {0, ACTORS - AT_ONCE}:
            looking.look()
            counts.append(series(one))
    shown = {
        kind: one.metrics.registry.get_sample_value("probewatch_tracked_entities", {"kind": kind})
        for kind in ("actor", "subject", "network")
    }
    assert shown == {"actor": ACTORS, "subject": ACTORS, "network": ACTORS}
    assert counts[0] == counts[1]
    assert len(counts[0]) < 1_000


def test_a_million_accounts_have_no_more_series_than_some() -> None:
    """Nor have as many persons and networks: real shards hold them, and the labels are the same."""
    asyncio.run(_story())
