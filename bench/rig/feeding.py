"""Queries into a topic, in whole batches: far faster than record by record."""

from collections.abc import Sequence
from itertools import islice
from zlib import crc32

from aiokafka import AIOKafkaProducer
from kafka import KafkaAdminClient

from .traffic import Query

BATCH_BYTES = 128 << 10


def make_topic(bootstrap: str, name: str, partitions: int, **config: str) -> None:
    """Create a topic of one copy."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        options = {"num_partitions": partitions, "replication_factor": 1, "configs": config}
        admin.create_topics({name: options}, wait_for_metadata=True)
    finally:
        admin.close()


async def fill(bootstrap: str, topic: str, partitions: int, queries: Sequence[Query]) -> None:
    """Send all queries, those of an actor to one partition, and wait until they are there."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, max_batch_size=BATCH_BYTES)
    await producer.start()
    try:
        rest = iter(queries)
        # Partitions are filled side by side, so that none is far ahead in event time.
        while some := list(islice(rest, 20_000)):
            for number in range(partitions):
                mine = [query for query in some if crc32(query.actor) % partitions == number]
                await send(producer, topic, number, mine)
        await producer.flush()
    finally:
        await producer.stop()


async def send(
    producer: AIOKafkaProducer, topic: str, partition: int, queries: Sequence[Query]
) -> None:
    """Hand records over in batches."""
    batch = producer.create_batch()
    for query in queries:
        if batch.append(key=query.actor, value=query.value, timestamp=None) is None:
            await producer.send_batch(batch, topic, partition=partition)
            batch = producer.create_batch()
            batch.append(key=query.actor, value=query.value, timestamp=None)
    if batch.record_count():
        await producer.send_batch(batch, topic, partition=partition)
