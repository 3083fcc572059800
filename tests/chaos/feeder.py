"""Sends a story to the topic of queries, at a steady rate, whatever happens to the brokers."""

import asyncio
import threading
import zlib
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from aiokafka import AIOKafkaProducer

from .story import Line

_TICK_SECONDS: Final = 0.05
_PATIENCE_MS: Final = 600_000

_RESERVE_SECONDS: Final = 20.0
"""For which there are always lines left: towards the end, less are sent."""
_HURRY: Final = 4_000.0
"""Lines a second, when nothing is waited for any more."""


class Feeder:
    """A thread that sends lines, each exactly once and in order within its partition.

    Args:
        bootstrap: where the brokers are.
        topic: to send to.
        partitions: that it has; an actor's events go to one of them.
        lines: to send.
        rate: lines a second, until told to hurry; then all that is left is sent.
    """

    def __init__(
        self, bootstrap: str, topic: str, partitions: int, lines: Sequence[Line], rate: float
    ) -> None:
        self.sent = 0
        self._rate = rate
        self._hurried = False
        self._bootstrap = bootstrap
        self._topic = topic
        self._partitions = partitions
        self._lines = lines
        self._ended = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="feeder")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def done(self) -> bool:
        """Whether the brokers have all.

        Raises:
            KafkaError: they have not, and will not.
        """
        if self._error is not None:
            raise self._error
        return not self._thread.is_alive()

    def hurry(self) -> None:
        """Send the rest."""
        self._hurried = True

    def _run(self) -> None:
        try:
            asyncio.run(self._send())
        except BaseException as error:  # noqa: BLE001 - is raised where somebody waits
            self._error = error

    async def _send(self) -> None:
        async with AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            enable_idempotence=True,
            acks="all",
            request_timeout_ms=_PATIENCE_MS,
            metadata_max_age_ms=10_000,
        ) as producer:
            due = 0.0
            while self.sent < len(self._lines) and not self._ended.is_set():
                due += self._speed() * _TICK_SECONDS
                for line in self._lines[self.sent : self.sent + int(due)]:
                    partition = zlib.crc32(line.actor) % self._partitions
                    await producer.send(self._topic, line.value, partition=partition)
                    self.sent += 1
                    due -= 1
                await asyncio.sleep(_TICK_SECONDS)
            await producer.flush()

    def _speed(self) -> float:
        """Lines a second, now."""
        if self._hurried:
            return _HURRY
        return min(self._rate, (len(self._lines) - self.sent) / _RESERVE_SECONDS)
