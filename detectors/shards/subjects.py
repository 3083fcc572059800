"""The shards of subjects and of networks."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..kernels.hashing import PoolView
from ..kernels.sketch import DENSE, SHORT, release
from ..kernels.subjects import observe_networks, observe_subjects
from ..state.actors import DAY
from ..state.subjects import NETWORK, SUBJECT
from .batch import Stretch
from .tables import Arrays, Pool, Table, under

IDLE_DAYS: Final = 128
"""A person or network is forgotten after so many days without a search."""

_WORTH_DROPPING = 0.05
_FULL = 0.9


class SubjectShard:
    """State of the persons whose pseudonyms fall here: who looks for them, and how often."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.subjects = Table(SUBJECT)
        self.counts: NDArray[np.int64] = np.zeros(1, np.int64)
        self.evicted = {"idle": 0, "full": 0}

    def observe(self, order: NDArray[np.int64], stretch: Stretch) -> None:
        """Apply the events `order` and fill their subject figures."""
        observe_subjects(
            order,
            stretch.batch.rows,
            stretch.actor_figures,
            self.subjects.view(len(order)),
            self.most,
            self.counts,
            stretch.subject_figures,
        )

    def evict(self, today: int) -> None:
        """Forget what has been idle for long; if still too full, the longest idle."""
        kept = _kept(self.subjects, today, self.most, self.evicted)
        if kept is not None:
            self.subjects.keep(kept)

    @property
    def tracked(self) -> dict[str, tuple[int, int]]:
        """How many, and the bytes that they take."""
        return {"subject": (len(self.subjects), self.subjects.nbytes)}

    def arrays(self) -> Arrays:
        """What a snapshot keeps."""
        return {"counts": self.counts, **_prefixed("subjects", self.subjects)}

    def load(self, kept: Mapping[str, NDArray[np.generic]]) -> None:
        """Take a snapshot's arrays over."""
        self.counts = kept["counts"].astype(np.int64)
        self.subjects.load(under(kept, "subjects"))


class NetworkShard:
    """State of the networks that searches come from."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.networks = Table(NETWORK)
        self.short = Pool(SHORT)
        self.dense = Pool(DENSE)
        self.counts: NDArray[np.int64] = np.zeros(1, np.int64)
        self.evicted = {"idle": 0, "full": 0}

    def observe(self, order: NDArray[np.int64], stretch: Stretch) -> None:
        """Apply the events `order` and fill their network figures."""
        n = len(order)
        observe_networks(
            order,
            stretch.batch.rows,
            stretch.actor_figures,
            self.networks.view(n),
            self.short.view(2 * n),
            self.dense.view(2 * n),
            self.most,
            self.counts,
            stretch.network_figures,
        )

    def evict(self, today: int) -> None:
        """Forget what has been idle for long; if still too full, the longest idle."""
        kept = _kept(self.networks, today, self.most, self.evicted)
        if kept is None:
            return
        short, dense = self.short.view(0), self.dense.view(0)
        for row in np.flatnonzero(~kept):
            _release(self.networks.rows[row], short, dense)
        self.networks.keep(kept)

    @property
    def tracked(self) -> dict[str, tuple[int, int]]:
        """How many, and the bytes that they take."""
        held = self.networks.nbytes + self.short.nbytes + self.dense.nbytes
        return {"network": (len(self.networks), held)}

    def arrays(self) -> Arrays:
        """What a snapshot keeps."""
        return {
            "counts": self.counts,
            **_prefixed("networks", self.networks),
            **_prefixed("short", self.short),
            **_prefixed("dense", self.dense),
        }

    def load(self, kept: Mapping[str, NDArray[np.generic]]) -> None:
        """Take a snapshot's arrays over."""
        self.counts = kept["counts"].astype(np.int64)
        self.networks.load(under(kept, "networks"))
        self.short.load(under(kept, "short"))
        self.dense.load(under(kept, "dense"))


def _release(network: np.void, short: PoolView, dense: PoolView) -> None:
    release(int(network["actors"]), short, dense)
    release(int(network["subjects"]), short, dense)


def _prefixed(name: str, part: Table | Pool) -> Arrays:
    return {f"{name}.{key}": array for key, array in part.arrays().items()}


def _kept(
    table: Table, today: int, most: int, evicted: dict[str, int]
) -> NDArray[np.bool_] | None:
    """Which rows stay; None if dropping the rest is not worth the rebuilding."""
    last = table.rows["last"][: len(table)]
    kept: NDArray[np.bool_] = today - last // DAY < IDLE_DAYS
    idle = len(kept) - int(kept.sum())
    full = 0
    if kept.sum() > _FULL * most:
        room = int(_FULL * most)
        newest = np.sort(last[kept])[-room]
        full = int((kept & (last < newest)).sum())
        kept &= last >= newest
    if idle + full <= _WORTH_DROPPING * len(kept):
        return None
    evicted["idle"] += idle
    evicted["full"] += full
    return kept
