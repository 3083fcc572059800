"""What is normal for an actor's peers: moments of whole, unsuspected actor-days.

A cohort is the actors of one tenant in one role. Every shard keeps its own moments; once
a day they are merged over all shards into `Peers`, which holds for the whole day. So what
is expected does not depend on how actors are spread over shards, nor on timing.

A cohort of few is expected to be like its tenant, and a tenant of few like the prior.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .events import Records
from .kernels.habits import HabitView
from .kernels.sheets import PeerView
from .state.cohorts import COHORT
from .state.conduct import HABITS

SURE_ACTORS = 4.0
"""With so many actors a cohort's own moments count as much as its tenant's."""

SURE_OF_TENANT = 2.0
"""With so many a tenant's count as much as the prior's, which are wide."""

SURE_DAYS = 20.0
SURE_PAIRS = 30.0
"""And with so many pairs (or days of pairs, or searches), its ratios."""

SURE_SHARE = 10.0
"""And with so many days, its shares of days with a habit."""

SURE_LOGS = 10.0
"""And with so many pairs that actors came back to, for how long they did."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What is expected of actors of whom nothing is known, per trait.

    Wide on purpose: an unknown role may be a person or a service. Orders of magnitude from
    simulated consumer, police and gateway traffic (seeds 1-20); a tenant's own days replace
    them within about two weeks.
    """

    # fmt: off
    mean: tuple[float, ...] = (
        1.6, 1.2, 3.0, 2.4, 0.4, 0.03, -1.6, 0.1, 0.3, 0.15, 0.3, 0.1, 2.5,
    )
    between: tuple[float, ...] = (
        1.8, 1.4, 5.0, 1.5, 0.25, 0.15, 0.5, 0.3, 0.5, 0.08, 0.4, 0.3, 3.5,
    )
    within: tuple[float, ...] = (
        0.8, 0.6, 2.0, 0.4, 0.08, 0.06, 0.4, 0.3, 0.4, 0.07, 0.3, 0.3, 1.5,
    )
    # fmt: on
    returning: float = 0.15
    return_logs: float = 0.7
    explained: float = 0.5
    social: float = 0.5
    # Of a habit: share of days that have it, and moments of ln(number) on those.
    habit: float = 0.1
    habit_mean: float = 1.8
    habit_between: float = 1.0
    habit_within: float = 0.8


PRIOR: Final = Prior()


class Moments(NamedTuple):
    """Of actor-days, per trait, shape (n, traits).

    Attributes:
        mean: around which the actors' means lie.
        between: the standard deviation of the actors' means.
        within: that of an actor's days.
    """

    mean: NDArray[np.float64]
    between: NDArray[np.float64]
    within: NDArray[np.float64]


def merge(parts: Iterable[Records]) -> Records:
    """Add up `COHORT` rows; one row per cohort, sorted."""
    return _summed(np.concatenate(list(parts)), "cohort")[0]


def _summed(rows: Records, by: str) -> tuple[Records, NDArray[np.intp]]:
    """Added up `COHORT` rows, sorted by what they have in common, and which each went into."""
    keys, first, where = np.unique(rows[by], return_index=True, return_inverse=True)
    merged: Records = np.zeros(len(keys), COHORT)
    for name in COHORT.names or ():
        if name in _NAMES:
            merged[name] = rows[name][first]
        else:
            np.add.at(merged[name], where, rows[name])
    return merged, where


_NAMES: Final = ("cohort", "tenant")


def _moments(known: Records, wider: Moments, sure_actors: float, of: str = "") -> Moments:
    """Each row's moments, shrunk to those of the wider circle that it belongs to.

    Args:
        known: `COHORT` rows.
        wider: of the circle, a row each.
        sure_actors: with so many accounts a row's own count as much as the circle's.
        of: what the fields' names begin with.
    """
    days = np.maximum(known[f"{of}days"], 1e-9)
    own_days = np.maximum(known[f"{of}own_days"], 1e-9)
    actors = known[f"{of}actors"][:, None]
    trust = np.where(known[f"{of}days"] > 0, actors / (actors + sure_actors), 0.0)
    if of:
        # Few days have a habit: a cohort of many accounts may know of one.
        trust *= days / (days + sure_actors)
    sure = own_days / (own_days + SURE_DAYS)
    mean = known[f"{of}sums"] / days
    variance = np.maximum(known[f"{of}squares"] / days - mean**2, 0.0)
    within = sure * known[f"{of}own_squares"] / own_days + (1 - sure) * wider.within**2
    between = np.maximum(variance - within, 0.05 * wider.between**2)
    return Moments(
        mean=trust * mean + (1 - trust) * wider.mean,
        between=np.sqrt(trust * between + (1 - trust) * wider.between**2),
        within=np.sqrt(np.maximum(within, 0.05 * wider.within**2)),
    )


class Peers:
    """What every cohort's actors are compared with for a day.

    Attributes:
        known: the merged `COHORT` rows.
        view: what kernels see of it.
        habits: and of what accounts do.
        tenants: uint64, sorted.
        actor_days: of each tenant, fading.
    """

    def __init__(self, known: Records, prior: Prior = PRIOR) -> None:
        """Shrink merged `COHORT` rows (sorted by cohort) to their tenants, these to the prior."""
        self.known = known
        self.keys: NDArray[np.uint64] = known["cohort"].copy()
        anybody = Moments(*(np.array([part]) for part in (prior.mean, prior.between, prior.within)))
        tenants, tenant_of = _summed(known, "tenant")
        self.tenants: NDArray[np.uint64] = tenants["tenant"].copy()
        self.actor_days: NDArray[np.float64] = tenants["actor_days"].copy()
        of_tenant = _moments(tenants, anybody, SURE_OF_TENANT)
        own = _moments(known, Moments(*(part[tenant_of] for part in of_tenant)), SURE_ACTORS)
        self.view = PeerView(
            mean=_with_prior(own.mean, anybody.mean),
            between=_with_prior(own.between, anybody.between),
            within=_with_prior(own.within, anybody.within),
            returning=_share(known["returning"], known["pairs"], prior.returning),
            return_logs=_share(
                known["return_logs"], known["return_pairs"], prior.return_logs, SURE_LOGS
            ),
            explained=_share(known["explained"], known["named"], prior.explained),
            social=_share(known["social"], known["named"], prior.social),
            cases=_share(known["cases"], known["actors"], 0.0, SURE_OF_TENANT),
            late=np.append(known["late"], 0.0),
            alone=np.append(known["alone"], 0.0),
            case_late=_with_nobody(tenants["case_late"][tenant_of]),
            case_alone=_with_nobody(tenants["case_alone"][tenant_of]),
        )
        self.habits = _habits(known, tenants, tenant_of, prior)

    def locate(self, cohorts: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Each cohort's row in `view`; the prior's, the last, if it is not known yet."""
        if len(self.keys) == 0:
            return np.zeros(len(cohorts), np.int64)
        at = np.minimum(np.searchsorted(self.keys, cohorts), len(self.keys) - 1)
        return np.where(self.keys[at] == cohorts, at, len(self.keys)).astype(np.int64)


def _share(
    part: NDArray[np.float64], whole: NDArray[np.float64], prior: float, sure: float = SURE_PAIRS
) -> NDArray[np.float64]:
    """Each cohort's ratio, shrunk to the prior's, and the prior's last."""
    return np.append((part + sure * prior) / (whole + sure), prior)


def _habits(
    known: Records, tenants: Records, tenant_of: NDArray[np.intp], prior: Prior
) -> HabitView:
    """What cohorts do, shrunk to what their tenants do, and these to the prior."""
    anybody = Moments(
        *(
            np.full((1, HABITS), part)
            for part in (prior.habit_mean, prior.habit_between, prior.habit_within)
        )
    )
    of_tenant = _moments(tenants, anybody, SURE_OF_TENANT, "habit_")
    own = _moments(known, Moments(*(part[tenant_of] for part in of_tenant)), SURE_ACTORS, "habit_")
    share = np.full((1, HABITS), prior.habit)
    tenant_share = _shrunk_share(tenants, share)
    return HabitView(
        any=_with_prior(_shrunk_share(known, tenant_share[tenant_of]), share),
        mean=_with_prior(own.mean, anybody.mean),
        between=_with_prior(own.between, anybody.between),
        within=_with_prior(own.within, anybody.within),
        days=np.append(tenants["acts"][tenant_of], 0.0),
    )


def _shrunk_share(known: Records, wider: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of days with each habit; a wider circle's counts as `SURE_SHARE` days.

    What was not seen on so many days is no rarer than half a day in as many (Krichevsky and
    Trofimov 1981): cohort and tenant may be the same, and are no two proofs.
    """
    acts = known["acts"][:, None]
    share = (known["habit_days"] + SURE_SHARE * wider) / (acts + SURE_SHARE)
    return np.maximum(share, 0.5 / (acts + 1.0))


def _with_prior(rows: NDArray[np.float64], last: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.ascontiguousarray(np.vstack([rows, last]))


def _with_nobody(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    return _with_prior(rows.astype(np.float64), np.zeros((1, rows.shape[1])))


def no_peers() -> Peers:
    """Before the first day is over there is only the prior."""
    return Peers(np.zeros(0, COHORT))
