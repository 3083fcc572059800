"""What could not be delivered, kept with the reason until somebody has it delivered again."""

from typing import Any, Final, Literal, Protocol

import msgspec

from detectors.alerts import Alert

from .backlog import Place
from .messages import Flood, Message, moment
from .retries import Result


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """`probewatch.dead_letter.v1`.

    Attributes:
        sink: its name in the configuration.
        reason: of the last attempt, as `http_503` or `timeout`; `not_an_alert` for a record of
            the topic of alerts that is none.
        attempts: how many there were.
        time: when it was given up, RFC 3339.
        key: of the message.
        partition: of the topic of alerts; None for a flood.
        offset: in that partition.
        alert: what was to be delivered, or None.
        flood: what was to be told instead, or None.
    """

    schema: Literal["probewatch.dead_letter.v1"] = "probewatch.dead_letter.v1"
    sink: str
    reason: str
    attempts: int
    time: str
    key: str
    partition: int | None
    offset: int | None
    alert: Alert | None = None
    flood: Flood | None = None


_DECODER: Final = msgspec.json.Decoder(DeadLetter)


def letter_of(value: bytes | None) -> DeadLetter | None:
    """The dead letter in a record; None if there is none, or one of another version."""
    try:
        return None if value is None else _DECODER.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


class Producer(Protocol):
    """What is used of aiokafka's, which ships no types."""

    async def send_and_wait(self, topic: str, value: bytes, *, key: bytes | None = None) -> Any:
        """Return when the brokers have it."""


class DeadLetters:
    """The topic of one sink's dead letters.

    Args:
        producer: started by the caller.
        topic: that all sinks share.
        sink: whose they are.
    """

    def __init__(self, producer: Producer, topic: str, sink: str) -> None:
        self._producer = producer
        self._topic = topic
        self._sink = sink

    async def give_up(
        self, message: Message, place: Place | None, result: Result, now: float
    ) -> None:
        """Keep what could not be delivered.

        Raises:
            KafkaError: the brokers do not take it.
        """
        content = message.content
        about = content.alert_id if isinstance(content, Alert) else message.key
        await self._keep(
            about,
            DeadLetter(
                sink=self._sink,
                reason=result.outcome.reason,
                attempts=result.attempts,
                time=moment(now),
                key=message.key,
                partition=place.partition if place else None,
                offset=place.offset if place else None,
                alert=content if isinstance(content, Alert) else None,
                flood=content if isinstance(content, Flood) else None,
            ),
        )

    async def note(self, place: Place, now: float) -> None:
        """Keep where a record is that is no alert, and nothing of what is in it.

        Raises:
            KafkaError: the brokers do not take it.
        """
        key = f"{place.partition}/{place.offset}"
        letter = DeadLetter(
            sink=self._sink,
            reason="not_an_alert",
            attempts=0,
            time=moment(now),
            key=key,
            partition=place.partition,
            offset=place.offset,
        )
        await self._keep(key, letter)

    async def _keep(self, about: str, letter: DeadLetter) -> None:
        value = msgspec.json.encode(letter)
        # Revisions of one alert stay in order.
        await self._producer.send_and_wait(self._topic, value, key=f"{self._sink}/{about}".encode())
