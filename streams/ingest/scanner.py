"""Lines of JSON that are events as they stand, as columns."""

import math
from collections.abc import Sequence
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from detectors.events import ABSENT_TIME

from .codes import WORDS
from .decoded import Columns
from .layout import CODES, HARD, NUMBERS, TEXTS, TIMES, Scan, layout_of
from .lines import joined
from .packed import PADDING, gather
from .scanning import LEAST_ITEM, scan_lines
from .schema import FIELDS

T = TypeVar("T", bound=np.generic)

_FIELDS: Final = {name: number for number, name in enumerate(FIELDS)}
_ABSENT: Final = np.array([[WORDS[name][1].get(None, 0)] for name in CODES], np.uint8)


class Scanner:
    """Knows the schema, and unknown fields whose values are skipped.

    Args:
        skipped: their names.
    """

    def __init__(self, skipped: Sequence[str] = ()) -> None:
        self.layout = layout_of(skipped)
        # Which field came behind which last, and behind none: most lines of a log are alike.
        self.follows = np.zeros(len(self.layout.kinds) + 1, np.int64)

    def scan(self, lines: Sequence[bytes]) -> "Scanned":
        """Read those of the lines that are events as they stand."""
        return Scanned(self, lines)


class Scanned:
    """What was found on lines, by their numbers.

    Attributes:
        read: which of them were events as they stand, shape (n,).
        skipped: on each, how many unknown fields, shape (n,).
    """

    def __init__(self, scanner: Scanner, lines: Sequence[bytes]) -> None:
        self._layout = scanner.layout
        n = len(lines)
        self._buffer = np.empty(0, np.uint8)
        self._scan = Scan(
            read=np.zeros(n, np.bool_),
            starts=np.empty((len(TEXTS), n), np.int64),
            sizes=np.empty((len(TEXTS), n), np.int64),
            numbers=np.empty((len(NUMBERS), n)),
            codes=np.empty((len(CODES), n), np.uint8),
            times=np.empty((len(TIMES), n), np.int64),
            lists=np.empty((2, n), np.int64),
            items=np.empty((2, 0), np.int64),
            skipped=np.empty(n, np.int64),
            hard=np.empty(0, HARD),
            used=np.zeros(3, np.int64),
            met=np.zeros(len(scanner.layout.kinds), np.int64),
            turns=np.zeros(len(scanner.layout.kinds), np.int64),
            follows=scanner.follows,
        )
        self._read(np.arange(n), lines)

    @property
    def read(self) -> NDArray[np.bool_]:
        """Which lines were events as they stand, shape (n,)."""
        return self._scan.read

    @property
    def skipped(self) -> NDArray[np.int64]:
        """How many unknown fields each line has, shape (n,)."""
        return self._scan.skipped

    def replace(self, rows: NDArray[np.int64], lines: Sequence[bytes]) -> None:
        """Read these lines instead of those numbers' own."""
        self._read(rows, lines)

    def columns(self) -> Columns:
        """Of the lines that were read, in their order."""
        scan, escaped = self._scan, bool(self._scan.used[2])
        rows = np.flatnonzero(scan.read)
        whole = len(rows) == len(scan.read)

        def met(name: str) -> bool:
            return bool(scan.met[_FIELDS[name]])

        def own(column: NDArray[T]) -> NDArray[T]:
            return column if whole else column[rows]

        firsts, counts = (own(column) for column in scan.lists)
        offsets = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(counts, out=offsets[1:])
        listed = np.repeat(firsts - offsets[:-1], counts) + np.arange(offsets[-1])
        starts, sizes = scan.items
        return Columns(
            count=len(rows),
            texts={
                name: gather(
                    self._buffer, own(scan.starts[place]), own(scan.sizes[place]), escaped=escaped
                )
                for place, name in enumerate(TEXTS)
                if met(name)
            },
            numbers={n: own(scan.numbers[place]) for place, n in enumerate(NUMBERS) if met(n)},
            codes={n: own(scan.codes[place]) for place, n in enumerate(CODES) if met(n)},
            times={n: own(scan.times[place]) for place, n in enumerate(TIMES) if met(n)},
            candidates=gather(self._buffer, starts[listed], sizes[listed], escaped=escaped),
            offsets=offsets,
        )

    def _read(self, rows: NDArray[np.int64], lines: Sequence[bytes]) -> None:
        more = joined(lines)
        begin = max(len(self._buffer) - len(PADDING), 0)
        before = self._buffer[:begin].tobytes()
        bounds = more.bounds + begin
        if begin:
            self._buffer = np.frombuffer(before + more.block.tobytes(), np.uint8)
        else:
            self._buffer = more.block
        used = int(self._scan.used[0])
        items = np.empty((2, used + len(more.block) // LEAST_ITEM), np.int64)
        items[:, :used] = self._scan.items[:, :used]
        self._scan = scan = self._scan._replace(
            items=items, hard=np.empty(len(lines) * len(NUMBERS), HARD)
        )
        scan.read[rows] = False
        scan.sizes[:, rows] = 0
        scan.numbers[:, rows] = math.nan
        scan.codes[:, rows] = _ABSENT
        scan.times[:, rows] = ABSENT_TIME
        scan.lists[:, rows] = 0
        scan.skipped[rows] = 0
        scan.used[1] = 0
        scan.turns[:] = 0
        scan_lines(self._buffer, rows, bounds, self._layout, scan)
        self._make_exact()

    def _make_exact(self) -> None:
        """Read the numbers that the scanner left: rightly rounded, as every decoder does."""
        scan = self._scan
        for row, place, start, end, most in scan.hard[: scan.used[1]].tolist():
            value = float(self._buffer[start:end].tobytes())
            scan.numbers[place, row] = value
            if not 0 <= value <= most or math.isinf(value):
                scan.read[row] = False
