"""Records on their way to the broker: in order, each once, and none lost without a word."""

import asyncio
from collections.abc import Callable, Iterable

from aiokafka import AIOKafkaProducer

from detectors.errors import BrokerError

Sent = asyncio.Future[object]
"""Done when the broker has a record."""


class Sender:
    """What a worker sends, except checkpoints.

    Args:
        producer: started by the caller.
        on_failure: told the first time that a record could not be sent.
    """

    def __init__(
        self, producer: AIOKafkaProducer, on_failure: Callable[[BaseException], None]
    ) -> None:
        self._producer = producer
        self._on_failure = on_failure

    async def send(
        self, topic: str, value: bytes, *, key: bytes | None = None, partition: int | None = None
    ) -> Sent:
        """Hand a record to the producer, waiting while its buffer is full."""
        sent: Sent = await self._producer.send(topic, value, key=key, partition=partition)
        sent.add_done_callback(self._check)
        return sent

    def _check(self, sent: Sent) -> None:
        if not sent.cancelled() and (error := sent.exception()) is not None:
            self._on_failure(error)


class Outstanding:
    """Records of one partition that the broker may not have yet."""

    def __init__(self) -> None:
        self._sent: list[Sent] = []

    def add(self, sent: Iterable[Sent]) -> None:
        """Remember what was sent."""
        self._sent = [one for one in self._sent if not one.done() or _failed(one)]
        self._sent += sent

    async def arrived(self) -> None:
        """Wait until the broker has all that was sent before this call.

        Raises:
            KafkaError: it does not take something.
            BrokerError: something was given up.
        """
        sent = list(self._sent)
        if sent:
            # Unlike `gather` this leaves the records alone if nobody waits any longer.
            await asyncio.wait(sent)
        for one in sent:
            if one.cancelled():
                raise BrokerError("a record was not sent before the producer was stopped")
            one.result()


def _failed(sent: Sent) -> bool:
    return sent.cancelled() or sent.exception() is not None
