"""Alerts reach their receivers through real brokers, whatever fails on the way."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import orjson
from aiohttp import web
from standardwebhooks import Webhook

from detectors.alerts import Alert, Severity
from streams.simulate import Recipe, build
from tests.alerts import an_alert
from tests.integration.delivery import QUICK, SECRET, Delivery
from tests.integration.receiver import Receiver, take
from tests.integration.service import Worker, wait_for
from tests.kafka.cluster import KafkaCluster

EPISODES: Final = 30
REVISIONS: Final = 5
OUTAGE: Final = 60
"""Requests for which nothing but errors comes back."""

FLOOD: Final = 100_000
CRITICAL_EVERY: Final = 1_000
DEPTH: Final = 'probewatch_sink_queue_depth{sink="hook"}'
FLOODING: Final = 'probewatch_alert_flood{sink="hook"}'
_POLLS: Final = 600
_POLL_SECONDS: Final = 0.2

SIGNING: Final = {"PROBEWATCH_SINK_HOOK_SECRET": SECRET}


def episodes(first: int, last: int) -> list[Alert]:
    """So many revisions of each episode, interleaved."""
    return [
        an_alert(alert_id=f"episode{episode}", revision=revision)
        for revision in range(first, last)
        for episode in range(EPISODES)
    ]


def misbehaving(inside: str) -> Any:
    """An outage first, then every fault that there is, at random."""
    rng = np.random.default_rng(8)

    async def behave(request: web.Request, number: int) -> web.StreamResponse:
        fault = (
            "down"
            if number < OUTAGE
            else rng.choice(
                ["none", "down", "busy", "hang", "garbage", "cut", "redirect"],
                p=[0.52, 0.1, 0.1, 0.04, 0.08, 0.08, 0.08],
            )
        )
        match fault:
            case "none":
                return web.Response()
            case "busy":
                return web.Response(status=429, headers={"Retry-After": "0"})
            case "hang":
                await asyncio.sleep(1.0)
                return web.Response(status=504)
            case "redirect":
                return web.Response(status=307, headers={"Location": inside})
            case "garbage" | "cut" if request.transport is not None:
                head = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"
                request.transport.write(head if fault == "cut" else b"\x00\xff\r\n\r\n")
                request.transport.close()
        return web.Response(status=500)

    return behave


def test_everything_arrives_though_everything_fails(kafka: KafkaCluster, tmp_path: Path) -> None:
    """Outage, hangs, garbage, redirects and SIGKILL: each revision arrives, in order, as itself."""
    with Receiver() as inside, Receiver(misbehaving(inside.url)) as receiver:
        hook = {"name": "hook", "type": "webhook", "url": receiver.url, **QUICK}
        refused = hook | {"name": "refused", "url": inside.url, "allow_private": False}
        sinks = Delivery(tmp_path, kafka.bootstrap, hook, refused | {"attempts": 1})
        environ = SIGNING | {"PROBEWATCH_SINK_REFUSED_SECRET": SECRET}
        wanted = {f"{alert.alert_id}:{alert.revision}" for alert in episodes(0, REVISIONS)}
        for revision in range(REVISIONS):
            sinks.write(episodes(revision, revision + 1))
            enough = OUTAGE + (revision + 1) * EPISODES
            # It is killed at the end of this context, whatever it is doing.
            with sinks.start(**environ) as process:
                wait_for(lambda enough=enough: len(receiver.got) >= enough, process)  # type: ignore[misc]
        with sinks.start(**environ) as process:
            wait_for(lambda: _keys(receiver) >= wanted, process)
            wait_for(lambda: len(sinks.dead_letters()) >= len(wanted), process)
            assert process.stop() == 0

    assert _keys(receiver) == wanted
    assert_in_order(receiver)
    assert inside.got == []
    assert {(each.sink, each.reason) for each in sinks.dead_letters()} == {
        ("refused", "address_refused")
    }


def assert_in_order(receiver: Receiver) -> None:
    """Of each episode, no revision is taken for the first time after a later one was."""
    first = defaultdict[str, list[int]](list)
    seen = set[str]()
    for got in receiver.taken:
        alert = msgspec.convert(got.json["data"], Alert)
        assert got.key == f"{alert.alert_id}:{alert.revision}"
        if got.key not in seen:
            first[alert.alert_id].append(alert.revision)
        seen.add(got.key)
    assert all(revisions == sorted(revisions) for revisions in first.values())


def test_processes_share_alerts_and_take_over(kafka: KafkaCluster, tmp_path: Path) -> None:
    """One that comes takes its part, and the part of one that is killed is taken over."""
    hook = {"name": "hook", "type": "webhook", **QUICK}
    with Receiver() as receiver:
        sinks = Delivery(
            tmp_path, kafka.bootstrap, hook | {"url": receiver.url}, kafka={"partitions": 4}
        )
        keys = [f"{alert.alert_id}:{alert.revision}" for alert in episodes(0, REVISIONS)]
        with sinks.start(**SIGNING) as first:
            sinks.write(episodes(0, 2))
            wait_for(lambda: len(_keys(receiver)) > EPISODES, first)
            with sinks.start(**SIGNING) as second:
                wait_for(second.ready, second)
                for number in range(_POLLS):
                    more = an_alert(alert_id=f"more{number}")
                    keys.append(f"more{number}:1")
                    sinks.write([more])
                    if _delivered(second):
                        break
                sinks.write(episodes(2, 4))
                wait_for(lambda: len(_keys(receiver)) > len(keys) - 2 * EPISODES, second)
            sinks.write(episodes(4, REVISIONS))
            wait_for(lambda: _keys(receiver) >= set(keys), first)

    assert _keys(receiver) == set(keys)
    assert_in_order(receiver)


def _keys(receiver: Receiver) -> set[str]:
    return {got.key for got in receiver.taken}


def _delivered(process: Worker) -> float:
    return process.metrics()['probewatch_deliveries_total{outcome="delivered",sink="hook"}']


def test_a_stranger_could_not_have_sent_it(kafka: KafkaCluster, tmp_path: Path) -> None:
    """The library of the specification verifies what arrives."""
    with Receiver() as receiver:
        hook = {"name": "hook", "type": "webhook", "url": receiver.url, **QUICK}
        sinks = Delivery(tmp_path, kafka.bootstrap, hook)
        sinks.write([an_alert()])
        with sinks.start(**SIGNING) as process:
            wait_for(lambda: receiver.taken, process)

    (got,) = receiver.taken
    assert Webhook(SECRET).verify(got.body, got.headers)["data"]["alert_id"] == "a1"


def test_one_that_is_down_delays_nobody(kafka: KafkaCluster, tmp_path: Path) -> None:
    """Each reads with offsets of its own, and its metrics say how it fares."""

    async def hang(_: web.Request, __: int) -> web.Response:
        await asyncio.sleep(3_600)
        return web.Response()

    count = 50
    with Receiver(hang) as receiver:
        sinks = Delivery(
            tmp_path,
            kafka.bootstrap,
            {"name": "hook", "type": "webhook", "url": receiver.url, **QUICK},
            {"name": "archive", "type": "file", "output_file": "kept", "begin": "earliest"},
        )
        sinks.write(an_alert(alert_id=f"{number}") for number in range(count))
        with sinks.start(**SIGNING) as process:
            kept = tmp_path / "kept"
            wait_for(lambda: kept.exists() and kept.read_bytes().count(b"\n") == count, process)
            wait_for(lambda: _metric(process, "lag_records", "hook") == count, process)
            wait_for(lambda: _metric(process, "lag_records", "archive") == 0, process)
            retried = 'probewatch_deliveries_total{outcome="retried",sink="hook"}'
            wait_for(lambda: process.metrics()[retried] > 0, process)
            assert process.ready()


def _metric(process: Worker, name: str, sink: str) -> float:
    return float(process.metrics()[f'probewatch_sink_{name}{{sink="{sink}"}}'])


def test_dead_letters_are_delivered_again_when_asked_for(
    kafka: KafkaCluster, tmp_path: Path
) -> None:
    """Once, in order, under the keys that they had; as long as it fails they stay.

    What others wrote among them keeps none.
    """

    async def refuse(_: web.Request, __: int) -> web.Response:
        return web.Response(status=503)

    with Receiver(refuse) as receiver:
        hook = {"name": "hook", "type": "webhook", "url": receiver.url, **QUICK, "attempts": 2}
        sinks = Delivery(tmp_path, kafka.bootstrap, hook)
        sinks.spoil()
        sinks.write(an_alert(revision=revision) for revision in range(3))
        with sinks.start(**SIGNING) as process:
            wait_for(lambda: len(sinks.dead_letters()) == 3, process)
            process.stop()
        with sinks.start("--dead-letters", **SIGNING) as process:
            assert process.wait() == 1
            assert "sink hook: http_503 after 2 attempts" in process.log

        del receiver.got[:]
        receiver.behave = take
        for _ in range(2):
            with sinks.start("--dead-letters", "--sink", "hook", **SIGNING) as process:
                assert process.wait() == 0

    assert [got.key for got in receiver.taken] == ["a1:0", "a1:1", "a1:2"]


def test_a_new_sink_begins_with_what_comes(kafka: KafkaCluster, tmp_path: Path) -> None:
    """And from then on it passes nothing over, also what comes while it is down."""
    sinks = Delivery(
        tmp_path,
        kafka.bootstrap,
        {"name": "archive", "type": "file", "output_file": "kept"},
    )
    kept = tmp_path / "kept"
    sinks.write([an_alert(alert_id="before")])
    with sinks.start() as process:
        wait_for(lambda: _lag(process) == 0.0, process)
        sinks.write([an_alert(alert_id="first")])
        wait_for(kept.exists, process)
    sinks.write([an_alert(alert_id="while down")])
    with sinks.start() as process:
        wait_for(lambda: b"while down" in kept.read_bytes(), process)

    assert b"before" not in kept.read_bytes()


def _lag(process: Worker) -> float | None:
    if not process.address:
        return None
    found: float | None = process.metrics().get('probewatch_sink_lag_records{sink="archive"}')
    return found


def test_workers_deliver_what_they_find(kafka: KafkaCluster, tmp_path: Path) -> None:
    """Beside detection, which a sink that is down does not hurt; unless they are told not to."""
    scenario = build(Recipe(world="police", seed=2, actors=40, days=21))
    with Receiver() as nobody:
        gone = nobody.url
    sinks = Delivery(
        tmp_path,
        kafka.bootstrap,
        {"name": "archive", "type": "file", "output_file": "kept", "begin": "earliest"},
        {"name": "hook", "type": "webhook", "url": gone, **QUICK},
        {"name": "lake", "type": "ocsf", "url": gone, **QUICK},
    )
    service, kept = sinks.service, tmp_path / "kept"
    with service.run("--no-sinks") as worker:
        service.send(orjson.dumps(event) for event in scenario.events())
        wait_for(lambda: worker.ready() and not service.behind(), worker)
        assert "probewatch_deliveries_total{" not in worker.get("/metrics")[1]
        assert worker.stop() == 0
    wanted = service.records(service.topics.alerts.name)
    assert not kept.exists()
    with service.run(**SIGNING) as worker:
        wait_for(lambda: kept.exists() and len(_lines(kept)) >= len(wanted), worker)
        wait_for(worker.ready, worker)
        assert worker.stop() == 0

    assert wanted
    assert {_key(line) for line in _lines(kept)} == {_key(value) for _, value in wanted}


def _lines(path: Path) -> list[bytes]:
    """The whole ones: the last may be on its way."""
    return path.read_bytes().split(b"\n")[:-1]


def _key(record: bytes) -> tuple[str, int]:
    alert = msgspec.json.decode(record, type=Alert)
    return alert.alert_id, alert.revision


def test_a_flood_hides_nothing(kafka: KafkaCluster, tmp_path: Path) -> None:
    """Of 100,000 alerts the critical ones arrive first, the flood is told, memory is bounded."""

    async def slow(_: web.Request, __: int) -> web.Response:
        await asyncio.sleep(0.01)
        return web.Response()

    with Receiver(slow) as receiver:
        hook = {"name": "hook", "type": "webhook", "url": receiver.url, **QUICK}
        flooded = {"queue": 500, "digest_interval": "5s", "timeout": "10s"}
        sinks = Delivery(tmp_path, kafka.bootstrap, hook | flooded)
        with sinks.start(**SIGNING) as process:
            wait_for(process.ready, process)
            before = process.memory
            sinks.write(flood(FLOOD), current=False)
            most = 0.0
            for _ in range(_POLLS):
                most = max(most, process.metrics().get(DEPTH, 0.0))
                if _floods(receiver) and _floods(receiver)[-1]["over"]:
                    break
                time.sleep(_POLL_SECONDS)
            grown = process.memory - before
            wait_for(lambda: _metric(process, "lag_records", "hook") == 0, process)
            wait_for(lambda: not process.metrics()[FLOODING], process)
            counts = process.metrics()

    severities = [
        got.json["data"]["severity"] for got in receiver.taken if got.json["type"] != "flood"
    ]
    begun, *_, over = _floods(receiver)
    outcome = 'probewatch_deliveries_total{{outcome="{}",sink="hook"}}'
    delivered, digested = (counts[outcome.format(word)] for word in ("delivered", "digested"))
    assert severities.count("critical") == FLOOD // CRITICAL_EVERY
    assert delivered + digested == FLOOD
    assert over["counted"] == digested
    assert over["severities"] == {"low": digested}
    assert (begun["number"], begun["over"], begun["since"]) == (1, False, over["since"])
    assert most <= 500
    assert grown < 60 << 20


def _floods(receiver: Receiver) -> list[dict[str, Any]]:
    told = [got.json for got in receiver.taken]
    return [each["data"] for each in told if each["type"] == "flood"]


def flood(count: int) -> Iterator[Alert]:
    """Alerts of an attacker who wants to hide a few that matter."""
    for number in range(count):
        severity = Severity.LOW if number % CRITICAL_EVERY else Severity.CRITICAL
        yield an_alert(alert_id=f"{number}", severity=severity)
