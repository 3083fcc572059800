"""What is written of one unit of state: all of it, or the pages that changed."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from .pages import Bytes, Layout, Salts, Words, bytes_of, changed_pages, gather

Arrays = Mapping[str, NDArray[np.generic]]
"""Named arrays; rows lie along the first axis."""


@dataclass(frozen=True, slots=True)
class Copied:
    """An array, or the pages of it that changed, as it was.

    Attributes:
        name: of the array.
        dtype: of its elements.
        shape: of the array.
        layout: how its rows lie in pages.
        pages: the numbers of the pages that are here, rising; None if all are.
        data: their bytes.
    """

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    layout: Layout
    pages: NDArray[np.int64] | None
    data: Bytes


@dataclass(frozen=True, slots=True)
class Segment:
    """What is written of one unit at one moment.

    Attributes:
        id: of this segment, drawn by chance, never 0.
        after: the id of the segment that this one changes; 0 for a base, which needs none.
        about: plain values that go with it, as MessagePack.
        gone: names of arrays that the unit has no more.
        arrays: copies of those that changed.
    """

    id: int
    after: int
    about: bytes
    gone: tuple[str, ...]
    arrays: tuple[Copied, ...]

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays, before they are encoded."""
        return sum(copied.data.nbytes for copied in self.arrays)


@dataclass(frozen=True, slots=True)
class Restored:
    """A unit as it was when its last segment was taken.

    Attributes:
        about: the plain values that went with it.
        arrays: its arrays, free to be changed.
        id: of its last segment.
    """

    about: dict[str, Any]
    arrays: dict[str, NDArray[np.generic]]
    id: int


@dataclass(frozen=True, slots=True)
class _Known:
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    hashes: Words

    def continues(self, array: NDArray[np.generic]) -> bool:
        """Whether `array` may be the same one, with rows changed, added or taken away."""
        return self.dtype == array.dtype and self.shape[1:] == array.shape[1:]


class Tracker:
    """Takes segments of one unit; between two it keeps 8 bytes of hash a page.

    A segment is a copy: the arrays may change as soon as the call is over, and the call is
    all that processing waits for. Every segment must be written, in the order taken; if one
    is not, the next must be a base.
    """

    def __init__(self) -> None:
        # By chance, so that no input can be made to hide a change.
        self._salts = Salts(secrets.randbits(64))
        self._known: dict[str, _Known] = {}
        self._last = 0

    def base(self, about: Mapping[str, Any], arrays: Arrays) -> Segment:
        """All of the unit."""
        self._known = {}
        self._last = 0
        return self.delta(about, arrays)

    def delta(self, about: Mapping[str, Any], arrays: Arrays) -> Segment:
        """What changed since the last segment; all of the unit if there was none.

        An array is taken whole if its rows have another layout, or if more than half of its
        pages changed.
        """
        copied = [self._changed(name, array) for name, array in arrays.items()]
        gone = tuple(self._known.keys() - arrays.keys())
        for name in gone:
            del self._known[name]
        after, self._last = self._last, 1 + secrets.randbelow((1 << 63) - 1)
        return Segment(
            self._last,
            after,
            msgspec.msgpack.encode(about),
            gone,
            tuple(part for part in copied if part is not None),
        )

    def resume(self, restored: Restored) -> None:
        """Go on from what the log holds: the next delta is taken against it."""
        self._known = {}
        self._last = restored.id
        for name, array in restored.arrays.items():
            self._compare(name, array, Layout.of(array), bytes_of(array))

    def _changed(self, name: str, array: NDArray[np.generic]) -> Copied | None:
        known = self._known.get(name)
        layout, data = Layout.of(array), bytes_of(array)
        pages = self._compare(name, array, layout, data)
        if known is not None and known.continues(array):
            if known.shape == array.shape and not len(pages):
                return None
            if 2 * len(pages) <= layout.pages:
                copied = gather(data, layout, pages)
                return Copied(name, array.dtype, array.shape, layout, pages, copied)
        return Copied(name, array.dtype, array.shape, layout, None, data.copy())

    def _compare(
        self, name: str, array: NDArray[np.generic], layout: Layout, data: Bytes
    ) -> NDArray[np.int64]:
        """The pages that changed since the last call, all if the array is another."""
        hashes = np.zeros(layout.pages, np.uint64)
        known = self._known.get(name)
        if known is not None and known.continues(array):
            kept = min(len(hashes), len(known.hashes))
            hashes[:kept] = known.hashes[:kept]
        self._known[name] = _Known(array.dtype, array.shape, hashes)
        return changed_pages(data, layout, self._salts, hashes)
