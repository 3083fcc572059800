"""What every decoder hands on: the fields of the valid records, column by column."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from .rejects import Rejected

Columns = dict[str, list[Any]]
"""Fields of the schema by name, all of one length. A field may be missing altogether."""


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


def transpose(events: Sequence[msgspec.Struct]) -> Columns:
    """Structs of one type, row by row, as columns.

    Through one flat list and strided slices of it: half the time of `zip(*rows)`, which
    walks as many iterators as there are rows.
    """
    if not events:
        return {}
    fields = events[0].__struct_fields__
    flat = list(chain.from_iterable(map(msgspec.structs.astuple, events)))
    return {name: flat[i :: len(fields)] for i, name in enumerate(fields)}
