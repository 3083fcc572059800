"""The chaos suite in short: what it finds right, and that it would find what is wrong."""

from tests.chaos.faults import SABOTAGE
from tests.chaos.rounds import Orders, Result, run
from tests.kafka.cluster import KafkaCluster


def short(kafka: KafkaCluster, *faults: str) -> Result:
    """A round with a day of a log on two partitions."""
    orders = Orders(
        seed=7,
        world="gateway",
        events=5_000,
        partitions=2,
        brokers=1,
        faults=faults,
        rate=500.0,
    )
    return run(orders, kafka, print)


def test_nothing_is_lost_or_counted_twice(kafka: KafkaCluster) -> None:
    """A worker is killed and one dies in a checkpoint; counts are those of `replay`."""
    result = short(kafka, "worker killed", "worker dies before it is committed")

    assert not result.wrong
    assert not any(each.unreached for each in result.injected)
    assert result.verdict is not None
    assert result.verdict.searches > 4_500
    assert result.verdict.duplicates > 0


def test_a_lost_block_is_noticed(kafka: KafkaCluster) -> None:
    """What counts the events would see that some are missing."""
    result = short(kafka, SABOTAGE)

    assert any("events of actors were lost" in sentence for sentence in result.wrong)
