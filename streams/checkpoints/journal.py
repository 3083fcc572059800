"""What a state log holds: which segments, how many bytes of it are needed, which are not."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from detectors.errors import SnapshotError

from .assembler import Assembler
from .records import Part

_KEY = struct.Struct(">QI")  # id of the checkpoint, number of the record in it

_CROWDED: Final = 3.0
"""Times the live bytes that a log may hold before idle units write a base to shorten it."""

_WORTH_CUTTING: Final = 0.25
"""Share of the live bytes that must be superseded before the head is cut: it is a request."""


class Record(NamedTuple):
    """One record of the log."""

    offset: int
    key: bytes
    value: bytes


class Entry(NamedTuple):
    """One segment in the log.

    Attributes:
        unit: whose it is.
        id: of the segment.
        after: the segment that it changes, 0 for a base.
        nbytes: of its records.
    """

    unit: str
    id: int
    after: int
    nbytes: int


class _Place(NamedTuple):
    """Where a checkpoint begins: its first offset, and the bytes ever logged before it."""

    offset: int
    position: int


@dataclass(slots=True)
class _Chain:
    base: _Place
    base_bytes: int
    delta_bytes: int
    last: int


class Journal:
    """Book of the segments that a log holds.

    Attributes:
        last_offset: of the last record, -1 if there is none.
    """

    def __init__(self) -> None:
        self._chains: dict[str, _Chain] = {}
        self._begin = 0
        self._end = 0
        self.last_offset = -1

    @property
    def log_bytes(self) -> int:
        """Bytes from the log's first record, or from where it was last to be cut, to its end."""
        return self._end - self._begin

    @property
    def written_bytes(self) -> int:
        """Bytes of all that was ever booked."""
        return self._end

    @property
    def live_bytes(self) -> int:
        """Bytes of each unit's last base and of the deltas behind it."""
        return sum(chain.base_bytes + chain.delta_bytes for chain in self._chains.values())

    def check(self, unit: str, after: int) -> None:
        """See that a segment which changes `after` can be applied to what the log holds.

        Raises:
            SnapshotError: it cannot: the unit must give a base.
        """
        chain = self._chains.get(unit)
        if after and (chain is None or chain.last != after):
            raise SnapshotError(f"a delta of {unit} does not follow what the log holds of it")

    def add(self, entries: Iterable[Entry], first: int, last: int) -> None:
        """Book a checkpoint that takes the offsets from `first` to `last`."""
        place = _Place(first, self._end)
        for unit, id_, after, nbytes in entries:
            chain = self._chains.get(unit)
            if after == 0:
                self._chains[unit] = _Chain(place, nbytes, 0, id_)
            elif chain is not None and chain.last == after:
                chain.delta_bytes += nbytes
                chain.last = id_
            self._end += nbytes
        self.last_offset = max(last, self.last_offset)

    def waste(self, nbytes: int) -> None:
        """Book bytes that belong to no checkpoint."""
        self._end += nbytes

    def wants_base(self, unit: str) -> bool:
        """Whether the next segment of `unit` should be a base.

        It should if it has none, if its deltas outweigh it, or if it is the oldest in a
        crowded log: an idle unit would keep the head for ever.
        """
        chain = self._chains.get(unit)
        if chain is None or chain.delta_bytes > chain.base_bytes:
            return True
        crowded = self.log_bytes > _CROWDED * self.live_bytes
        return crowded and unit == min(self._chains, key=lambda u: (self._chains[u].base, u))

    def superseded(self) -> int | None:
        """The offset before which nothing is needed; None if cutting there is not worth it."""
        if not self._chains:
            return None
        base = min(chain.base for chain in self._chains.values())
        worth = base.position - self._begin > _WORTH_CUTTING * self.live_bytes
        return base.offset if worth else None

    def cut(self) -> None:
        """Book that what was superseded is no concern of ours any more."""
        self._begin = min(chain.base for chain in self._chains.values()).position


class Playback:
    """Reads a log from its beginning; the records of a checkpoint count once all are there.

    Attributes:
        next_offset: of the record to go on with.
        journal: of what was read.
        assembler: fed with it.
    """

    def __init__(self) -> None:
        self.journal = Journal()
        self.assembler = Assembler()
        self.next_offset = 0
        self._open: dict[int, dict[int, Record]] = {}

    def take(self, records: Iterable[Record], until: int = 0) -> bool:
        """Read on; True if the checkpoint `until` was among them.

        Raises:
            SnapshotError: a record is of another version, or none of state.
        """
        found = False
        for record in records:
            self.next_offset = record.offset + 1
            if len(record.key) != _KEY.size:
                raise SnapshotError("not a record of Probewatch's state: its key is none")
            checkpoint, number = _KEY.unpack(record.key)
            if record.value:
                self._open.setdefault(checkpoint, {})[number] = record
                continue
            found |= checkpoint == until
            self._close(self._open.pop(checkpoint, {}), number, record.offset)
        return found

    def finish(self) -> None:
        """Give up what was begun and not ended."""
        for records in self._open.values():
            self.journal.waste(sum(len(record.value) for record in records.values()))
        self._open.clear()

    def _close(self, records: dict[int, Record], count: int, last: int) -> None:
        if len(records) < count:
            self.journal.waste(sum(len(record.value) for record in records.values()))
            return
        entries: list[Entry] = []
        nbytes = 0
        for record in (records[number] for number in range(count)):
            nbytes += len(record.value)
            part = self.assembler.feed(record.value)
            if part is not None:
                entries.append(_entry(part, nbytes))
                nbytes = 0
        first = min((record.offset for record in records.values()), default=last)
        self.journal.add(entries, first, last)


def key_of(checkpoint: int, number: int) -> bytes:
    """The key of a checkpoint's record; that of its end, which is empty, bears their count."""
    return _KEY.pack(checkpoint, number)


def _entry(part: Part, nbytes: int) -> Entry:
    return Entry(part.unit, part.id, part.after, nbytes)
