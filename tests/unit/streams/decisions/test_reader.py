import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from prometheus_client import CollectorRegistry

from streams.decisions.decoding import decode
from streams.decisions.reader import Decisions, now
from streams.decisions.records import DayBegun, Record, line_of
from streams.ingest.rejects import Rejected
from streams.metrics import Making
from streams.settings import Settings
from tests.decisions import a_budget, a_snooze, configured, ruled, settings_with
from tests.logs import HOUR


@dataclass
class Sender:
    """Keeps what is said."""

    said: list[Record] = field(default_factory=list)

    async def send(
        self, topic: str, value: bytes, *, key: bytes | None = None, partition: int | None = None
    ) -> None:
        """As a worker's."""
        assert (topic, partition) == ("probewatch.decisions", 0)
        assert key
        record = decode(value)
        assert not isinstance(record, Rejected)
        self.said.append(record)


def reading(settings: Settings | None = None) -> tuple[Decisions, Sender, CollectorRegistry]:
    """What a worker knows of a topic that it is handed by hand."""
    registry, sender = CollectorRegistry(), Sender()
    decisions = Decisions({}, settings or Settings(), sender, Making(registry), lambda _: None)
    return decisions, sender, registry


def fetched(*values: bytes | None, timestamp: int | None = None) -> list[Any]:
    """Records as they are fetched."""
    stamp = now() if timestamp is None else timestamp
    return [
        ConsumerRecord("d", 0, offset, stamp, 1, b"k", value, None, 1, len(value or b""), ())
        for offset, value in enumerate(values)
    ]


def sample(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    """The value of a metric."""
    return registry.get_sample_value(f"probewatch_{name}", labels)


def in_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a test of what needs a loop."""
    asyncio.run(test())


def test_a_bad_record_costs_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    """It is counted by reason and told by its offset, never by what was in it."""

    async def work() -> None:
        decisions, _, registry = reading()
        decisions.hear(fetched(line_of(a_snooze()), b"secret garbage", None, line_of(ruled())))

        assert sample(registry, "decisions_rejected_total", reason="not_json") == 1
        assert sample(registry, "verdicts_total", verdict="false") == 1
        assert len(decisions.silences.snoozes) == 1

    with caplog.at_level(logging.INFO):
        in_loop(work)
    assert "probewatch.decisions, offset 1: no decision: not_json" in caplog.text
    assert "secret" not in caplog.text


def test_verdicts_of_the_past_are_not_counted_again() -> None:
    """Every worker reads the topic from its beginning each time that it starts."""

    async def work() -> None:
        decisions, _, registry = reading()
        decisions.hear(fetched(line_of(ruled()), timestamp=now() - HOUR))

        assert sample(registry, "verdicts_total", verdict="false") == 0
        assert decisions.ledger.ruled["false"] == 1

    in_loop(work)


def test_a_configuration_that_is_refused_is_told_until_a_good_one_comes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Loudly, with why; what was judged by is judged by further."""

    async def work() -> None:
        decisions, _, registry = reading()
        bad = configured(a_budget(2.0))
        del bad.tables["budget"]
        decisions.hear(fetched(line_of(bad)))
        assert sample(registry, "configuration_rejected") == 1
        decisions.hear(fetched(line_of(configured(a_budget(2.0)))))
        assert sample(registry, "configuration_rejected") == 0

    in_loop(work)
    refusal = next(record for record in caplog.records if record.levelno == logging.ERROR)
    assert "is refused: configuration record: budget: missing" in refusal.getMessage()


def test_there_is_one_configuration_that_is_judged_by() -> None:
    """The file's to begin with; then what a station says, since when it does."""

    async def work() -> None:
        decisions, _, registry = reading()
        first = Settings().config_hash
        assert sample(registry, "configuration_info", hash=first) == 1
        decisions.judged_by("abcdef012345")

        assert sample(registry, "configuration_info", hash=first) is None
        assert sample(registry, "configuration_info", hash="abcdef012345") == 1
        assert (sample(registry, "configuration_loaded_timestamp_seconds") or 0) > 1e9

    in_loop(work)


def test_silences_are_counted_as_long_as_they_hold() -> None:
    """Whenever somebody looks."""

    async def work() -> None:
        table = {"id": "x", "owner": "soc", "reason": "test", "tenants": ["t"]}
        over = table | {"until": "2020-01-01T00:00:00Z"}
        lasting = table | {"until": "2099-01-01T00:00:00Z"}
        decisions, _, registry = reading(settings_with(suppressions=[over, lasting]))
        decisions.hear(fetched(line_of(a_snooze(until=now() + HOUR)), line_of(a_snooze(until=5))))
        assert sample(registry, "snoozes_active") == 0
        decisions.hear(fetched(line_of(a_snooze(until=now() + HOUR))))

        assert sample(registry, "snoozes_active") == 1
        assert sample(registry, "suppressions_active") == 1

    in_loop(work)


def test_a_day_is_said_to_begin_once() -> None:
    """However many stations wait for it, and not at all if somebody else has said it."""

    async def work() -> None:
        decisions, sender, _ = reading()
        announcing = asyncio.create_task(decisions._announce(sender))  # noqa: SLF001  without a broker
        for day in (20_000, 20_000, 19_999):
            decisions.begin(day)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert not decisions.has_begun(20_000)
        decisions.hear(fetched(*map(line_of, sender.said), line_of(DayBegun(20_001))))
        decisions.begin(20_001)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        announcing.cancel()

        assert sender.said == [DayBegun(20_000)]
        assert decisions.has_begun(20_001)

    in_loop(work)


def test_no_record_puts_off_what_is_decided() -> None:
    """Whoever can write to the topic may have a day begin, but none in the future."""

    async def work() -> None:
        decisions, _, registry = reading()
        decisions.hear(fetched(line_of(DayBegun(30_000)), line_of(DayBegun(20_000))))

        assert decisions.ledger.begun == 20_000
        assert sample(registry, "decisions_rejected_total", reason="bad_time") == 1

    in_loop(work)


def test_a_day_far_ahead_of_the_clock_is_waited_for_by_nobody() -> None:
    """A log may be of the future; a record that says so is refused, and would never come."""
    decisions, *_ = reading()

    assert decisions.has_begun(2_000_000)
    assert not decisions.has_begun(20_000)
