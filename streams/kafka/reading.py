"""A topic read once, from its beginning to where it ends."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError, KafkaError

from detectors.errors import BrokerError

_PATIENCE_MS: Final = 1_000
_EMPTY: Final = 3
"""Fetches in a row without a record, after which what is left are marks of transactions."""

_CONNECT_SECONDS: Final = 15.0

Record: TypeAlias = ConsumerRecord[bytes, bytes]


async def records(options: Mapping[str, Any], topic: str) -> AsyncIterator[Record]:
    """Every record that a topic had when this was called, partition by partition in order.

    Args:
        options: of aiokafka's clients.
        topic: its name; nothing comes of one that does not exist.

    Raises:
        BrokerError: the brokers cannot be reached, or refuse.
    """
    try:
        async with _consumer(options) as consumer:
            places = await partitions(options, [topic])
            if not places:
                return
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            ends = await consumer.end_offsets(places)
            empty = 0
            while empty < _EMPTY and await _behind(consumer, ends):
                batches: Mapping[TopicPartition, Sequence[Record]] = await consumer.getmany(
                    timeout_ms=_PATIENCE_MS
                )
                empty = 0 if batches else empty + 1
                for place, batch in batches.items():
                    for record in batch:
                        if record.offset < ends[place]:
                            yield record
    except (KafkaError, TimeoutError) as error:
        servers = ", ".join(options["bootstrap_servers"])
        raise BrokerError(f"{servers}, {topic}: {in_words(error)}") from error


def in_words(error: KafkaError | TimeoutError) -> str:
    """What is wrong with the brokers, for people, as far as a client's error tells."""
    if isinstance(error, (KafkaConnectionError, TimeoutError)):
        return "no broker can be reached"
    return f"{error!r}"


async def partitions(options: Mapping[str, Any], topics: Sequence[str]) -> list[TopicPartition]:
    """The partitions of those of the topics that there are.

    Raises:
        KafkaError: the brokers cannot be reached, or refuse.
    """
    admin = AIOKafkaAdminClient(**options)
    try:
        await admin.start()
        # To describe one that there is not might make it.
        there = set(await admin.list_topics())
        described = await admin.describe_topics([topic for topic in topics if topic in there])
    finally:
        await admin.close()
    return [
        TopicPartition(topic["topic"], number)
        for topic in described
        for number in sorted(each["partition"] for each in topic["partitions"])
    ]


async def _behind(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
    for place, end in ends.items():
        if await consumer.position(place) < end:
            return True
    return False


@asynccontextmanager
async def _consumer(options: Mapping[str, Any]) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        **options,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            await consumer.start()
        yield consumer
    finally:
        await consumer.stop()
