"""Lines as they stand in a block of bytes: none is made an object of before it is asked for."""

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

from .packed import NEWLINE, PADDING

_PADDING = PADDING.encode()


class Lines(Sequence[bytes]):
    """Lines of one block, without their line feeds.

    Attributes:
        block: uint8; behind the last line is a line feed, and then at least `PADDING`'s length.
        bounds: int64, shape (n, 2): where in the block each line begins, and ends.
    """

    def __init__(self, block: NDArray[np.uint8], bounds: NDArray[np.int64]) -> None:
        self.block = block
        self.bounds = bounds

    def __len__(self) -> int:
        """How many lines."""
        return len(self.bounds)

    @overload
    def __getitem__(self, index: int) -> bytes: ...

    @overload
    def __getitem__(self, index: slice) -> "Lines": ...

    def __getitem__(self, index: int | slice) -> "bytes | Lines":
        """One line; or some, with as much of the block as they need."""
        if isinstance(index, int):
            start, end = self.bounds[index].tolist()
            return self.block[start:end].tobytes()
        bounds = self.bounds[index]
        if len(bounds) == 0:
            return Lines(self.block[:0], bounds)
        first, last = int(bounds.min()), int(bounds.max())
        return Lines(self.block[first : last + 1 + len(_PADDING)], bounds - first)

    def __iter__(self) -> Iterator[bytes]:
        """Each line in turn."""
        block = self.block.tobytes()
        for start, end in self.bounds.tolist():
            yield block[start:end]


def cut(data: bytes, more: bytes = b"") -> tuple[Lines, bytes]:
    """The lines of both together, and what stands behind the last line feed."""
    block = np.frombuffer(b"".join((data, more, _PADDING)), np.uint8)
    text = block[: len(block) - len(_PADDING)]
    feeds = np.flatnonzero(text == NEWLINE)
    bounds = np.empty((len(feeds), 2), np.int64)
    bounds[:, 1] = feeds
    bounds[:1, 0] = 0
    bounds[1:, 0] = feeds[:-1] + 1
    behind = feeds[-1] + 1 if len(feeds) else 0
    return Lines(block, bounds), text[behind:].tobytes()


def joined(lines: Sequence[bytes]) -> Lines:
    """Any lines, in one block."""
    if isinstance(lines, Lines):
        return lines
    sizes = np.fromiter(map(len, lines), np.int64, len(lines))
    bounds = np.empty((len(lines), 2), np.int64)
    bounds[:, 0] = np.cumsum(sizes + 1) - sizes - 1
    bounds[:, 1] = bounds[:, 0] + sizes
    return Lines(np.frombuffer(b"\n".join([*lines, _PADDING]), np.uint8), bounds)
