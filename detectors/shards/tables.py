"""Tables (rows found by key) and pools (rows found by number), growing with need."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import SnapshotError
from ..events import Records
from ..kernels.hashing import FREE, MembersView, PoolView, TableView, index_keys

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


_SMALLEST = 16


def _grown(array: NDArray[np.generic], length: int) -> NDArray[np.generic]:
    larger = np.zeros(length, array.dtype)
    # As bytes: numpy copies records field by field, which takes ten times as long.
    larger.view(np.uint8)[: array.nbytes] = array.view(np.uint8)
    return larger


def _room_for(needed: int, have: int) -> int:
    """Capacity for `needed` rows: half as much again, so that growing stays cheap."""
    return have if needed <= have else max(_SMALLEST, needed, have + have // 2)


class Pool:
    """Records that are drawn and given back by number.

    Attributes:
        rows: the records; numbers index them.
        used: int64 [rows ever used, rows given back].
        free: int32 stack of rows given back.
    """

    def __init__(self, dtype: np.dtype[np.void]) -> None:
        self.rows: Records = np.zeros(0, dtype)
        self.used: NDArray[np.int64] = np.zeros(2, np.int64)
        self.free: NDArray[np.int32] = np.zeros(0, np.int32)

    def ensure(self, more: int) -> None:
        """Make room for drawing `more` rows."""
        room = _room_for(int(self.used[0]) + more, len(self.rows))
        if room > len(self.rows):
            self.rows = _grown(self.rows, room)  # type: ignore[assignment]
            self.free = _grown(self.free, room)  # type: ignore[assignment]

    def view(self, more: int) -> PoolView:
        """The arrays for a kernel that draws at most `more` rows."""
        self.ensure(more)
        return PoolView(self.rows, self.used, self.free)

    @property
    def live(self) -> int:
        """How many rows are drawn and not given back."""
        return int(self.used[0] - self.used[1])

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
        self.rows = records(arrays["rows"])
        self.used = arrays["used"].astype(np.int64)
        self.free = np.zeros(len(self.rows), np.int32)
        self.free[: self.used[1]] = arrays["free"]


class Table:
    """Records found by a 64-bit key, numbered in the order in which keys first came.

    Attributes:
        rows: the records.
        keys: uint64, the key of each row.
        slots: int32 open-addressing index from key to row.
        used: int64 [number of rows].
    """

    def __init__(self, dtype: np.dtype[np.void]) -> None:
        self.rows: Records = np.zeros(0, dtype)
        self.keys: NDArray[np.uint64] = np.zeros(0, np.uint64)
        self.slots: NDArray[np.int32] = np.full(2 * _SMALLEST, FREE, np.int32)
        self.used: NDArray[np.int64] = np.zeros(1, np.int64)

    def __len__(self) -> int:
        """How many rows."""
        return int(self.used[0])

    def ensure(self, more: int) -> None:
        """Make room for `more` new keys, at most two thirds of the slots taken."""
        needed = len(self) + more
        room = _room_for(needed, len(self.rows))
        if room > len(self.rows):
            self.rows = _grown(self.rows, room)  # type: ignore[assignment]
            self.keys = _grown(self.keys, room)  # type: ignore[assignment]
        if 3 * needed > 2 * len(self.slots):
            self.slots = _index(self.keys, len(self), needed)

    def view(self, more: int) -> TableView:
        """The arrays for a kernel that adds at most `more` keys."""
        self.ensure(more)
        return TableView(self.rows, self.keys, self.slots, self.used)

    def keep(self, kept: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Drop the rows that are not `kept` (shape (len,)).

        Returns:
            int64, shape (len before,): each old row's new number, `FREE` if dropped.
        """
        moved = np.where(kept, np.cumsum(kept) - 1, FREE).astype(np.int64)
        count = int(kept.sum())
        self.rows = self.rows[: len(kept)].compress(kept)
        self.keys = self.keys[: len(kept)][kept]
        self.used[0] = count
        self.slots = _index(self.keys, count, count)
        return moved

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
        self.rows = records(arrays["rows"])
        self.keys = arrays["keys"].astype(np.uint64)
        self.used[0] = len(self.rows)
        self.slots = _index(self.keys, len(self), len(self))


class Members:
    """A set of 64-bit keys that grows, kept in the order in which they came.

    Attributes:
        keys: uint64, the members.
        slots: int32 open-addressing index into them.
        used: int64 [number of members].
    """

    def __init__(self) -> None:
        self.keys: NDArray[np.uint64] = np.zeros(0, np.uint64)
        self.slots: NDArray[np.int32] = np.full(2 * _SMALLEST, FREE, np.int32)
        self.used: NDArray[np.int64] = np.zeros(1, np.int64)

    def __len__(self) -> int:
        """How many members."""
        return int(self.used[0])

    def view(self, more: int) -> MembersView:
        """The arrays for a kernel that adds at most `more` members."""
        needed = len(self) + more
        room = _room_for(needed, len(self.keys))
        if room > len(self.keys):
            self.keys = _grown(self.keys, room)  # type: ignore[assignment]
        if 3 * needed > 2 * len(self.slots):
            self.slots = _index(self.keys, len(self), needed)
        return MembersView(self.keys, self.slots, self.used)

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
        self.keys = arrays["keys"].astype(np.uint64)
        self.used[0] = len(self.keys)
        self.slots = _index(self.keys, len(self), len(self))


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
