"""What docs/kafka.md says to type, typed at a broker."""

import tomllib
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from streams.settings import Kafka, parse
from streams.simulate import Recipe, build
from tests.docs.pages import DOCS, Block, blocks
from tests.docs.session import Step, follow, shows, steps
from tests.kafka.cluster import KafkaCluster

PAGE = DOCS / "kafka.md"
HERE = "not run: needs a broker; tests/integration/test_kafka_page.py has one"
SERVERS = "kafka-1.example.org:9092,kafka-2.example.org:9092"
COPIES = "replication_factor = 3"


@pytest.fixture
def todo(kafka: KafkaCluster) -> list[Step]:
    """The commands that can be typed where there is one broker, with its address."""
    found = []
    for block in blocks(PAGE, "sh", "console"):
        if block.note in {"", HERE}:
            text = block.text.replace(SERVERS, kafka.bootstrap)
            found += steps(replace(block, text=text.replace(COPIES, "replication_factor = 1")))
    return found


def test_commands_do_what_the_page_shows(todo: list[Step], tmp_path: Path) -> None:
    """Topics are made, a log is sent, and what there is is described."""
    scenario = build(Recipe(world="police", seed=1, actors=20, days=2))
    log = b"".join(orjson.dumps(event) + b"\n" for event in scenario.events())
    (tmp_path / "queries.jsonl").write_bytes(log)

    outcomes = follow(todo, tmp_path)

    assert len(todo) == 7
    for step, outcome in zip(todo, outcomes, strict=True):
        assert outcome.status == 0, outcome.output
        assert shows(outcome.output, step.expected), outcome.output


@pytest.mark.parametrize("block", list(blocks(PAGE, "toml")), ids=lambda block: f"{block.line}")
def test_settings_are_valid(block: Block) -> None:
    """Each example is taken as it stands."""
    assert parse(tomllib.loads(block.text), PAGE.name, DOCS).kafka != Kafka()
