"""Dead letters, delivered again once the cause is gone."""

import logging
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from detectors.errors import BrokerError, ConfigError, ProbewatchError
from streams.kafka.reading import in_words
from streams.kafka.security import client_options
from streams.kafka.topics import topics
from streams.settings import Settings, Sink

from .backlog import Place
from .building import receiver
from .dead_letters import DeadLetter, DeadLetters, letter_of
from .links import Links
from .messages import Message, Receiver
from .outlets import group
from .retries import insist

_LOGGER = logging.getLogger(__name__)


class UndeliveredError(ProbewatchError):
    """A receiver still does not take a dead letter."""


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
        UndeliveredError: a receiver does not answer, and what is left was not tried; or it refuses
            some for good, which are dead letters again; or another process does the same.
    """
    sinks = [sink for sink in settings.sinks if name in {None, sink.name}]
    if not sinks:
        raise ConfigError(f"sinks: there is no sink {name}" if name else "sinks: there is none")
    again = _Again(settings, environ)
    try:
        return sum([await again.deliver(sink) for sink in sinks])
    except (IllegalStateError, CommitFailedError) as error:
        # The partitions went to somebody else of the same group.
        raise UndeliveredError(
            "another process delivers these dead letters at the same moment, and goes on; what was "
            "on its way may arrive twice"
        ) from error
    except KafkaError as error:
        servers = settings.kafka.bootstrap_servers
        raise BrokerError(f"{servers}: {in_words(error)}") from error


class _Again:
    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        self._options = client_options(settings.kafka, environ).for_aiokafka()
        self._settings = settings
        self._topics = topics(settings.kafka)
        self._links = Links(settings, environ, self._options, self._topics)

    async def deliver(self, sink: Sink) -> int:
        """All that is left of one sink; how many there were."""
        async with AsyncExitStack() as stack:
            producer = AIOKafkaProducer(**self._options, acks="all")
            stack.push_async_callback(producer.stop)
            to = receiver(sink, self._links, producer)
            await producer.start()
            consumer = self._consumer(sink)
            stack.push_async_callback(consumer.stop)
            await consumer.start()
            stack.push_async_callback(to.stop)
            await to.start()
            dead = DeadLetters(producer, self._topics.dead_letters.name, sink.name)
            return await self._empty(consumer, _Attempts(sink, to, dead))

    def _consumer(self, sink: Sink) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            self._topics.dead_letters.name,
            **self._options,
            group_id=f"{group(self._settings.kafka.application, sink)}.dead-letters",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )

    async def _empty(self, consumer: AIOKafkaConsumer, again: "_Attempts") -> int:
        places = consumer.assignment()
        ends = await consumer.end_offsets(places)
        for place in sorted(places):
            while await consumer.position(place) < ends[place]:
                record = await consumer.getone(place)
                letter = letter_of(record.value)
                if letter is None:
                    # It must not keep those behind it.
                    _LOGGER.warning(
                        "%s, partition %d, offset %d: no dead letter, left out",
                        *(record.topic, record.partition, record.offset),
                    )
                else:
                    await again.deliver(letter)
                await consumer.commit({place: record.offset + 1})
        return again.finish()


class _Attempts:
    """One sink's dead letters, each tried as often as an alert is."""

    def __init__(self, sink: Sink, to: Receiver, dead: DeadLetters) -> None:
        self._sink = sink
        self._to = to
        self._dead = dead
        self._delivered = 0
        self._refused = 0

    async def deliver(self, letter: DeadLetter) -> None:
        """Try one; what is refused for good is put behind the others again."""
        content = letter.alert or letter.flood
        if letter.sink != self._sink.name or content is None:
            return
        message = Message(letter.key, content)
        result = await insist(self._to, message, self._sink)
        if result.outcome.delivered:
            self._delivered += 1
        elif result.outcome.lasting:
            self._refused += 1
            place = None if letter.offset is None else Place(letter.partition or 0, letter.offset)
            await self._dead.give_up(message, place, result, time.time())
        else:
            raise UndeliveredError(
                f"sink {self._sink.name}: {result.outcome.reason} after {result.attempts} attempts"
            )

    def finish(self) -> int:
        """How many were delivered.

        Raises:
            UndeliveredError: some were refused.
        """
        if self._refused:
            raise UndeliveredError(
                f"sink {self._sink.name}: delivered {self._delivered} dead letters; "
                f"{self._refused} were refused for good, and are dead letters again"
            )
        return self._delivered
