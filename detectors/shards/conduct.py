"""What the accounts of a shard do, and what river's estimators make of it."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..baseline import Peers
from ..estimators import Expert, Prior
from ..events import Records
from ..kernels.conduct import ConductState
from ..kernels.conduct_days import ConductDay, close_conduct, count_conducts
from ..kernels.hashing import TableView, absent, mix_columns
from ..state.actors import SHOWN_HABITS
from ..state.conduct import CONDUCT, DEEDS, HABITS
from .retention import staying
from .tables import Arrays, Table, under

LEAST_DAYS: Final = 50.0
"""Clean actor-days of a tenant before anything is judged: before, nobody knows what is usual.
From there on a habit that nobody has surprises by no more than such a number of days can tell."""

CONDUCT_DAYS: Final = 180
"""An account's past is forgotten after so many days."""

NOTABLE: Final = 5.0
"""Nats of a day from which on its combination is looked at, which takes some 0.1 ms."""

SAMPLE: Final = 8
"""An estimator learns one clean day in so many,"""

MOST_A_DAY: Final = 4
"""and so many of a tenant a day at most: it costs as much as a hundred events."""

WEEK, MONTH = 7, 30


class Conduct:
    """What a shard's accounts do.

    Args:
        most_actors: how many accounts to hold.
        release_after: suspect days in a row after which a lasting change is learned.
        prior: of the estimator.
    """

    def __init__(self, most_actors: int, release_after: int, prior: Prior) -> None:
        self.most_actors = most_actors
        self.release_after = release_after
        self._prior = prior
        self.deeds = (Table(DEEDS), Table(DEEDS))
        self.conducts = Table(CONDUCT)
        self.experts: dict[int, Expert] = {}

    def view(self, n: int, peers: Peers) -> ConductState:
        """The arrays for a kernel that observes `n` events."""
        return ConductState(
            deeds=(self.deeds[0].some(n), self.deeds[1].some(n)),
            conducts=self.conducts.view(0),
            peers=peers.habits,
            least_days=LEAST_DAYS,
            due=np.empty(n, np.int64),
            nats=np.empty((n, HABITS)),
            found=np.empty((n, HABITS), np.float32),
            usual=np.empty((n, HABITS)),
            used=np.zeros(1, np.int64),
        )

    def judge(self, state: ConductState, events: Records, figures: Records) -> None:
        """Fill the figures of the events whose day is to be judged."""
        count = int(state.used[0])
        if count == 0:
            return
        numbers, nats = state.due[:count], state.nats[:count]
        total = nats.sum(axis=1)
        figures["odd"][numbers] = total
        most = np.argsort(-nats, axis=1, kind="stable")[:, :SHOWN_HABITS]
        shown = np.arange(count)[:, None], most
        figures["habit"][numbers] = most
        figures["habit_nats"][numbers] = nats[shown]
        figures["habit_found"][numbers] = np.nan_to_num(np.exp(state.found[shown]))
        figures["habit_usual"][numbers] = state.usual[shown]
        for at in np.flatnonzero(total >= NOTABLE):
            expert = self.experts.get(int(events["tenant"][numbers[at]]))
            expert = expert or Expert(self._prior)
            figures["rare"][numbers[at]] = expert.nats(nats[at])

    def suspect(self, rows: NDArray[np.int32], days: NDArray[np.int64]) -> None:
        """Learn nothing of these accounts' days."""
        for parity in (0, 1):
            self.deeds[parity].rows["suspect"][rows[days & 1 == parity]] = 1

    def close(self, day: int, cohorts: TableView) -> None:
        """Learn the unsuspected days of `day`, in cohorts that have room for them."""
        table = self.deeds[day & 1]
        count = len(table)
        state = ConductDay(
            deeds=table.view(0),
            conducts=self.conducts.view(absent(table.keys[:count], self.conducts.view(0))),
            cohorts=cohorts,
            learned=np.zeros(count, np.uint8),
        )
        close_conduct(day, self.release_after, state, np.empty(HABITS, np.float32))
        count_conducts(state.conducts, cohorts)
        self._teach(day, table, state)
        table.clear()

    def _teach(self, day: int, table: Table, state: ConductDay) -> None:
        """Let the tenants' estimators learn a sample of what was learned, by pseudonym."""
        learned = np.flatnonzero(state.learned)
        learned = learned[table.rows["judged"][learned] > 0]
        chance = np.empty(len(learned), np.uint64)
        mix_columns(table.keys[learned], np.full(len(learned), day % MONTH, np.uint64), chance)
        sampled = chance >> np.uint64(32) < np.uint64(2**32 // SAMPLE)
        drawn, chance = learned[sampled], chance[sampled]
        tenants = table.rows["tenant"][drawn]
        for tenant in sorted(set(tenants.tolist())):
            own = np.flatnonzero(tenants == tenant)
            expert = self.experts.setdefault(tenant, Expert(self._prior))
            nats = table.rows["nats"][drawn[own]].astype(np.float64)
            first = np.argsort(chance[own], kind="stable")[:MOST_A_DAY]
            for of_one in nats[first]:
                expert.learn(of_one)
            if day % WEEK == 0:
                expert.drifted(float(nats.sum(axis=1).mean()))

    def evict(self, today: int) -> None:
        """Forget what has been idle for long."""
        rows = self.conducts.rows[: len(self.conducts)]
        age = today - rows["day"].astype(np.int64)
        kept = staying(age, np.full(len(age), CONDUCT_DAYS), self.most_actors)
        if kept is not None:
            self.conducts.keep(kept)
            known = set(self.conducts.rows["tenant"][: len(self.conducts)].tolist())
            self.experts = {key: e for key, e in self.experts.items() if key in known}

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        tables = self.conducts.nbytes + sum(table.nbytes for table in self.deeds)
        return tables + sum(e.days.nbytes + e.scores.nbytes for e in self.experts.values())

    def arrays(self) -> Arrays:
        """What a snapshot keeps: of an estimator, what it has learned."""
        experts = [self.experts[tenant] for tenant in sorted(self.experts)]
        kept: Arrays = {
            "experts.tenants": np.array(sorted(self.experts), np.uint64),
            "experts.lengths": np.array([len(e.days) for e in experts], np.int64),
            "experts.weeks": np.array([len(e.levels) for e in experts], np.int64),
            "experts.drifts": np.array([e.drifts for e in experts], np.int64),
            "experts.days": np.concatenate(
                [np.zeros((0, HABITS), np.float32), *(e.days for e in experts)]
            ),
            "experts.scores": np.concatenate([np.zeros(0), *(e.scores for e in experts)]),
            "experts.levels": np.concatenate([np.zeros(0), *(e.levels for e in experts)]),
        }
        for name, part in self._parts().items():
            kept |= {f"{name}.{key}": array for key, array in part.arrays().items()}
        return kept

    def load(self, kept: Mapping[str, NDArray[np.generic]]) -> None:
        """Take a snapshot's arrays over.

        Raises:
            SnapshotError: they were laid out by another version.
        """
        for name, part in self._parts().items():
            part.load(under(kept, name))
        self.experts = {}
        days = np.split(kept["experts.days"], np.cumsum(kept["experts.lengths"]).tolist())
        scores = np.split(kept["experts.scores"], np.cumsum(kept["experts.lengths"]).tolist())
        levels = np.split(kept["experts.levels"], np.cumsum(kept["experts.weeks"]).tolist())
        for number, tenant in enumerate(kept["experts.tenants"].tolist()):
            expert = self.experts[tenant] = Expert(self._prior)
            expert.days = days[number].astype(np.float32)
            expert.scores = scores[number].astype(np.float64)
            expert.levels = levels[number].astype(np.float64)
            expert.drifts = int(kept["experts.drifts"][number])

    def _parts(self) -> dict[str, Table]:
        return {
            "even": self.deeds[0],
            "odd": self.deeds[1],
            "conducts": self.conducts,
        }
