"""The Faust application: an agent per topic, and the reading as the service steers it."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, cast

import faust
from faust.types import TP

from detectors.errors import BrokerError, SnapshotError
from streams.kafka.topics import Topics
from streams.service.flow import Commit, Partition
from streams.service.worker import Worker
from streams.settings import Settings

from .transport import Consumer, Transport

_FETCH_BYTES: Final = 4 << 20
_REBALANCE_SECONDS: Final = 60.0
_QUEUED: Final = 2
"""Batches that wait for an agent; more would only wait longer."""


_LOGGER = logging.getLogger("streams.engine")


class _App(faust.App):
    """Faust without tables, which are all that it keeps files for."""

    def _create_directories(self) -> None:
        """None: a worker runs where no file can be written."""


class Engine:
    """Faust, reading for a worker.

    Attributes:
        failed: whether something has failed, so that nothing more is to be saved.

    Args:
        settings: of the service.
        topics: that are read.
        options: of aiokafka's clients.
        tells_ends: whether the broker tells where partitions end.
        on_failure: told of what cannot be gone on after: Faust would go on with the next event.
    """

    def __init__(
        self,
        settings: Settings,
        topics: Topics,
        options: Mapping[str, Any],
        on_failure: Callable[[BaseException], None],
        *,
        tells_ends: bool,
    ) -> None:
        self._on_failure = on_failure
        self._settings = settings
        self._worker: Worker | None = None
        self._reading = False
        self.failed = False
        service = settings.service
        self.app = _App(
            settings.kafka.application,
            broker=f"batches://{settings.kafka.servers[0]}",
            web_enabled=False,
            topic_allow_declare=False,
            topic_disable_leader=True,
            table_standby_replicas=0,
            broker_session_timeout=service.session_timeout.total_seconds(),
            broker_heartbeat_interval=service.session_timeout.total_seconds() / 5,
            broker_rebalance_timeout=_REBALANCE_SECONDS,
            broker_request_timeout=300.0,
            broker_max_poll_records=service.fetch_records,
            broker_commit_interval=60.0,
            consumer_max_fetch_size=_FETCH_BYTES,
            stream_buffer_maxsize=_QUEUED,
            stream_wait_empty=True,
            key_serializer="raw",
            value_serializer="raw",
            loghandlers=[],
        )
        transport = cast("Transport", self.app.transport)
        transport.options = options
        transport.positions = self
        transport.tells_ends = tells_ends
        # Its own would connect in plain text; the service sends everything by itself.
        self.app.boot_strategy.enable_kafka_producer = False
        self.app.on_partitions_revoked.connect(self._let_go)
        self.app.on_before_shutdown.connect(self._let_go)
        read = (topics.actors, topics.subjects, topics.networks, topics.cohorts)
        for topic in (topics.queries, *read):
            channel = self.app.topic(topic.name, value_serializer="raw", key_serializer="raw")
            self.app.agent(channel, name=f"read-{topic.name}")(self._read)

    def work_for(self, worker: Worker) -> None:
        """Say who gets what is read."""
        self._worker = worker

    async def start(self) -> None:
        """Join the group and begin to read."""
        self.app.finalize()
        await self.app.start()

    async def stop(self) -> None:
        """Finish what is being worked on, write a last checkpoint, and leave the group."""
        await self.app.stop()

    async def crashed(self) -> None:
        """Return never, but raise what Faust cannot go on after."""
        await self.app.wait_until_stopped()
        raise BrokerError(f"reading has ended: {self.app.crash_reason!r}")

    @property
    def reading(self) -> bool:
        """Whether this worker has joined the group and reads what it was given."""
        return self._reading and not self.app.rebalancing

    @property
    def _ours(self) -> Worker:
        if self._worker is None:
            raise RuntimeError("work_for was not called")
        return self._worker

    async def _read(self, stream: Any) -> None:
        async for event in stream.events():
            place = Partition(event.message.topic, event.message.partition)
            if not self._consumer.is_current(event.value):
                continue
            try:
                await self._ours.receive(place, event.value.records)
            except Exception as error:
                self._on_failure(error)
                raise

    async def _let_go(self, *_: Any, **__: Any) -> None:
        if self.failed:
            # Who starts again reads on from the last checkpoint.
            return
        await self._ours.let_go(self._settings.service.shutdown_timeout.total_seconds() / 2)

    async def take_over(self, assigned: set[Partition], generation: int) -> dict[Partition, int]:
        """What the transport asks before it reads."""
        self._reading = False
        try:
            positions = await self._ours.take_over(assigned, generation)
        except Exception as error:
            self._on_failure(error)
            raise
        self._reading = True
        return positions

    def check(
        self, positions: Mapping[Partition, int], bounds: Mapping[Partition, tuple[int, int]]
    ) -> None:
        """See that what is to be read is still there.

        Raises:
            SnapshotError: a topic ends before what was read of it, so it is another one.
        """
        for place, position in positions.items():
            begin, end = bounds[place]
            name = f"{place.topic}, partition {place.number}"
            if position > end:
                error = SnapshotError(
                    f"{name} ends at {end} but was read up to {position}: it was deleted and made "
                    "anew; begin with another kafka.application, or delete all of this one's topics"
                )
                self._on_failure(error)
                raise error
            if 0 < position < begin:
                _LOGGER.error("%s: %d records were deleted unread", name, begin - position)

    @property
    def _consumer(self) -> Consumer:
        return cast("Consumer", self.app.consumer)

    def pause(self, partitions: Iterable[Partition]) -> None:
        """Bring nothing more of these for now."""
        self._consumer.pause_partitions([TP(*place) for place in partitions])

    def resume(self, partitions: Iterable[Partition]) -> None:
        """Go on."""
        self._consumer.resume_partitions([TP(*place) for place in partitions])

    async def commit(self, commits: Mapping[Partition, Commit]) -> bool:
        """Commit offsets; False if they will have to be committed by the next owner."""
        return await self._consumer.commit_exactly(commits)

    def drained(self, partition: Partition) -> bool:
        """Whether everything that the broker has of a partition was fetched."""
        return self._consumer.drained(partition)

    def end(self, partition: Partition) -> int | None:
        """The offset behind the newest record that the broker has told of, if it has."""
        return self._consumer.end(partition)
