"""Tables (rows found by key) and pools (rows found by number), growing with need."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from ..errors import SnapshotError
from ..events import Records
from ..kernels.hashing import EVENT_ROWS, FREE, MembersView, PoolView, TableView, index_keys

A = TypeVar("A", bound=NDArray[Any])

Arrays = dict[str, NDArray[np.generic]]
"""Named arrays: how state is carried to and from a snapshot."""


@dataclass(frozen=True, slots=True)
class Held:
    """What entities of one kind take, and how many were dropped.

    Attributes:
        count: how many there are.
        bytes: that they take.
        evicted: how many were dropped, for want of room or of events.
        crowded_out: of them, for want of room.
    """

    count: int = 0
    bytes: int = 0
    evicted: int = 0
    crowded_out: int = 0

    def __add__(self, other: "Held") -> "Held":
        """Both together."""
        return Held(
            self.count + other.count,
            self.bytes + other.bytes,
            self.evicted + other.evicted,
            self.crowded_out + other.crowded_out,
        )


_SPARE_BYTES = 1024
"""Of room that is made at once, at least; and an eighth of what there is."""


def _grown(array: A, length: int) -> A:
    larger = np.zeros(length, array.dtype)
    # As bytes: numpy copies records field by field, which takes ten times as long.
    larger.view(np.uint8)[: array.nbytes] = array.view(np.uint8)
    return cast("A", larger)


def _room_for(needed: int, have: int) -> int:
    """Capacity for `needed` rows: a quarter as much again, so that growing stays cheap."""
    return have if needed <= have else max(needed, have + have // 4)


def _spare(most: int, live: int, row_bytes: int) -> int:
    """How many of at most `most` new rows to make room for at once, if `live` are held."""
    return max(EVENT_ROWS, min(most, max(_SPARE_BYTES // row_bytes, live // 8)))


class Pool:
    """Records that are drawn and given back by number.

    Attributes:
        rows: the records; numbers index them.
        used: int64 [rows ever used, rows given back].
        free: int32 stack of rows given back.
    """

    def __init__(self, dtype: np.dtype[np.void]) -> None:
        self._hold(np.zeros(0, dtype), np.zeros(2, np.int64), np.zeros(0, np.int32))

    def _hold(self, rows: Records, used: NDArray[np.int64], free: NDArray[np.int32]) -> None:
        self.rows, self.used, self.free = rows, used, free
        # Kept, since it is asked for more often than it changes.
        self._view = PoolView(rows, used, free)
        self._room = len(rows)

    def view(self, more: int) -> PoolView:
        """The arrays for a kernel that draws at most `more` rows."""
        needed = self.live + more
        if needed > self._room:
            room = _room_for(needed, self._room)
            self._hold(_grown(self.rows, room), self.used, _grown(self.free, room))
        return self._view

    def some(self, most: int) -> PoolView:
        """As `view`, for a kernel that stops where there is no room for another event."""
        return self.view(_spare(most, self.live, self.rows.itemsize))

    @property
    def live(self) -> int:
        """How many rows are drawn and not given back."""
        return self.used.item(0) - self.used.item(1)

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return int(self.rows.nbytes + self.free.nbytes)

    def arrays(self) -> Arrays:
        """What a snapshot keeps."""
        used, freed = self.used
        return {"rows": self.rows[:used], "used": self.used, "free": self.free[:freed]}

    def load(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Take a snapshot's arrays over.

        Raises:
            SnapshotError: the rows have another layout.
        """
        _check_layout(self.rows, arrays["rows"])
        rows, used = records(arrays["rows"]), arrays["used"].astype(np.int64)
        free = np.zeros(len(rows), np.int32)
        free[: used[1]] = arrays["free"]
        self._hold(rows, used, free)


class Table:
    """Records found by a 64-bit key, numbered in the order in which keys first came.

    Attributes:
        rows: the records.
        keys: uint64, the key of each row.
        slots: int32 open-addressing index from key to row.
        used: int64 [number of rows].
    """

    def __init__(self, dtype: np.dtype[np.void]) -> None:
        self.used: NDArray[np.int64] = np.zeros(1, np.int64)
        self._hold(np.zeros(0, dtype), np.zeros(0, np.uint64), _no_slots())

    def _hold(self, rows: Records, keys: NDArray[np.uint64], slots: NDArray[np.int32]) -> None:
        self.rows, self.keys, self.slots = rows, keys, slots
        # Kept, since it is asked for more often than it changes.
        self._view = TableView(rows, keys, slots, self.used)
        self._room = len(rows)

    def __len__(self) -> int:
        """How many rows."""
        return self.used.item(0)

    def view(self, more: int) -> TableView:
        """The arrays for a kernel that adds at most `more` keys."""
        needed = self.used.item(0) + more
        if needed > self._room:
            room = _room_for(needed, self._room)
            keys = _grown(self.keys, room)
            self._hold(_grown(self.rows, room), keys, _roomy(self.slots, keys, len(self)))
        return self._view

    def some(self, most: int) -> TableView:
        """As `view`, for a kernel that stops where there is no room for another event."""
        return self.view(_spare(most, len(self), self.rows.itemsize))

    def keep(self, kept: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Drop the rows that are not `kept` (shape (len,)).

        Returns:
            int64, shape (len before,): each old row's new number, `FREE` if dropped.
        """
        moved = np.where(kept, np.cumsum(kept) - 1, FREE).astype(np.int64)
        count = int(kept.sum())
        rows, keys = self.rows[: len(kept)].compress(kept), self.keys[: len(kept)][kept]
        self.used[0] = count
        self._hold(rows, keys, _index(keys, count, count))
        return moved

    def clear(self) -> None:
        """Forget all."""
        self.used[0] = 0
        self.slots[:] = FREE

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return int(self.rows.nbytes + self.keys.nbytes + self.slots.nbytes)

    def arrays(self) -> Arrays:
        """What a snapshot keeps; the index is built anew."""
        return {"rows": self.rows[: len(self)], "keys": self.keys[: len(self)]}

    def load(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Take a snapshot's arrays over.

        Raises:
            SnapshotError: the rows have another layout.
        """
        _check_layout(self.rows, arrays["rows"])
        rows, keys = records(arrays["rows"]), arrays["keys"].astype(np.uint64)
        self.used[0] = len(rows)
        self._hold(rows, keys, _index(keys, len(rows), len(rows)))


class Members:
    """A set of 64-bit keys that grows, kept in the order in which they came.

    Attributes:
        keys: uint64, the members.
        slots: int32 open-addressing index into them.
        used: int64 [number of members].
    """

    def __init__(self) -> None:
        self.used: NDArray[np.int64] = np.zeros(1, np.int64)
        self._hold(np.zeros(0, np.uint64), _no_slots())

    def _hold(self, keys: NDArray[np.uint64], slots: NDArray[np.int32]) -> None:
        self.keys, self.slots = keys, slots
        self._view = MembersView(keys, slots, self.used)
        self._room = len(keys)

    def __len__(self) -> int:
        """How many members."""
        return self.used.item(0)

    def view(self, more: int) -> MembersView:
        """The arrays for a kernel that adds at most `more` members."""
        needed = self.used.item(0) + more
        if needed > self._room:
            keys = _grown(self.keys, _room_for(needed, self._room))
            self._hold(keys, _roomy(self.slots, keys, len(self)))
        return self._view

    def some(self, most: int) -> MembersView:
        """As `view`, for a kernel that stops where there is no room for another event."""
        return self.view(_spare(most, len(self), self.keys.itemsize))

    def clear(self) -> None:
        """Forget all."""
        self.used[0] = 0
        self.slots[:] = FREE

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return int(self.keys.nbytes + self.slots.nbytes)

    def arrays(self) -> Arrays:
        """What a snapshot keeps; the index is built anew."""
        return {"keys": self.keys[: len(self)]}

    def load(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Take a snapshot's arrays over."""
        keys = arrays["keys"].astype(np.uint64)
        self.used[0] = len(keys)
        self._hold(keys, _index(keys, len(keys), len(keys)))


def _no_slots() -> NDArray[np.int32]:
    return np.full(1, FREE, np.int32)


def _roomy(slots: NDArray[np.int32], keys: NDArray[np.uint64], count: int) -> NDArray[np.int32]:
    """An index of the first `count` keys with room for all: two thirds of it may be taken."""
    return slots if 3 * len(keys) <= 2 * len(slots) else _index(keys, count, len(keys))


def _index(keys: NDArray[np.uint64], count: int, needed: int) -> NDArray[np.int32]:
    """An index of the first `count` keys with room for `needed`."""
    slots = np.full(1 << max(5, int(2 * needed - 1).bit_length()), FREE, np.int32)
    index_keys(slots, keys, count)
    return slots


def _check_layout(expected: Records, found: NDArray[np.generic]) -> None:
    if expected.dtype != found.dtype:
        message = f"state rows are laid out as {found.dtype}, this version has {expected.dtype}"
        raise SnapshotError(message)


def records(array: NDArray[np.generic]) -> Records:
    """A snapshot's array as records of its own that can be changed."""
    return np.frombuffer(bytearray(array.tobytes()), array.dtype).reshape(array.shape)


def under(kept: Mapping[str, NDArray[np.generic]], name: str) -> Arrays:
    """The arrays whose names begin with `name.`, without it."""
    return {
        key.removeprefix(f"{name}."): array
        for key, array in kept.items()
        if key.startswith(f"{name}.")
    }
