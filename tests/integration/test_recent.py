"""The latest alerts, read from a topic of last revisions."""

import asyncio
from collections.abc import Callable
from uuid import uuid4

import msgspec
import orjson
from kafka import KafkaAdminClient, KafkaProducer

from detectors.alerts import Alert
from streams.service.recent import AlertReader, Recent
from tests.alerts import an_alert
from tests.kafka.cluster import KafkaCluster

_POLL_SECONDS = 0.05
_PATIENCE_SECONDS = 30.0


def write(kafka: KafkaCluster, topic: str, *alerts: Alert) -> None:
    """Send alerts, by their ids."""
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap)
    for alert in alerts:
        producer.send(topic, orjson.dumps(msgspec.to_builtins(alert)), alert.alert_id.encode())
    producer.close()


async def until(condition: Callable[[], bool]) -> None:
    """Return when it holds, of which nobody tells."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(_POLL_SECONDS)


def test_what_is_there_and_what_comes_is_read(kafka: KafkaCluster) -> None:
    """From all partitions, and without a consumer group that would be left behind."""
    topic = f"alerts-{uuid4()}"
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    admin.create_topics({topic: {"num_partitions": 3, "replication_factor": 1}})
    groups = admin.list_groups()
    write(kafka, topic, *(an_alert(alert_id=f"{number}") for number in range(20)))
    again = an_alert(alert_id="7", revision=2, last_event_time="2026-03-05T09:00:00.000Z")
    recent = Recent()

    async def read() -> None:
        reader = AlertReader({"bootstrap_servers": kafka.bootstrap}, topic, recent)
        reader.start()
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await until(lambda: len(recent.newest_first()) == 20)
                await asyncio.to_thread(write, kafka, topic, again)
                await until(lambda: recent.newest_first()[-1].revision == 2)
        finally:
            await reader.stop()

    asyncio.run(read())

    assert len(recent.newest_first()) == 20
    assert admin.list_groups() == groups
    admin.close()
