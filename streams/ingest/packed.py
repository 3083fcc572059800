"""A column of texts as one byte buffer, which is how kernels read it.

Joining and encoding once costs a tenth of encoding every text: ids that never repeat
cannot be cached, so a call of Python for each would be what ingest spends its time on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from detectors.kernels.compile import kernel, signed

from .grammar import BACKSLASH, hex_number

NEWLINE = 0x0A

NO_TEXT_HAS = 0xFF
"""A byte that UTF-8 never uses, not even for a lone surrogate."""

PADDING = "\0" * 32
"""Kernels read ahead of the last text by no more than this."""


@dataclass(frozen=True, slots=True)
class Packed:
    """Texts in UTF-8 one after another, each followed by the separator.

    Attributes:
        buffer: uint8, the texts and some padding.
        separator: a byte that is in none of the texts.
        count: how many texts.
    """

    buffer: NDArray[np.uint8]
    separator: int
    count: int

    def __len__(self) -> int:
        """How many texts."""
        return self.count

    def texts(self) -> list[str]:
        """The texts."""
        # One text may have several line feeds, so that only one that none can have is split at.
        whole = self.buffer[: len(self.buffer) - len(PADDING)].tobytes()
        if self.separator == NEWLINE:
            return whole.decode("utf-8", "surrogatepass").split("\n")[: self.count]
        pieces = whole.split(bytes([self.separator]))[: self.count]
        return [piece.decode("utf-8", "surrogatepass") for piece in pieces]

    def sizes(self) -> NDArray[np.int64]:
        """Bytes of each text, shape (n,)."""
        ends = np.flatnonzero(self.buffer == self.separator)[: self.count]
        return np.diff(ends, prepend=-1) - 1

    def only(self, which: NDArray[np.int64]) -> "Packed":
        """Some of the texts, in this order."""
        texts = self.texts()
        return pack([texts[i] for i in which.tolist()])

    def different(self) -> tuple[list[str], NDArray[np.int64]]:
        """The different texts as they first come, and which of them each is, shape (n,)."""
        which = np.empty(self.count, np.int64)
        bounds = np.empty((self.count, 2), np.int64)
        slots = np.full(1 << (2 * self.count).bit_length(), _FREE, np.int64)
        found = _tell_apart(self.buffer, self.separator, slots, bounds, which)
        texts = [
            self.buffer[start:end].tobytes().decode("utf-8", "surrogatepass")
            for start, end in bounds[:found].tolist()
        ]
        return texts, which


def pack(texts: Sequence[str | None]) -> Packed:
    """Join a column of texts; None is packed as the empty text.

    A lone surrogate, which UTF-8 cannot write, is encoded as if it could.

    Raises:
        TypeError: if something in `texts` is neither a text nor None.
    """
    filled = cast("Sequence[str]", texts)
    try:
        joined = "\n".join([*filled, PADDING])
    except TypeError:
        filled = ["" if text is None else text for text in texts]
        joined = "\n".join([*filled, PADDING])
    buffer = np.frombuffer(joined.encode("utf-8", "surrogatepass"), np.uint8)
    if np.count_nonzero(buffer == NEWLINE) == len(filled):
        return Packed(buffer, NEWLINE, len(filled))
    pieces = [text.encode("utf-8", "surrogatepass") for text in [*filled, PADDING]]
    buffer = np.frombuffer(bytes([NO_TEXT_HAS]).join(pieces), np.uint8)
    return Packed(buffer, NO_TEXT_HAS, len(filled))


def gather(
    lines: NDArray[np.uint8], starts: NDArray[np.int64], sizes: NDArray[np.int64], *, escaped: bool
) -> Packed:
    """Pack what stands in JSON strings.

    Args:
        lines: uint8, and some padding.
        starts: int64, shape (n,): where each text begins.
        sizes: int64, shape (n,): bytes of each; negative if there are escape sequences in it.
        escaped: whether there may be any, and thus line feeds.
    """
    separator = NO_TEXT_HAS if escaped else NEWLINE
    most = int(np.abs(sizes).sum()) + len(sizes) + 2 * len(PADDING)
    buffer = np.empty(most, np.uint8)
    end = _gather(lines, starts, sizes, separator, buffer)
    buffer[end : end + len(PADDING)] = 0
    # As those of `pack`: to numba another type, and one variant to compile is enough.
    buffer.flags.writeable = False
    return Packed(buffer[: end + len(PADDING)], separator, len(sizes))


_FREE: Final = -1
_SIMPLE: Final = {ord(a): ord(b) for a, b in zip('"\\/bfnrt', '"\\/\b\f\n\r\t', strict=True)}
_MEANT: Final = np.array([_SIMPLE.get(byte, 0) for byte in range(256)], np.uint8)
_U: Final = ord("u")
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)


@kernel
def _gather(
    lines: NDArray[np.uint8],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    separator: int,
    buffer: NDArray[np.uint8],
) -> int:
    end = np.uint64(0)
    for k in range(len(sizes)):
        at = np.uint64(starts[k])
        if sizes[k] >= 0:
            # Eight at a time; what is copied too much is written over by the next.
            copied = np.uint64(0)
            size = np.uint64(sizes[k])
            while copied < size:
                for i in range(8):
                    place = copied + np.uint64(i)
                    buffer[end + place] = lines[at + place]
                copied += np.uint64(8)
            end += size
        else:
            last = at + np.uint64(-sizes[k])
            while at < last:
                length, used = _character(lines, at, buffer, end)
                at += np.uint64(used)
                end += np.uint64(length)
        buffer[end] = separator
        end += np.uint64(1)
    return signed(end)


@kernel
def _character(
    lines: NDArray[np.uint8], at: np.uint64, buffer: NDArray[np.uint8], end: np.uint64
) -> tuple[int, int]:
    """Copy a byte, or what an escape sequence means: so many bytes, from so many."""
    one = np.uint64(1)
    if lines[at] != BACKSLASH:
        buffer[end] = lines[at]
        return 1, 1
    if lines[at + one] != _U:
        buffer[end] = _MEANT[lines[at + one]]
        return 1, 2
    code = hex_number(lines, signed(at) + 2)
    if code < 0x80:
        buffer[end] = code
        return 1, 6
    if code < 0x800:
        buffer[end] = 0xC0 | code >> 6
        buffer[end + one] = 0x80 | code & 0x3F
        return 2, 6
    buffer[end] = 0xE0 | code >> 12
    buffer[end + one] = 0x80 | code >> 6 & 0x3F
    buffer[end + one + one] = 0x80 | code & 0x3F
    return 3, 6


@kernel
def _tell_apart(
    buffer: NDArray[np.uint8],
    separator: int,
    slots: NDArray[np.int64],
    bounds: NDArray[np.int64],
    which: NDArray[np.int64],
) -> int:
    """Number the different texts; how many they are."""
    mask = len(slots) - 1
    found = 0
    at = 0
    for k in range(len(which)):
        start = at
        mixed = np.uint64(0)
        while buffer[np.uint64(at)] != separator:
            mixed = (mixed ^ np.uint64(buffer[np.uint64(at)])) * _MULTIPLIER
            at += 1
        slot = signed(mixed >> np.uint64(32)) & mask
        while slots[slot] != _FREE and not _same(buffer, bounds[slots[slot]], start, at):
            slot = (slot + 1) & mask
        if slots[slot] == _FREE:
            slots[slot] = found
            bounds[found, 0] = start
            bounds[found, 1] = at
            found += 1
        which[k] = slots[slot]
        at += 1
    return found


@kernel
def _same(buffer: NDArray[np.uint8], bounds: NDArray[np.int64], start: int, end: int) -> bool:
    if bounds[1] - bounds[0] != end - start:
        return False
    for i in range(end - start):
        if buffer[np.uint64(bounds[0] + i)] != buffer[np.uint64(start + i)]:
            return False
    return True
