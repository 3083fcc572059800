"""What a tenant's events can show: its capability level, measured."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .events import ABSENT, EventBatch, Operation, Records

ENOUGH: Final = 0.01
"""A level is reached when so large a share of the searches carries its fields."""

LEVELS: Final = 4
"""L0: who, when, where from. L1: gallery, limit or threshold. L2: persons. L3: persons, and case
or purpose: a reason for nobody in particular explains nothing."""


def carried(events: Records) -> NDArray[np.bool_]:
    """Which events (`EVENT` records) are searches that carry each level's fields.

    Returns:
        Shape (`LEVELS`, n); the first row is which are searches.
    """
    carries = np.stack(
        [
            events["operation"] == Operation.IDENTIFY,
            (events["gallery"] != 0) | (events["limit"] != ABSENT) | (events["threshold"] >= 0),
            events["subject"][:, 0] != 0,
            (events["case"][:, 0] != 0) | (events["purpose"] != 0),
        ]
    )
    carries[1:] &= carries[0]
    return carries


def levels_of(counts: NDArray[np.float64]) -> NDArray[np.int64]:
    """Levels, 0 to 3.

    Args:
        counts: shape (n, `LEVELS`): of so many searches so many carry each further level's fields.
    """
    enough = counts[:, 1:] > ENOUGH * np.maximum(counts[:, :1], 1)
    limits, persons, reasons = enough.T
    return np.where(persons, np.where(reasons, 3, 2), np.where(limits, 1, 0))


class Levels:
    """Counts, per tenant, the searches that carry the fields of each level.

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
            before = self._searches.get(name, [0] * LEVELS)
            self._searches[name] = [
                had + int(more[place]) for had, more in zip(before, counts, strict=True)
            ]

    def of(self, tenant: str) -> int:
        """The tenant's level, 0 to 3."""
        return int(levels_of(np.array([self._searches[tenant]], np.float64))[0])

    def shares(self, tenant: str) -> tuple[float, ...]:
        """Which share of the tenant's searches carries the fields of each level from 1 on."""
        searches, *further = self._searches[tenant]
        return tuple(carry / max(searches, 1) for carry in further)

    def tenants(self) -> dict[str, int]:
        """Events per tenant."""
        return dict(self._events)
