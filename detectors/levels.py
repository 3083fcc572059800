"""What a tenant's events can show: its capability level, measured."""

from typing import Final

import numpy as np

from .events import ABSENT, EventBatch, Operation

ENOUGH: Final = 0.01
"""A level is reached when so large a share of the searches carries its fields."""


class Levels:
    """Counts, per tenant, the searches that carry the fields of each level.

    L0: who, when, where from. L1: gallery, limit or threshold. L2: persons. L3: persons,
    and case or purpose: a reason for nobody in particular explains nothing.
    """

    def __init__(self) -> None:
        self._events: dict[str, int] = {}
        self._searches: dict[str, list[int]] = {}

    def observe(self, batch: EventBatch) -> None:
        """Count a batch."""
        rows = batch.rows
        carries = np.stack(
            [
                rows["operation"] == Operation.IDENTIFY,
                (rows["gallery"] != 0) | (rows["limit"] != ABSENT) | (rows["threshold"] >= 0),
                rows["subject"][:, 0] != 0,
                (rows["case"][:, 0] != 0) | (rows["purpose"] != 0),
            ]
        )
        carries[1:] &= carries[0]
        tenants, where = np.unique(rows["tenant"], return_inverse=True)
        counts = [np.bincount(where, weights=row, minlength=len(tenants)) for row in carries]
        sizes = np.bincount(where, minlength=len(tenants))
        for place, tenant in enumerate(tenants.tolist()):
            name = batch.names[tenant]
            self._events[name] = self._events.get(name, 0) + int(sizes[place])
            before = self._searches.get(name, [0, 0, 0, 0])
            self._searches[name] = [
                had + int(more[place]) for had, more in zip(before, counts, strict=True)
            ]

    def of(self, tenant: str) -> int:
        """The tenant's level, 0 to 3."""
        searches, *carrying = self._searches[tenant]
        limits, persons, reasons = (count > ENOUGH * max(searches, 1) for count in carrying)
        if persons:
            return 3 if reasons else 2
        return 1 if limits else 0

    def tenants(self) -> dict[str, int]:
        """Events per tenant."""
        return dict(self._events)
