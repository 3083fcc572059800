"""The topic of decisions from a command: read to its end, written to, and read again."""

import getpass
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from detectors.alerts import Alert
from detectors.errors import BrokerError, ConfigError, InputError
from streams.ingest.rejects import Rejected
from streams.kafka.connection import connected
from streams.kafka.security import client_options
from streams.settings import Settings
from streams.settings.suppressions import PERSON

from .decoding import decode
from .ledger import Ledger
from .records import Record, key_of, line_of

_FETCH_MS: Final = 500
_REQUEST_MS: Final = 20_000
_ALERT: Final = msgspec.json.Decoder(Alert)


class Desk:
    """What stands in the topic, and a pen.

    Attributes:
        ledger: all that was read.
        rejected: records that are none.

    Args:
        settings: of the service.
        options: of aiokafka's clients.
        consumer: that reads the topic.
    """

    def __init__(
        self, settings: Settings, options: Mapping[str, Any], consumer: AIOKafkaConsumer
    ) -> None:
        self.ledger = Ledger(settings)
        self.rejected: list[Rejected] = []
        self._settings = settings
        self._options = options
        self._consumer = consumer
        self._place = TopicPartition(settings.kafka.decisions_topic, 0)

    async def read(self, until: int) -> Record | Rejected | None:
        """Read on up to an offset; what the last record came to, if there was one."""
        last: Record | Rejected | None = None
        while await self._consumer.position(self._place) < until:
            for records in (await self._consumer.getmany(timeout_ms=_FETCH_MS)).values():
                for record in records:
                    if not record.value:
                        continue
                    decided = decode(record.value, record.offset, record.timestamp)
                    if isinstance(decided, Rejected):
                        self.rejected.append(decided)
                        last = decided
                    else:
                        last = self.ledger.hear(decided)
        return last

    async def publish(self, record: Record) -> Record:
        """Write a record; as it counts, once the broker has it and it was read again.

        Raises:
            KafkaError: the brokers do not take it.
            InputError: whoever reads it would take it for none; it has no effect.
        """
        unread = decode(line_of(record))
        if isinstance(unread, Rejected):
            raise InputError(f"nothing was written: {_why(unread)}")
        producer = AIOKafkaProducer(**self._options, acks="all", request_timeout_ms=_REQUEST_MS)
        async with producer:
            written = await producer.send_and_wait(
                self._place.topic, line_of(record), key=key_of(record), partition=0
            )
        read = await self.read(written.offset + 1)
        if isinstance(read, Rejected):
            raise InputError(f"what was written is rejected: {_why(read)}")
        return read or record

    async def alerts(self, alert_id: str | None = None) -> list[Alert]:
        """The last revisions of all live alerts; or of one alert, live or in the shadow."""
        kafka = self._settings.kafka
        if alert_id is None:
            return await self._alerts(kafka.alerts_current, None)
        key = alert_id.encode(errors="replace")
        live = await self._alerts(kafka.alerts_current, key)
        return live or await self._alerts(kafka.shadow_alerts, key)

    async def _alerts(self, topic: str, key: bytes | None) -> list[Alert]:
        last: dict[bytes, bytes] = {}
        consumer = AIOKafkaConsumer(topic, **self._options, auto_offset_reset="earliest")
        async with _started(consumer):
            ends = await consumer.end_offsets(consumer.assignment())
            while any([await consumer.position(place) < end for place, end in ends.items()]):
                for records in (await consumer.getmany(timeout_ms=_FETCH_MS)).values():
                    last |= {one.key: one.value for one in records if key in {None, one.key}}
        return [alert for value in last.values() if (alert := _alert(value)) is not None]


@asynccontextmanager
async def at_desk(settings: Settings, environ: Mapping[str, str]) -> AsyncIterator[Desk]:
    """The topic, read to its end.

    Raises:
        ConfigError: there is no such topic, or a secret is missing.
        BrokerError: the brokers cannot be reached, or refuse.
    """
    given = client_options(settings.kafka, environ)
    topic = settings.kafka.decisions_topic
    with connected(given) as admin:
        (found,) = admin.describe_topics([topic])
        if found["error_code"]:
            raise ConfigError(
                f"topic {topic}: cannot be read (error {found['error_code']}); "
                "probewatch topics create makes it, if you may"
            )
    options = given.for_aiokafka()
    place = TopicPartition(topic, 0)
    consumer = AIOKafkaConsumer(**options, enable_auto_commit=False, auto_offset_reset="earliest")
    try:
        async with _started(consumer):
            consumer.assign([place])
            desk = Desk(settings, options, consumer)
            await desk.read((await consumer.end_offsets([place]))[place])
            yield desk
    except KafkaError as error:
        raise BrokerError(f"{settings.kafka.bootstrap_servers}, {topic}: {error!r}") from error


@asynccontextmanager
async def _started(consumer: AIOKafkaConsumer) -> AsyncIterator[None]:
    try:
        await consumer.start()
        yield
    finally:
        await consumer.stop()


def _why(rejected: Rejected) -> str:
    return " ".join(filter(None, [rejected.reason, rejected.field]))


def _alert(value: bytes | None) -> Alert | None:
    try:
        return None if value is None else _ALERT.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def whoever() -> str:
    """The name of whoever runs this, as far as a record takes it."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
    return name if re.fullmatch(PERSON, name) else "unknown"
