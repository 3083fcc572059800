"""All sinks of a process, started and stopped together."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final

from aiokafka import AIOKafkaProducer

from streams.metrics import Making
from streams.settings import Sink

from .building import receiver
from .dead_letters import DeadLetters
from .dispatch import Outlet
from .links import Links
from .metrics import DeliveryMetrics
from .reading import Reader

_LARGEST: Final = 2 << 20

_LOGGER = logging.getLogger(__name__)


class Outlets:
    """Sinks that work side by side.

    Args:
        links: what they are connected with.
        making: of metrics.
        sinks: which they are; there may be none.
    """

    def __init__(self, links: Links, making: Making, sinks: Sequence[Sink]) -> None:
        self._links = links
        self._sinks = sinks
        self._metrics = DeliveryMetrics(making)
        self._producer: AIOKafkaProducer | None = None
        self._readers: list[Reader] = []
        self._running: list[asyncio.Task[None]] = []

    async def prepare(self) -> None:
        """Look whether all is there that sinks need, before any broker is asked.

        Raises:
            ConfigError: a secret, an address or a certificate is missing or malformed.
        """
        async with AsyncExitStack() as failing:
            producer = AIOKafkaProducer(
                **self._links.options, acks="all", max_request_size=_LARGEST
            )
            failing.push_async_callback(producer.stop)
            self._readers = [self._reader(sink, producer) for sink in self._sinks]
            failing.pop_all()
        self._producer = producer

    async def start(self) -> None:
        """Begin to deliver, if there is anybody to deliver to.

        Raises:
            ConfigError: as in `prepare`, unless that has been called.
            KafkaError: no broker can be reached.
        """
        if not self._sinks:
            return
        if self._producer is None:
            await self.prepare()
        async with AsyncExitStack() as failing:
            failing.push_async_callback(self.stop)
            if self._producer is not None:
                await self._producer.start()
            for reader in self._readers:
                failing.push_async_callback(reader.outlet.receiver.stop)
                await reader.outlet.receiver.start()
            failing.pop_all()
        self._running = [asyncio.create_task(reader.run()) for reader in self._readers]
        _LOGGER.info("delivering alerts to %s", ", ".join(sink.name for sink in self._sinks))

    async def stop(self) -> None:
        """Deliver nothing more, and commit what was delivered."""
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)
        if self._producer is not None:
            await self._producer.stop()

    def _reader(self, sink: Sink, producer: AIOKafkaProducer) -> Reader:
        links = self._links
        outlet = Outlet(
            sink,
            receiver(sink, links, producer),
            DeadLetters(producer, links.topics.dead_letters.name, sink.name),
            self._metrics.of(sink.name),
            links.silence,
        )
        timeout = links.settings.service.session_timeout
        options = {**links.options, "session_timeout_ms": round(timeout.total_seconds() * 1000)}
        return Reader(
            outlet, group(links.settings.kafka.application, sink), links.topics.alerts.name, options
        )


def group(application: str, sink: Sink) -> str:
    """The consumer group of a sink."""
    return f"{application}.sink.{sink.name}"
