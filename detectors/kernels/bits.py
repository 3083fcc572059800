"""128-day bitmaps: bit b of (low, high) is the day `b` days before the newest."""

import math

import numpy as np
from numpy.typing import NDArray

from .compile import kernel, signed

DAYS = 128
_WORD = 64


@kernel
def ones(word: np.uint64) -> int:
    """How many bits are set (Hacker's Delight, figure 5-2)."""
    x = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return signed((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@kernel
def count_days(days: NDArray[np.uint64]) -> int:
    """How many days are marked."""
    return ones(days[0]) + ones(days[1])


@kernel
def mark_day(days: NDArray[np.uint64], age: int) -> bool:
    """Mark the day `age` days before the newest; True if it was not marked before."""
    if age >= DAYS:
        return False
    word = age // _WORD
    bit = np.uint64(1) << np.uint64(age % _WORD)
    fresh = bool((days[word] & bit) == 0)
    days[word] |= bit
    return fresh


@kernel
def is_marked(days: NDArray[np.uint64], age: int) -> bool:
    """Whether the day `age` days before the newest is marked."""
    return bool((days[age // _WORD] >> np.uint64(age % _WORD)) & np.uint64(1))


@kernel
def newest_day(days: NDArray[np.uint64], least: int) -> int:
    """Age of the newest marked day that is at least so old; `DAYS` if there is none."""
    for age in range(least, DAYS):
        if is_marked(days, age):
            return age
    return DAYS


@kernel
def age_days(days: NDArray[np.uint64], by: int) -> None:
    """Make the day `by` days later the newest; what is older than 128 days falls out."""
    if by >= DAYS:
        days[0] = 0
        days[1] = 0
    elif by >= _WORD:
        days[1] = days[0] << np.uint64(by - _WORD)
        days[0] = 0
    elif by > 0:
        shift = np.uint64(by)
        days[1] = (days[1] << shift) | (days[0] >> np.uint64(_WORD - by))
        days[0] = days[0] << shift


@kernel
def cells_to_count(cells: np.uint64) -> float:
    """How many distinct values marked these of 64 cells (linear counting, Whang 1990)."""
    marked = ones(cells)
    if marked >= _WORD:
        return _WORD * math.log(float(_WORD))
    return -_WORD * math.log(1.0 - marked / _WORD)
