"""Dead letters, delivered again once the cause is gone."""

import logging
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from detectors.errors import BrokerError, ConfigError, ProbewatchError
from streams.kafka.security import client_options
from streams.kafka.topics import topics
from streams.settings import Settings, Sink

from .building import receiver
from .dead_letters import DeadLetter
from .links import Links
from .messages import Message, Receiver
from .outlets import group
from .retries import insist

_DECODER: Final = msgspec.json.Decoder(DeadLetter)
_LOGGER = logging.getLogger(__name__)


class UndeliveredError(ProbewatchError):
    """A receiver still does not take a dead letter; those behind it were not tried."""


async def redeliver(settings: Settings, environ: Mapping[str, str], name: str | None) -> int:
    """Deliver what sinks gave up, in the order in which they did; how many there were.

    What was delivered is remembered (in the consumer group of the sink, with `.dead-letters`
    behind it), so that it is not delivered by the next call.

    Args:
        settings: of the service.
        environ: where secrets are.
        name: of a sink; None for all.

    Raises:
        ConfigError: there is no such sink, or a secret is missing.
        BrokerError: the brokers do not answer.
        UndeliveredError: a receiver still refuses.
    """
    sinks = [sink for sink in settings.sinks if name in {None, sink.name}]
    if not sinks:
        raise ConfigError(f"sinks: there is no sink {name}" if name else "sinks: there is none")
    again = _Again(settings, environ)
    try:
        return sum([await again.deliver(sink) for sink in sinks])
    except KafkaError as error:
        raise BrokerError(f"the broker fails: {error!r}") from error


class _Again:
    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        self._options = client_options(settings.kafka, environ).for_aiokafka()
        self._settings = settings
        self._topics = topics(settings.kafka)
        self._links = Links(settings, environ, self._options, self._topics)

    async def deliver(self, sink: Sink) -> int:
        """All that is left of one sink; how many there were."""
        producer = AIOKafkaProducer(**self._options, acks="all")
        consumer = AIOKafkaConsumer(
            **self._options,
            group_id=f"{group(self._settings.kafka.application, sink)}.dead-letters",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        to = receiver(sink, self._links, producer)
        try:
            await producer.start()
            await consumer.start()
            await to.start()
            return await self._empty(consumer, to, sink)
        finally:
            await to.stop()
            await consumer.stop()
            await producer.stop()

    async def _empty(self, consumer: AIOKafkaConsumer, to: Receiver, sink: Sink) -> int:
        places = await self._places(consumer)
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        count = 0
        for place in places:
            while await consumer.position(place) < ends[place]:
                record = await consumer.getone(place)
                count += await _deliver(to, sink, record.value)
                await consumer.commit({place: record.offset + 1})
        return count

    async def _places(self, consumer: AIOKafkaConsumer) -> list[TopicPartition]:
        topic = self._topics.dead_letters.name
        consumer.subscribe([topic])
        partitions: Any = consumer.partitions_for_topic(topic)
        consumer.unsubscribe()
        return [TopicPartition(topic, number) for number in sorted(partitions or ())]


async def _deliver(to: Receiver, sink: Sink, record: bytes) -> int:
    letter = _DECODER.decode(record)
    content = letter.alert or letter.flood
    if letter.sink != sink.name or content is None:
        return 0
    result = await insist(to, Message(letter.key, content), sink)
    if not result.outcome.delivered:
        raise UndeliveredError(
            f"sink {sink.name}: {result.outcome.reason} after {result.attempts} attempts"
        )
    return 1
