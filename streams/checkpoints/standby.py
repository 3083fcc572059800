"""Reading along in what others keep, so that it can be taken over sooner."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from .journal import Playback, Record
from .log import FETCH_BYTES


class Standby:
    """A warm copy of the logs of other workers, as they were written: compressed.

    Args:
        options: of aiokafka's clients.
        transactions: whether the broker has them.
        on_failure: told if the logs cannot be read any more.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        on_failure: Callable[[BaseException], None],
        *,
        transactions: bool,
    ) -> None:
        self._options = options
        self._isolation = "read_committed" if transactions else "read_uncommitted"
        self._on_failure = on_failure
        self._playbacks: dict[TopicPartition, Playback] = {}
        self._reading = asyncio.Lock()
        self._consumer: AIOKafkaConsumer | None = None
        self._reader: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to read along, in nothing yet."""
        self._consumer = AIOKafkaConsumer(
            **self._options,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level=self._isolation,
            max_partition_fetch_bytes=FETCH_BYTES,
        )
        await self._consumer.start()
        self._reader = asyncio.create_task(self._read(self._consumer))
        self._reader.add_done_callback(self._check)

    async def stop(self) -> None:
        """Read no more."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait([self._reader])
        if self._consumer is not None:
            await self._consumer.stop()

    async def take(self, place: TopicPartition) -> Playback | None:
        """What was read of a log, for whoever opens it now; it is read along in no more."""
        async with self._reading:
            return self._playbacks.pop(place, None)

    async def follow(self, places: Collection[TopicPartition]) -> None:
        """Read along in these logs and in no others."""
        async with self._reading:
            self._playbacks = {place: self._playbacks.get(place) or Playback() for place in places}
            if self._consumer is not None:
                self._consumer.assign(list(places))
                for place, playback in self._playbacks.items():
                    self._consumer.seek(place, playback.next_offset)

    @property
    def bytes(self) -> int:
        """Of all logs that are followed, as far as a recovery needs them."""
        return sum(playback.journal.live_bytes for playback in self._playbacks.values())

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            batches = await consumer.getmany(timeout_ms=500)
            async with self._reading:
                for place, batch in batches.items():
                    playback = self._playbacks.get(place)
                    # What was fetched before the last change of mind may be elsewhere.
                    if playback is not None and batch[0].offset >= playback.next_offset:
                        records = [Record(r.offset, r.key or b"", r.value or b"") for r in batch]
                        await asyncio.to_thread(playback.take, records)
            if not batches:
                await asyncio.sleep(0.1)

    def _check(self, reader: "asyncio.Task[None]") -> None:
        if not reader.cancelled() and (error := reader.exception()) is not None:
            self._on_failure(error)
