"""One sink as a reader of the topic of alerts, with offsets of its own."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner

from .backlog import Place
from .dispatch import Dispatch, Outlet

_RETRY_SECONDS: Final = 5.0
_WAIT_SECONDS: Final = 1.0
_COMMIT_SECONDS: Final = 1.0
_POLL_MS: Final = 250
_MOST_AT_ONCE: Final = 200
"""Few enough that whatever shares the event loop does not notice."""

_GRACE_SECONDS: Final = 2.0
"""For what is on its way when partitions go to somebody else."""

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reader:
    """What it takes to read alerts for one sink.

    Attributes:
        outlet: the sink.
        group: its consumer group.
        topic: of alerts.
        options: of aiokafka's consumers.
    """

    outlet: Outlet
    group: str
    topic: str
    options: Mapping[str, Any]

    async def run(self) -> None:
        """Deliver until cancelled; whatever fails is tried again, and stops nothing else."""
        name = self.outlet.sink.name
        try:
            while True:
                try:
                    await _read(self)
                except KafkaError as error:
                    _LOGGER.warning("sink %s: alerts cannot be read: %r", name, error)
                except Exception:
                    _LOGGER.exception("sink %s: begins again", name)
                if (task := asyncio.current_task()) is not None and task.cancelling():
                    # What failed while it let go must not have it begin again.
                    raise asyncio.CancelledError
                await asyncio.sleep(_RETRY_SECONDS)
        finally:
            await self.outlet.receiver.stop()


async def _read(reader: Reader) -> None:
    consumer = AIOKafkaConsumer(
        **reader.options,
        group_id=reader.group,
        enable_auto_commit=False,
        # If what was committed has been deleted, what is left must not be passed over.
        auto_offset_reset="earliest",
    )
    share = _Share(reader, consumer)
    try:
        await consumer.start()
        consumer.subscribe([reader.topic], listener=share)
        while True:
            await share.go_on()
    finally:
        try:
            await share.let_go()
        finally:
            await consumer.stop()


class _Share(ConsumerRebalanceListener):  # type: ignore[misc]
    """The partitions that this process has, for as long as it has them."""

    def __init__(self, reader: Reader, consumer: AIOKafkaConsumer) -> None:
        self._reader = reader
        self._outlet = reader.outlet
        self._consumer = consumer
        self._dispatch: Dispatch | None = None
        self._given = asyncio.Event()
        self._next = dict[TopicPartition, int]()
        self._committed = dict[TopicPartition, int]()
        self._looked = 0.0

    async def on_partitions_revoked(self, revoked: Any) -> None:  # noqa: ARG002
        """Let others go on where this process has come to."""
        await self.let_go()

    async def on_partitions_assigned(self, assigned: Any) -> None:  # noqa: ARG002
        """Begin, as soon as the group is in order."""
        self._given.set()

    async def go_on(self) -> None:
        """Read a little, and commit now and then.

        Raises:
            KafkaError: the brokers do not answer, or do not take a dead letter.
        """
        dispatch = self._dispatch
        if dispatch is None:
            await self._wait()
            return
        dispatch.check()
        if dispatch.full:
            self._consumer.pause(*self._next)
        elif paused := self._consumer.paused():
            self._consumer.resume(*paused)
        found = await self._consumer.getmany(timeout_ms=_POLL_MS, max_records=_MOST_AT_ONCE)
        for place, records in found.items():
            for record in records:
                if self._dispatch is not dispatch:
                    return  # Taken away meanwhile: whoever has them now reads them again.
                at = Place(place.partition, record.offset)
                await dispatch.take(at, record.value or b"", record.timestamp / 1000)
                self._next[place] = record.offset + 1
        if time.monotonic() - self._looked >= _COMMIT_SECONDS:
            self._looked = time.monotonic()
            await self._commit()

    async def let_go(self) -> None:
        """Stop delivering, and commit what is done with."""
        dispatch, self._dispatch = self._dispatch, None
        if dispatch is not None:
            await dispatch.stop(_GRACE_SECONDS)
            with suppress(KafkaError):
                await self._commit_done(dispatch)
            self._outlet.metrics.look(0, 0, flooding=False)
        await self._outlet.receiver.end()

    async def _wait(self) -> None:
        """Wait for partitions, and begin with them."""
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                await self._given.wait()
        except TimeoutError:
            # It raises what keeps the group from being joined. Of records it can bring none
            # that matter: where to begin is looked up afterwards.
            await self._consumer.getmany(timeout_ms=0)
        else:
            self._given.clear()
            await self._begin()

    async def _begin(self) -> None:
        """Find where to begin, and commit it, so that from now on nothing is passed over."""
        consumer = self._consumer
        self._next, self._committed = {}, {}
        for place in consumer.assignment():
            done = await consumer.committed(place)
            if done is not None:
                consumer.seek(place, done)
                self._committed[place] = done
            elif self._outlet.sink.begin == "now":
                await consumer.seek_to_end(place)
            else:
                await consumer.seek_to_beginning(place)
            self._next[place] = await consumer.position(place)
        await self._outlet.receiver.begin(self._mine())
        self._dispatch = Dispatch(self._outlet, time.time)
        self._dispatch.start()
        await self._commit_done(self._dispatch)

    def _mine(self) -> Callable[[str], bool]:
        """Which alerts are in the partitions that this process has."""
        everywhere = sorted(self._consumer.partitions_for_topic(self._reader.topic) or ())
        own = {place.partition for place in self._next}
        partition = DefaultPartitioner()
        return lambda alert_id: partition(alert_id.encode(), everywhere, everywhere) in own

    async def _commit(self) -> None:
        if self._dispatch is None:
            return
        await self._commit_done(self._dispatch)
        lag = sum(
            max(0, (self._consumer.highwater(place) or 0) - done)
            for place, done in self._committed.items()
        )
        self._outlet.metrics.look(self._dispatch.depth, lag, flooding=self._dispatch.flooding)

    async def _commit_done(self, dispatch: Dispatch) -> None:
        open_places = dispatch.open_places()
        done = {
            place: open_places.get(place.partition, following)
            for place, following in self._next.items()
        }
        news = {place: at for place, at in done.items() if self._committed.get(place) != at}
        if news:
            await self._consumer.commit(news)
            self._committed |= news
