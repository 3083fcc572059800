"""The schema, and what is found of it on lines, as arrays: the form compiled code knows."""

import math
from collections.abc import Iterable, Sequence
from enum import IntEnum
from itertools import pairwise
from typing import Any, Final, NamedTuple

import msgspec.inspect as types
import numpy as np
from numpy.typing import NDArray

from detectors.events import Records

from .codes import WORDS
from .schema import FIELDS


class Kind(IntEnum):
    """What may stand behind a field's name."""

    TEXT = 0
    TIME = 1  # a text, or whole milliseconds
    NUMBER = 2
    COUNT = 3
    WORD = 4  # one of a closed vocabulary
    TRUTH = 5
    LIST = 6
    SKIPPED = 7  # whatever it is


NAME_WORDS: Final = 9
"""Eight bytes each: a name of 64 characters and its quote."""

ENTRIES: Final = 512
"""Of the table of names; at most a quarter of them is taken."""

QUOTE: Final = ord('"')


def _fields_of(*kinds: Kind) -> tuple[str, ...]:
    return tuple(name for name in FIELDS if _KINDS[name] in kinds)


def _bare(name: str) -> list[types.Type]:
    info = types.type_info(FIELDS[name].type)
    parts = info.types if isinstance(info, types.UnionType) else (info,)
    return [part for part in parts if not isinstance(part, types.NoneType)]


def _kind(name: str) -> Kind:
    bare = _bare(name)
    if len(bare) > 1:
        return Kind.TIME
    kinds = {
        types.StrType: Kind.TEXT,
        types.IntType: Kind.COUNT,
        types.FloatType: Kind.NUMBER,
        types.LiteralType: Kind.WORD,
        types.BoolType: Kind.TRUTH,
        types.ListType: Kind.LIST,
    }
    return kinds[type(bare[0])]


_KINDS: Final = {name: _kind(name) for name in FIELDS}

TIMES: Final = _fields_of(Kind.TIME)
TEXTS: Final = _fields_of(Kind.TEXT) + TIMES
NUMBERS: Final = _fields_of(Kind.NUMBER, Kind.COUNT)
CODES: Final = _fields_of(Kind.WORD, Kind.TRUTH)
LISTED: Final = _fields_of(Kind.LIST)
"""The columns of each form, in the order of their places."""


class Layout(NamedTuple):
    """What the scanner has to know, by the number of a field; words of vocabularies follow them.

    Attributes:
        names: uint64, shape (n, `NAME_WORDS`): the name and a quote in UTF-8, filled with zeros.
        lengths: bytes of name and quote.
        slots: numbers of fields by the hash of their names, -1 where there is none.
        kinds: `Kind`.
        places: the row of the field among the columns of its form.
        first: the first word of a field's vocabulary; a time's place among `TIMES`.
        last: the number after its last one.
        most: the longest text or list; the largest number.
        least: the shortest text.
        required: 1 where nothing else than a value will do.
        codes: what stands for a word.
    """

    names: NDArray[np.uint64]
    lengths: NDArray[np.int64]
    slots: NDArray[np.int64]
    kinds: NDArray[np.int64]
    places: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    most: NDArray[np.float64]
    least: NDArray[np.int64]
    required: NDArray[np.bool_]
    codes: NDArray[np.uint8]


HARD = np.dtype([("row", "i8"), ("place", "i8"), ("start", "i8"), ("end", "i8"), ("most", "f8")])


class Scan(NamedTuple):
    """What is found, by row: a number for each line.

    Attributes:
        read: whether the line was scanned; if not, nothing else of it means anything.
        starts: int64, shape (texts, n): where in the buffer each text begins.
        sizes: its bytes; negative if there are escape sequences among them.
        numbers: float64, shape (numbers, n).
        codes: uint8, shape (codes, n).
        times: int64, shape (times, n): milliseconds, where they were given as a number.
        lists: shape (2, n): the first candidate and how many.
        items: shape (2, most): start and size of each candidate.
        skipped: how many unknown fields were skipped.
        hard: numbers that take more than one multiplication or division to be exact.
        used: [candidates, hard numbers, texts with escapes].
        met: how often each field was seen.
        turns: the last line, counted from 1, that each field was seen on.
        follows: the field that came behind each field last, and behind none.
    """

    read: NDArray[np.bool_]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    numbers: NDArray[np.float64]
    codes: NDArray[np.uint8]
    times: NDArray[np.int64]
    lists: NDArray[np.int64]
    items: NDArray[np.int64]
    skipped: NDArray[np.int64]
    hard: Records
    used: NDArray[np.int64]
    met: NDArray[np.int64]
    turns: NDArray[np.int64]
    follows: NDArray[np.int64]


def layout_of(skipped: Sequence[str]) -> Layout:
    """The schema and some unknown names, whose values are skipped."""
    fields = [*FIELDS, *skipped]
    vocabularies = {
        name: [word for word in WORDS[name][1] if isinstance(word, str)]
        for name in _fields_of(Kind.WORD)
    }
    ends = np.cumsum([len(fields), *map(len, vocabularies.values())]).tolist()
    ranges = dict(zip(vocabularies, pairwise(ends), strict=False))
    ranges |= {name: (place, place) for place, name in enumerate(TIMES)}
    rows = [name.encode() + b'"' for name in fields]
    rows += [word.encode() + b'"' for words in vocabularies.values() for word in words]
    padded = b"".join(row.ljust(8 * NAME_WORDS, b"\0") for row in rows)
    places = {name: i for form in (TEXTS, NUMBERS, CODES) for i, name in enumerate(form)}
    places |= {name: i for i, name in enumerate(skipped)}
    return Layout(
        names=np.frombuffer(padded, "<u8").reshape(-1, NAME_WORDS),
        lengths=np.array([*map(len, rows)], np.int64),
        slots=_slots(rows[: len(fields)]),
        kinds=_each(fields, _KINDS, Kind.SKIPPED),
        places=_each(fields, places, 0),
        first=_each(fields, {name: first for name, (first, _) in ranges.items()}, 0),
        last=_each(fields, {name: last for name, (_, last) in ranges.items()}, 0),
        most=np.array([_most(name) for name in fields], np.float64),
        least=_each(fields, {name: _least(name) for name in FIELDS}, 0),
        required=np.array([name in FIELDS and FIELDS[name].required for name in fields]),
        codes=np.array(
            [0] * len(fields)
            + [WORDS[name][1][word] for name, words in vocabularies.items() for word in words],
            np.uint8,
        ),
    )


def _each(fields: Iterable[str], values: dict[str, Any], otherwise: int) -> NDArray[np.int64]:
    return np.array([int(values.get(name, otherwise)) for name in fields], np.int64)


def _most(name: str) -> float:
    if name not in FIELDS:
        return math.inf
    bounds = [
        getattr(part, "max_length", None) or getattr(part, "le", None) for part in _bare(name)
    ]
    return max((float(bound) for bound in bounds if bound is not None), default=math.inf)


def _least(name: str) -> int:
    return getattr(_bare(name)[0], "min_length", None) or 0


def name_hash(name: bytes) -> int:
    """Where a name's search in the table begins: FNV-1a, 32 bits."""
    found = 0x811C9DC5
    for byte in name:
        found = (found ^ byte) * 0x01000193 & 0xFFFFFFFF
    return found


def _slots(names: Sequence[bytes]) -> NDArray[np.int64]:
    slots = np.full(ENTRIES, -1, np.int64)
    for number, name in enumerate(names):
        slot = name_hash(name[:-1]) % ENTRIES
        while slots[slot] >= 0:
            slot = (slot + 1) % ENTRIES
        slots[slot] = number
    return slots
