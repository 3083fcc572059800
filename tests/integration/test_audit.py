"""The audit trail on Apache Kafka, whose writers are killed while they write."""

import asyncio
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Final
from urllib.error import URLError

import msgspec
import orjson
import pytest
from click.testing import CliRunner
from kafka import KafkaProducer

from detectors.errors import InputError
from streams.audit.chain import Link, Whole, verify
from streams.audit.file import lines
from streams.commands.audit import audit
from streams.commands.explain import explain
from streams.kafka.reading import records
from streams.simulate import Recipe, build
from tests.integration.service import Service, Worker, wait_for
from tests.kafka.cluster import KafkaCluster

KILLS: Final = 3
DECISIONS: Final = (
    (b"verdict/a1", b'{"type": "verdict", "verdict": "true"}'),
    (b"snooze/a1", b'{"type": "snooze", "owner": "ada"}'),
    (b"snooze/a1", None),
    # Of no shape that anything of ours writes.
    (b"x", b'{"type": ' + b"[" * 1_000 + b"]" * 1_000 + b"}"),
)


@pytest.fixture(scope="module")
def story() -> list[bytes]:
    """Weeks of a police force, with misuse in them."""
    scenario = build(Recipe(world="police", seed=2, actors=40, days=21))
    return [orjson.dumps(event) for event in scenario.events()]


@pytest.fixture(scope="module")
def service(
    kafka: KafkaCluster, story: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> Service:
    """A service that was killed several times, and in the end has nothing left to do."""
    directory = tmp_path_factory.mktemp("audit")
    service = Service(directory, kafka.bootstrap)
    service.file.write_text(service.file.read_text() + '\n[audit]\ncopy_file = "trail.jsonl"\n')
    part = len(story) // (KILLS + 1)
    for number in range(KILLS):
        # Left by SIGKILL: as soon as there is more in the trail than before, so while it writes.
        with service.run() as worker:
            wait_for(partial(_ready, worker), worker)
            if number == 0:
                decide(service, kafka.bootstrap)
            before = len(trail(service))
            service.send(story[part * number : part * (number + 1)])
            wait_for(partial(_grown, service, before), worker)
    with service.run() as worker:
        wait_for(partial(_ready, worker), worker)
        service.send(story[part * KILLS :])
        wait_for(lambda: not service.behind(), worker)
        wait_for(lambda: len(trail(service)) >= len(due(service)), worker)
        assert worker.stop() == 0
    return service


def _ready(worker: Worker) -> bool:
    """Whether it answers, and says so; one that has ended does neither."""
    try:
        return worker.ready()
    except URLError:
        return False


def _grown(service: Service, before: int) -> bool:
    """Whether the trail has more of other topics than before."""
    return len(trail(service)) > before


def decide(service: Service, bootstrap: str) -> None:
    """Write to the topic of decisions, as people's commands do."""
    topic = service.topics.decisions.name
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    for key, value in DECISIONS:
        producer.send(topic, value, key=key)
    producer.close()


def kept(service: Service) -> list[bytes]:
    """The trail. What a killed writer had begun to write, and did not commit, is no part of it."""
    options = {"bootstrap_servers": service.settings.kafka.bootstrap_servers}

    async def read() -> list[bytes]:
        found = records(options, service.topics.audit.name)
        return [record.value or b"" async for record in found]

    return asyncio.run(read())


def trail(service: Service) -> list[Link]:
    """What is in the trail of other topics."""
    found = [msgspec.json.decode(value, type=Link) for value in kept(service)]
    return [link for link in found if link.source is not None]


def due(service: Service) -> list[tuple[str, int]]:
    """Topic and offset of everything that the trail has to tell of."""
    alerts, shadow = service.topics.alerts.name, service.topics.shadow_alerts.name
    decisions = service.topics.decisions.name
    return [
        (topic, offset)
        for topic in (alerts, shadow, decisions)
        for offset in range(len(service.records(topic)))
    ]


def test_nothing_is_missing_and_nothing_doubled(service: Service) -> None:
    """Each record of alerts and decisions stands in the trail once, whoever was killed."""
    told = Counter(
        (link.source.topic, link.source.offset) for link in trail(service) if link.source
    )

    assert told == Counter(due(service))
    assert len(told) > len(DECISIONS)


def test_the_chain_of_several_writers_holds(service: Service) -> None:
    """Each begins where the one before it ended, and says that it begins."""
    found = verify(kept(service))

    assert isinstance(found, Whole)
    assert found.first == 0
    assert found.kinds["start"] > KILLS
    assert found.kinds["verdict"] == found.kinds["snooze"] == found.kinds["withdrawn"] == 1


def test_the_copy_has_what_the_topic_has(service: Service) -> None:
    """Whatever a killed writer did not get to write to the file, the next one did."""
    copy = [line.rstrip(b"\n") for line in lines(service.file.parent / "trail.jsonl")]

    assert copy == kept(service)


def test_it_is_verified_and_exported_from_the_topic(service: Service, tmp_path: Path) -> None:
    """What is exported is verified as a file, to the same head."""
    out = tmp_path / "trail.jsonl"
    config = ("--config", str(service.file))
    in_topic = CliRunner().invoke(audit, ["verify", *config], catch_exceptions=False)
    CliRunner().invoke(audit, ["export", "--out", str(out), *config], catch_exceptions=False)
    in_file = CliRunner().invoke(audit, ["verify", "--file", str(out)], catch_exceptions=False)

    assert in_topic.exit_code == in_file.exit_code == 0
    assert in_topic.stdout.splitlines()[-1] == in_file.stdout.splitlines()[-1]


def test_an_alert_is_explained_from_its_topic(service: Service) -> None:
    """By its id alone, live or in the shadow; an id that there is not ends with one line."""
    config = ("--json", "--config", str(service.file))
    for alert in map(orjson.loads, service.alerts()[:1] + service.alerts()[-1:]):
        result = CliRunner().invoke(explain, [alert["alert_id"], *config], catch_exceptions=False)
        assert orjson.loads(result.stdout)["alert"]["entity"] == alert["entity"]
    with pytest.raises(InputError, match="no alert nobody"):
        CliRunner().invoke(explain, ["nobody", *config], catch_exceptions=False)


def test_a_trail_names_nobody(service: Service) -> None:
    """It cannot be erased from, and so it holds no pseudonym."""
    assert not any(b'"p0_' in value for value in kept(service))
