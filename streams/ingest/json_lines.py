"""Lines of JSON to columns, fast as long as they keep to the schema.

Lines that are events as they stand are scanned, by the thousand and without an object of
Python. The others are read one by one; what is an event of them is written anew so that it can
be scanned with the rest. Unknown fields that come again and again are learned by name, and
skipped.

Which way a line takes makes no difference to what comes out.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import msgspec
import numpy as np

from .decoded import Decoded
from .lenient import Repaired, read_line
from .rejects import Rejected
from .scanner import Scanner
from .scanning import LONGEST_LINE
from .schema import FIELDS, QueryEvent

MOST_LEARNED = 32
"""Unknown fields that are skipped by name."""

SIGHTINGS = 8
"""Lines of one batch that an unknown field must be on to be learned."""

LONGEST_NAME = 64
"""Bytes."""

_MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_SKIPPED = msgspec.Raw(b"")

_DEFAULTS: dict[str, Any] = {name: field.default for name, field in FIELDS.items()}


class JsonLines:
    """The decoder of `probewatch.query.v1`. What it has learned changes its speed only."""

    def __init__(self) -> None:
        self._learned: list[str] = []
        self._compile()

    def decode(self, lines: Sequence[bytes], first_index: int) -> Decoded:
        """Take the lines apart; the first of them is record number `first_index`."""
        scanned = self._scanner.scan(lines)
        rejected: list[Rejected] = []
        repaired: dict[int, Repaired] = {}
        blank = 0
        for row in np.flatnonzero(~scanned.read).tolist():
            line = lines[row]
            if not line.strip():
                blank += 1
                continue
            read = self._read_again(line, first_index + row)
            if isinstance(read, Rejected):
                rejected.append(read)
            else:
                repaired[row] = read
        unknown = [read.unknown for read in repaired.values()]
        ignored = int(scanned.skipped[scanned.read].sum()) + sum(map(len, unknown))
        if repaired:
            anew = [msgspec.json.encode(read.values) for read in repaired.values()]
            scanned.replace(np.array([*repaired]), anew)
            self._learn(chain.from_iterable(unknown))
        dropped = Counter(chain.from_iterable(read.dropped for read in repaired.values()))
        index = first_index + np.flatnonzero(scanned.read)
        return Decoded(scanned.columns(), index, rejected, ignored, dropped, blank)

    def _read_again(self, line: bytes, index: int) -> Repaired | Rejected:
        """Read one line that could not be scanned: quickly if possible, else patiently."""
        if len(line) > LONGEST_LINE:
            return Rejected(index, "too_large")
        try:
            event = self._decoder.decode(line)
        except _MALFORMED:
            return read_line(line, index)
        values = zip(event.__struct_encode_fields__, msgspec.structs.astuple(event), strict=True)
        present = {
            name: value for name, value in values if value is not _DEFAULTS.get(name, _SKIPPED)
        }
        unknown = tuple(name for name in present if name not in FIELDS)
        known = {name: value for name, value in present.items() if name in FIELDS}
        return Repaired(known, unknown, ())

    def _learn(self, unknown: Iterable[str]) -> None:
        """Skip from now on what many lines of a batch had."""
        before = len(self._learned)
        for name, sightings in Counter(unknown).most_common(MOST_LEARNED):
            room = len(self._learned) < MOST_LEARNED and name not in self._learned
            if room and sightings >= SIGHTINGS and _is_learnable(name):
                self._learned.append(name)
        if len(self._learned) > before:
            self._compile()

    def _compile(self) -> None:
        places = [f"skipped_{i}" for i in range(len(self._learned))]
        self._type = msgspec.defstruct(
            "SeenEvent",
            [(place, msgspec.Raw, _SKIPPED) for place in places],
            bases=(QueryEvent,),
            rename=dict(zip(places, self._learned, strict=True)),
            kw_only=True,
            frozen=True,
            forbid_unknown_fields=True,
            gc=False,
        )
        self._decoder = msgspec.json.Decoder(self._type)
        self._scanner = Scanner(self._learned)


def _is_learnable(name: str) -> bool:
    """Whether the name can be matched against the bytes of a line."""
    plain = name.isprintable() and not {'"', "\\"} & set(name)
    return plain and len(name.encode("utf-8", "surrogatepass")) <= LONGEST_NAME
