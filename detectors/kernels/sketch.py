"""Distinct counts: exact while few, then HyperLogLog with 256 registers.

A sketch starts as a short list of 32-bit hashes and becomes dense when that is full; the
dense form is a function of the set alone, so neither order nor the moment of the change
matters. Registers' harmonic sum is kept as an integer, which makes the estimate O(1) and
independent of order. Flajolet et al., "HyperLogLog" (2007); standard error 1.04/16 = 6.5 %.
"""

import math

import numpy as np
from numpy.typing import NDArray

from ..events import Row
from .compile import kernel, signed
from .hashing import FREE, PoolView, draw, give_back

REGISTERS = 256
LIST_LENGTH = 14
_ALPHA = 0.7213 / (1 + 1.079 / REGISTERS)
# Ranks are 1..25, since 24 bits are left of a 32-bit hash; 2^-rank in units of 2^-25.
_UNIT_BITS = 25
_DENSE = 1 << 30

SHORT = np.dtype([("count", "u4"), ("hashes", "u4", (LIST_LENGTH,))])
DENSE = np.dtype([("sum", "u8"), ("zeros", "u4"), ("registers", "u1", (REGISTERS,))])


@kernel
def _insert_dense(sketch: Row, hashed: int) -> None:
    register = hashed & (REGISTERS - 1)
    rest = hashed >> 8
    rank = 1
    while rank < _UNIT_BITS and (rest & 1) == 0:
        rank += 1
        rest >>= 1
    old = signed(sketch.registers[register])
    if rank > old:
        sketch.registers[register] = rank
        sketch.sum += np.uint64(1) << np.uint64(_UNIT_BITS - rank)
        sketch.sum -= np.uint64(1) << np.uint64(_UNIT_BITS - old)
        if old == 0:
            sketch.zeros -= 1


@kernel
def insert(handle: int, value: np.uint64, short: PoolView, dense: PoolView) -> int:
    """Add a uniformly hashed `value` to the sketch `handle` (`FREE`: a new one).

    Returns:
        The handle from now on.
    """
    hashed = signed(value & np.uint64(0xFFFFFFFF))
    if handle >= _DENSE:
        _insert_dense(dense.rows[handle - _DENSE], hashed)
        return handle
    if handle == FREE:
        handle = draw(short)
        short.rows[handle].count = 0
    few = short.rows[handle]
    for i in range(few.count):
        if signed(few.hashes[i]) == hashed:
            return handle
    if few.count < LIST_LENGTH:
        few.hashes[few.count] = hashed
        few.count += 1
        return handle
    row = draw(dense)
    many = dense.rows[row]
    many.registers[:] = 0
    many.zeros = REGISTERS
    many.sum = np.uint64(REGISTERS) << np.uint64(_UNIT_BITS)
    for i in range(LIST_LENGTH):
        _insert_dense(many, signed(few.hashes[i]))
    _insert_dense(many, hashed)
    give_back(short, handle)
    return row + _DENSE


@kernel
def insert_all(handle: int, values: NDArray[np.uint64], short: PoolView, dense: PoolView) -> int:
    """Add many values; the pools need room for one more sketch each."""
    for value in values:
        handle = insert(handle, value, short, dense)
    return handle


@kernel
def release(handle: int, short: PoolView, dense: PoolView) -> None:
    """Give a sketch's memory back."""
    if handle >= _DENSE:
        give_back(dense, handle - _DENSE)
    elif handle != FREE:
        give_back(short, handle)


@kernel
def estimate(handle: int, short: PoolView, dense: PoolView) -> float:
    """How many distinct values; exact up to `LIST_LENGTH`."""
    if handle == FREE:
        return 0.0
    if handle < _DENSE:
        return float(short.rows[handle].count)
    many = dense.rows[handle - _DENSE]
    raw = _ALPHA * REGISTERS * REGISTERS * (1 << _UNIT_BITS) / float(many.sum)
    if raw <= 2.5 * REGISTERS and many.zeros > 0:
        return REGISTERS * math.log(REGISTERS / float(many.zeros))
    return raw
