"""However many ids a log brings, what is held stays within its limits, and the rest is counted."""

import numpy as np
import pytest

from detectors.config import Detection, Limits
from detectors.events import EventBatch
from tests.logs import Fields, at, batch, in_order, pipeline, search

FEW = Detection(limits=Limits(actors=1000, pairs=1000, subjects=1000, networks=1000))
KINDS = ("actor", "pair", "subject", "network")


def crowd(days: int, newcomers: int) -> EventBatch:
    """Every day so many accounts come that nobody saw before; each looks two people up."""
    events: list[Fields] = [
        search(
            at(day, 8, second=10 * i + look),
            f"actor-{day}-{i}",
            f"person-{day}-{i}-{look}",
            source_ip=f"network-{day}-{i}",
        )
        for day in range(days)
        for i in range(newcomers)
        for look in range(2)
    ]
    return batch(in_order(events))


def test_a_flood_of_ids_is_held_within_limits() -> None:
    """On one day, when nobody can be forgotten yet, what finds no room is counted by kind."""
    judge = pipeline(FEW)
    judge.observe(crowd(days=1, newcomers=3000))
    held = {kind: held.count for kind, held in judge.tracked().items()}

    assert all(900 < held[kind] <= 1000 for kind in KINDS)
    assert judge.untracked["actor"] == 2 * (3000 - held["actor"])
    searches = 2 * held["actor"]
    assert judge.untracked["pair"] == searches - held["pair"]
    assert judge.untracked["subject"] == searches - held["subject"]
    assert judge.untracked["network"] > 0


def test_untracked_events_are_not_judged() -> None:
    """An account that there is no room for gets no score, which is not the score of innocence."""
    judge = pipeline(FEW)
    log = crowd(days=1, newcomers=3000)
    unknown = sum(np.isnan(column).all() for column in _by_event(judge.observe(log).scores))

    assert unknown == judge.untracked["actor"]


def _by_event(scores: dict[str, np.ndarray]) -> np.ndarray:
    return np.stack(list(scores.values()), axis=1)


@pytest.mark.parametrize("newcomers", [20, 60])
def test_a_long_churn_is_held_within_limits(newcomers: int) -> None:
    """Over months of ever new ids rows, and what they drew, stay bounded; the idle make room."""
    judge = pipeline(FEW)
    judge.observe(crowd(days=120, newcomers=newcomers))

    for kind, held in judge.tracked().items():
        if kind in KINDS:
            assert held.count <= 1000
            assert held.evicted > 0
    for shard in judge.actors.shards.values():
        rows = len(shard.actors)
        assert shard.pools["sheets"].live <= 2 * rows
        assert shard.pools["baselines"].live <= rows
        assert shard.pools["short"].live + shard.pools["dense"].live <= rows
        assert shard.pools["histories"].live <= len(shard.pairs)


def test_room_that_was_made_is_used() -> None:
    """After a flood has passed, whoever comes is tracked again."""
    judge = pipeline(FEW)
    judge.observe(crowd(days=1, newcomers=3000))
    before = judge.untracked["actor"]
    judge.observe(
        batch(search(at(8, 9), f"late-{i}", "ann", event_id=f"late-{i}") for i in range(30))
    )

    assert judge.untracked["actor"] == before
