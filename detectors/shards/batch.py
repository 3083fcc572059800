"""A stretch of events on its way through the shards."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..events import EventBatch, Records
from ..kernels.hashing import mix_columns


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
    """

    batch: EventBatch
    today: int
    cohorts: NDArray[np.uint64]
    actor_figures: Records
    subject_figures: Records
    network_figures: Records


def cohorts_of(rows: Records) -> NDArray[np.uint64]:
    """Tenant and role as one number per event."""
    cohorts = np.empty(len(rows), np.uint64)
    mix_columns(rows["tenant"], rows["role"], cohorts)
    return cohorts


def by_shard(keys: NDArray[np.uint64], shards: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Each shard that `keys` (halves of pseudonyms) fall into, with their numbers in order."""
    # The top bits choose the shard; the index inside it uses a product of all of them.
    # One byte, since numpy sorts those by radix.
    shard_of = ((keys >> np.uint64(48)) % np.uint64(shards)).astype(np.uint8)
    order = np.argsort(shard_of, kind="stable").astype(np.int64)
    ends = np.searchsorted(shard_of[order], np.arange(shards + 1))
    for shard in range(shards):
        if ends[shard] < ends[shard + 1]:
            yield shard, order[ends[shard] : ends[shard + 1]]
