"""Finding an entity's row: open addressing over 64-bit keys, and drawing rows from pools."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..events import Records
from .compile import kernel, signed

FREE = -1
"""A slot without a row; also: no row."""


class TableView(NamedTuple):
    """The arrays of a `Table`, as a kernel sees them."""

    rows: Records
    keys: NDArray[np.uint64]
    slots: NDArray[np.int32]
    used: NDArray[np.int64]


class MembersView(NamedTuple):
    """The arrays of a `Members`, as a kernel sees them."""

    keys: NDArray[np.uint64]
    slots: NDArray[np.int32]
    used: NDArray[np.int64]


class PoolView(NamedTuple):
    """The arrays of a `Pool`; `used` is [rows ever used, rows given back]."""

    rows: Records
    used: NDArray[np.int64]
    free: NDArray[np.int32]


EVENT_ROWS = 2
"""Rows that one event may add to a table or draw from a pool, at most."""

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio (Knuth, TAOCP 6.4)
_SHIFT = np.uint64(32)


@kernel
def mix(a: np.uint64, b: np.uint64) -> np.uint64:
    """One 64-bit key of two; not symmetric, so that (a, b) and (b, a) differ."""
    x = (a ^ (a >> _SHIFT)) * _MULTIPLIER
    x = (x ^ (x >> _SHIFT)) + b
    x = x * _MULTIPLIER
    return x ^ (x >> _SHIFT)


@kernel
def mix_columns(a: NDArray[np.uint64], b: NDArray[np.uint64], mixed: NDArray[np.uint64]) -> None:
    """Fill `mixed` with `mix` of each pair of elements."""
    for i in range(len(a)):
        mixed[i] = mix(a[i], b[i])


@kernel
def find(slots: NDArray[np.int32], keys: NDArray[np.uint64], key: np.uint64) -> int:
    """The slot that holds `key`'s row, or the free slot where it belongs.

    `slots` has a power-of-two length and at least one free slot.
    """
    mask = len(slots) - 1
    slot = signed((key * _MULTIPLIER) >> _SHIFT) & mask
    while True:
        row = slots[slot]
        if row == FREE or keys[row] == key:
            return slot
        slot = (slot + 1) & mask


@kernel
def find_row(table: TableView, key: np.uint64) -> int:
    """The row of `key`, `FREE` if it has none."""
    return signed(table.slots[find(table.slots, table.keys, key)])


@kernel
def add_row(table: TableView, key: np.uint64) -> int:
    """A new row, zeroed by its table, for a `key` that has none."""
    row = signed(table.used[0])
    table.used[0] += 1
    table.keys[row] = key
    table.slots[find(table.slots, table.keys, key)] = row
    return row


@kernel
def index_keys(slots: NDArray[np.int32], keys: NDArray[np.uint64], count: int) -> None:
    """Enter the first `count` keys, all different, into empty `slots`."""
    for row in range(count):
        slots[find(slots, keys, keys[row])] = row


@kernel
def absent(keys: NDArray[np.uint64], table: TableView) -> int:
    """How many of `keys` have no row."""
    count = 0
    for key in keys:
        count += table.slots[find(table.slots, table.keys, key)] == FREE
    return count


@kernel
def has_room(table: TableView) -> bool:
    """Whether another event may add rows."""
    return bool(table.used[0] + EVENT_ROWS <= len(table.rows))


@kernel
def can_draw(pool: PoolView) -> bool:
    """Whether another event may draw rows."""
    return bool(pool.used[0] - pool.used[1] + EVENT_ROWS <= len(pool.rows))


@kernel
def can_remember(members: MembersView) -> bool:
    """Whether another event may add members."""
    return bool(members.used[0] + EVENT_ROWS <= len(members.keys))


@kernel
def draw(pool: PoolView) -> int:
    """A row: the one given back last, else the first never used. The caller made room."""
    if pool.used[1] > 0:
        pool.used[1] -= 1
        return signed(pool.free[pool.used[1]])
    pool.used[0] += 1
    return signed(pool.used[0]) - 1


@kernel
def give_back(pool: PoolView, row: int) -> None:
    """Return a row to its pool."""
    pool.free[pool.used[1]] = row
    pool.used[1] += 1


@kernel
def contains(members: MembersView, key: np.uint64) -> bool:
    """Whether `key` is in a set."""
    return bool(members.slots[find(members.slots, members.keys, key)] != FREE)


@kernel
def remember(members: MembersView, key: np.uint64) -> bool:
    """Add `key` to a set that has room; True if it was new."""
    slot = find(members.slots, members.keys, key)
    if members.slots[slot] != FREE:
        return False
    members.slots[slot] = members.used[0]
    members.keys[members.used[0]] = key
    members.used[0] += 1
    return True
