"""How often each tenant's traffic comes near an alert, and what evidence is worth there for it.

A pattern's null law says how many innocent actor-days reach so much evidence; it was fitted on
traffic that is not this tenant's. Where people come back to each other more than elsewhere, or
machines try again and again, more of them do. So episodes are counted that reach a mark far below
an alert, where most are innocent, and a tenant's own rate corrects the law: a Gamma prior with the
law's rate as its mean, and the counts of the tenant (conjugate to a Poisson count). What exceeds
the law c times over takes ln(c) / b nats from all evidence.

Counts fade as baselines do, hold from the day after the next on, and are the tenant's, over all
shards. A campaign reaches the mark once an episode, and hardly moves them.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .base import Pattern
from .baseline import Peers
from .calibration import PER
from .events import Records
from .kernels.cohorts import DAILY_MEMORY

OFTEN: Final = 5.0
"""The mark: evidence that so many episodes in 10,000 innocent actor-days reach, by the law.
Some twenty times what a pattern may raise: enough to be counted, few enough to tell of the tail."""

SURE_COUNT: Final = 1.0
"""So many episodes of a tenant's own count as much as the law: the Gamma prior's shape."""

LEAST: Final = 0.5
MOST: Final = 64.0
"""A tenant's rate is corrected by no more than these factors."""

_FORGOTTEN: Final = 0.01

TAIL = np.dtype(
    [
        ("tenant", "u8"),
        # The pattern's place among all.
        ("place", "u1"),
        # Episodes that have reached the mark, fading by the day.
        ("reached", "f8"),
    ]
)


def mark(pattern: Pattern) -> float:
    """Evidence, in nats, at which a pattern's episodes are counted."""
    a, b = pattern.null
    return float(a - np.log(OFTEN / PER)) / b


def faded(reached: Mapping[int, float]) -> dict[int, float]:
    """Counts by tenant after another day; what is next to nothing is dropped."""
    left = {tenant: count * DAILY_MEMORY for tenant, count in reached.items()}
    return {tenant: count for tenant, count in left.items() if count >= _FORGOTTEN}


def tail_of(reached: Mapping[int, Mapping[int, float]]) -> Records:
    """`TAIL` rows of counts by the pattern's place and by tenant."""
    rows = [
        (tenant, place, count)
        for place, counts in sorted(reached.items())
        for tenant, count in sorted(counts.items())
    ]
    return np.array(rows, TAIL)


def total(tails: Iterable[Records]) -> Records:
    """All shards' `TAIL` rows."""
    return np.concatenate([np.zeros(0, TAIL), *tails])


def excess(pattern: Pattern, place: int, tails: Records, peers: Peers) -> NDArray[np.float64]:
    """Nats that a tenant's evidence is worth less than by the law, for each of `peers.tenants`.

    Args:
        pattern: whose evidence.
        place: of the pattern among all.
        tails: `TAIL` rows, of all shards.
        peers: what is known of tenants.
    """
    own = tails[tails["place"] == place]
    at = np.searchsorted(peers.tenants, own["tenant"])
    known = at < len(peers.tenants)
    known[known] = peers.tenants[at[known]] == own["tenant"][known]
    counted = np.bincount(at[known], own["reached"][known], len(peers.tenants))
    expected = OFTEN / PER * peers.actor_days
    ratio = (SURE_COUNT + counted) / (SURE_COUNT + expected)
    nats: NDArray[np.float64] = np.log(np.clip(ratio, LEAST, MOST)) / pattern.null[1]
    return nats
