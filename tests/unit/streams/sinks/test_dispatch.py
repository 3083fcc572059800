"""What is passed on, in which order, how often it is tried, and what if it is too much."""

import asyncio
import mmap
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from detectors.alerts import Alert, Mode, PatternCode, Severity, Status
from streams.metrics import Making
from streams.settings import Sink
from streams.sinks.backlog import Place
from streams.sinks.dead_letters import DeadLetter, DeadLetters, letter_of
from streams.sinks.dispatch import Dispatch, Outlet
from streams.sinks.messages import Flood, Message, Outcome, Receiver
from streams.sinks.metrics import DeliveryMetrics
from streams.sinks.selection import NoSilence, Silence
from tests.alerts import an_alert
from tests.unit.streams.sinks.examples import a_sink
from tests.unit.streams.sinks.receivers import Memory, until

DOWN = Outcome("http_503")
UNWANTED = Outcome("http_400", lasting=True)


class Letters:
    """A producer that keeps dead letters here."""

    def __init__(self) -> None:
        self.kept: list[tuple[bytes | None, DeadLetter]] = []

    async def send_and_wait(self, topic: str, value: bytes, *, key: bytes | None = None) -> None:
        """Keep it."""
        assert topic == "dead-letters"
        self.kept.append((key, msgspec.json.decode(value, type=DeadLetter)))


class Snoozed:
    """Silence about one alert, until it is critical."""

    def covers(self, alert: Alert) -> str | None:
        """Whether it is that one."""
        quiet = alert.alert_id == "snoozed" and alert.severity is not Severity.CRITICAL
        return "snoozed" if quiet else None


class Bench:
    """A dispatch with all that it is connected with."""

    def __init__(self, sink: Sink, receiver: Receiver, silence: Silence | None = None) -> None:
        self.letters = Letters()
        self.registry = CollectorRegistry()
        self.now = 1_000.0
        metrics = DeliveryMetrics(Making(self.registry)).of(sink.name)
        dead = DeadLetters(self.letters, "dead-letters", sink.name)
        self.outlet = outlet = Outlet(sink, receiver, dead, metrics, silence or NoSilence())
        self.dispatch = Dispatch(outlet, lambda: self.now)
        self.offset = 0

    async def give(self, *alerts: Alert) -> None:
        """Alerts, as they come from the topic."""
        for alert in alerts:
            record = msgspec.json.encode(alert)
            await self.dispatch.take(Place(0, self.offset), record, self.now - 1)
            self.offset += 1

    async def finish(self) -> None:
        """Return when everything has been done with."""
        self.dispatch.start()
        await until(lambda: not self.dispatch.open_places())
        self.dispatch.check()
        await self.dispatch.stop(1.0)

    def counted(self, outcome: str) -> float:
        """How often the metric of deliveries says this."""
        labels = {"sink": "test", "outcome": outcome}
        return self.registry.get_sample_value("probewatch_deliveries_total", labels) or 0.0


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run one to its end."""
    asyncio.run(work)


def test_every_revision_arrives_once_and_in_order() -> None:
    """Under a key of its own, which says which it is."""
    receiver = Memory()

    async def work() -> None:
        bench = Bench(a_sink(parallel=8), receiver)
        await bench.give(*(an_alert(alert_id=f"{n % 3}", revision=n // 3) for n in range(30)))
        await bench.finish()
        assert bench.counted("delivered") == 30

    run(work())
    for episode in range(3):
        own = [key for key in receiver.keys if key.startswith(f"{episode}:")]
        assert own == [f"{episode}:{revision}" for revision in range(10)]


def test_failures_are_tried_again_under_the_same_key() -> None:
    """Until the receiver takes it; whoever is behind in the episode waits."""
    receiver = Memory([DOWN, DOWN])

    async def work() -> None:
        bench = Bench(a_sink(), receiver)
        await bench.give(an_alert(revision=1), an_alert(revision=2))
        await bench.finish()
        assert bench.counted("retried") == 2

    run(work())
    assert [message.key for message in receiver.attempts] == ["a1:1"] * 3 + ["a1:2"]


@pytest.mark.parametrize(
    ("outcomes", "attempts"), [([DOWN] * 3, 3), ([UNWANTED], 1)], ids=["down", "unwanted"]
)
def test_what_is_given_up_is_a_dead_letter(outcomes: list[Outcome], attempts: int) -> None:
    """With the reason; the rest goes on."""
    receiver = Memory(outcomes)

    async def work() -> None:
        bench = Bench(a_sink(attempts=3), receiver)
        await bench.give(an_alert(revision=1), an_alert(revision=2))
        await bench.finish()
        ((key, letter),) = bench.letters.kept
        assert key == b"test/a1"
        assert (letter.reason, letter.attempts) == (outcomes[0].reason, attempts)
        assert (letter.key, letter.partition, letter.offset) == ("a1:1", 0, 0)
        assert letter.alert == an_alert(revision=1)
        assert bench.counted("dead") == 1

    run(work())
    assert receiver.keys == ["a1:2"]


def test_the_log_says_that_a_receiver_fails_and_works_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Why, and of which alert; then once a minute, and when it is over."""
    caplog.set_level("INFO", "streams.sinks.trouble")
    bench = Bench(a_sink(), Memory([DOWN, DOWN, Outcome(), UNWANTED]))

    async def work() -> None:
        bench.dispatch.start()
        for number in range(3):
            bench.now += 61 * number
            await bench.give(an_alert(alert_id=f"a{number}"))
            await until(lambda: not bench.dispatch.open_places())
        await bench.dispatch.stop(1.0)

    run(work())
    more = "; 1 more failures since this was said last"
    assert [
        (r.levelname, getattr(r, "alert_id", None), r.getMessage()) for r in caplog.records
    ] == [
        ("WARNING", "a0", "sink test: not delivered, tried again: http_503"),
        ("INFO", None, "sink test: delivers again"),
        ("WARNING", "a1", f"sink test: not delivered, now a dead letter: http_400{more}"),
        ("INFO", None, "sink test: delivers again"),
    ]


def test_a_fault_of_ours_stops_one_alert_and_no_other() -> None:
    """An exception in a receiver is a dead letter."""

    class Broken(Memory):
        async def deliver(self, message: Message) -> Outcome:
            if message.key == "bad:1":
                raise ZeroDivisionError
            return await super().deliver(message)

    receiver = Broken()

    async def work() -> None:
        bench = Bench(a_sink(), receiver)
        await bench.give(an_alert(alert_id="bad"), an_alert(alert_id="good"))
        await bench.finish()
        assert [letter.reason for _, letter in bench.letters.kept] == ["internal_error"]

    run(work())
    assert receiver.keys == ["good:1"]


DEEP = b'{"secret": ' + b"[" * 5_000 + b"]" * 5_000 + b"}"


@pytest.mark.parametrize("value", [b'{"secret": "payload"}', DEEP], ids=["other", "deep"])
def test_a_record_that_is_no_alert_is_noted(value: bytes) -> None:
    """Where it is, and nothing of what is in it."""

    async def work() -> None:
        bench = Bench(a_sink(), Memory())
        await bench.dispatch.take(Place(3, 7), value, 0.0)
        ((_, letter),) = bench.letters.kept
        assert (letter.reason, letter.partition, letter.offset) == ("not_an_alert", 3, 7)
        assert b"secret" not in msgspec.json.encode(letter)
        assert letter_of(msgspec.json.encode(letter)) == letter
        assert bench.dispatch.open_places() == {}

    run(work())


@pytest.mark.parametrize(
    "value", [None, b"", b"\xff", DEEP, b'{"schema": "probewatch.dead_letter.v2"}']
)
def test_what_is_no_dead_letter_is_none(value: bytes | None) -> None:
    """Deleted, garbage, or of a newer version."""
    assert letter_of(value) is None


@pytest.mark.parametrize(
    ("sink", "passes"),
    [
        ({}, ["medium", "high", "scraping", "across", "closed", "tenant"]),
        ({"least_severity": "high"}, ["high"]),
        ({"patterns": ["persistent_stalking"]}, ["high"]),
        ({"tenants": ["b"]}, ["tenant"]),
        ({"statuses": ["closed"]}, ["closed"]),
    ],
    ids=["all", "severity", "pattern", "tenant", "status"],
)
def test_filters(sink: dict[str, Any], passes: list[str]) -> None:
    """A sink for some tenants hears nothing of what is across tenants; a shadow pages nobody."""
    receiver = Memory()
    stalking = PatternCode.PERSISTENT_STALKING
    given = [
        an_alert(alert_id="medium"),
        an_alert(alert_id="high", severity=Severity.HIGH, pattern=stalking),
        an_alert(alert_id="scraping"),
        an_alert(alert_id="across", tenant_id=None, tenants=("b", "t")),
        an_alert(alert_id="closed", status=Status.CLOSED),
        an_alert(alert_id="tenant", tenant_id="b"),
        an_alert(alert_id="shadow", mode=Mode.SHADOW),
    ]

    async def work() -> None:
        bench = Bench(a_sink(**sink), receiver)
        await bench.give(*given)
        await bench.finish()
        assert bench.counted("filtered") == len(given) - len(passes)

    run(work())
    assert sorted(message.key[:-2] for message in receiver.delivered) == sorted(passes)


def test_an_alert_opens_for_a_sink_when_it_is_first_told_of_it() -> None:
    """What rises to its severity later is told once; what was told already, is not again."""
    receiver = Memory()
    updated, high = {"status": Status.UPDATED}, {"severity": Severity.HIGH}

    async def work() -> None:
        bench = Bench(a_sink(least_severity="high", statuses=["open", "reopened"]), receiver)
        await bench.give(
            an_alert(revision=1),
            an_alert(revision=2, **updated, **high),
            an_alert(revision=3, **updated, severity=Severity.CRITICAL),
            an_alert(revision=4, status=Status.CLOSED, **high),
            an_alert(revision=5, status=Status.REOPENED, **high),
            an_alert(revision=6, **updated, **high),
        )
        await bench.finish()

    run(work())
    assert receiver.keys == ["a1:2", "a1:5"]


def test_what_breaks_through_a_snooze_opens_for_a_sink() -> None:
    """Though its opening was kept quiet."""
    receiver = Memory()

    async def work() -> None:
        bench = Bench(a_sink(statuses=["open"]), receiver, Snoozed())
        risen = {"status": Status.UPDATED, "severity": Severity.CRITICAL}
        await bench.give(
            an_alert(alert_id="snoozed"), an_alert(alert_id="snoozed", revision=2, **risen)
        )
        await bench.finish()

    run(work())
    assert receiver.keys == ["snoozed:2"]


def test_what_people_silenced_is_not_told() -> None:
    """It is counted, and a receiver that repeats what is open is told to forget it."""
    receiver = Memory()

    async def work() -> None:
        bench = Bench(a_sink(), receiver, Snoozed())
        await bench.give(an_alert(alert_id="snoozed"), an_alert(alert_id="b"))
        await bench.finish()
        assert bench.counted("suppressed") == 1

    run(work())
    assert (receiver.keys, receiver.forgotten) == (["b:1"], ["snoozed"])


def test_what_is_not_done_with_stays_open() -> None:
    """Offsets are committed only behind what is waiting or on its way."""
    receiver = Memory()

    async def work() -> None:
        bench = Bench(a_sink(parallel=1), receiver)
        receiver.open.clear()
        await bench.give(an_alert(alert_id="a"), an_alert(alert_id="b", severity=Severity.HIGH))
        bench.dispatch.start()
        await until(lambda: bench.dispatch.depth == 1)
        assert bench.dispatch.open_places() == {0: 0}
        receiver.open.set()
        await until(lambda: len(receiver.delivered) == 2)
        await until(lambda: not bench.dispatch.open_places())
        await bench.dispatch.stop(1.0)

    run(work())
    assert receiver.keys == ["b:1", "a:1"]


def test_what_hangs_when_partitions_go_is_left_to_others() -> None:
    """It stays open, so whoever takes over reads it again."""
    receiver = Memory()

    async def work() -> None:
        bench = Bench(a_sink(), receiver)
        receiver.open.clear()
        await bench.give(an_alert())
        bench.dispatch.start()
        await until(lambda: not bench.dispatch.depth)
        await bench.dispatch.stop(0.01)
        assert bench.dispatch.open_places() == {0: 0}

    run(work())


def resident() -> int:
    """Bytes of memory that this process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * mmap.PAGESIZE


def flood(count: int, critical_every: int) -> Iterable[Alert]:
    """Alerts of an attacker who wants to hide some that matter."""
    for number in range(count):
        severity = Severity.LOW if number % critical_every else Severity.CRITICAL
        yield an_alert(alert_id=f"{severity}-{number}", severity=severity, reasons=())


def test_a_flood_is_bounded_told_of_and_hides_nothing() -> None:
    """Of 100,000 alerts in a moment the critical ones go first, and people hear of the rest."""
    receiver = Memory()
    most: list[int] = []
    grown: list[int] = []

    async def work() -> None:
        bench = Bench(a_sink(type="terminal", queue=1_000, digest_interval="30s"), receiver)
        receiver.open.clear()
        bench.dispatch.start()
        before = resident()
        for alert in flood(100_000, 1_000):
            await bench.give(alert)
            if bench.offset % 500 == 0:
                most.append(bench.dispatch.depth)
                grown.append(resident() - before)
                await asyncio.sleep(0)
        receiver.open.set()
        bench.now += 10.0
        await until(lambda: bench.counted("delivered") >= 1_000 and _floods(receiver))
        bench.now += 60.0
        await until(lambda: len(_floods(receiver)) > 1)
        await until(lambda: not bench.dispatch.open_places())
        await bench.dispatch.stop(1.0)
        assert not bench.dispatch.flooding
        assert bench.counted("delivered") + bench.counted("digested") == 100_000

    run(work())
    alerts = [m.content for m in receiver.delivered if isinstance(m.content, Alert)]
    begun, over = _floods(receiver)
    critical = {alert.alert_id for alert in alerts if alert.severity is Severity.CRITICAL}
    assert max(most) <= 1_000
    # All of them as records take 70 MB, and several times that as objects.
    assert max(grown) < 30 << 20
    assert len(critical) == 100
    assert (begun.number, begun.over, over.over) == (1, False, True)
    assert over.severities == {"low": 100_000 - len(alerts)}
    assert over.patterns == {"bulk_scraping": 100_000 - len(alerts)}
    assert over.since == begun.since


def test_the_important_overtake_what_waits() -> None:
    """During a flood the critical ones are sent before anything that came earlier."""
    receiver = Memory()

    async def work() -> None:
        bench = Bench(a_sink(type="terminal", queue=100, parallel=1), receiver)
        await bench.give(*flood(10_000, 1_000))
        await _sent(bench, 100)

    run(work())
    alerts = [m.content for m in receiver.delivered if isinstance(m.content, Alert)]
    assert [alert.severity is Severity.CRITICAL for alert in alerts[:11]] == [True] * 10 + [False]


async def _sent(bench: Bench, count: int) -> None:
    bench.dispatch.start()
    await until(lambda: bench.counted("delivered") >= count)
    await bench.dispatch.stop(1.0)


def test_an_archive_waits_instead_of_counting() -> None:
    """A file is given everything, so reading has to wait for it."""
    bench = Bench(a_sink(type="file", queue=2), Memory())

    async def work() -> None:
        full = []
        for alert_id in "ab":
            await bench.give(an_alert(alert_id=alert_id))
            full.append(bench.dispatch.full)
        assert full == [False, True]
        assert bench.counted("digested") == 0

    run(work())


def test_a_flood_that_cannot_be_told_is_a_dead_letter() -> None:
    """And what it counted is then done with."""
    receiver = Memory([UNWANTED] * 9)

    async def work() -> None:
        bench = Bench(a_sink(type="terminal", queue=1, digest_interval="1s"), receiver)
        receiver.open.clear()
        await bench.give(*(an_alert(alert_id=f"{n}") for n in range(5)))
        bench.dispatch.start()
        await asyncio.sleep(0.6)
        receiver.open.set()
        bench.now += 10.0
        await until(lambda: any(letter.flood for _, letter in bench.letters.kept))
        await until(lambda: not bench.dispatch.open_places())
        await bench.dispatch.stop(1.0)
        told = [letter.flood for _, letter in bench.letters.kept if letter.flood]
        assert told[0].counted == 4

    run(work())


def _floods(receiver: Memory) -> list[Flood]:
    return [m.content for m in receiver.delivered if isinstance(m.content, Flood)]
