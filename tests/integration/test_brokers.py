"""What the other tests stand on: both brokers take records and give them back."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from streams.embedded import EmbeddedBroker, answers
from tests.kafka.cluster import KafkaCluster

VALUES = [b"%d" % i for i in range(100)]
PATIENCE_SECONDS = 60
"""After which a record will not come any more."""


async def make(topic: str, replicas: int = 1, **options: Any) -> None:
    """Make a topic of one partition."""
    admin = AIOKafkaAdminClient(**options)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, replicas)])
    finally:
        await admin.close()


async def write(topic: str, **options: Any) -> None:
    """Put the values there."""
    async with AIOKafkaProducer(acks="all", **options) as producer:
        for value in VALUES:
            await producer.send_and_wait(topic, value, partition=0)


async def read(topic: str, **options: Any) -> list[bytes]:
    """As many values as were put there."""
    found: list[bytes] = []
    async with AIOKafkaConsumer(topic, auto_offset_reset="earliest", **options) as consumer:
        while len(found) < len(VALUES):
            record = await asyncio.wait_for(consumer.getone(), PATIENCE_SECONDS)
            found.append(record.value)
    return found


def comes_to_answer(port: int, *, expected: bool) -> bool:
    """Whether what listens there answers or falls silent; a signal takes its time to arrive."""
    for _ in range(PATIENCE_SECONDS * 10):
        if answers(port) == expected:
            return True
        time.sleep(0.1)
    return False


@pytest.fixture(params=["embedded", "kafka"])
def address(request: pytest.FixtureRequest) -> str:
    """Of one broker after the other."""
    broker = request.getfixturevalue(request.param)
    return broker.address if isinstance(broker, EmbeddedBroker) else str(broker.bootstrap)


@pytest.fixture
def topic() -> str:
    """A name that no other test has."""
    return f"t-{uuid4()}"


def test_aiokafka_reads_what_it_wrote(address: str, topic: str) -> None:
    """Records come back in order."""
    asyncio.run(make(topic, bootstrap_servers=address))
    asyncio.run(write(topic, bootstrap_servers=address))

    assert asyncio.run(read(topic, bootstrap_servers=address)) == VALUES


def test_kafka_python_reads_what_it_wrote(address: str, topic: str) -> None:
    """Records come back in order, through the other client too."""
    admin = KafkaAdminClient(bootstrap_servers=address)
    admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1}})
    admin.close()

    producer = KafkaProducer(bootstrap_servers=address)
    for value in VALUES:
        producer.send(topic, value, partition=0)
    producer.close()

    consumer = KafkaConsumer(
        bootstrap_servers=address,
        auto_offset_reset="earliest",
        consumer_timeout_ms=PATIENCE_SECONDS * 1000,
    )
    consumer.assign([TopicPartition(topic, 0)])
    found = [next(consumer).value for _ in VALUES]
    consumer.close()
    assert found == VALUES


def test_embedded_broker_forgets(embedded: EmbeddedBroker, topic: str) -> None:
    """Stopped and started, it has no topic; stopped, nothing listens."""
    asyncio.run(make(topic, bootstrap_servers=embedded.address))
    port = int(embedded.address.rpartition(":")[2])

    embedded.stop()
    assert not answers(port)
    embedded.start()

    admin = KafkaAdminClient(bootstrap_servers=embedded.address)
    topics = admin.list_topics()
    admin.close()
    assert topics == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can")
def test_embedded_broker_dies_with_parent() -> None:
    """A parent that is killed leaves no broker behind."""
    code = (
        "from streams.embedded import EmbeddedBroker\n"
        "broker = EmbeddedBroker(); broker.start(); print(broker.address, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline().rpartition(b":")[2])
        assert answers(port)
        parent.kill()

    assert comes_to_answer(port, expected=False)


def test_killed_kafka_keeps_records(kafka: KafkaCluster, topic: str) -> None:
    """What was acknowledged before a kill -9 is there after the restart."""
    asyncio.run(make(topic, bootstrap_servers=kafka.bootstrap))
    asyncio.run(write(topic, bootstrap_servers=kafka.bootstrap))

    kafka.kill(0)
    kafka.start(0)

    assert asyncio.run(read(topic, bootstrap_servers=kafka.bootstrap)) == VALUES


def test_paused_kafka_is_silent_until_resumed(kafka: KafkaCluster) -> None:
    """A broker that hangs takes connections and does not answer."""
    port = int(kafka.bootstrap.rpartition(":")[2])

    kafka.pause(0)
    silent = not answers(port)
    kafka.resume(0)

    assert silent
    assert comes_to_answer(port, expected=True)


def test_three_brokers_bear_loss_of_one(topic: str) -> None:
    """What three replicas hold is written and read while one broker is dead, whichever it is."""
    with KafkaCluster(3) as cluster:
        asyncio.run(make(topic, replicas=3, bootstrap_servers=cluster.bootstrap))
        cluster.kill(0)
        asyncio.run(write(topic, bootstrap_servers=cluster.bootstrap))
        cluster.start(0)

        cluster.kill(1)
        assert asyncio.run(read(topic, bootstrap_servers=cluster.bootstrap)) == VALUES


def test_exit_leaves_nothing() -> None:
    """No process and no file of a cluster survives it."""
    with KafkaCluster() as cluster:
        process, directory = cluster.process_id(0), cluster.directory
        assert directory.exists()

    assert not directory.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(process, signal.SIGCONT)
