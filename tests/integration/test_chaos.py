"""The chaos suite in short: what it finds right, and that it would find what is wrong."""

from collections.abc import Sequence

import pytest

from tests.chaos.faults import SABOTAGE
from tests.chaos.rounds import Orders, Result, run
from tests.kafka.cluster import KafkaCluster


def short(kafka: KafkaCluster, faults: Sequence[str]) -> Result:
    """A round of a few days of a log on two partitions."""
    orders = Orders(
        seed=7,
        world="gateway",
        events=8_000,
        partitions=2,
        brokers=1,
        faults=faults,
        rate=800.0,
    )
    return run(orders, kafka, print)


@pytest.mark.parametrize("fault", ["worker killed", "worker dies before it is committed"])
def test_nothing_is_lost_or_counted_twice(kafka: KafkaCluster, fault: str) -> None:
    """A worker dies, by itself or in a checkpoint; the counts are those of `replay`."""
    result = short(kafka, [fault])

    assert not result.wrong
    assert [each.unreached for each in result.injected] == [""]
    assert result.verdict is not None
    assert result.verdict.events > 5_000
    assert result.verdict.duplicates > 10


def test_a_lost_block_is_noticed(kafka: KafkaCluster) -> None:
    """What counts the events would see that some are missing."""
    result = short(kafka, [SABOTAGE])

    assert any("events of actors were lost" in sentence for sentence in result.wrong)
