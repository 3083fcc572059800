"""Which pages of an array changed, told by a hash of each and no second copy.

A page is the fewest whole rows that make at least `PAGE_BYTES`: smaller ones cost more
hashes, larger ones carry more neighbours that did not change.

Every 64-bit word is salted by its place in the page and mixed by the finaliser of
SplitMix64 (Stafford's variant 13, https://prng.di.unimi.it/splitmix64.c); the hash is the
sum, with the page's size. Mixing is a bijection, so a change of one word is always seen;
one of several words is missed with a chance of about 2^-64.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.kernels.compile import kernel

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]

PAGE_BYTES: Final = 128

_WORD: Final = 8


@dataclass(frozen=True, slots=True)
class Layout:
    """How an array lies in pages.

    Attributes:
        row_bytes: of one row.
        page_rows: rows of a page; the last page may hold fewer.
        rows: of the array.
    """

    row_bytes: int
    page_rows: int
    rows: int

    @classmethod
    def of(cls, array: NDArray[np.generic]) -> "Layout":
        """That of `array`, whose rows are along its first axis."""
        row_bytes = array.dtype.itemsize * math.prod(array.shape[1:])
        return cls(row_bytes, -(-PAGE_BYTES // max(1, row_bytes)), len(array))

    @property
    def page_bytes(self) -> int:
        """Bytes of a whole page."""
        return self.row_bytes * self.page_rows

    @property
    def nbytes(self) -> int:
        """Bytes of the array."""
        return self.row_bytes * self.rows

    @property
    def whole(self) -> int:
        """How many pages are whole."""
        return self.rows // self.page_rows

    @property
    def pages(self) -> int:
        """How many there are."""
        return -(-self.rows // self.page_rows)


def bytes_of(array: NDArray[np.generic]) -> Bytes:
    """The bytes of an array, shape (nbytes,): a view if they lie in one piece."""
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)


class Salts:
    """One random word for each place in a page, drawn from a seed as far as needed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._drawn: Words = np.zeros(0, np.uint64)

    def of_page(self, page_bytes: int) -> Words:
        """The salts of a page of so many bytes, of which the last word may be cut short."""
        count = page_bytes // _WORD + 1
        if count > len(self._drawn):
            generator = np.random.Generator(np.random.PCG64(self._seed))
            self._drawn = generator.integers(0, 1 << 64, count, np.uint64)
        return self._drawn[:count]


def changed_pages(data: Bytes, layout: Layout, salts: Salts, hashes: Words) -> NDArray[np.int64]:
    """The numbers, rising, of the pages whose hash differs from `hashes`, which takes the new.

    Args:
        data: the bytes of the array.
        layout: how they lie.
        salts: the same at every call that `hashes` is kept over.
        hashes: of each page, shape (pages,); 0 for a page that is new.
    """
    changed = np.empty(layout.pages, np.int64)
    salt = salts.of_page(layout.page_bytes)
    return changed[: _compare(data, layout.page_bytes, salt, hashes, changed)]


def gather(data: Bytes, layout: Layout, pages: NDArray[np.int64]) -> Bytes:
    """A copy of these pages of an array's bytes, one after the other."""
    size, whole = layout.page_bytes, layout.whole
    full = int(np.searchsorted(pages, whole))
    rest = data[whole * size :] if full < len(pages) else data[:0]
    copied = np.empty(full * size + len(rest), np.uint8)
    source = data[: whole * size].reshape(whole, size)
    copied[: full * size].reshape(full, size)[:] = source[pages[:full]]
    copied[full * size :] = rest
    return copied


def scatter(copied: Bytes, layout: Layout, pages: NDArray[np.int64], data: Bytes) -> None:
    """Put what `gather` gave in its place."""
    size, whole = layout.page_bytes, layout.whole
    full = int(np.searchsorted(pages, whole))
    target = data[: whole * size].reshape(whole, size)
    target[pages[:full]] = copied[: full * size].reshape(full, size)
    if full < len(pages):
        data[whole * size :] = copied[full * size :]


@kernel
def _mix(word: np.uint64) -> np.uint64:
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


@kernel
def _word(data: Bytes, at: int, length: int) -> np.uint64:
    # Unsigned indices spare the check for negative ones; of eight loads the compiler makes one.
    word = np.uint64(0)
    for k in range(length):
        word |= np.uint64(data[np.uint64(at + k)]) << np.uint64(8 * k)
    return word


@kernel
def _compare(
    data: Bytes, page_bytes: int, salt: Words, hashes: Words, changed: NDArray[np.int64]
) -> int:
    count = 0
    for page in range(len(hashes)):
        begin = page * page_bytes
        size = min(page_bytes, len(data) - begin)
        words = size // _WORD
        total = np.uint64(size)
        for k in range(words):
            total += _mix(_word(data, begin + k * _WORD, _WORD) ^ salt[k])
        short = _word(data, begin + words * _WORD, size % _WORD)
        total += _mix(short ^ salt[words])
        if total != hashes[page]:
            hashes[page] = total
            changed[count] = page
            count += 1
    return count
