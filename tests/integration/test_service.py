"""`probewatch run` on Apache Kafka, seen from outside."""

import json
import socket
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Final

import msgspec
import orjson
import pytest
from kafka import KafkaAdminClient

from detectors.alerts import Alert, Status
from streams.outputs import Outputs
from streams.replay import replay
from streams.simulate import Recipe, build
from streams.simulate.scenario import FIRST_DAY
from tests.integration.service import Service, Worker, wait_for
from tests.kafka.cluster import KafkaCluster
from tests.kafka.settings import PASSWORD, PROTOCOLS, USER

DAYS: Final = 21
QUIET: Final = timedelta(days=70)
SECRET: Final = "nobody-may-read-this"  # noqa: S105
GARBAGE: Final = {
    100: (SECRET.encode(), "not_json", None),
    2_000: (json.dumps({"event_id": SECRET}).encode(), "missing_field", "event_time"),
    6_000: (json.dumps({"image": SECRET}).encode(), "forbidden_field", "image"),
}
"""By the offset that it gets: a record that is no event, and what is said of it."""

OTHER_KEY: Final = {"PROBEWATCH_PSEUDONYM_KEY": "a1" * 32}

Revision = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Life:
    """What was seen of a service that was fed half, stopped, started again and fed the rest.

    Attributes:
        service: as it is at the end.
        wanted: every revision of every alert, as `replay` has them.
        answers: of /healthz and, repetitions left out, of /readyz, for each of both workers.
        metrics: of each, when it had nothing left to do.
        exits: their statuses.
        behind: records without a durable effect, once each had ended.
        logs: of both.
    """

    service: Service
    wanted: Sequence[bytes]
    answers: list[list[int]] = field(default_factory=list)
    metrics: list[dict[str, float]] = field(default_factory=list)
    exits: list[int] = field(default_factory=list)
    behind: list[int] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def story() -> list[bytes]:
    """Three weeks of a police force, with misuse in them."""
    scenario = build(Recipe(world="police", seed=2, actors=40, days=DAYS))
    return [orjson.dumps(event) for event in scenario.events()]


@pytest.fixture(scope="module")
def life(
    kafka: KafkaCluster, story: Sequence[bytes], tmp_path_factory: pytest.TempPathFactory
) -> Life:
    """A service that meets garbage and what has to be ignored on its way."""
    service = Service(tmp_path_factory.mktemp("life"), kafka.bootstrap)
    seen = Life(service, replayed(service, story))
    records = disturbed(story)
    half = len(records) // 2
    for part in (records[:half], records[half:]):
        with service.run() as worker:
            wait_for(lambda worker=worker: worker.address, worker)  # type: ignore[misc]
            seen.answers.append([worker.get("/healthz")[0], *statuses_until_ready(worker)])
            service.send(part)
            wait_for(lambda: not service.behind(), worker)
            seen.metrics.append(worker.metrics())
            seen.exits.append(worker.stop())
            seen.logs.append(worker.log)
        seen.behind.append(service.behind())
    return seen


@pytest.fixture(scope="module")
def guarded() -> Iterator[KafkaCluster]:
    """A broker that wants a password, through TLS."""
    with KafkaCluster(security="sasl_ssl") as cluster:
        yield cluster


def innocent(day: date) -> list[bytes]:
    """A day without misuse."""
    recipe = Recipe(world="police", seed=3, actors=20, days=1, start=day, campaigns=0)
    return [orjson.dumps(event) for event in build(recipe).events()]


def disturbed(story: Sequence[bytes]) -> list[bytes]:
    """The story with an event twice, one more that is late by days, and garbage."""
    late = orjson.loads(story[4_000]) | {"event_id": "late"}
    records = [*story[:5_000], story[4_999], orjson.dumps(late), *story[5_000:]]
    for offset, (garbage, *_) in sorted(GARBAGE.items()):
        records.insert(offset, garbage)
    return records


def replayed(service: Service, records: Iterable[bytes], state: Path | None = None) -> list[bytes]:
    """What `replay` makes of records under a service's settings and key."""
    directory = service.file.parent
    log, alerts = directory / "log.jsonl", directory / "alerts.jsonl"
    log.write_bytes(b"".join(record + b"\n" for record in records))
    outputs = Outputs(alerts=alerts, save_state=state)
    replay(service.settings, [str(log)], outputs, lambda *_: None)
    return alerts.read_bytes().splitlines()


def statuses_until_ready(worker: Worker) -> list[int]:
    """What /readyz answers, repetitions left out."""
    statuses: list[int] = []

    def ready() -> bool:
        statuses.append(worker.get("/readyz")[0])
        return statuses[-1] == 200

    wait_for(ready, worker)
    return [status for status, _ in groupby(statuses)]


def by_alert(revisions: Iterable[bytes]) -> dict[str, list[bytes]]:
    """The revisions of each alert as they came; alerts of two patterns may overtake each other."""
    found = defaultdict(list)
    for revision in revisions:
        found[orjson.loads(revision)["alert_id"]].append(revision)
    return dict(found)


def keep(topic: str, servers: str) -> None:
    """Make a topic with one partition that nothing is ever deleted from."""
    admin = KafkaAdminClient(bootstrap_servers=servers)
    try:
        configs = {"retention.ms": "-1"}
        admin.create_topics(
            {topic: {"num_partitions": 1, "replication_factor": 1, "configs": configs}}
        )
    finally:
        admin.close()


def complaint(worker: Worker) -> tuple[int, str]:
    """Exit status of a worker that does not come to work, and its last line.

    The error is told on purpose, so no trace of it is above.
    """
    with worker:
        status = worker.wait()
        assert "detectors.errors." not in worker.log
        return status, worker.log.splitlines()[-1]


def test_alerts_are_those_of_a_replay(life: Life) -> None:
    """Byte for byte, with garbage, a repeated and a late event, and a restart in between."""
    assert len(life.wanted) > 5
    assert by_alert(life.service.alerts()) == by_alert(life.wanted)


def test_one_topic_has_the_last_revisions(life: Life) -> None:
    """Compaction leaves the newest record of a key, and keys are alert ids."""
    records = life.service.records(life.service.topics.alerts_current.name)

    live = [alert for alert in life.wanted if orjson.loads(alert)["mode"] == "live"]
    last = {alert: revisions[-1] for alert, revisions in by_alert(live).items()}
    assert {key.decode(): value for key, value in records} == last


def test_garbage_is_rejected_by_its_place(life: Life) -> None:
    """Where it was and why it is none is said, and nothing of what was in it."""
    records = life.service.records(life.service.topics.rejects.name)

    queries = life.service.topics.queries.name
    assert {key.decode(): orjson.loads(value) for key, value in records} == {
        f"{queries}/0/{offset}": {
            "topic": queries,
            "partition": 0,
            "offset": offset,
            "reason": reason,
            "field": name,
        }
        for offset, (_, reason, name) in GARBAGE.items()
    }
    assert SECRET not in "".join(life.logs)
    assert not any(SECRET.encode() in value for _, value in records)


def test_a_worker_that_is_stopped_leaves_nothing_undone(life: Life) -> None:
    """SIGTERM ends it with status 0, and what it has read is not read again."""
    assert life.exits == [0, 0]
    assert life.behind == [0, 0]
    assert [log.splitlines()[-1].endswith('"stopped"}') for log in life.logs] == [True, True]


def test_readiness_comes_with_partitions(life: Life) -> None:
    """A worker lives before it is ready."""
    assert life.answers == [[200, 503, 200], [200, 503, 200]]


def test_metrics_add_up(life: Life, story: Sequence[bytes]) -> None:
    """Both workers together have judged all but what is late, and left nothing."""
    queries = life.service.topics.queries.name
    first, second = life.metrics

    def both(name: str) -> float:
        return sum(samples.get(f"probewatch_{name}", 0.0) for samples in life.metrics)

    assert both("events_total") == len(story) + 1
    assert both('events_rejected_total{reason="not_json"}') == 1
    assert both("events_late_total") == 1
    assert both('rows_applied_total{stage="actor"}') == len(story) + 1
    revisions = [msgspec.json.decode(value, type=Alert) for value in life.wanted]
    shown = {name for samples in life.metrics for name in samples if "alerts_total" in name}
    own = {name.removeprefix("probewatch_") for name in shown if "tenant" not in name}
    assert sum(both(name) for name in own) == len(revisions)
    assert not any("_created" in name for samples in life.metrics for name in samples)
    # What closes an episode is no event.
    made = [alert for alert in revisions if alert.status is not Status.CLOSED]
    for histogram in ("alert_event_seconds_count", "alert_processing_seconds_count"):
        assert both(histogram) == len(made)
    for samples in (first, second):
        lag = f'probewatch_consumer_lag_records{{partition="0",topic="{queries}"}}'
        assert samples[lag] == 0
        assert samples["probewatch_ready"] == 1


def test_history_goes_before(kafka: KafkaCluster, story: Sequence[bytes], tmp_path: Path) -> None:
    """Half judged by `replay` and half by a service that begins with its state is all by `replay`.

    State that is there is not replaced, and is worth nothing under another key.
    """
    service = Service(tmp_path, kafka.bootstrap)
    state, half = tmp_path / "state", len(story) // 2
    wanted = replayed(service, story)
    before = replayed(service, story[:half], state)

    refused = complaint(service.run("--bootstrap", str(state), **OTHER_KEY))
    with service.run("--bootstrap", str(state)) as worker:
        wait_for(worker.ready, worker)
        service.send(story[half:])
        wait_for(lambda: not service.behind(), worker)
        first = worker.stop(), worker.log
    with service.run("--bootstrap", str(state)) as worker:
        wait_for(worker.ready, worker)
        second = worker.stop(), worker.log
    strange = complaint(service.run(**OTHER_KEY))

    assert by_alert([*before, *service.alerts()]) == by_alert(wanted)
    assert len(before) < len(wanted)
    assert first[0] == second[0] == 0
    assert f"began with the history in {state}" in first[1]
    assert f"there is state already: {state} was not used" in second[1]
    assert refused == (
        1,
        f"probewatch: {state}: was made with another pseudonym key, or with --pseudonyms none",
    )
    assert strange[0] == 1
    assert strange[1].endswith("the state was made with another pseudonym key")


def test_a_service_works_over_tls_with_a_password(
    guarded: KafkaCluster, story: Sequence[bytes], tmp_path: Path
) -> None:
    """Every client of the worker logs in; nothing connects in plain text."""
    assert guarded.certificates is not None
    security = {
        "bootstrap_servers": guarded.secure,
        "security_protocol": PROTOCOLS[guarded.security],
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_username": USER,
        "ssl_ca_file": str(guarded.certificates.authority),
    }
    service = Service(tmp_path, guarded.bootstrap, security, {"page": True})

    with service.run(PROBEWATCH_KAFKA_PASSWORD=PASSWORD) as worker:
        wait_for(worker.ready, worker)
        service.send(story)
        wait_for(lambda: not service.behind(), worker)
        wait_for(lambda: "<article" in worker.get("/")[1], worker)
        status = worker.stop()

    assert status == 0
    assert by_alert(service.alerts()) == by_alert(replayed(service, story))


def test_time_goes_on_in_a_quiet_log(
    kafka: KafkaCluster, story: Sequence[bytes], tmp_path: Path
) -> None:
    """Episodes end though nothing happens any more, just as if a last event had said so."""
    service = Service(tmp_path, kafka.bootstrap, service={"quiet_after": "1s"})
    # Written long ago, by what the records say; so they must not be too old to keep.
    keep(service.topics.queries.name, kafka.bootstrap)
    written = time.time() - QUIET.total_seconds()  # noqa: TID251 - brokers have that clock
    wanted = replayed(service, [*story, *innocent(FIRST_DAY + timedelta(days=DAYS) + QUIET)])

    with service.run() as worker:
        wait_for(worker.ready, worker)
        service.send(story, [int(written * 1000)] * len(story))
        wait_for(lambda: len(service.alerts()) >= len(wanted), worker)
        worker.stop()

    assert by_alert(service.alerts()) == by_alert(wanted)
    assert {orjson.loads(last[-1])["status"] for last in by_alert(wanted).values()} == {"closed"}


def test_missing_topics_are_named(kafka: KafkaCluster, tmp_path: Path) -> None:
    """Who must not create topics is told which there are not."""
    service = Service(tmp_path, kafka.bootstrap, {"create_topics": False})

    assert complaint(service.run()) == (
        2,
        f"probewatch: topic {service.topics.queries.name}: it is for queries to judge",
    )


def test_a_broker_that_is_away_is_named(tmp_path: Path) -> None:
    """Nothing listens at the port."""
    service = Service(tmp_path, "127.0.0.1:1")

    assert complaint(service.run()) == (
        1,
        "probewatch: 127.0.0.1:1: no broker can be reached over PLAINTEXT: 111 ECONNREFUSED",
    )


def test_a_port_that_is_taken_is_named(kafka: KafkaCluster, tmp_path: Path) -> None:
    """With the setting that says which."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        service = Service(tmp_path, kafka.bootstrap, service={"http_port": port})
        said = complaint(service.run())

    assert said[0] == 2
    assert said[1].startswith(f"probewatch: service.http_port: cannot listen at 127.0.0.1:{port}: ")
