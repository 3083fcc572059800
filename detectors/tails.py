"""How often each tenant's traffic comes near an alert, and what evidence is worth there for it.

A pattern's null law says how many innocent actor-days reach so much evidence; it was fitted on
traffic that is not this tenant's. Where people come back to each other more than elsewhere, or
machines try again and again, more of them do. So episodes are counted that reach a mark far below
an alert, where most are innocent, and how far they go beyond it, up to a ceiling. Both correct the
law: the rate at the mark by a Gamma prior around the law's (conjugate to a Poisson count), the
slope behind it by a Gamma prior around the law's (conjugate to exponential excesses, those at the
ceiling censored).

Counts fade as baselines do, hold from the day after the next on, and are the tenant's, over all
shards. A campaign reaches the mark once an episode and counts no further than to the ceiling, so
that it hardly moves them.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from .base import Pattern
from .baseline import Peers
from .calibration import PER, calibrate
from .events import Records
from .kernels.cohorts import DAILY_MEMORY
from .lessons import LEAST_FACTOR

OFTEN: Final = 5.0
"""The mark: evidence that so many episodes in 10,000 innocent actor-days reach, by the law.
Some twenty times what a pattern may raise: enough to be counted, few enough to tell of the tail."""

CEILING: Final = 20.0
"""Excesses count up to where one in so many of those at the mark comes, by the law."""

SURE_COUNT: Final = 1.0
"""So many episodes of a tenant's own count as much as the law for the rate."""

SURE_EXCESSES: Final = 20.0
"""And so many for the slope: campaigns move it more."""

SURE_LEVEL: Final = 8.0
"""A flatter slope counts in full where so many times as many reach the mark as by the law. Where
hardly anybody does, those who do are campaigns, and would excuse each other."""

LEAST: Final = 0.5
MOST: Final = 64.0
"""A tenant's rate is corrected by no more than these factors."""

STEEPEST: Final = 1.25
"""A tenant's slope is at most so many times the law's."""

_FORGOTTEN: Final = 0.01

TAIL = np.dtype(
    [
        ("tenant", "u8"),
        # The pattern's place among all.
        ("place", "u1"),
        # Episodes that have reached the mark, and those of them that have reached the ceiling.
        ("reached", "f8"),
        ("topped", "f8"),
        # Nats beyond the mark, of all of them.
        ("beyond", "f8"),
    ]
)


class Reach(msgspec.Struct):
    """How near to alerts a tenant's episodes came; as in `TAIL`."""

    reached: float = 0.0
    topped: float = 0.0
    beyond: float = 0.0

    def note(self, before: float, now: float, most: float) -> None:
        """Count an episode's growth, in nats beyond the mark: below 0 until it reaches it."""
        self.reached += before < 0.0 <= now
        self.topped += before < most <= now
        self.beyond += max(min(now, most), 0.0) - max(min(before, most), 0.0)


class Law(NamedTuple):
    """Where a pattern's episodes are counted, by its null law.

    Attributes:
        mark: evidence, nats.
        most: nats beyond it that count.
        rate: of the law, per nat.
        share: of innocent actor-days that give rise to an episode there.
    """

    mark: float
    most: float
    rate: float
    share: float


class Worth(NamedTuple):
    """What evidence is worth at a tenant; an element for each of `Peers.tenants`.

    Attributes:
        mark: nats from which the slope is another.
        less: nats that all evidence is worth less.
        slope: of the tenant's tail, as a share of the law's.
    """

    mark: float
    less: NDArray[np.float64]
    slope: NDArray[np.float64]

    def of(self, evidence: NDArray[np.float64], rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Nats by the law, of evidence at the tenants of these rows."""
        beyond = np.where(np.isfinite(evidence), np.maximum(evidence - self.mark, 0.0), 0.0)
        worth: NDArray[np.float64] = evidence - beyond * (1.0 - self.slope[rows]) - self.less[rows]
        return worth


def law_of(pattern: Pattern, budget: float) -> Law:
    """Where a pattern's episodes are counted.

    Args:
        pattern: whose.
        budget: false alerts per 10,000 actor-days. Episodes begin at a floor that depends on it
            and on verdicts; the mark is above all of these.
    """
    a, b = pattern.null
    mark = max((a - math.log(OFTEN / PER)) / b, calibrate(pattern, LEAST_FACTOR * budget).floor)
    return Law(mark, math.log(CEILING) / b, b, math.exp(a - b * mark))


def own_share(law: Law, actor_days: float) -> float:
    """How much a tenant's own count weighs against the law's in what its rate is taken for.

    Args:
        law: of the pattern.
        actor_days: of the tenant, fading.

    Returns:
        From 0, where the law alone holds, to nearly 1.
    """
    expected = law.share * actor_days
    return expected / (SURE_COUNT + expected)


def faded(reaches: Mapping[int, Reach]) -> dict[int, Reach]:
    """Counts by tenant after another day; what is next to nothing is dropped."""
    return {
        tenant: Reach(*(DAILY_MEMORY * part for part in msgspec.structs.astuple(reach)))
        for tenant, reach in reaches.items()
        if reach.reached * DAILY_MEMORY >= _FORGOTTEN
    }


def tail_of(reaches: Mapping[int, Mapping[int, Reach]]) -> Records:
    """`TAIL` rows of counts by the pattern's place and by tenant."""
    rows = [
        (tenant, place, *msgspec.structs.astuple(reach))
        for place, by_tenant in sorted(reaches.items())
        for tenant, reach in sorted(by_tenant.items())
    ]
    return np.array(rows, TAIL)


def total(tails: Iterable[Records]) -> Records:
    """All shards' `TAIL` rows."""
    return np.concatenate([np.zeros(0, TAIL), *tails])


def worth(law: Law, place: int, tails: Records, peers: Peers) -> Worth:
    """What a pattern's evidence is worth at each tenant.

    Args:
        law: of the pattern.
        place: of the pattern among all.
        tails: `TAIL` rows, of all shards.
        peers: what is known of tenants.
    """
    own = tails[tails["place"] == place]
    at = np.searchsorted(peers.tenants, own["tenant"])
    known = at < len(peers.tenants)
    known[known] = peers.tenants[at[known]] == own["tenant"][known]
    reached, topped, beyond = (
        np.bincount(at[known], own[name][known], len(peers.tenants))
        for name in ("reached", "topped", "beyond")
    )
    ratio = (SURE_COUNT + reached) / (SURE_COUNT + law.share * peers.actor_days)
    # Episodes may reach the ceiling after what they counted at the mark has faded.
    below = np.maximum(reached - topped, 0.0)
    slope = (SURE_EXCESSES + below) / (SURE_EXCESSES + law.rate * beyond)
    trust = np.clip(np.log(ratio) / math.log(SURE_LEVEL), 0.0, 1.0)
    return Worth(
        law.mark,
        np.log(np.clip(ratio, LEAST, MOST)) / law.rate,
        np.where(slope < 1.0, 1.0 - trust * (1.0 - slope), np.minimum(slope, STEEPEST)),
    )
