"""What every decoder hands on: the fields of the valid records, column by column."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from detectors.events import ABSENT_TIME

from .packed import Packed, pack
from .rejects import Rejected
from .times import parse_rfc3339


@dataclass(frozen=True, slots=True)
class Columns:
    """Fields of the schema by name, n values each; one that no record has may be missing.

    Attributes:
        count: n.
        texts: empty where absent; times that were given as texts are here.
        numbers: float64, NaN where absent.
        codes: uint8, as in `WORDS`.
        times: int64: milliseconds since the epoch that were given as such, else `ABSENT_TIME`.
        candidates: all of them, one record's behind the other's.
        offsets: int64, shape (n + 1,): where each record's begin and end.
    """

    count: int
    texts: dict[str, Packed]
    numbers: dict[str, NDArray[np.float64]]
    codes: dict[str, NDArray[np.uint8]]
    times: dict[str, NDArray[np.int64]]
    candidates: Packed
    offsets: NDArray[np.int64]

    def millis(self, name: str) -> NDArray[np.int64]:
        """A field's times, as milliseconds or as texts; `ABSENT_TIME` where there is none."""
        numbers, texts = self.times.get(name), self.texts.get(name)
        if texts is None:
            return np.full(self.count, ABSENT_TIME) if numbers is None else numbers
        times = parse_rfc3339(texts)
        return times if numbers is None else np.where(numbers != ABSENT_TIME, numbers, times)

    def only(self, rows: NDArray[np.int64]) -> "Columns":
        """Those of some of the records, in this order."""
        counts = np.diff(self.offsets)[rows]
        offsets = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
        listed = np.repeat(self.offsets[rows] - offsets[:-1], counts) + np.arange(offsets[-1])
        return Columns(
            count=len(rows),
            texts={name: texts.only(rows) for name, texts in self.texts.items()},
            numbers={name: column[rows] for name, column in self.numbers.items()},
            codes={name: column[rows] for name, column in self.codes.items()},
            times={name: column[rows] for name, column in self.times.items()},
            candidates=self.candidates.only(listed),
            offsets=offsets,
        )


def no_columns() -> Columns:
    """Of no records."""
    return Columns(0, {}, {}, {}, {}, pack([]), np.zeros(1, np.int64))


@dataclass(frozen=True, slots=True)
class Decoded:
    """Lines taken apart.

    Attributes:
        columns: the valid events' fields.
        index: int64, shape (n,): the number of each event's record.
        rejected: the other records.
        ignored: how many fields were unknown.
        dropped: how often which optional field was treated as absent, or cut.
        blank: lines with nothing on them; they are no records, but they have numbers.
    """

    columns: Columns
    index: NDArray[np.int64]
    rejected: list[Rejected] = field(default_factory=list)
    ignored: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    blank: int = 0


class LineDecoder(Protocol):
    """One input format."""

    def decode(self, lines: Sequence[bytes], first_index: int) -> Decoded:
        """Take the lines apart; the first of them is record number `first_index`."""
