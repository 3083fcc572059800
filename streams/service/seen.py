"""What units have seen of the partitions upstream: the reason why nothing is applied twice."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from detectors.kernels.compile import kernel
from detectors.shards.batch import SHARDS

_NOTHING = -1


class Seen:
    """The last position that each unit has seen of each upstream partition.

    Rows of one upstream partition come in the order of their positions, however often; so
    what is not behind the last position was there before.

    Args:
        shards: the numbers of the units.
    """

    def __init__(self, shards: Iterable[int]) -> None:
        numbers = list(shards)
        self._units = np.full(SHARDS, _NOTHING, np.int64)
        self._units[numbers] = np.arange(len(numbers))
        self._last = np.full((len(numbers), 1), _NOTHING, np.int64)

    def fresh(
        self, shards: NDArray[np.uint8], origins: NDArray[np.int32], positions: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Which rows their units have not seen; from now on they have.

        Args:
            shards: the shard of each row.
            origins: the upstream partition of each row.
            positions: where each row was there.

        Raises:
            LookupError: a row is of a shard that is not here.
        """
        units = self._units[shards]
        if units.min(initial=0) < 0:
            raise LookupError("rows of other shards")
        self._make_room(int(origins.max(initial=0)))
        fresh = np.zeros(len(positions), np.bool_)
        mark_fresh(units, origins, np.ascontiguousarray(positions), self._last, fresh)
        return fresh

    def of(self, shard: int) -> list[int]:
        """The last positions of one unit, by upstream partition."""
        last: list[int] = self._last[self._units[shard]].tolist()
        return last

    def put(self, shard: int, last: Sequence[int]) -> None:
        """What a unit had seen by its checkpoint."""
        self._make_room(len(last) - 1)
        self._last[self._units[shard], : len(last)] = last

    def _make_room(self, origin: int) -> None:
        units, known = self._last.shape
        if origin >= known:
            more = np.full((units, origin + 1 - known), _NOTHING, np.int64)
            self._last = np.concatenate([self._last, more], axis=1)


@kernel
def mark_fresh(
    units: NDArray[np.int64],
    origins: NDArray[np.int32],
    positions: NDArray[np.int64],
    last: NDArray[np.int64],
    fresh: NDArray[np.bool_],
) -> None:
    """Mark the rows whose position is behind the last, which they become.

    Args:
        units: per row, its place in `last`.
        origins: per row, the upstream partition.
        positions: per row, its position there.
        last: shape (units, origins); changed.
        fresh: False, to be filled.
    """
    for i in range(len(positions)):
        if positions[i] > last[units[i], origins[i]]:
            last[units[i], origins[i]] = positions[i]
            fresh[i] = True
