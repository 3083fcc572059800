"""A Faust transport that hands over what was fetched of a partition as one message.

Faust's own hands over record by record, at about 100 µs each. Here a message's value is
the list of records that one fetch brought, so that this price is paid once per fetch.
Where to read on from, and what is committed, is the service's to say: Faust's bookkeeping
of acknowledged offsets is made for single messages and is not used.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, cast

import aiokafka
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import CommitFailedError, IllegalStateError
from aiokafka.structs import OffsetAndMetadata
from faust.transport.consumer import RecordMap
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from streams.service.flow import Commit, Partition

FETCH_WAIT_MS = 100
"""How long the broker may wait for records to answer a fetch with."""


_METADATA_MS = 30_000
"""How soon a partition that is added to the topic of queries is read."""


class Fetched(NamedTuple):
    """What one fetch brought of a partition.

    Attributes:
        records: in order, at least one.
        reading: how often, before the fetch, reading had begun anew.
    """

    records: Sequence["ConsumerRecord[bytes, bytes]"]
    reading: int


class _NoOffsets(dict[TP, int | None]):
    """Faust's own book of what was read, which would pass over what has to be read again."""

    def __missing__(self, _: TP) -> None:
        return None

    def __setitem__(self, _: TP, __: int | None) -> None:
        """Keep nothing."""


class Positions(Protocol):
    """Who knows where partitions are to be read from."""

    async def take_over(self, assigned: set[Partition], generation: int) -> dict[Partition, int]:
        """Make ready for these partitions; where to read each from."""

    def check(
        self, positions: Mapping[Partition, int], bounds: Mapping[Partition, tuple[int, int]]
    ) -> None:
        """See that what is to be read is still there."""


class _Thread(driver.AIOKafkaConsumerThread):
    """The thread in which the consumer group is kept up and records are fetched."""

    _reading = 0
    _joining = False

    logger = driver.logger

    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        conf = self.app.conf
        return AIOKafkaConsumer(
            **cast("Transport", transport).options,
            client_id=conf.broker_client_id,
            group_id=conf.id,
            partition_assignment_strategy=[StickyPartitionAssignor],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=conf.broker_max_poll_records,
            max_poll_interval_ms=int(conf.broker_max_poll_interval * 1000),
            max_partition_fetch_bytes=conf.consumer_max_fetch_size,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
            check_crcs=conf.broker_check_crcs,
            metadata_max_age_ms=_METADATA_MS,
        )

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Called before we join the group again."""
        await super().on_partitions_revoked(revoked)
        self._joining = True

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Called when we have joined."""
        self._joining = False
        await super().on_partitions_assigned(assigned, generation_id)

    async def commit_exactly(self, commits: Mapping[Partition, Commit]) -> bool:
        """Commit these offsets, with their metadata."""
        return bool(await self.call_thread(self._commit_exactly, commits))

    async def _commit_exactly(self, commits: Mapping[Partition, Commit]) -> bool:
        if self._joining:
            # The broker would answer after it has let us in, that we speak as whom we were
            # before; aiokafka would take that for an expulsion and join once more, and so on.
            return False
        consumer = self._ensure_consumer()
        ours = consumer.assignment()
        offsets = {
            TopicPartition(*partition): OffsetAndMetadata(commit.offset, commit.metadata)
            for partition, commit in commits.items()
            if TopicPartition(*partition) in ours
        }
        try:
            if offsets:
                await consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError):
            # A rebalance is under way: the next owner reads on from what was committed before.
            return False
        return True

    async def read_from(self, positions: Mapping[Partition, int]) -> int:
        """Continue each partition from its position; the number of this reading."""
        return cast("int", await self.call_thread(self._read_from, positions))

    async def _read_from(self, positions: Mapping[Partition, int]) -> int:
        self._seek_all({TopicPartition(*place): at for place, at in positions.items()})
        self._reading += 1
        return self._reading

    def _seek_all(self, positions: Mapping[TopicPartition, int]) -> None:
        consumer = self._ensure_consumer()
        ours = consumer.assignment()
        for place, offset in positions.items():
            if place in ours:
                consumer.seek(place, offset)

    async def _fetch_records(self, *arguments: Any, **options: Any) -> RecordMap:
        """What was fetched, each batch with the number of the reading that it belongs to.

        What was waited for from before a rebalance may come in the middle of it, when nobody
        can take it, and would be missing from then on: it is put back.
        """
        records = await super()._fetch_records(*arguments, **options)
        if not self.consumer.flow_active:
            self._seek_all({place: batch[0].offset for place, batch in records.items()})
            return {}
        reading = self._reading
        return {place: cast("Any", Fetched(batch, reading)) for place, batch in records.items()}

    def drained(self, partition: Partition) -> bool:
        """Whether everything that the broker has of a partition was fetched."""
        consumer, place = self._ensure_consumer(), TopicPartition(*partition)
        subscription = consumer._fetcher._subscriptions.subscription  # noqa: SLF001  as Faust does
        if subscription is None or place not in consumer.assignment():
            return False
        state = subscription.assignment.state_value(place)
        known = state.has_valid_position and state.highwater is not None
        return bool(known and state.position >= state.highwater)

    async def bounds(self, places: Iterable[Partition]) -> dict[Partition, tuple[int, int]]:
        """The offsets of the oldest record of each partition, and behind its newest."""
        return cast(
            "dict[Partition, tuple[int, int]]", await self.call_thread(self._bounds, places)
        )

    async def _bounds(self, places: Iterable[Partition]) -> dict[Partition, tuple[int, int]]:
        consumer = self._ensure_consumer()
        wanted = [TopicPartition(*place) for place in places]
        begins = await consumer.beginning_offsets(wanted)
        ends = await consumer.end_offsets(wanted)
        return {Partition(*place): (begins[place], ends[place]) for place in wanted}

    def end(self, partition: Partition) -> int | None:
        """The offset behind the newest record of a partition, as of its last fetch."""
        consumer, place = self._ensure_consumer(), TopicPartition(*partition)
        end: int | None = consumer.highwater(place) if place in consumer.assignment() else None
        return end

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Faust's check for stuck streams takes idle partitions for stuck ones."""


class Consumer(driver.Consumer):
    """The consumer of a worker."""

    logger = driver.logger
    _thread: _Thread
    _reading = 0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._read_offset = _NoOffsets()

    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(
        self,
        timeout: float,  # noqa: ASYNC109
    ) -> AsyncIterator[tuple[TP, ConsumerMessage]]:
        """What was fetched, a message per partition."""
        records, _ = await self._wait_next_records(timeout)
        for tp, fetched in cast("Mapping[TP, Fetched]", records or {}).items():
            # Once a rebalance has begun, nothing: it will be read again after it.
            if not self.flow_active:
                break
            yield TP(tp.topic, tp.partition), self._to_batch(tp, fetched)

    def is_current(self, fetched: "Fetched") -> bool:
        """Whether records were fetched since we were last told where to read from.

        Others may still be on their way, and are not what follows: they will come again.
        """
        return fetched.reading == self._reading

    def _to_batch(self, tp: TP, fetched: "Fetched") -> ConsumerMessage:
        last = fetched.records[-1]
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            last.offset,
            last.timestamp / 1000,
            last.timestamp_type,
            [],
            None,
            cast("Any", fetched),
            None,
            0,
            0,
            TP(tp.topic, tp.partition),
            generation_id=self.app.consumer_generation_id,
        )

    async def commit_exactly(self, commits: Mapping[Partition, Commit]) -> bool:
        """Commit these offsets, with their metadata; False during a rebalance."""
        return await self._thread.commit_exactly(commits)

    def drained(self, partition: Partition) -> bool:
        """Whether everything that the broker has of a partition was fetched."""
        return self._thread.drained(partition)

    def end(self, partition: Partition) -> int | None:
        """The offset behind the newest record of a partition, as of its last fetch."""
        return self._thread.end(partition)

    async def perform_seek(self) -> None:
        """Read on from where the service says."""
        assignment = {Partition(tp.topic, tp.partition) for tp in self.assignment()}
        transport = cast("Transport", self.transport)
        positions = await transport.positions.take_over(assignment, self.app.consumer_generation_id)
        if transport.tells_ends:
            transport.positions.check(positions, await self._thread.bounds(positions))
        self._reading = await self._thread.read_from(positions)

    async def commit(self, *_: Any, **__: Any) -> bool:
        """Nothing: the service commits, behind its checkpoints."""
        self._acked.clear()
        self._acked_index.clear()
        return False

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """A batch has the offset of its last record, so that gaps are the rule."""


class Transport(driver.Transport):
    """Registered for URLs of the scheme `batches`.

    Attributes:
        options: how aiokafka's clients connect.
        positions: who says where to read from.
        tells_ends: whether the broker tells where partitions end; not every one does.
    """

    Consumer = Consumer
    driver_version = f"aiokafka={aiokafka.__version__}"
    options: Mapping[str, Any]
    positions: Positions
    tells_ends: bool = True
