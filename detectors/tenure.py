"""Since when tenants are judged, and on how many actor-days.

An actor-day is a day on which an account did anything. Days are counted as they end, and cost
nothing before: two are open at a time, for late events.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from .baseline import Peers, no_peers
from .kernels.cohorts import DAILY_MEMORY
from .kernels.conduct import OWN_DAY
from .shards.conduct import LEAST_DAYS, Conduct
from .stages import ActorStage

OPEN_DAYS: Final = 2
"""Days that are open at a time: see `ActorShard.begin`."""


class Term(msgspec.Struct):
    """How long a tenant has been judged.

    Attributes:
        since: the first day (since the epoch, UTC) on which an account did anything.
        actor_days: of all its accounts.
        ripe_days: of them, on which enough was known for `unusual_activity`.
    """

    since: int
    actor_days: int = 0
    ripe_days: int = 0


class Tenure:
    """Counts actor-days by tenant, from the first day that it is told of."""

    def __init__(self) -> None:
        self._over: dict[int, Term] = {}
        self._peers: dict[int, Peers] = {}
        self._today: int | None = None

    def begin(self, day: int, stage: ActorStage, peers: Peers) -> None:
        """Let a day begin; to be told before the stage begins it, which ends another.

        Args:
            day: since the epoch, UTC; every day one after the other.
            stage: whose accounts are counted.
            peers: that hold for the day.
        """
        self._count(day - OPEN_DAYS, stage, self._over)
        self._peers[day] = peers
        self._peers.pop(day - OPEN_DAYS - 1, None)
        self._today = day

    def terms(self, stage: ActorStage) -> dict[int, Term]:
        """Every tenant's, by its code, with the days that are not over."""
        terms = {tenant: msgspec.structs.replace(term) for tenant, term in self._over.items()}
        if self._today is not None:
            for day in range(self._today - OPEN_DAYS + 1, self._today + 1):
                self._count(day, stage, terms)
        return terms

    def _count(self, day: int, stage: ActorStage, terms: dict[int, Term]) -> None:
        conducts = [shard.conduct for shard in stage.shards.values()]
        rows = [conduct.deeds[day & 1].rows[: len(conduct.deeds[day & 1])] for conduct in conducts]
        tenants, where = np.unique(
            np.concatenate([part["tenant"] for part in rows]), return_inverse=True
        )
        ripe = self._ripe(day, conducts, np.concatenate([part["cohort"] for part in rows]))
        days = np.bincount(where).tolist()
        ripe_days = np.bincount(where, ripe).tolist()
        for place, tenant in enumerate(tenants.tolist()):
            term = terms.setdefault(tenant, Term(day))
            term.actor_days += days[place]
            term.ripe_days += int(ripe_days[place])

    def _ripe(
        self, day: int, conducts: Sequence[Conduct], cohorts: NDArray[np.uint64]
    ) -> NDArray[np.bool_]:
        """Which accounts of a day `unusual_activity` could judge: as `observe_conduct` asks."""
        peers = self._peers.get(day) or no_peers()
        told = peers.habits.days[peers.locate(cohorts)]
        if np.any(told < LEAST_DAYS):
            told += np.concatenate([_told_by_own(day, conduct) for conduct in conducts])
        ripe: NDArray[np.bool_] = told >= LEAST_DAYS
        return ripe


def _told_by_own(day: int, conduct: Conduct) -> NDArray[np.float64]:
    """What the own past of a day's accounts was worth on that day."""
    keys = conduct.deeds[day & 1].keys[: len(conduct.deeds[day & 1])]
    known = conduct.conducts.keys[: len(conduct.conducts)]
    told = np.zeros(len(keys))
    _, at, own = np.intersect1d(keys, known, assume_unique=True, return_indices=True)
    past = conduct.conducts.rows[own]
    # What was learned since was not known on the day.
    told[at] = OWN_DAY * (past["total"] - (past["day"] >= day - 1))
    return told


def clean_days(peers: Peers) -> Mapping[int, float]:
    """Unsuspected days of a tenant's accounts that are remembered, by the tenant's code."""
    tenants, where = np.unique(peers.known["tenant"], return_inverse=True)
    days = np.bincount(where, peers.known["acts"], len(tenants))
    return dict(zip(tenants.tolist(), days.tolist(), strict=True))


def days_until(known: float, days: int, needed: float = LEAST_DAYS) -> int | None:
    """In how many days enough clean days will be remembered if as many come as have come.

    What is remembered fades by the day, so of too few a day there are never enough.

    Args:
        known: how many are remembered.
        days: over which these came; what faded is made up for.
        needed: how many are enough.

    Returns:
        None if never, or if nobody can say.

    >>> days_until(20.0, 10), days_until(60.0, 30), days_until(5.0, 10)
    (21, 0, None)
    """
    if known >= needed:
        return 0
    if days < 1 or known <= 0.0:
        return None
    most = known / (1.0 - DAILY_MEMORY**days)
    if most <= needed:
        return None
    return math.ceil(math.log((most - needed) / (most - known)) / math.log(DAILY_MEMORY))
