"""The brokers; that one is missing is a failure, never a skip."""

from collections.abc import Iterator

import pytest

from streams.embedded import EmbeddedBroker
from tests.kafka.cluster import KafkaCluster


@pytest.fixture(scope="session")
def kafka() -> Iterator[KafkaCluster]:
    """One broker of Apache Kafka, for all tests that leave it running."""
    with KafkaCluster() as cluster:
        yield cluster


@pytest.fixture
def embedded() -> Iterator[EmbeddedBroker]:
    """The embedded broker, with nothing in it."""
    with EmbeddedBroker() as broker:
        yield broker
