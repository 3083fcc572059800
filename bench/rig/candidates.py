"""Ways to keep state in Kafka, to be compared."""

import asyncio
import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Final, NamedTuple, Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from detectors.shards.tables import Arrays
from streams.checkpoints import Restored, Segment, StateLog, Tracker
from streams.kafka.topics import UNLIMITED

from .paged import Paged

FETCH_BYTES: Final = 16 << 20
_MARK: Final = b"mark"
_BATCH_BYTES: Final = 1_000_000
_SEGMENT_BYTES: Final = str(64 << 20)

HELD: Final = {
    "cleanup.policy": "compact",
    "segment.bytes": _SEGMENT_BYTES,
    # What is written to is not compacted: whatever is written next begins another segment.
    "segment.ms": "1000",
    # So that the log can be measured before it is cleaned.
    "min.compaction.lag.ms": str(3_600_000),
}
"""Settings of a compacted topic whose log is not to be cleaned yet."""

CLEANED: Final = {
    "cleanup.policy": "compact",
    "segment.bytes": _SEGMENT_BYTES,
    "min.cleanable.dirty.ratio": "0.1",
}
"""Settings of a compacted topic whose log is to be cleaned at once."""


class Recovered(NamedTuple):
    """What a recovery gave, and how many bytes of records it read."""

    units: Mapping[str, Mapping[str, Any]]
    read_bytes: int


class Candidate(Protocol):
    """A way to keep state in Kafka, beside others, in a topic with settings of its own."""

    name: str
    config: ClassVar[Mapping[str, str]]

    async def open(self) -> None:
        """Begin with nothing."""

    def take(self, unit: str, arrays: Arrays) -> None:
        """Take what a checkpoint has of a unit: processing waits for it."""

    async def write(self) -> None:
        """Write what was taken of all units."""

    async def recover(self) -> Recovered:
        """Read all again, as the next owner does, and own it."""

    async def close(self) -> None:
        """Let go of the broker."""


class Segments:
    """Bases and deltas of pages in a log whose head is deleted, one transaction a checkpoint."""

    name = "segments"
    config: ClassVar[Mapping[str, str]] = {
        "retention.ms": UNLIMITED,
        "segment.bytes": _SEGMENT_BYTES,
    }

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._options = {"bootstrap_servers": bootstrap}
        self._topic = topic
        self._trackers: dict[str, Tracker] = {}
        self._taken: dict[str, Segment] = {}

    async def open(self) -> None:
        """Own the log."""
        self._log, _ = await self._opened()

    def take(self, unit: str, arrays: Arrays) -> None:
        """What the log wants: a base or a delta."""
        tracker = self._trackers.setdefault(unit, Tracker())
        take = tracker.base if self._log.wants_base(unit) else tracker.delta
        self._taken[unit] = take({}, arrays)

    async def write(self) -> None:
        """One transaction."""
        await self._log.write(self._taken)
        self._taken = {}

    async def recover(self) -> Recovered:
        """Open the log again."""
        await self._log.close()
        self._log, restored = await self._opened()
        arrays = {unit: each.arrays for unit, each in restored.items()}
        return Recovered(arrays, self._log.log_bytes)

    async def close(self) -> None:
        """Close the log."""
        await self._log.close()

    async def _opened(self) -> tuple[StateLog, dict[str, Restored]]:
        return await StateLog.open(self._options, self._topic, 0, self._topic)


class PageRecords:
    """A record for each page that changed, in a compacted topic, one transaction a checkpoint."""

    page_bytes: int
    name: str
    config: ClassVar[Mapping[str, str]] = HELD

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._paged = Paged(self.page_bytes)
        self._taken: list[Callable[[], Iterator[tuple[bytes, bytes]]]] = []

    async def open(self) -> None:
        """Own the topic."""
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            acks="all",
            max_batch_size=_BATCH_BYTES,
            transactional_id=self._topic,
        )
        await self._producer.start()

    def take(self, unit: str, arrays: Arrays) -> None:
        """The pages that changed."""
        self._taken.append(self._paged.take(unit, arrays))

    async def write(self) -> None:
        """One transaction."""
        taken, self._taken = self._taken, []
        async with self._producer.transaction():
            await self._send(record for encoded in taken for record in encoded())

    async def _send(self, records: Iterator[tuple[bytes, bytes]]) -> None:
        """Send records by the batch, which spares most of what `send` costs for each."""
        sent = []
        batch = self._producer.create_batch()

        def fill() -> tuple[bytes, bytes] | None:
            for key, value in records:
                if batch.append(timestamp=None, key=key, value=value) is None:
                    return key, value
            return None

        while (left := await asyncio.to_thread(fill)) is not None:
            sent.append(await self._producer.send_batch(batch, self._topic, partition=0))
            batch = self._producer.create_batch()
            batch.append(timestamp=None, key=left[0], value=left[1])
        sent.append(await self._producer.send_batch(batch, self._topic, partition=0))
        await asyncio.gather(*sent)

    async def recover(self) -> Recovered:
        """Read what was committed up to a mark of one's own."""
        await self._producer.stop()
        await self.open()
        mark = secrets.token_bytes(8)
        async with self._producer.transaction():
            await self._producer.send_and_wait(self._topic, mark, _MARK, partition=0)
        kept: dict[bytes, bytes] = {}
        nbytes = 0
        async with AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            isolation_level="read_committed",
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_bytes=FETCH_BYTES,
            fetch_max_wait_ms=20,
        ) as consumer:
            place = TopicPartition(self._topic, 0)
            consumer.assign([place])
            found = False
            while not found:
                for record in (await consumer.getmany(timeout_ms=1_000)).get(place, ()):
                    nbytes += len(record.key) + len(record.value)
                    if record.key == _MARK:
                        found = record.value == mark
                    else:
                        kept[record.key] = record.value
        return Recovered(self._paged.assemble(kept), nbytes)

    async def close(self) -> None:
        """Stop the producer."""
        await self._producer.stop()


class SmallPages(PageRecords):
    """As small as those of segments: one row, or a few that make 128 bytes."""

    name = "compacted, 128 B"
    page_bytes = 128


class LargePages(PageRecords):
    """Some twenty rows each."""

    name = "compacted, 4 KiB"
    page_bytes = 4096
