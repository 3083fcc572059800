"""Units put together again from the records of a log."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from detectors.errors import SnapshotError

from .pages import Bytes, scatter
from .records import Part, decode, read_part
from .segments import Copied, Restored, Segment

_LOST: Final = "is not whole: records of it are missing from the log"


@dataclass(slots=True)
class _Chain:
    """A base and what follows it; `torn` if something that follows cannot be applied."""

    segments: list[list[Part]] = field(default_factory=list)
    open: list[Part] = field(default_factory=list)
    torn: bool = True

    def add(self, part: Part) -> bool:
        """Take a part; True if it is a segment's last."""
        if part.part == 0:
            self.open = [part]
        elif self.open and (part.id, part.part) == (self.open[0].id, len(self.open)):
            self.open.append(part)
        else:
            self.open = []
            self.torn = True
            return False
        if len(self.open) < part.parts:
            return False
        self._close()
        return True

    def _close(self) -> None:
        parts, self.open = self.open, []
        if parts[0].after == 0:
            self.segments = [parts]
            self.torn = False
        elif not self.torn and self.segments[-1][0].id == parts[0].after:
            self.segments.append(parts)
        else:
            self.torn = True


class Assembler:
    """Collects records in the order of the log, then gives the units that they make.

    Segments before a unit's last base are dropped, and may be incomplete: the head of a log
    is cut without regard to them.
    """

    def __init__(self) -> None:
        self._chains: dict[str, _Chain] = {}

    def feed(self, record: bytes) -> Part | None:
        """Take the next record.

        Returns:
            the last part of a segment, if this was one.

        Raises:
            SnapshotError: it is of another version, or no record of state.
        """
        part = read_part(record)
        complete = self._chains.setdefault(part.unit, _Chain()).add(part)
        return part if complete else None

    def units(self) -> dict[str, Restored]:
        """Every unit as of its last segment; what was collected is given up.

        Raises:
            SnapshotError: a unit has no base, a segment or a part of one is missing, or is
                not what was written.
        """
        chains, self._chains = self._chains, {}
        for unit, chain in chains.items():
            if chain.torn or chain.open:
                raise SnapshotError(f"state of {unit} {_LOST}")
        # Decompression and copying leave the GIL free.
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            restored = pool.map(_restore, (chain.segments for chain in chains.values()))
            return dict(zip(chains, restored, strict=True))


@dataclass(slots=True)
class _Held:
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    data: Bytes

    def apply(self, copied: Copied, pages: NDArray[np.int64]) -> None:
        """Change the pages that were copied."""
        self.data.resize(copied.layout.nbytes, refcheck=False)
        self.shape = copied.shape
        scatter(copied.data, copied.layout, pages, self.data)


def _restore(segments: list[list[Part]]) -> Restored:
    held: dict[str, _Held] = {}
    segments.reverse()
    while segments:
        segment = decode(segments.pop())
        _apply(held, segment)
    arrays = {
        name: np.ndarray(array.shape, array.dtype, array.data.data) for name, array in held.items()
    }
    return Restored(msgspec.msgpack.decode(segment.about), arrays, segment.id)


def _apply(held: dict[str, _Held], segment: Segment) -> None:
    for name in segment.gone:
        del held[name]
    for copied in segment.arrays:
        if copied.pages is None:
            held[copied.name] = _Held(copied.dtype, copied.shape, copied.data)
        else:
            held[copied.name].apply(copied, copied.pages)
