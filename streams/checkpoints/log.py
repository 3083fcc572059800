"""One partition of the state topic: checkpoints go in whole, and come back when it is opened."""

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.errors import InvalidProducerEpoch, KafkaError, ProducerFenced

from detectors.errors import BrokerError, FencedError

from .journal import Entry, Journal, Playback, Record, key_of
from .records import encode
from .segments import Restored, Segment

FETCH_BYTES: Final = 16 << 20
"""Of a partition in one fetch, when the log is read."""

TRANSACTION_MS: Final = 600_000
"""Until the broker gives a checkpoint up, below the 15 minutes that brokers allow by default.

Nobody waits for that: the next owner ends the transaction of the last one at once.
"""

_BATCH_BYTES: Final = 1_000_000
"""Of records in one batch, just below what a broker takes by default."""

_ENCODING: Final = ThreadPoolExecutor(2, "checkpoint")
"""Threads of its own: asyncio's look names up, too, and a name server may take its time."""

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Written:
    """A checkpoint that is in the log.

    Attributes:
        bytes: of its records.
        records: how many.
        seconds: from the call until it was committed.
    """

    bytes: int
    records: int
    seconds: float


class StateLog:
    """The state of one partition's units, in one partition of the state topic.

    A checkpoint is one transaction, so that a torn one is never seen; and whoever opens the
    log fences the one who had it open before, even if that one was only asleep.

    With `transactions=False`, for brokers that have none, a checkpoint is torn, and ignored,
    unless the record that ends it is there. Nobody is fenced then: what a former owner adds
    makes the next reading fail with a `SnapshotError`, unless a base follows.

    A call that fails or is cancelled leaves the log unusable: close it. One call at a time.

    Attributes:
        journal: what the log holds.
        cut_offset: the head was cut before it, 0 if never.
        cut_refused: why the broker did not cut the head, empty if it did.
    """

    def __init__(
        self,
        place: TopicPartition,
        producer: AIOKafkaProducer,
        admin: AIOKafkaAdminClient,
        resources: AsyncExitStack,
        *,
        transactions: bool,
    ) -> None:
        self._place = place
        self._producer = producer
        self._admin = admin
        self._resources = resources
        self._transactions = transactions
        self._cut_from = 0
        self._failed: FencedError | BrokerError | None = None
        self.journal = Journal()
        self.cut_offset = 0
        self.cut_refused = ""

    @classmethod
    async def open(  # noqa: PLR0913  what it takes to reach a log, and how to read it
        cls,
        options: Mapping[str, Any],
        topic: str,
        partition: int,
        transactional_id: str,
        *,
        transactions: bool = True,
        playback: Playback | None = None,
    ) -> tuple["StateLog", dict[str, Restored]]:
        """Own the log, and read all that it holds.

        Args:
            options: of every aiokafka client: brokers, security.
            topic: of state; not compacted, kept without limit of time or size.
            partition: of it.
            transactional_id: of the partition, the same for all who may own it.
            transactions: whether the broker has them.
            playback: what a standby has read of it already.

        Raises:
            SnapshotError: the log holds state that this version cannot read, or torn state.
            FencedError: somebody else opened it meanwhile.
            BrokerError: the broker fails or refuses.
        """
        place = TopicPartition(topic, partition)
        async with AsyncExitStack() as stack:
            with _told_apart(topic):
                producer = AIOKafkaProducer(
                    **options,
                    acks="all",
                    max_batch_size=_BATCH_BYTES,
                    transactional_id=transactional_id if transactions else None,
                    transaction_timeout_ms=TRANSACTION_MS,
                )
                stack.push_async_callback(producer.stop)
                await producer.start()
                admin = AIOKafkaAdminClient(**options)
                stack.push_async_callback(admin.close)
                await admin.start()
            log = cls(place, producer, admin, stack, transactions=transactions)
            restored = await log._read(options, playback or Playback())
            log._resources = stack.pop_all()
        return log, restored

    async def close(self) -> None:
        """Let go of the broker's connections; what was written stays."""
        await self._resources.aclose()

    def wants_base(self, unit: str) -> bool:
        """Whether the next segment of `unit` should be a base: see `Journal.wants_base`."""
        return self.journal.wants_base(unit)

    @property
    def log_bytes(self) -> int:
        """Bytes from the log's first record, or from where it was last to be cut, to its end."""
        return self.journal.log_bytes

    @property
    def live_bytes(self) -> int:
        """Bytes of it that a recovery needs."""
        return self.journal.live_bytes

    @property
    def last_offset(self) -> int:
        """Of the last record, -1 if there is none."""
        return self.journal.last_offset

    async def write(self, checkpoints: Mapping[str, Segment]) -> Written:
        """Write segments of units so that all are there or none.

        Raises:
            SnapshotError: a delta does not follow what the log holds; nothing was written.
            FencedError: another worker owns the partition now; nothing was written.
            BrokerError: the broker fails or refuses; it may have been written or not.
        """
        started = time.perf_counter()
        for unit, segment in checkpoints.items():
            self.journal.check(unit, segment.after)
        if self._failed is not None:
            raise self._failed
        try:
            nbytes, records = await self._commit(secrets.randbits(64), checkpoints)
        except (FencedError, BrokerError) as error:
            self._failed = error
            raise
        await self._cut()
        return Written(nbytes, records, time.perf_counter() - started)

    async def _commit(self, checkpoint: int, checkpoints: Mapping[str, Segment]) -> tuple[int, int]:
        """Bytes and records of a checkpoint that is in the log."""
        sent: list[asyncio.Future[Any]] = []
        entries = []
        loop = asyncio.get_running_loop()
        async with self._transaction():
            for unit, segment in checkpoints.items():
                values = await loop.run_in_executor(_ENCODING, encode, unit, segment)
                nbytes = sum(map(len, values))
                entries.append(Entry(unit, segment.id, segment.after, nbytes))
                for value in values:
                    sent.append(await self._send(key_of(checkpoint, len(sent)), value))
            sent.append(await self._send(key_of(checkpoint, len(sent)), b""))
            # A commit does not ask whether records failed.
            done = await asyncio.gather(*sent)
        # A record whose acknowledgement was lost has no offset (-1); one before it will do.
        first = done[0].offset if done[0].offset >= 0 else self.journal.last_offset + 1
        self.journal.add(entries, first, done[-1].offset)
        return sum(entry.nbytes for entry in entries), len(sent)

    async def _send(self, key: bytes, value: bytes) -> "asyncio.Future[Any]":
        topic, partition = self._place
        future: asyncio.Future[Any] = await self._producer.send(
            topic, value, key, partition=partition
        )
        # If a later record fails first, nobody asks this one.
        future.add_done_callback(_look_at)
        return future

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[None]:
        with _told_apart(self._place.topic):
            if self._transactions:
                async with self._producer.transaction():
                    yield
            else:
                yield

    async def _read(self, options: Mapping[str, Any], playback: Playback) -> dict[str, Restored]:
        """Read up to a checkpoint of no units, written now: no end offset can be trusted.

        Tansu 0.6 gives that of the last batch's beginning.
        """
        until = secrets.randbits(64)
        await self._commit(until, {})
        with _told_apart(self._place.topic):
            async with self._consumer(options) as consumer:
                if playback.next_offset:
                    consumer.seek(self._place, playback.next_offset)
                found = False
                while not found:
                    batches = await consumer.getmany(timeout_ms=1_000)
                    records = [
                        Record(record.offset, record.key or b"", record.value or b"")
                        for batch in batches.values()
                        for record in batch
                    ]
                    found = await asyncio.to_thread(playback.take, records, until)
        playback.finish()
        self.journal = playback.journal
        return await asyncio.to_thread(playback.assembler.units)

    @asynccontextmanager
    async def _consumer(self, options: Mapping[str, Any]) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(
            **options,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            isolation_level="read_committed" if self._transactions else "read_uncommitted",
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_bytes=FETCH_BYTES,
            # The end is committed a moment after it is written; no need to wait half a second.
            fetch_max_wait_ms=20,
        )
        try:
            await consumer.start()
            consumer.assign([self._place])
            yield consumer
        finally:
            await consumer.stop()

    async def _cut(self) -> None:
        offset = self.journal.superseded()
        if offset is None or self.journal.written_bytes < self._cut_from:
            return
        try:
            await self._admin.delete_records({self._place: RecordsToDelete(offset)})
        except KafkaError as error:
            if not self.cut_refused:
                _LOGGER.warning(
                    "%s is not shortened (%r): its retention is up to you", self._place, error
                )
            self.cut_refused = repr(error)
            self._cut_from = 2 * self.journal.written_bytes
        else:
            self.cut_offset, self.cut_refused = offset, ""
        # If refused, too: no base can shorten such a log, so none should be written for that.
        self.journal.cut()


def _look_at(future: "asyncio.Future[Any]") -> None:
    if not future.cancelled():
        future.exception()


@contextmanager
def _told_apart(topic: str) -> Iterator[None]:
    """What aiokafka raises, as errors of our own."""
    try:
        yield
    except (ProducerFenced, InvalidProducerEpoch) as error:
        raise FencedError(f"{topic}: another worker owns this partition now") from error
    except KafkaError as error:
        raise BrokerError(f"{topic}: {error!r}") from error
