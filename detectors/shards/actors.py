"""The shard of actors, with the persons whom each searched for."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..baseline import Peers
from ..estimators import Prior
from ..events import Records
from ..kernels.actors import ActorState, observe
from ..kernels.cases import CASE_DAYS, INCIDENT_DAYS, CaseState
from ..kernels.cohorts import count_actors, count_cases, fade
from ..kernels.days import DayState, close_day, needed
from ..kernels.eviction import drop_actors, drop_cases, drop_pairs
from ..kernels.hashing import FREE, TableView, absent
from ..kernels.pairs import ONE_DAY_PAIRS, PAIR_DAYS
from ..kernels.sketch import DENSE, SHORT
from ..state.actors import ACTOR, BASELINE, DAY, RHYTHM, SHEET, TRAITS
from ..state.cases import CASE, DOSSIER
from ..state.cohorts import COHORT
from ..state.medleys import MEDLEY
from ..state.pairs import HISTORY, PAIR
from .batch import Stretch
from .conduct import Conduct
from .daily import Daily
from .probes import Probes
from .retention import EVICTION_DAYS, GRACE, crowded_out, staying
from .tables import Arrays, Held, Members, Pool, Table, under

ACTOR_DAYS: Final = 180
"""An actor is forgotten after so many days without an event."""

ACTORS, PAIRS, CROWDED_ACTORS, CROWDED_PAIRS = range(4)

_OF_ACTORS: Final = ("sheets", "medleys", "baselines", "rhythms", "short", "dense")


class ActorShard:
    """State of the actors whose pseudonyms fall here.

    Args:
        most_actors: how many actors to hold.
        most_pairs: how many pairs of actor and person (or probe) to hold.
        release_after: suspect days in a row after which a lasting change is learned.
        prior: of the estimator of unusual days.
    """

    def __init__(self, most_actors: int, most_pairs: int, release_after: int, prior: Prior) -> None:
        self.release_after = release_after
        self.limits = np.array([most_actors, most_pairs], np.int64)
        self.actors = Table(ACTOR)
        self.pairs = Table(PAIR)
        self.pools = {
            "sheets": Pool(SHEET),
            "medleys": Pool(MEDLEY),
            "baselines": Pool(BASELINE),
            "rhythms": Pool(RHYTHM),
            "histories": Pool(HISTORY),
            "short": Pool(SHORT),
            "dense": Pool(DENSE),
        }
        self.probes = Probes(most_actors, most_pairs)
        self.cases = Table(CASE)
        self.dossiers = Pool(DOSSIER)
        self.cohorts = Table(COHORT)
        self.conduct = Conduct(most_actors, release_after, prior)
        # Events of even and of odd days.
        self.seen = (Members(), Members())
        # What the shard contributed to its actors' peers as its last days began, by day.
        self.contributed = Daily(COHORT)
        # Events that were repeated, that there was no room for the actor of, for the pair,
        # for the probes.
        self.counts: NDArray[np.int64] = np.zeros(4, np.int64)
        # Of actors and of pairs; of both, for want of room.
        self.evicted: NDArray[np.int64] = np.zeros(4, np.int64)

    def observe(
        self, order: NDArray[np.int64], stretch: Stretch, peers: Peers, peer_rows: NDArray[np.int64]
    ) -> None:
        """Apply the events `order` and fill their actor figures."""
        batch = stretch.batch
        while len(order):
            state = self._state(len(order), peers)
            done = observe(
                order,
                batch.rows,
                batch.exposed_offsets,
                batch.exposed,
                stretch.cohorts,
                peer_rows,
                stretch.today,
                state,
                peers.view,
                self.limits,
                self.counts,
                stretch.actor_figures,
            )
            self.conduct.judge(state.conduct, batch.rows, stretch.actor_figures)
            order = order[done:]

    def _state(self, n: int, peers: Peers) -> ActorState:
        """The arrays for a kernel that observes n events, or some of them."""
        return ActorState(
            actors=self.actors.some(n),
            pairs=self.pairs.some(n),
            sheets=self.pools["sheets"].some(n),
            medleys=self.pools["medleys"].some(n),
            baselines=self.pools["baselines"].view(0),
            histories=self.pools["histories"].some(n),
            short=self.pools["short"].some(n),
            dense=self.pools["dense"].some(n),
            probes=self.probes.view(n),
            cases=CaseState(self.cases.some(n), self.dossiers.some(n)),
            seen=(self.seen[0].some(n), self.seen[1].some(n)),
            conduct=self.conduct.view(n, peers),
        )

    def suspect(self, rows: NDArray[np.int32], days: NDArray[np.int64]) -> None:
        """Learn nothing of these actors' days: a pattern suspects them."""
        actors = self.actors.rows
        np.maximum.at(actors["suspect_on"], rows, days)
        numbers = actors["sheets"][rows, days & 1]
        open_ = numbers != FREE
        sheets, numbers = self.pools["sheets"].rows, numbers[open_]
        sheets["suspect"][numbers[sheets["day"][numbers] == days[open_]]] = 1

    def begin(self, day: int) -> None:
        """Let a day begin: two are open at a time, so the last but one is complete."""
        self.close(day - 2)
        if day % EVICTION_DAYS == 0:
            self.evict(day)
        self.contributed.put(day, self.known().copy())

    def known(self) -> Records:
        """The shard's `COHORT` rows."""
        return self.cohorts.rows[: len(self.cohorts)]

    def contribution(self, day: int) -> Records:
        """The shard's `COHORT` rows as they were when `day` began."""
        return self.contributed.at(day)

    def close(self, day: int) -> None:
        """Learn the unsuspected actor-days of `day`, as another day has passed."""
        actors, sheets = self.actors.view(0), self.pools["sheets"].view(0)
        fresh, steady = needed(day, actors, sheets, self.pools["baselines"].view(0))
        cohorts = self._room_for_cohorts()
        fade(cohorts)
        state = DayState(
            actors=actors,
            sheets=sheets,
            medleys=self.pools["medleys"].view(0),
            baselines=self.pools["baselines"].view(fresh),
            rhythms=self.pools["rhythms"].view(steady),
            cohorts=cohorts,
        )
        close_day(
            day,
            self.release_after,
            state,
            np.empty(TRAITS, np.float32),
            np.empty(TRAITS, np.float64),
        )
        count_actors(state.actors, cohorts)
        count_cases(self.cases.view(0), self.dossiers.view(0), state.actors, cohorts)
        self.conduct.close(day, cohorts)
        self.seen[day & 1].clear()

    def _room_for_cohorts(self) -> TableView:
        """The cohorts, with room for those of all accounts: a row is large, so for no more."""
        tables = self.actors, self.conduct.conducts, *self.conduct.deeds
        columns = [np.ascontiguousarray(t.rows["cohort"][: len(t)]) for t in tables]
        new = [column for column in columns if absent(column, self.cohorts.view(0))]
        return self.cohorts.view(len(np.unique(np.concatenate(new))) if new else 0)

    def evict(self, today: int) -> None:
        """Forget what has been idle for long; if still too full, the longest idle innocents."""
        pairs = self.pairs.rows[: len(self.pairs)]
        # Expired pairs begin anew when they are met; their rows go when no late event can
        # meet them any more.
        lifetime = GRACE + np.where(pairs["history"] == FREE, ONE_DAY_PAIRS, PAIR_DAYS)
        age = today - pairs["day"].astype(np.int64)
        kept = staying(age, lifetime, int(self.limits[1]))
        if kept is not None:
            self._drop_pairs(kept, crowded_out(kept, age, lifetime))
        cases = self.cases.rows[: len(self.cases)]
        lifetime = GRACE + np.where(cases["dossier"] == FREE, INCIDENT_DAYS, CASE_DAYS)
        kept = staying(today - cases["day"].astype(np.int64), lifetime, int(self.limits[PAIRS]))
        if kept is not None:
            self._drop_cases(kept)
        actors = self.actors.rows[: len(self.actors)]
        suspects = actors["suspect_on"] > today - ACTOR_DAYS
        age = np.where(suspects, 0, today - actors["last"] // DAY)
        lifetime = np.full(len(age), ACTOR_DAYS)
        kept = staying(age, lifetime, int(self.limits[0]))
        if kept is not None:
            self._drop_actors(kept, crowded_out(kept, age, lifetime))

        self.probes.evict(today)
        self.conduct.evict(today)

    def _drop_pairs(self, kept: NDArray[np.bool_], crowded: NDArray[np.bool_]) -> None:
        drop_pairs(kept, self.pairs.view(0), self.actors.view(0), self.pools["histories"].view(0))
        self.pairs.keep(kept)
        self.evicted[PAIRS] += np.count_nonzero(~kept)
        self.evicted[CROWDED_PAIRS] += np.count_nonzero(crowded)

    def _drop_cases(self, kept: NDArray[np.bool_]) -> None:
        state = CaseState(self.cases.view(0), self.dossiers.view(0))
        drop_cases(kept, state, self.actors.view(0))
        self.cases.keep(kept)

    def _drop_actors(self, kept: NDArray[np.bool_], crowded: NDArray[np.bool_]) -> None:
        actor_rows = self.pairs.rows["actor_row"][: len(self.pairs)]
        self._drop_pairs(kept[actor_rows], crowded[actor_rows])
        self._drop_cases(kept[self.cases.rows["actor_row"][: len(self.cases)]])
        drop_actors(kept, self.actors.view(0), *(self.pools[name].view(0) for name in _OF_ACTORS))
        moved = self.actors.keep(kept)
        pairs = self.pairs.rows[: len(self.pairs)]
        pairs["actor_row"] = moved[pairs["actor_row"]]
        cases = self.cases.rows[: len(self.cases)]
        cases["actor_row"] = moved[cases["actor_row"]]
        self.evicted[ACTORS] += np.count_nonzero(~kept)
        self.evicted[CROWDED_ACTORS] += np.count_nonzero(crowded)

    @property
    def untracked(self) -> dict[str, int]:
        """Events that there was no room for the actor of, for the pair."""
        return {"actor": int(self.counts[1] + self.counts[3]), "pair": int(self.counts[2])}

    @property
    def duplicates(self) -> int:
        """Events that were there before."""
        return int(self.counts[0])

    @property
    def tracked(self) -> dict[str, Held]:
        """How many of each kind, and the bytes that they take."""
        actors = (
            self.probes.nbytes
            + self.conduct.nbytes
            + self.cohorts.nbytes
            + self.contributed.nbytes
            + self.actors.nbytes
            + sum(pool.nbytes for name, pool in self.pools.items() if name != "histories")
        )
        cases = self.cases.nbytes + self.dossiers.nbytes
        pairs = self.pairs.nbytes + self.pools["histories"].nbytes + cases
        seen = sum(members.nbytes for members in self.seen)
        return {
            "actor": Held(
                len(self.actors), actors, *self.evicted[[ACTORS, CROWDED_ACTORS]].tolist()
            ),
            "pair": Held(len(self.pairs), pairs, *self.evicted[[PAIRS, CROWDED_PAIRS]].tolist()),
            "event": Held(sum(map(len, self.seen)), seen),
        }

    def arrays(self) -> Arrays:
        """What a snapshot keeps."""
        kept: Arrays = {
            "counts": self.counts,
            "evicted": self.evicted,
        }
        for name, part in self._parts().items():
            kept |= {f"{name}.{key}": array for key, array in part.arrays().items()}
        kept |= {f"conduct.{key}": array for key, array in self.conduct.arrays().items()}
        return kept

    def load(self, kept: Mapping[str, NDArray[np.generic]]) -> None:
        """Take a snapshot's arrays over.

        Raises:
            SnapshotError: they were laid out by another version.
        """
        self.counts = kept["counts"].astype(np.int64)
        self.evicted = kept["evicted"].astype(np.int64)
        for name, part in self._parts().items():
            part.load(under(kept, name))
        self.conduct.load(under(kept, "conduct"))

    def _parts(self) -> dict[str, Table | Pool | Members | Daily]:
        return {
            "actors": self.actors,
            "pairs": self.pairs,
            "cohorts": self.cohorts,
            "contributed": self.contributed,
            "recent": self.probes.recent,
            "runs": self.probes.runs,
            "cases": self.cases,
            "dossiers": self.dossiers,
            "seen.even": self.seen[0],
            "seen.odd": self.seen[1],
            **self.pools,
        }
