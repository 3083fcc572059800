"""SipHash-2-4 with 128 bits of output, over a whole column of texts at once.

Source: J.-P. Aumasson and D. J. Bernstein, "SipHash: a fast short-input PRF" (2012), and
the 128-bit variant of their reference implementation. A pseudorandom function: without
the key, outputs tell nothing of the inputs and collisions cannot be sought.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from detectors.kernels.compile import kernel

from .packed import Packed

T = TypeVar("T", bound=np.generic)


def siphash(
    packed: Packed, keys: NDArray[np.uint64], which: NDArray[np.int32], halves: int = 2
) -> NDArray[np.uint64]:
    """Hash every text with its own key.

    Args:
        packed: n texts.
        keys: uint64, shape (k, 2): 128-bit keys, as two little-endian halves.
        which: int32, shape (n,): the row of `keys` for each text.
        halves: 2 for all 128 bits, 1 for the first 64 of them, where ids are only compared.

    Returns:
        uint64, shape (n, halves); 0 for an empty text, which is no id.
    """
    out = np.zeros((packed.count, halves), np.uint64)
    separator = np.uint64(packed.separator)
    _hash_texts(_fixed(packed.buffer), separator, _fixed(keys), _fixed(which), out)
    return out


def _fixed(array: NDArray[T]) -> NDArray[T]:
    """A read-only view: to numba another type, and one variant to compile is enough."""
    view = array.view()
    view.flags.writeable = False
    return view


_ONES = np.uint64(0x0101010101010101)
_HIGHS = np.uint64(0x8080808080808080)


@kernel
def _rotated(x: np.uint64, bits: int) -> np.uint64:
    return (x << np.uint64(bits)) | (x >> np.uint64(64 - bits))


@kernel
def _round(
    v0: np.uint64, v1: np.uint64, v2: np.uint64, v3: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    v0 += v1
    v1 = _rotated(v1, 13) ^ v0
    v0 = _rotated(v0, 32)
    v2 += v3
    v3 = _rotated(v3, 16) ^ v2
    v0 += v3
    v3 = _rotated(v3, 21) ^ v0
    v2 += v1
    v1 = _rotated(v1, 17) ^ v2
    v2 = _rotated(v2, 32)
    return v0, v1, v2, v3


@kernel
def _word(buffer: NDArray[np.uint8], at: np.uint64) -> np.uint64:
    # Unsigned indices spare the check for negative ones, and LLVM makes this one load.
    word = np.uint64(0)
    for i in range(8):
        word |= np.uint64(buffer[at + np.uint64(i)]) << np.uint64(8 * i)
    return word


@kernel
def _hash_texts(
    buffer: NDArray[np.uint8],
    separator: np.uint64,
    keys: NDArray[np.uint64],
    which: NDArray[np.int32],
    out: NDArray[np.uint64],
) -> None:
    separators = _ONES * separator
    at = np.uint64(0)
    for k in range(len(out)):
        k0 = keys[which[k], 0]
        k1 = keys[which[k], 1]
        v0 = k0 ^ np.uint64(0x736F6D6570736575)
        v1 = k1 ^ np.uint64(0x646F72616E646F6D) ^ np.uint64(0xEE)
        v2 = k0 ^ np.uint64(0x6C7967656E657261)
        v3 = k1 ^ np.uint64(0x7465646279746573)
        start = at
        while True:
            word = _word(buffer, at)
            # A byte is zero here where the separator is; the lowest high bit set below
            # is that of the first one (the "haszero" trick of Bit Twiddling Hacks).
            zeros = word ^ separators
            found = (zeros - _ONES) & ~zeros & _HIGHS
            if found != 0:
                break
            v3 ^= word
            v0, v1, v2, v3 = _round(v0, v1, v2, v3)
            v0, v1, v2, v3 = _round(v0, v1, v2, v3)
            v0 ^= word
            at += np.uint64(8)
        before = ((found & (~found + np.uint64(1))) >> np.uint64(7)) - np.uint64(1)
        rest = np.uint64(0)
        while (before >> (np.uint64(8) * rest)) & np.uint64(0xFF) != 0:
            rest += np.uint64(1)
        length = at - start + rest
        at += rest + np.uint64(1)
        if length == 0:
            continue
        word = (word & before) | ((length & np.uint64(0xFF)) << np.uint64(56))
        v3 ^= word
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
        v0 ^= word
        v2 ^= np.uint64(0xEE)
        for _ in range(4):
            v0, v1, v2, v3 = _round(v0, v1, v2, v3)
        out[k, 0] = v0 ^ v1 ^ v2 ^ v3
        if out.shape[1] == 1:
            continue
        v1 ^= np.uint64(0xDD)
        for _ in range(4):
            v0, v1, v2, v3 = _round(v0, v1, v2, v3)
        out[k, 1] = v0 ^ v1 ^ v2 ^ v3
