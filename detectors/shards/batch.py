"""A stretch of events on its way through the shards."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..events import EventBatch, Records
from ..kernels.hashing import FREE, mix_columns
from ..state.actors import ACTOR_FIGURES
from ..state.groups import GROUP_FIGURES
from ..state.subjects import NETWORK_FIGURES, SUBJECT_FIGURES

SHARDS: Final = 32
"""Keys hash to so many virtual shards, whatever runs them; part of what results mean."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Events of one log stretch within which no day begins, and what was said of them.

    Attributes:
        batch: the events.
        today: the day that they fill (days since the epoch, UTC).
        cohorts: uint64, shape (n,): tenant and role of each actor as one number.
        actor_figures: `ACTOR_FIGURES`, filled by the actor shards.
        subject_figures: `SUBJECT_FIGURES`, filled by the subject shards.
        network_figures: `NETWORK_FIGURES`, filled by the network shards.
        group_figures: `GROUP_FIGURES`, filled by the cohort shards.
    """

    batch: EventBatch
    today: int
    cohorts: NDArray[np.uint64]
    actor_figures: Records
    subject_figures: Records
    network_figures: Records
    group_figures: Records


def stretch_of(batch: EventBatch, today: int, actor_figures: Records | None = None) -> Stretch:
    """A stretch that nothing was said of yet, or that comes with its actors' figures."""
    figures = {
        dtype: np.zeros(len(batch), dtype)
        for dtype in (ACTOR_FIGURES, SUBJECT_FIGURES, NETWORK_FIGURES, GROUP_FIGURES)
    }
    for records in figures.values():
        records["row"] = FREE
    return Stretch(
        batch=batch,
        today=today,
        cohorts=cohorts_of(batch.rows),
        actor_figures=figures[ACTOR_FIGURES] if actor_figures is None else actor_figures,
        subject_figures=figures[SUBJECT_FIGURES],
        network_figures=figures[NETWORK_FIGURES],
        group_figures=figures[GROUP_FIGURES],
    )


def stretches(days: NDArray[np.integer[Any]], today: int) -> Iterator[tuple[int, int, int]]:
    """(start, stop, day): events cut where a later day begins.

    Args:
        days: the day of each event (days since the epoch, UTC).
        today: the day that has begun already.
    """
    if len(days) == 0:
        return
    newest = np.maximum(np.maximum.accumulate(days), today)
    cuts = [0, *(np.flatnonzero(np.diff(newest)) + 1).tolist(), len(days)]
    for start, stop in pairwise(cuts):
        yield start, stop, int(newest[start])


def cohorts_of(rows: Records) -> NDArray[np.uint64]:
    """Tenant and role as one number per event."""
    cohorts = np.empty(len(rows), np.uint64)
    # A column of one row has another layout than one of many, and kernels are compiled for both.
    tenant, role = (np.ascontiguousarray(rows[name]) for name in ("tenant", "role"))
    mix_columns(tenant, role, cohorts)
    return cohorts


def shards_of(keys: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """The shard that each of `keys` (first halves of pseudonyms) falls into."""
    # The top bits choose the shard; the index inside it uses a product of all of them.
    return ((keys >> np.uint64(48)) % np.uint64(SHARDS)).astype(np.uint8)


def by_shard(keys: NDArray[np.uint64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Each shard that `keys` (halves of pseudonyms) fall into, with their numbers in order."""
    if len(keys) == 0:
        return
    # One byte, since numpy sorts those by radix.
    shard_of = shards_of(keys)
    order = np.argsort(shard_of, kind="stable").astype(np.int64)
    ends = np.searchsorted(shard_of[order], np.arange(SHARDS + 1))
    for shard in range(SHARDS):
        if ends[shard] < ends[shard + 1]:
            yield shard, order[ends[shard] : ends[shard + 1]]
