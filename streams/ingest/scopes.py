"""Tenants and namespaces by number, with what is derived once for each of them."""

import struct
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from .packed import Packed

MOST_NAMES = 65_536
"""Names kept at a time; a log with more tenants than this pays for deriving keys again."""


class Scopes:
    """Numbers for the names of one kind of scope, and tables with a row for each number.

    Numbers and tables hold together until the next call of `number`.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self._numbers: dict[str, int] = {}
        self._tables: dict[str, NDArray[np.uint64]] = {}

    def number(self, column: Sequence[str]) -> NDArray[np.int32]:
        """The number of each name, shape (n,), given in the order of first sight."""
        if len(self.names) > MOST_NAMES:
            self.__init__()  # type: ignore[misc]
        first = column[0]
        if column[-1] == first and column.count(first) == len(column):
            return np.full(len(column), self._number_one(first), np.int32)
        try:
            numbers = struct.pack(f"{len(column)}i", *map(self._numbers.__getitem__, column))
        except KeyError:
            numbers = struct.pack(f"{len(column)}i", *map(self._number_one, column))
        return np.frombuffer(numbers, np.int32)

    def of(self, texts: Packed) -> NDArray[np.int32]:
        """The number of each text, shape (n,)."""
        words, which = texts.different()
        return self.number(words)[which]

    def table(self, label: str, derive: Callable[[str], bytes]) -> NDArray[np.uint64]:
        """128 bits for each name, shape (names, 2); `derive` gives them as 16 bytes.

        Args:
            label: which table; always the same function for the same label.
            derive: called once for each name.
        """
        table = self._tables.get(label, np.empty((0, 2), np.uint64))
        if len(table) < len(self.names):
            derived = b"".join(derive(name) for name in self.names[len(table) :])
            rows = np.frombuffer(derived, "<u8").reshape(-1, 2)
            self._tables[label] = table = np.concatenate((table, rows))
        return table

    def _number_one(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self.names)
            self.names.append(name)
        return number
