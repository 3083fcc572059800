"""Queries into a topic, in whole batches: far faster than record by record."""

import asyncio
import itertools
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import islice
from typing import Self
from zlib import crc32

from aiokafka import AIOKafkaProducer
from kafka import KafkaAdminClient

from .crowds import LiveCrowd
from .traffic import Query

BATCH_BYTES = 128 << 10
TICK_SECONDS = 0.02


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
    async with Sender(bootstrap, topic, partitions) as sender:
        rest = iter(queries)
        # Partitions are filled side by side, so that none is far ahead in event time.
        while some := list(islice(rest, 20_000)):
            await sender.send(some)


class Sender:
    """Sends queries to a topic; when it is closed all of them are there."""

    def __init__(self, bootstrap: str, topic: str, partitions: int) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._partitions = partitions

    async def __aenter__(self) -> Self:
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap, max_batch_size=BATCH_BYTES
        )
        await self._producer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.flush()
        await self._producer.stop()

    async def send(self, queries: Sequence[Query]) -> None:
        """Hand queries over, in batches."""
        by_partition: dict[int, list[Query]] = defaultdict(list)
        for query in queries:
            by_partition[crc32(query.actor) % self._partitions].append(query)
        for partition, mine in by_partition.items():
            batch = self._producer.create_batch()
            for query in mine:
                if batch.append(key=query.actor, value=query.value, timestamp=None) is None:
                    await self._producer.send_batch(batch, self._topic, partition=partition)
                    batch = self._producer.create_batch()
                    batch.append(key=query.actor, value=query.value, timestamp=None)
            await self._producer.send_batch(batch, self._topic, partition=partition)


class Feed:
    """A live crowd, sent at a steady rate.

    Attributes:
        behind: seconds by which it was ever late.
    """

    def __init__(self, sender: Sender, crowd: LiveCrowd, rate: int) -> None:
        self.behind = 0.0
        self._sender = sender
        self._crowd = crowd
        self._rate = rate

    async def run(self) -> None:
        """Until cancelled."""
        began = time.monotonic()
        for tick in itertools.count(1):
            due = tick * TICK_SECONDS
            await self._sender.send(self._crowd.until(due, int(self._rate * TICK_SECONDS)))
            left = began + due - time.monotonic()
            self.behind = max(self.behind, -left)
            await asyncio.sleep(max(0.0, left))


@asynccontextmanager
async def fed(
    bootstrap: str, topic: str, partitions: int, crowd: LiveCrowd, rate: int
) -> AsyncIterator[Feed]:
    """While inside, the crowd searches."""
    async with Sender(bootstrap, topic, partitions) as sender:
        feed = Feed(sender, crowd, rate)
        feeding = asyncio.create_task(feed.run())
        try:
            yield feed
        finally:
            feeding.cancel()
            with suppress(asyncio.CancelledError):
                await feeding
