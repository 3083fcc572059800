"""One partition of the query topic: decoded, held to its clock, and cut by actor."""

import logging
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from detectors.events import ABSENT_TIME, EventBatch
from detectors.shards.batch import shards_of
from detectors.state.actors import DAY
from streams.blocks import Block, fitting, no_rows, split
from streams.ingest.admission import Admission, TimeRules
from streams.ingest.clock import NO_TIMESTAMP
from streams.ingest.ingest import Ingest
from streams.ingest.rejects import Rejected

from .flow import Commit, Record

FOREVER: Final = np.iinfo(np.int64).max
"""A time up to which everything may go on."""

_LOGGER = logging.getLogger(__name__)

_NO_DAY: Final = -1
_NOTHING: Final = b"\0"
"""Stands for a record with nothing in it and is as little an event; a blank line is no record."""


class _Resume(msgspec.Struct, frozen=True, array_like=True):
    """What goes with a committed offset: the clock as it was there."""

    newest: int
    last_timestamp: int
    written: int = NO_TIMESTAMP


@dataclass(frozen=True, slots=True)
class _Held:
    """Decoded events that wait for other partitions.

    Attributes:
        batch: the events; `index` is their offset.
        timestamps: those of their records, int64, ms.
        read_at: when they were read, ms; 0 if nobody said.
    """

    batch: EventBatch
    timestamps: NDArray[np.int64]
    read_at: int


@dataclass(slots=True)
class Counts:
    """What became of records since the counts were taken last."""

    events: int = 0
    late: int = 0
    clock_ahead: int = 0
    ignored_fields: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    dropped_fields: Counter[str] = field(default_factory=Counter)


class Source:
    """One partition of the query topic.

    Args:
        number: of the partition.
        ingest: decodes records.
        rules: how event times are judged.
        destinations: how many partitions the topic of actors has.

    Attributes:
        watch: shown the events that go on, if anybody wants to see them.
    """

    def __init__(self, number: int, ingest: Ingest, rules: TimeRules, destinations: int) -> None:
        self.number = number
        self.watch: Callable[[EventBatch], None] | None = None
        self.counts = Counts()
        self.last_timestamp = 0
        self.next_offset = 0
        self._ingest = ingest
        self._admission = Admission(rules)
        self._destinations = destinations
        self._told = [_NO_DAY] * destinations
        self._held: deque[_Held] = deque()

    def resume(self, offset: int, metadata: str) -> None:
        """Begin at a committed offset with what was committed beside it, if the broker kept it."""
        self.next_offset = offset
        if metadata:
            try:
                resume = msgspec.json.decode(metadata, type=_Resume)
            except msgspec.DecodeError:
                _LOGGER.warning("queries, partition %d: was committed by others", self.number)
                return
            self._admission.resume(resume.newest, resume.written)
            self.last_timestamp = resume.last_timestamp

    @property
    def newest(self) -> int:
        """The clock, ms; `ABSENT_TIME` before the first event."""
        return self._admission.newest

    @property
    def waiting_for(self) -> int:
        """The event time from which events are held back, `ABSENT_TIME` if none is."""
        if not self._held:
            return ABSENT_TIME
        held = self._held[0]
        return int(self._admission.believed(held.batch.rows["time"][:1], held.timestamps[:1])[0])

    @property
    def holds(self) -> bool:
        """Whether events wait for other partitions."""
        return bool(self._held)

    @property
    def commit(self) -> Commit:
        """From where to read again, once everything that was released is safe."""
        held = self._held
        offset = int(held[0].batch.rows["index"][0]) if held else self.next_offset
        resume = _Resume(self._admission.newest, self.last_timestamp, self._admission.written)
        return Commit(offset, msgspec.json.encode(resume).decode())

    def take(self, records: Sequence[Record], read_at: int = 0) -> list[Rejected]:
        """Decode records; those that are no event come back by their offset.

        Args:
            records: of the partition, in order.
            read_at: when they were read, ms since the epoch; only passed on.
        """
        records = [record for record in records if record.offset >= self.next_offset]
        if not records:
            return []
        offsets = np.array([record.offset for record in records], np.int64)
        ingested = self._ingest.decode([_line(record.value) for record in records], 0)
        batch = ingested.batch
        numbers = batch.rows["index"].copy()
        batch.rows["index"] = offsets[numbers]
        timestamps = np.array([record.timestamp for record in records], np.int64)[numbers]
        # Records of before Kafka 0.10 have none: then the event is believed.
        timestamps = np.where(timestamps >= 0, timestamps, batch.rows["time"])
        self.next_offset = int(offsets[-1]) + 1
        self.last_timestamp = max(self.last_timestamp, records[-1].timestamp)
        if len(batch):
            self._held.append(_Held(batch, timestamps, read_at))
        self.counts.ignored_fields += ingested.ignored_fields
        self.counts.dropped_fields += ingested.dropped_fields
        self.counts.rejected.update(reject.reason for reject in ingested.rejected)
        return [
            msgspec.structs.replace(reject, index=int(offsets[reject.index]))
            for reject in ingested.rejected
        ]

    def release(self, frontier: int) -> list[tuple[int, Block]]:
        """The events up to an event time, each block with the partition of its actors.

        A partition that a day begins for hears of it, if by a block without rows.
        """
        blocks: list[tuple[int, Block]] = []
        for batch, days, read_at in self._admitted(frontier):
            if self.watch is not None:
                self.watch(batch)
            whole = Block(self.number, int(days[-1]), batch, days, None, read_at)
            actors = shards_of(batch.rows["actor"][:, 0]) % self._destinations
            blocks += split(whole, actors).items()
        return blocks + (self.tick(self.newest // DAY) if blocks else [])

    def tick(self, day: int) -> list[tuple[int, Block]]:
        """Blocks without rows for the partitions that have not heard that `day` has begun."""
        unheard = [number for number, told in enumerate(self._told) if told < day]
        for number in unheard:
            self._told[number] = day
        return [(number, Block(self.number, day, *no_rows(), None)) for number in unheard]

    def _admitted(self, frontier: int) -> Iterator[tuple[EventBatch, NDArray[np.int32], int]]:
        """What may go on: events that are used, the day of each, and when they were read."""
        while self._held:
            held = self._held[0]
            times = self._admission.believed(held.batch.rows["time"], held.timestamps)
            beyond = np.flatnonzero(times > frontier)
            stop = int(beyond[0]) if len(beyond) else len(held.batch)
            if stop == 0:
                return
            before, late, ahead = self.newest, self._admission.late, self._admission.clock_ahead
            batch = self._admission.admit(held.batch.take(0, stop), held.timestamps[:stop])
            self.counts.events += len(batch)
            self.counts.late += self._admission.late - late
            self.counts.clock_ahead += self._admission.clock_ahead - ahead
            if stop < len(held.batch):
                rest = held.batch.take(stop, len(held.batch))
                self._held[0] = _Held(rest, held.timestamps[stop:], held.read_at)
            else:
                self._held.popleft()
            clock = np.maximum.accumulate(np.maximum(batch.rows["time"], before))
            days = (clock // DAY).astype(np.int32)
            for start, stop in fitting(batch):
                yield batch.take(start, stop), days[start:stop], held.read_at


def _line(value: bytes | None) -> bytes:
    return _NOTHING if value is None or not value.strip() else value
