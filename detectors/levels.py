"""What a tenant's events can show: its capability level, and what patterns live on, measured."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .alerts import PatternCode
from .events import ABSENT, EventBatch, Operation, Records

ENOUGH: Final = 0.01
"""A level is reached when so large a share of the searches carries its fields."""

LEVELS: Final = 4
"""L0: who, when, where from. L1: gallery, limit or threshold. L2: persons. L3: persons, and case
or purpose: a reason for nobody in particular explains nothing."""


NEEDS: Final[Mapping[PatternCode, int]] = {
    PatternCode.CREDENTIAL_SHARING: LEVELS,
    PatternCode.PROBE_HILL_CLIMBING: LEVELS + 1,
    PatternCode.CASE_LAUNDERING: LEVELS + 2,
}
"""What a pattern cannot do without, whatever the level, as a row of `carried`: a client or a
network; a probe with its score or its near-duplicates; a case, for which no purpose stands."""

COUNTED: Final = LEVELS + len(NEEDS)


def carried(events: Records) -> NDArray[np.bool_]:
    """Which events (`EVENT` records) are searches that carry each level's fields, and `NEEDS`.

    Returns:
        Shape (`COUNTED`, n); the first row is which are searches.
    """
    client = (events["device"] != 0) | (events["user_agent"] != 0) | (events["tls"] != 0)
    network = (events["network"][:, 0] != 0) | (events["asn"] != ABSENT)
    compared = (events["probe_cluster"] != 0) | (events["top_score"] >= 0)
    carries = np.stack(
        [
            events["operation"] == Operation.IDENTIFY,
            (events["gallery"] != 0) | (events["limit"] != ABSENT) | (events["threshold"] >= 0),
            events["subject"][:, 0] != 0,
            (events["case"][:, 0] != 0) | (events["purpose"] != 0),
            client | network,
            (events["probe"] != 0) & compared,
            events["case"][:, 0] != 0,
        ]
    )
    carries[1:] &= carries[0]
    return carries


def levels_of(counts: NDArray[np.float64]) -> NDArray[np.int64]:
    """Levels, 0 to 3.

    Args:
        counts: shape (n, `COUNTED`): of so many searches so many carry what `carried` tells.
    """
    limits, persons, reasons = _enough(counts)[:, 1:LEVELS].T
    return np.where(persons, np.where(reasons, 3, 2), np.where(limits, 1, 0))


def blind(counts: NDArray[np.float64], code: PatternCode, level: int) -> NDArray[np.bool_]:
    """Where a pattern cannot see, since the level or the fields that it lives on are lacking.

    Args:
        counts: as for `levels_of`.
        code: the pattern's.
        level: that it needs.
    """
    low = levels_of(counts) < level
    return low | ~_enough(counts)[:, NEEDS[code]] if code in NEEDS else low


def _enough(counts: NDArray[np.float64]) -> NDArray[np.bool_]:
    return counts > ENOUGH * np.maximum(counts[:, :1], 1)


class Levels:
    """Counts, per tenant, the searches that carry the fields of each level and of `NEEDS`.

    Attributes:
        names: of the tenants, by their codes in events.
    """

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self._events: dict[str, int] = {}
        self._searches: dict[str, list[int]] = {}

    def observe(self, batch: EventBatch) -> None:
        """Count a batch."""
        rows = batch.rows
        tenants, where = np.unique(rows["tenant"], return_inverse=True)
        counts = [np.bincount(where, weights=row, minlength=len(tenants)) for row in carried(rows)]
        sizes = np.bincount(where, minlength=len(tenants))
        for place, tenant in enumerate(tenants.tolist()):
            name = self.names[tenant] = batch.names[tenant]
            self._events[name] = self._events.get(name, 0) + int(sizes[place])
            before = self._searches.get(name, [0] * COUNTED)
            self._searches[name] = [
                had + int(more[place]) for had, more in zip(before, counts, strict=True)
            ]

    def of(self, tenant: str) -> int:
        """The tenant's level, 0 to 3."""
        return int(levels_of(self._counts(tenant))[0])

    def blind(self, tenant: str, code: PatternCode, level: int) -> bool:
        """Whether a pattern that needs a level cannot see at the tenant."""
        return bool(blind(self._counts(tenant), code, level)[0])

    def _counts(self, tenant: str) -> NDArray[np.float64]:
        return np.array([self._searches[tenant]], np.float64)

    def shares(self, tenant: str) -> tuple[float, ...]:
        """Which share of the tenant's searches carries the fields of each row of `carried`."""
        searches, *_ = further = self._searches[tenant]
        return tuple(carry / max(searches, 1) for carry in further)

    def tenants(self) -> dict[str, int]:
        """Events per tenant."""
        return dict(self._events)
