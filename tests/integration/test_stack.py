"""A worker is watched by a real Prometheus, and misuse reaches a webhook by a real Alertmanager."""

from pathlib import Path

from tests.kafka.cluster import KafkaCluster
from tests.stack.check import check


def test_rules_panels_and_alerts_are_alive(kafka: KafkaCluster, tmp_path: Path) -> None:
    """Targets are up, rules load, panels have data, nothing fires in vain, misuse gets through."""
    told: list[str] = []

    assert check(kafka, tmp_path, told.append) == []
    assert len(told) == 3
