"""aiokafka alone: fetch, and decode every record. The least that a program in Python must do."""

import asyncio
import sys

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.rig.peers.clock import Clock


async def main(bootstrap: str, topic: str, partitions: int, events: int) -> None:
    """Read until so many events were decoded."""
    clock = Clock(events)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 << 20,
    )
    await consumer.start()
    consumer.assign([TopicPartition(topic, number) for number in range(partitions)])
    while True:
        batches = await consumer.getmany(timeout_ms=1_000)
        for records in batches.values():
            for record in records:
                orjson.loads(record.value)
            clock.count(len(records))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
