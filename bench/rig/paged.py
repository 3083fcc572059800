"""State as pages under keys of their own, as a compacted topic wants it."""

import ast
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
import numpy as np
import zstandard

from detectors.shards.tables import Arrays
from streams.checkpoints.pages import (
    Bytes,
    Layout,
    Salts,
    Words,
    bytes_of,
    changed_pages,
    gather,
)

KEY = struct.Struct(">HHI")  # numbers of the unit, the array and the page
_DIRECTORY = 0xFFFF  # instead of an array: what the arrays of the unit are
_WORTH_PACKING = 1024
"""Bytes of a page from which on it is worth compressing it by itself."""


class Taken(NamedTuple):
    """The pages that changed of one array."""

    array: int
    layout: Layout
    pages: Bytes
    numbers: Any


class Paged:
    """The units of a partition, page by page.

    Args:
        page_bytes: least size of a page, in whole rows.
    """

    def __init__(self, page_bytes: int) -> None:
        self._page_bytes = page_bytes
        self._salts = Salts(7)
        self._numbers: dict[str, int] = {}
        self._hashes: dict[tuple[str, str], Words] = {}

    def take(self, unit: str, arrays: Arrays) -> Callable[[], Iterator[tuple[bytes, bytes]]]:
        """Copy what changed; what is returned makes keys and values of it."""
        number = self._numbers.setdefault(unit, len(self._numbers))
        taken = [self._changed(place, unit, *each) for place, each in enumerate(arrays.items())]
        about = [
            (name, repr(np.lib.format.dtype_to_descr(array.dtype)), array.shape)
            for name, array in arrays.items()
        ]
        directory = msgspec.msgpack.encode((unit, about))

        def encoded() -> Iterator[tuple[bytes, bytes]]:
            yield KEY.pack(number, _DIRECTORY, 0), directory
            pack = zstandard.ZstdCompressor(level=1).compress
            for array, layout, pages, numbers in taken:
                size = layout.page_bytes
                for place, page in enumerate(numbers.tolist()):
                    data = pages[place * size : (place + 1) * size]
                    if self._page_bytes < _WORTH_PACKING:
                        value = data.tobytes()
                    else:
                        value = pack(data.reshape(-1, layout.row_bytes).T.tobytes())
                    yield KEY.pack(number, array, page), value

        return encoded

    def _changed(self, place: int, unit: str, name: str, array: Any) -> Taken:
        layout, data = self._layout(array), bytes_of(array)
        hashes = self._hashes.setdefault((unit, name), np.zeros(layout.pages, np.uint64))
        numbers = changed_pages(data, layout, self._salts, hashes)
        return Taken(place, layout, gather(data, layout, numbers), numbers)

    def _layout(self, array: Any) -> Layout:
        row_bytes = Layout.of(array).row_bytes
        return Layout(row_bytes, -(-self._page_bytes // row_bytes), len(array))

    def assemble(self, kept: Mapping[bytes, bytes]) -> dict[str, dict[str, Any]]:
        """The units again."""
        units: dict[str, dict[str, Any]] = {}
        places: dict[tuple[int, int], tuple[Layout, Bytes]] = {}
        for key, value in kept.items():
            number, array, _ = KEY.unpack(key)
            if array == _DIRECTORY:
                unit, about = msgspec.msgpack.decode(value)
                units[unit] = {}
                for place, (name, text, shape) in enumerate(about):
                    made = np.zeros(shape, np.lib.format.descr_to_dtype(ast.literal_eval(text)))
                    units[unit][name] = made
                    places[number, place] = self._layout(made), bytes_of(made)
        unpack = zstandard.ZstdDecompressor().decompress
        for key, value in kept.items():
            number, array, page = KEY.unpack(key)
            if array == _DIRECTORY:
                continue
            layout, data = places[number, array]
            begin = page * layout.page_bytes
            if self._page_bytes < _WORTH_PACKING:
                rows = np.frombuffer(value, np.uint8)
            else:
                rows = np.frombuffer(unpack(value), np.uint8)
                rows = rows.reshape(layout.row_bytes, -1).T.reshape(-1)
            data[begin : begin + len(rows)] = rows
        return units
