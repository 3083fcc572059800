"""The shard of actors, with the persons whom each searched for."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..baseline import Peers
from ..events import Records
from ..kernels.actors import ActorState, observe
from ..kernels.cohorts import count_actors, fade
from ..kernels.days import DayState, close_day
from ..kernels.eviction import drop_actors, drop_pairs
from ..kernels.hashing import FREE, copy_members
from ..kernels.pairs import ONE_DAY_PAIRS, PAIR_DAYS
from ..kernels.sketch import DENSE, SHORT
from ..state.actors import ACTOR, BASELINE, DAY, HISTORY, PAIR, RHYTHM, SHEET, TRAITS
from ..state.cohorts import COHORT
from .batch import Stretch
from .retention import staying
from .tables import Arrays, Held, Pool, Table, under

ACTOR_DAYS: Final = 180
"""An actor is forgotten after so many days without an event."""

ACTORS, PAIRS = range(2)

_GRACE: Final = 2
"""Days for late events and for local days that differ from UTC's."""

_OF_ACTORS: Final = ("sheets", "baselines", "rhythms", "short", "dense")


class ActorShard:
    """State of the actors whose pseudonyms fall here.

    Args:
        most_actors: how many actors to hold.
        most_pairs: how many pairs of actor and person (or probe) to hold.
    """

    def __init__(self, most_actors: int, most_pairs: int) -> None:
        self.limits = np.array([most_actors, most_pairs], np.int64)
        self.actors = Table(ACTOR)
        self.pairs = Table(PAIR)
        self.pools = {
            "sheets": Pool(SHEET),
            "baselines": Pool(BASELINE),
            "rhythms": Pool(RHYTHM),
            "histories": Pool(HISTORY),
            "short": Pool(SHORT),
            "dense": Pool(DENSE),
        }
        self.cohorts = Table(COHORT)
        self.seen = [np.zeros(64, np.uint64), np.zeros(64, np.uint64)]
        self.remembered: NDArray[np.int64] = np.zeros(2, np.int64)
        # Events that were repeated, that there was no room for the actor of, for the pair.
        self.counts: NDArray[np.int64] = np.zeros(3, np.int64)
        self.evicted: NDArray[np.int64] = np.zeros(2, np.int64)

    def observe(
        self, order: NDArray[np.int64], stretch: Stretch, peers: Peers, peer_rows: NDArray[np.int64]
    ) -> None:
        """Apply the events `order` and fill their actor figures."""
        n = len(order)
        exposed = stretch.batch.exposed_offsets
        for parity in (0, 1):
            self._ensure_seen(parity, n)
        state = ActorState(
            actors=self.actors.view(n),
            pairs=self.pairs.view(n),
            sheets=self.pools["sheets"].view(n),
            baselines=self.pools["baselines"].view(0),
            histories=self.pools["histories"].view(n),
            short=self.pools["short"].view(n),
            dense=self.pools["dense"].view(n),
            seen=(self.seen[0], self.seen[1]),
            remembered=self.remembered,
        )
        observe(
            order,
            stretch.batch.rows,
            exposed,
            stretch.batch.exposed,
            stretch.cohorts,
            peer_rows,
            stretch.today,
            state,
            peers.view,
            self.limits,
            self.counts,
            stretch.actor_figures,
        )

    def suspect(self, rows: NDArray[np.int32], days: NDArray[np.int64]) -> None:
        """Learn nothing of these actors' days: a pattern suspects them."""
        actors = self.actors.rows
        np.maximum.at(actors["suspect_on"], rows, days)
        numbers = actors["sheets"][rows, days & 1]
        open_ = numbers != FREE
        sheets, numbers = self.pools["sheets"].rows, numbers[open_]
        sheets["suspect"][numbers[sheets["day"][numbers] == days[open_]]] = 1

    def close(self, day: int, release_after: int) -> None:
        """Learn the unsuspected actor-days of `day`, as another day has passed."""
        most = self.pools["sheets"].live
        cohorts = self.cohorts.view(len(self.actors))
        fade(cohorts)
        state = DayState(
            actors=self.actors.view(0),
            sheets=self.pools["sheets"].view(0),
            baselines=self.pools["baselines"].view(most),
            rhythms=self.pools["rhythms"].view(most),
            cohorts=cohorts,
        )
        close_day(
            day, release_after, state, np.empty(TRAITS, np.float32), np.empty(TRAITS, np.float64)
        )
        count_actors(state.actors, cohorts)
        self.seen[day & 1][:] = 0
        self.remembered[day & 1] = 0

    def known(self) -> Records:
        """The shard's `COHORT` rows."""
        return self.cohorts.rows[: len(self.cohorts)]

    def evict(self, today: int) -> None:
        """Forget what has been idle for long; if still too full, the longest idle innocents."""
        pairs = self.pairs.rows[: len(self.pairs)]
        # Expired pairs begin anew when they are met; their rows go when no late event can
        # meet them any more.
        lifetime = _GRACE + np.where(pairs["history"] == FREE, ONE_DAY_PAIRS, PAIR_DAYS)
        kept = staying(today - pairs["day"].astype(np.int64), lifetime, int(self.limits[1]))
        if kept is not None:
            self._drop_pairs(kept)
        actors = self.actors.rows[: len(self.actors)]
        suspects = actors["suspect_on"] > today - ACTOR_DAYS
        age = np.where(suspects, 0, today - actors["last"] // DAY)
        kept = staying(age, np.full(len(age), ACTOR_DAYS), int(self.limits[0]))
        if kept is not None:
            self._drop_actors(kept)

    def _drop_pairs(self, kept: NDArray[np.bool_]) -> None:
        drop_pairs(kept, self.pairs.view(0), self.actors.view(0), self.pools["histories"].view(0))
        self.pairs.keep(kept)
        self.evicted[PAIRS] += np.count_nonzero(~kept)

    def _drop_actors(self, kept: NDArray[np.bool_]) -> None:
        self._drop_pairs(kept[self.pairs.rows["actor_row"][: len(self.pairs)]])
        drop_actors(kept, self.actors.view(0), *(self.pools[name].view(0) for name in _OF_ACTORS))
        moved = self.actors.keep(kept)
        pairs = self.pairs.rows[: len(self.pairs)]
        pairs["actor_row"] = moved[pairs["actor_row"]]
        self.evicted[ACTORS] += np.count_nonzero(~kept)

    def _ensure_seen(self, parity: int, more: int) -> None:
        needed = 2 * (int(self.remembered[parity]) + more)
        if needed > len(self.seen[parity]):
            larger = np.zeros(1 << needed.bit_length(), np.uint64)
            copy_members(self.seen[parity], larger)
            self.seen[parity] = larger

    @property
    def tracked(self) -> dict[str, Held]:
        """How many of each kind, and the bytes that they take."""
        actors = self.actors.nbytes + sum(
            pool.nbytes for name, pool in self.pools.items() if name != "histories"
        )
        pairs = self.pairs.nbytes + self.pools["histories"].nbytes
        seen = sum(members.nbytes for members in self.seen)
        return {
            "actor": Held(len(self.actors), actors, int(self.evicted[ACTORS])),
            "pair": Held(len(self.pairs), pairs, int(self.evicted[PAIRS])),
            "event": Held(int(self.remembered.sum()), seen),
        }

    def arrays(self) -> Arrays:
        """What a snapshot keeps."""
        kept: Arrays = {
            "seen.even": np.sort(self.seen[0][self.seen[0] != 0]),
            "seen.odd": np.sort(self.seen[1][self.seen[1] != 0]),
            "counts": self.counts,
            "evicted": self.evicted,
        }
        for name, part in self._parts().items():
            kept |= {f"{name}.{key}": array for key, array in part.arrays().items()}
        return kept

    def load(self, kept: Mapping[str, NDArray[np.generic]]) -> None:
        """Take a snapshot's arrays over.

        Raises:
            SnapshotError: they were laid out by another version.
        """
        self.counts = kept["counts"].astype(np.int64)
        self.evicted = kept["evicted"].astype(np.int64)
        for parity, name in enumerate(("seen.even", "seen.odd")):
            members = kept[name].astype(np.uint64)
            self._ensure_seen(parity, len(members))
            copy_members(members, self.seen[parity])
            self.remembered[parity] = len(members)
        for name, part in self._parts().items():
            part.load(under(kept, name))

    def _parts(self) -> dict[str, Table | Pool]:
        return {"actors": self.actors, "pairs": self.pairs, "cohorts": self.cohorts, **self.pools}
