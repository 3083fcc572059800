"""Lines of JSON to columns, fast as long as they keep to the schema.

The fast decoder knows only the fields that have been seen so far. Few sources send more
than a third of the schema, and every field that a struct has costs, present or not, both
when it is decoded and when it is turned into a column. A line with anything else fails it
and goes to the lenient reader, which reports what is new; then the decoder is compiled
again, at most once for each field of the schema and for 32 unknown ones.

Which way a line takes makes no difference to what comes out.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from .decoded import Decoded, transpose
from .lenient import Repaired, read_line
from .rejects import Rejected
from .schema import FIELDS, REQUIRED

LONGEST_LINE = 1 << 20
"""Bytes. Kafka's default limit of a record; an event with a hundred candidates has 30 KB."""

MOST_LEARNED = 32
"""Unknown fields that the fast decoder skips by name."""

SIGHTINGS = 8
"""Lines of one batch that an unknown field must be on to be learned."""

LONGEST_NAME = 64

_MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_SKIPPED = msgspec.Raw(b"")


@dataclass(slots=True)
class _Attempt:
    """What one pass over a batch gave: an event for each line, or None and the reason."""

    events: list[Any]
    repaired: dict[int, Repaired] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    blank: int = 0


class JsonLines:
    """The decoder of `probewatch.query.v1`. What it has learned changes its speed only."""

    def __init__(self) -> None:
        self._known = set(REQUIRED)
        self._learned: list[str] = []
        self._compile()

    def decode(self, lines: Sequence[bytes], first_index: int) -> Decoded:
        """Take the lines apart; the first of them is record number `first_index`."""
        attempt = self._attempt(lines, first_index)
        if self._learn(attempt.repaired.values()):
            attempt = self._attempt(lines, first_index)
        return self._decoded(attempt, first_index)

    def _attempt(self, lines: Sequence[bytes], first_index: int) -> _Attempt:
        attempt = _Attempt([])
        longest = max(map(len, lines), default=0)
        decode = self._decoder.decode if longest <= LONGEST_LINE else self._decode_unless_long
        append = attempt.events.append
        for line in lines:
            try:
                append(decode(line))
            except _MALFORMED:
                self._read_again(line, attempt, first_index)
                append(None)
        return attempt

    def _decode_unless_long(self, line: bytes) -> msgspec.Struct:
        if len(line) > LONGEST_LINE:
            raise msgspec.DecodeError
        return self._decoder.decode(line)

    def _read_again(self, line: bytes, attempt: _Attempt, first_index: int) -> None:
        row = len(attempt.events)
        if not line.strip():
            attempt.blank += 1
        elif len(line) > LONGEST_LINE:
            attempt.rejected.append(Rejected(first_index + row, "too_large"))
        else:
            read = read_line(line, first_index + row)
            if isinstance(read, Rejected):
                attempt.rejected.append(read)
            else:
                attempt.repaired[row] = read

    def _decoded(self, attempt: _Attempt, first_index: int) -> Decoded:
        events = attempt.events
        for row, read in attempt.repaired.items():
            events[row] = self._type(**read.values)
        rows = np.arange(first_index, first_index + len(events), dtype=np.int64)
        if attempt.rejected or attempt.blank:
            rows = rows[[event is not None for event in events]]
            events = [event for event in events if event is not None]
        columns = transpose(events)
        ignored = sum(len(read.unknown) for read in attempt.repaired.values())
        for place in _places(self._learned):
            column = columns.pop(place, [])
            ignored += len(column) - column.count(_SKIPPED)
        dropped = Counter(name for read in attempt.repaired.values() for name in read.dropped)
        return Decoded(columns, rows, attempt.rejected, ignored, dropped, attempt.blank)

    def _learn(self, repaired: Iterable[Repaired]) -> bool:
        """Know the fields that these records have, and say whether any was new."""
        before = len(self._known), len(self._learned)
        unknown = Counter[str]()
        for read in repaired:
            self._known.update(read.known)
            unknown.update(read.unknown)
        for name, sightings in unknown.most_common(MOST_LEARNED):
            room = len(self._learned) < MOST_LEARNED and name not in self._learned
            if room and sightings >= SIGHTINGS and _is_learnable(name):
                self._learned.append(name)
        if before == (len(self._known), len(self._learned)):
            return False
        self._compile()
        return True

    def _compile(self) -> None:
        places = _places(self._learned)
        required = [(name, FIELDS[name].type) for name in REQUIRED]
        optional = [
            (name, known.type, known.default)
            for name, known in FIELDS.items()
            if name in self._known and not known.required
        ]
        skipped = [(place, msgspec.Raw, _SKIPPED) for place in places]
        self._type = msgspec.defstruct(
            "SeenEvent",
            [*required, *optional, *skipped],
            rename=dict(zip(places, self._learned, strict=True)),
            kw_only=True,
            frozen=True,
            forbid_unknown_fields=True,
            gc=False,
        )
        self._decoder = msgspec.json.Decoder(self._type)


def _places(learned: Sequence[str]) -> list[str]:
    """Names of struct fields for unknown fields, whose own may be no identifiers."""
    return [f"skipped_{i}" for i in range(len(learned))]


def _is_learnable(name: str) -> bool:
    """Whether msgspec can match the name against the bytes of a line."""
    return len(name) <= LONGEST_NAME and name.isprintable() and not {'"', "\\"} & set(name)
