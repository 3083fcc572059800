"""What is normal for an actor's peers: moments of whole, unsuspected actor-days.

A cohort is the actors of one tenant in one role. Every shard keeps its own moments; once
a day they are merged over all shards into `Peers`, which holds for the whole day. So what
is expected does not depend on how actors are spread over shards, nor on timing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .events import Records
from .kernels.sheets import PeerView
from .state.cohorts import COHORT

SURE_ACTORS = 10.0
"""With so many actors a cohort's own figures count as much as the prior's."""

SURE_DAYS = 20.0
SURE_PAIRS = 30.0


@dataclass(frozen=True, slots=True)
class Prior:
    """What is expected of actors of whom nothing is known, per trait.

    Wide on purpose: an unknown role may be a person or a service. Orders of magnitude from
    simulated consumer, police and gateway traffic (seeds 1-20); a tenant's own days replace
    them within about two weeks.
    """

    mean: tuple[float, ...] = (1.6, 1.2, 3.0, 2.4, 0.4, 0.03, -1.6)
    between: tuple[float, ...] = (1.8, 1.4, 5.0, 1.5, 0.25, 0.15, 0.5)
    within: tuple[float, ...] = (0.8, 0.6, 2.0, 0.4, 0.08, 0.06, 0.4)
    returning: float = 0.15
    return_logs: float = 0.7
    intensity: float = 1.5
    explained: float = 0.5
    social: float = 0.5


PRIOR: Final = Prior()


def merge(parts: Iterable[Records]) -> Records:
    """Add up `COHORT` rows; one row per cohort, sorted."""
    rows = np.concatenate(list(parts))
    keys, where = np.unique(rows["cohort"], return_inverse=True)
    merged: Records = np.zeros(len(keys), COHORT)
    merged["cohort"] = keys
    for name in COHORT.names or ():
        if name != "cohort":
            np.add.at(merged[name], where, rows[name])
    return merged


class Peers:
    """What every cohort's actors are compared with for a day."""

    def __init__(self, known: Records, prior: Prior = PRIOR) -> None:
        """Shrink merged `COHORT` rows (sorted by cohort) to the prior."""
        self.known = known
        self.keys: NDArray[np.uint64] = known["cohort"].copy()
        mean, between, within = (
            np.array(part) for part in (prior.mean, prior.between, prior.within)
        )
        days = np.maximum(known["days"], 1e-9)
        own_days = np.maximum(known["own_days"], 1e-9)
        actors = known["actors"][:, None]
        trust = np.where(known["days"] > 0, actors / (actors + SURE_ACTORS), 0.0)
        sure = own_days / (own_days + SURE_DAYS)
        cohort_mean = known["sums"] / days
        variance = np.maximum(known["squares"] / days - cohort_mean**2, 0.0)
        own_variance = sure * known["own_squares"] / own_days + (1 - sure) * within**2
        spread = np.maximum(variance - own_variance, 0.05 * between**2)
        self.view = PeerView(
            mean=_with_prior(trust * cohort_mean + (1 - trust) * mean, mean),
            between=_with_prior(np.sqrt(trust * spread + (1 - trust) * between**2), between),
            within=_with_prior(np.sqrt(np.maximum(own_variance, 0.05 * within**2)), within),
            returning=_share(known["returning"], known["pairs"], prior.returning),
            return_logs=_share(known["return_logs"], known["return_pairs"], prior.return_logs),
            intensity=_share(known["pair_searches"], known["pair_days"], prior.intensity),
            explained=_share(known["explained"], known["named"], prior.explained),
            social=_share(known["social"], known["named"], prior.social),
        )

    def locate(self, cohorts: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Each cohort's row in `view`; the prior's, the last, if it is not known yet."""
        if len(self.keys) == 0:
            return np.zeros(len(cohorts), np.int64)
        at = np.minimum(np.searchsorted(self.keys, cohorts), len(self.keys) - 1)
        return np.where(self.keys[at] == cohorts, at, len(self.keys)).astype(np.int64)


def _share(
    part: NDArray[np.float64], whole: NDArray[np.float64], prior: float
) -> NDArray[np.float64]:
    """Each cohort's ratio, shrunk to the prior's, and the prior's last."""
    return np.append((part + SURE_PAIRS * prior) / (whole + SURE_PAIRS), prior)


def _with_prior(rows: NDArray[np.float64], last: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.ascontiguousarray(np.vstack([rows, last]))


def no_peers() -> Peers:
    """Before the first day is over there is only the prior."""
    return Peers(np.zeros(0, COHORT))
