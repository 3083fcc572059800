"""What each receiver sends, as those on the other side verify or keep it."""

import asyncio
import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from detectors.alerts import Alert, Severity, Status
from streams.sinks.messages import DELIVERED, Message, Outcome, message
from streams.sinks.posting import Poster
from streams.sinks.reading import Reader
from streams.sinks.receivers.alertmanager import MOST_OPEN, Alertmanager, OpenAlerts
from streams.sinks.receivers.archives import File, Findings, OcsfPost, append
from streams.sinks.receivers.hooks import Webhook, signed
from streams.sinks.receivers.terminal import Terminal
from streams.sinks.retries import insist
from tests.alerts import an_alert
from tests.unit.streams.sinks.examples import FLOOD, a_sink, alerts
from tests.unit.streams.sinks.receivers import Memory, serving, speaking
from tests.unit.streams.sinks.test_dispatch import Bench

OLD, NEW, WRONG = (bytes([number]) * 32 for number in range(3))
NOW = 1_772_700_000.5


def secret(key: bytes) -> str:
    """A secret as it is handed over."""
    return "whsec_" + base64.b64encode(key).decode()


def now() -> float:
    """The time by which the library verifies."""
    return time.time()  # noqa: TID251


class Inbox:
    """What a server was sent."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        """Keep it."""
        self.bodies.append(await request.read())
        self.headers.append(dict(request.headers))
        self.paths.append(request.path)
        return web.Response()


def sent(make: Callable[[Poster], Any], *messages: Message) -> Inbox:
    """What a receiver posts of some messages."""
    inbox = Inbox()

    async def run() -> None:
        async with serving(inbox.answer) as url:
            sink = a_sink(type="slack", allow_http=True, allow_private=True)
            receiver = make(Poster(sink, url))
            await receiver.start()
            for each in messages:
                assert await receiver.deliver(each) == DELIVERED
            await receiver.stop()

    asyncio.run(run())
    return inbox


def webhook_of(now: float, *keys: bytes) -> Inbox:
    """What is posted of an alert, signed with these."""
    return sent(lambda poster: Webhook(poster, keys, lambda: now), message(alerts()[0]))


@pytest.mark.parametrize("key", [OLD, NEW], ids=["old", "new"])
def test_webhooks_are_verified_with_each_live_secret(key: bytes) -> None:
    """By the library of the specification, while one secret is replaced by another."""
    inbox = webhook_of(now(), OLD, NEW)

    body = Verifier(secret(key)).verify(inbox.bodies[0], inbox.headers[0])
    assert msgspec.convert(body["data"], Alert) == alerts()[0]
    assert body["type"] == "alert.open"


def test_forged_and_old_webhooks_are_not() -> None:
    """Another body, another secret, another id, and one that somebody kept for an hour."""
    inbox = webhook_of(now(), OLD)
    old = webhook_of(now() - 3_600, OLD)
    body, headers = inbox.bodies[0], inbox.headers[0]

    for data, claimed, key in [
        (body.replace(b"insider", b"outside"), headers, OLD),
        (body, headers, WRONG),
        (body, headers | {"webhook-id": "another"}, OLD),
        (old.bodies[0], old.headers[0], OLD),
    ]:
        with pytest.raises(WebhookVerificationError):
            Verifier(secret(key)).verify(data, claimed)


@given(st.binary(min_size=24, max_size=64), st.integers(0, 2**31))
def test_ids_of_webhooks_stay(key: bytes, now: int) -> None:
    """At whatever time it is sent, the id is the alert's and its revision's."""
    assert signed("a:1", b"{}", [key], now)["webhook-id"] == "a:1"


def test_findings_are_signed_only_if_they_can_be() -> None:
    """A collector that knows no webhooks gets them plain."""
    findings = Findings(lambda _: None, "0.0.0")
    plain = sent(lambda p: OcsfPost(p, findings, (), lambda: NOW), message(alerts()[0]))
    signed_ = sent(lambda p: OcsfPost(p, findings, (OLD,), lambda: NOW), message(alerts()[0]))

    assert plain.bodies == signed_.bodies
    assert "webhook-id" not in plain.headers[0]
    assert signed_.headers[0]["webhook-id"] == message(alerts()[0]).key


def alertmanager(
    poster: Poster, keeps: Callable[[Alert], bool] = lambda _: True, *open_: Alert
) -> Alertmanager:
    """One that finds these open as it begins."""

    async def current() -> AsyncIterator[Alert]:
        for each in open_:
            yield each

    return Alertmanager(
        a_sink(type="alertmanager", resend_interval="1m"), poster, current, keeps, lambda: NOW
    )


def told(story: Callable[[Alertmanager], Any], *open_: Alert, **how: Any) -> list[list[Any]]:
    """What an Alertmanager hears: for each post, what each alert is and whether it is over."""
    inbox = Inbox()

    async def run() -> None:
        async with serving(inbox.answer) as url:
            sink = a_sink(type="slack", allow_http=True, allow_private=True)
            receiver = alertmanager(Poster(sink, url), how.get("keeps", lambda _: True), *open_)
            await receiver.start()
            await receiver.begin(how.get("mine", lambda _: True))
            await story(receiver)
            await receiver.end()
            await receiver.stop()

    asyncio.run(run())
    return [
        [
            (each["labels"].get("alert_id"), each["labels"]["severity"], _minutes(each["endsAt"]))
            for each in json.loads(body)
        ]
        for body in inbox.bodies
    ]


def _minutes(ends: str) -> float:
    return round((datetime.fromisoformat(ends).timestamp() - NOW) / 60)


def test_open_alerts_are_told_again_until_they_are_over() -> None:
    """An alert ends by itself after four intervals unless it is sent again."""

    async def story(receiver: Alertmanager) -> None:
        await receiver.deliver(message(an_alert()))
        await receiver.tell_again()
        await receiver.deliver(message(an_alert(revision=2, status=Status.CLOSED)))
        await receiver.tell_again()

    assert told(story) == [[("a1", "medium", 4)], [("a1", "medium", 4)], [("a1", "medium", 0)]]


def test_a_severity_that_changes_ends_the_old_alert() -> None:
    """It is a label, so without that there would be two."""

    async def story(receiver: Alertmanager) -> None:
        await receiver.deliver(message(an_alert()))
        await receiver.deliver(message(an_alert(revision=2, severity=Severity.HIGH)))
        await receiver.tell_again()

    assert told(story)[1:] == [[("a1", "medium", 0), ("a1", "high", 4)], [("a1", "high", 4)]]


def test_what_was_open_before_a_restart_is_told_again() -> None:
    """Of the alerts that this process delivers, those that are not over."""
    was = [an_alert(alert_id="a"), an_alert(alert_id="b", status=Status.CLOSED)]
    found = told(
        lambda receiver: receiver.tell_again(),
        *was,
        an_alert(alert_id="others"),
        mine=lambda alert_id: alert_id != "others",
    )

    assert found == [[("a", "medium", 4)]]


def test_what_people_silence_is_not_told_again() -> None:
    """Nor what nobody will hear the end of."""
    silenced = set[str]()

    async def story(receiver: Alertmanager) -> None:
        for alert_id in "abc":
            await receiver.deliver(message(an_alert(alert_id=alert_id)))
        silenced.add("a")
        receiver.forget("b")
        await receiver.tell_again()

    assert told(story, keeps=lambda alert: alert.alert_id not in silenced)[3:] == [
        [("c", "medium", 4)]
    ]


def test_a_flood_is_one_alert_until_it_is_over() -> None:
    """It is told again like the others."""

    async def story(receiver: Alertmanager) -> None:
        await receiver.deliver(Message("f1", FLOOD))
        await receiver.tell_again()
        await receiver.deliver(Message("f2", msgspec.structs.replace(FLOOD, over=True)))
        await receiver.tell_again()

    assert told(story) == [
        [(None, "critical", 4)],
        [(None, "critical", 4)],
        [(None, "critical", 0)],
    ]


def test_only_so_many_are_told_again() -> None:
    """Of more, the least important are left to end by themselves."""
    held = OpenAlerts(2)
    for alert_id, severity in [("a", "high"), ("b", "low"), ("c", "medium")]:
        held.put(an_alert(alert_id=alert_id, severity=Severity(severity)))
    held.put(an_alert(alert_id="a", severity=Severity.LOW, revision=0))

    assert list(held) == ["a", "c"]
    assert MOST_OPEN >= 1_000


PUTS = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from(Severity), st.integers(0, 3)),
    max_size=60,
)


@given(PUTS, st.integers(1, 4))
def test_the_least_important_of_those_held_goes(
    puts: list[tuple[str, Severity, int]], most: int
) -> None:
    """Whatever was dropped, told again or changed before."""
    held, wanted = OpenAlerts(most), dict[str, tuple[int, str, str]]()
    for alert_id, severity, what in puts:
        if not what:
            held.drop(alert_id)
            wanted.pop(alert_id, None)
            continue
        alert = an_alert(alert_id=alert_id, severity=severity)
        held.put(alert)
        wanted[alert_id] = (severity.rank, alert.last_event_time, alert_id)
        if len(wanted) > most:
            del wanted[min(wanted, key=wanted.__getitem__)]

        assert set(held) == set(wanted)


MALFORMED = [{"raised_event_time": "nope"}, {"raised_event_time": "2026-03-05T09:00:00.000"}]


@pytest.mark.parametrize("malformed", [*MALFORMED, {"event_count": 2**70}])
def test_a_malformed_alert_costs_the_others_nothing(
    malformed: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever can write to the topic cannot have what is open end by itself."""

    async def story(receiver: Alertmanager) -> None:
        await receiver.tell_again()
        await receiver.tell_again()

    found = told(story, an_alert(alert_id="bad", **malformed), an_alert(alert_id="good"))

    assert found == [[("good", "medium", 4)]] * 2
    assert caplog.text.count("an alert in the topic is malformed") == 1
    assert "bad" not in caplog.text


def test_what_ends_meanwhile_is_not_told_again() -> None:
    """Between two posts of many, an alert may be over."""

    async def run() -> list[str]:
        heard: list[str] = []

        async def answer(request: web.Request) -> web.Response:
            again = await request.json()
            heard.extend(each["labels"]["alert_id"] for each in again)
            receiver.forget("z")
            return web.Response()

        async with serving(answer) as url:
            sink = a_sink(type="slack", allow_http=True, allow_private=True)
            many = [an_alert(alert_id=f"a{number:03}") for number in range(100)]
            receiver = alertmanager(
                Poster(sink, url), lambda _: True, *many, an_alert(alert_id="z")
            )
            await receiver.start()
            await receiver.begin(lambda _: True)
            await receiver.tell_again()
            await receiver.end()
            await receiver.stop()
        return heard

    heard = asyncio.run(run())
    assert len(heard) == 100
    assert "z" not in heard


class Unending(Memory):
    """A receiver that cannot let go."""

    async def end(self) -> None:
        """Fail."""
        raise RuntimeError("it does not end")


def test_a_sink_stops_whatever_fails_as_it_lets_go() -> None:
    """Or the process would go on, however often it is asked to end."""

    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async def run() -> None:
        async with speaking(silent) as url:
            bench = Bench(a_sink(), Unending())
            options = {"bootstrap_servers": url.removeprefix("http://")}
            reader = Reader(bench.outlet, "group", "alerts", options)
            running = asyncio.create_task(reader.run())
            await asyncio.sleep(0.1)
            running.cancel()
            async with asyncio.timeout(30):
                await asyncio.wait([running])
            assert running.cancelled()

    asyncio.run(run())


def test_a_file_has_whole_lines(tmp_path: Path) -> None:
    """Also after a crash in the middle of one, and in a file that nobody else may read."""
    path = tmp_path / "alerts.jsonl"
    path.write_bytes(b'{"torn')

    asyncio.run(_keep(path))

    lines = path.read_bytes().split(b"\n")
    assert lines[0] == b'{"torn'
    assert [msgspec.json.decode(line, type=Alert) for line in lines[1:-1]] == alerts()
    assert lines[-1] == b""


async def _keep(path: Path) -> None:
    for each in alerts():
        assert await File(path).deliver(message(each)) == DELIVERED


def test_a_new_file_is_private(tmp_path: Path) -> None:
    """Alerts are personal data."""
    append(tmp_path / "new", b"{}\n")

    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    """The disk may be full, or the directory not there yet."""
    outcome = asyncio.run(File(tmp_path / "not" / "there").deliver(message(alerts()[0])))

    assert outcome == Outcome("file")


def test_a_line_to_a_pipe_counts_once_it_is_written(tmp_path: Path) -> None:
    """There is no disk to wait for, and a second attempt would be a second line."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    assert asyncio.run(File(path).deliver(message(alerts()[0]))) == DELIVERED
    assert msgspec.json.decode(os.read(reader, 1 << 16), type=Alert) == alerts()[0]
    os.close(reader)


def test_a_terminal_gets_lines() -> None:
    """One for each alert."""
    reader, writer = os.pipe()
    asyncio.run(Terminal(writer).deliver(message(alerts()[0])))

    assert b"Bulk scraping, actor insider of firm" in os.read(reader, 1 << 16)
    os.close(reader)
    os.close(writer)


def filled() -> tuple[int, int]:
    """A pipe that takes nothing more: where to read, and where one waits for ever to write."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, bytes(1 << 12))
    os.set_blocking(writer, True)
    return reader, writer


def test_a_stuck_terminal_makes_nothing_else_wait() -> None:
    """However many lines wait, threads that others share are left to them."""
    reader, writer = filled()

    async def story() -> str:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        terminal = Terminal(writer)
        stuck = [asyncio.create_task(terminal.deliver(message(alerts()[0]))) for _ in range(4)]
        await asyncio.sleep(0)
        async with asyncio.timeout(30):
            done = await asyncio.to_thread(lambda: "done")
        for each in stuck:
            assert not each.done()
            each.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)
        return done

    assert asyncio.run(story()) == "done"
    os.close(reader)  # So that the thread ends, too.


STUCK = """
import asyncio, sys
from streams.sinks.messages import message
from streams.sinks.receivers.terminal import Terminal
from tests.alerts import an_alert

async def main():
    stuck = asyncio.create_task(Terminal(sys.stdout.fileno()).deliver(message(an_alert())))
    await asyncio.sleep(0.1)
    assert not stuck.done()
    stuck.cancel()

asyncio.run(main())
"""


def test_a_stuck_terminal_does_not_keep_a_process_from_ending() -> None:
    """Whoever stops it does not wait for somebody to read."""
    reader, writer = filled()
    done = subprocess.run([sys.executable, "-c", STUCK], stdout=writer, timeout=120, check=False)

    assert done.returncode == 0
    os.close(writer)
    os.close(reader)


def test_waits_grow_are_random_and_bounded() -> None:
    """Full jitter: a part of a bound that doubles; a receiver may ask for more."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    sink = a_sink(attempts=12, backoff="1s", longest_backoff="1m")
    down = [Outcome("http_503")] * 10 + [Outcome("http_429", wait=90.0)]
    result = asyncio.run(insist(Memory(down), message(alerts()[0]), sink, sleep=sleep))

    bounds = [min(60, 2**number) for number in range(10)]
    assert result.outcome.delivered
    assert result.attempts == 12
    assert all(0 <= wait <= bound for wait, bound in zip(waits, bounds, strict=False))
    assert len(set(waits)) == len(waits) == 11
    assert waits[-1] == 90.0
