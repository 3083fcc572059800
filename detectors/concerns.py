"""Which events concern a stage, and which of its shards they belong to."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .alerts import PatternCode
from .events import Outcome, Records, Relation
from .kernels.hashing import FREE, mix_columns
from .kernels.ladders import mark_climbs


def keys_of(kind: str, events: Records) -> NDArray[np.uint64]:
    """What decides which shard of a kind each event belongs to; uint64, shape (n,)."""
    if kind != "cohort":
        keys: NDArray[np.uint64] = events[kind][:, 0]
        return keys
    keys = np.empty(len(events), np.uint64)
    tenant, gallery = (np.ascontiguousarray(events[name]) for name in ("tenant", "gallery"))
    mix_columns(tenant, gallery, keys)
    return keys


def _names_a_person(events: Records, actor_figures: Records) -> NDArray[np.bool_]:
    # A verified self-search says nothing of anybody's interest in another.
    concerned: NDArray[np.bool_] = (
        (actor_figures["row"] != FREE)
        & (events["subject"][:, 0] != 0)
        & (events["outcome"] == Outcome.SUCCESS)
        & (events["relation"] != Relation.SELF)
    )
    return concerned


def _has_a_network(events: Records, actor_figures: Records) -> NDArray[np.bool_]:
    concerned: NDArray[np.bool_] = (actor_figures["row"] != FREE) & (events["network"][:, 0] != 0)
    return concerned


def _climbs(events: Records, actor_figures: Records) -> NDArray[np.bool_]:
    concerned = np.zeros(len(events), np.bool_)
    mark_climbs(events, actor_figures, concerned)
    return concerned


CONCERNS: Final[dict[str, Callable[[Records, Records], NDArray[np.bool_]]]] = {
    "subject": _names_a_person,
    "network": _has_a_network,
    "cohort": _climbs,
}
"""Which events (`EVENT`, `ACTOR_FIGURES` records) a later stage counts; others need not come."""

YIELDING: Final = frozenset({PatternCode.UNUSUAL_ACTIVITY})
"""Patterns that say nothing of an event on which one before them, of the same stage, alerts."""
