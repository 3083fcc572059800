"""The probes that a shard's accounts tried of late, and what they are used to trying."""

import numpy as np

from ..kernels.probes import PATIENCE, ProbeState
from ..state.actors import DAY, MINUTE
from ..state.probes import RECENT, RUN
from .retention import GRACE, staying
from .tables import Table

HABIT_DAYS = 30
"""How long an account may pause before what it is used to, and a long climb, are forgotten."""


class Probes:
    """The last probes of accounts, and runs of them at one target.

    Args:
        most_actors: how many accounts to hold.
        most_runs: how many targets.
    """

    def __init__(self, most_actors: int, most_runs: int) -> None:
        self.recent = Table(RECENT)
        self.runs = Table(RUN)
        self._limits = (most_actors, most_runs)

    @property
    def nbytes(self) -> int:
        """What they take."""
        return self.recent.nbytes + self.runs.nbytes

    def view(self, n: int) -> ProbeState:
        """The arrays, with room for what n events bring."""
        return ProbeState(self.recent.some(n), self.runs.some(2 * n))

    def evict(self, today: int) -> None:
        """Forget the accounts and targets of former days."""
        recent = self.recent.rows[: len(self.recent)]
        newest = recent["minutes"].max(axis=1, initial=0).astype(np.int64) * MINUTE // DAY
        runs = self.runs.rows[: len(self.runs)]
        ages = (today - newest, today - runs["last"] // DAY)
        lifetimes = (GRACE + HABIT_DAYS, GRACE + 1 + PATIENCE // DAY)
        for table, age, lifetime, limit in zip(
            (self.recent, self.runs), ages, lifetimes, self._limits, strict=True
        ):
            kept = staying(age, np.full(len(age), lifetime), limit)
            if kept is not None:
                table.keep(kept)
