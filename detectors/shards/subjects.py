"""The shards of subjects and of networks."""

from collections.abc import Mapping
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from ..kernels.cohorts import DAILY_MEMORY
from ..kernels.crowds import fade_customs
from ..kernels.hashing import FREE, PoolView, give_back
from ..kernels.sketch import DENSE, SHORT, release
from ..kernels.subjects import observe_networks, observe_subjects
from ..state.actors import DAY
from ..state.subjects import CIRCLE, CUSTOM, NETWORK, SUBJECT
from .batch import Stretch
from .retention import EVICTION_DAYS, crowded_out, staying
from .tables import Arrays, Held, Pool, Table, under

IDLE_DAYS: Final = 128
"""A person or network is forgotten after so many days without a search."""


class LaterShard(Protocol):
    """A shard of entities whose events come with their actors' figures."""

    @property
    def tracked(self) -> dict[str, Held]:
        """Entities by kind."""

    @property
    def untracked(self) -> dict[str, int]:
        """Events by the kind of entity that there was no room for."""

    def observe(self, order: NDArray[np.int64], stretch: Stretch) -> None:
        """Apply the events `order` and fill their figures."""

    def begin(self, day: int) -> None:
        """Let a day begin."""

    def arrays(self) -> Arrays:
        """What a snapshot keeps."""

    def load(self, kept: Mapping[str, NDArray[np.generic]]) -> None:
        """Take a snapshot's arrays over."""


class SubjectShard:
    """State of the persons whose pseudonyms fall here: who looks for them, and how often."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.subjects = Table(SUBJECT)
        self.circles = Pool(CIRCLE)
        self.customs = Table(CUSTOM)
        self.counts: NDArray[np.int64] = np.zeros(1, np.int64)
        self.evicted = 0
        self.crowded_out = 0

    def observe(self, order: NDArray[np.int64], stretch: Stretch) -> None:
        """Apply the events `order` and fill their subject figures."""
        while len(order):
            done = observe_subjects(
                order,
                stretch.batch.rows,
                stretch.actor_figures,
                self.subjects.some(len(order)),
                self.circles.some(len(order)),
                self.customs.some(len(order)),
                self.most,
                self.counts,
                stretch.subject_figures,
            )
            order = order[done:]

    def begin(self, day: int) -> None:
        """Let a day begin: what the last one taught holds; look for idle rows once a week."""
        fade_customs(self.customs.rows, len(self.customs), DAILY_MEMORY)
        if day % EVICTION_DAYS == 0:
            self.evict(day)

    def evict(self, today: int) -> None:
        """Forget what has been idle for long; if still too full, the longest idle."""
        kept, _ = _staying(self.customs, today, self.most)
        if kept is not None:
            self.customs.keep(kept)
        kept, crowded = _staying(self.subjects, today, self.most)
        if kept is None:
            return
        self.evicted += int(np.count_nonzero(~kept))
        self.crowded_out += crowded
        circles = self.circles.view(0)
        for circle in self.subjects.rows["circle"][: len(kept)][~kept]:
            if circle != FREE:
                give_back(circles, int(circle))
        self.subjects.keep(kept)

    @property
    def untracked(self) -> dict[str, int]:
        """Events that there was no room for."""
        return {"subject": int(self.counts[0])}

    @property
    def tracked(self) -> dict[str, Held]:
        """How many, and the bytes that they take."""
        held = self.subjects.nbytes + self.circles.nbytes + self.customs.nbytes
        return {"subject": Held(len(self.subjects), held, self.evicted, self.crowded_out)}

    def arrays(self) -> Arrays:
        """What a snapshot keeps."""
        return {
            "counts": _counts(self),
            **_prefixed("subjects", self.subjects),
            **_prefixed("circles", self.circles),
            **_prefixed("customs", self.customs),
        }

    def load(self, kept: Mapping[str, NDArray[np.generic]]) -> None:
        """Take a snapshot's arrays over."""
        self.counts = kept["counts"][:1].astype(np.int64)
        self.evicted, self.crowded_out = map(int, kept["counts"][1:])
        self.subjects.load(under(kept, "subjects"))
        self.circles.load(under(kept, "circles"))
        self.customs.load(under(kept, "customs"))


class NetworkShard:
    """State of the networks that searches come from."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.networks = Table(NETWORK)
        self.short = Pool(SHORT)
        self.dense = Pool(DENSE)
        self.counts: NDArray[np.int64] = np.zeros(1, np.int64)
        self.evicted = 0
        self.crowded_out = 0

    def observe(self, order: NDArray[np.int64], stretch: Stretch) -> None:
        """Apply the events `order` and fill their network figures."""
        while len(order):
            done = observe_networks(
                order,
                stretch.batch.rows,
                stretch.actor_figures,
                self.networks.some(len(order)),
                self.short.some(2 * len(order)),
                self.dense.some(2 * len(order)),
                self.most,
                self.counts,
                stretch.network_figures,
            )
            order = order[done:]

    def begin(self, day: int) -> None:
        """Let a day begin: look for idle rows once a week."""
        if day % EVICTION_DAYS == 0:
            self.evict(day)

    def evict(self, today: int) -> None:
        """Forget what has been idle for long; if still too full, the longest idle."""
        kept, crowded = _staying(self.networks, today, self.most)
        if kept is None:
            return
        self.evicted += int(np.count_nonzero(~kept))
        self.crowded_out += crowded
        short, dense = self.short.view(0), self.dense.view(0)
        for row in np.flatnonzero(~kept):
            _release(self.networks.rows[row], short, dense)
        self.networks.keep(kept)

    @property
    def untracked(self) -> dict[str, int]:
        """Events that there was no room for."""
        return {"network": int(self.counts[0])}

    @property
    def tracked(self) -> dict[str, Held]:
        """How many, and the bytes that they take."""
        held = self.networks.nbytes + self.short.nbytes + self.dense.nbytes
        return {"network": Held(len(self.networks), held, self.evicted, self.crowded_out)}

    def arrays(self) -> Arrays:
        """What a snapshot keeps."""
        return {
            "counts": _counts(self),
            **_prefixed("networks", self.networks),
            **_prefixed("short", self.short),
            **_prefixed("dense", self.dense),
        }

    def load(self, kept: Mapping[str, NDArray[np.generic]]) -> None:
        """Take a snapshot's arrays over."""
        self.counts = kept["counts"][:1].astype(np.int64)
        self.evicted, self.crowded_out = map(int, kept["counts"][1:])
        self.networks.load(under(kept, "networks"))
        self.short.load(under(kept, "short"))
        self.dense.load(under(kept, "dense"))


def _release(network: np.void, short: PoolView, dense: PoolView) -> None:
    release(int(network["actors"]), short, dense)
    release(int(network["subjects"]), short, dense)


def _prefixed(name: str, part: Table | Pool) -> Arrays:
    return {f"{name}.{key}": array for key, array in part.arrays().items()}


def _counts(shard: SubjectShard | NetworkShard) -> NDArray[np.int64]:
    return np.append(shard.counts, (shard.evicted, shard.crowded_out))


def _staying(table: Table, today: int, most: int) -> tuple[NDArray[np.bool_] | None, int]:
    """As `staying`, and how many go for want of room."""
    age = today - table.rows["last"][: len(table)] // DAY
    lifetime = np.full(len(age), IDLE_DAYS)
    kept = staying(age, lifetime, most)
    if kept is None:
        return None, 0
    return kept, int(np.count_nonzero(crowded_out(kept, age, lifetime)))
