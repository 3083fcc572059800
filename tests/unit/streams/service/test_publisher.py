import asyncio
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from detectors.alerts import Alert, Mode, PatternCode, Severity, Status
from streams.kafka.topics import topics
from streams.service.control import Control
from streams.service.metrics import Metrics
from streams.service.outcome import Outcome
from streams.service.publisher import Publisher
from streams.service.sender import Sender
from streams.settings import Kafka
from tests.alerts import an_alert

TOPICS = topics(Kafka())
PAGING = {TOPICS.alerts.name, TOPICS.alerts_current.name}
"""Topics that receivers of alerts read."""


class Producer:
    """Takes everything at once."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []

    async def send(self, topic: str, value: bytes, **_: Any) -> "asyncio.Future[object]":
        """Note it."""
        self.taken.append((topic, value))
        sent: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        sent.set_result(None)
        return sent


def published(
    alerts: list[Alert], reached: dict[tuple[str, int], tuple[Severity, ...]] | None = None
) -> list[tuple[str, bytes]]:
    """Topic and value of what comes of alerts."""
    producer = Producer()
    sender = Sender(producer, lambda _: None)
    control = Control({}, TOPICS.control.name, sender, lambda _: None)
    publisher = Publisher(sender, TOPICS, control, Metrics(CollectorRegistry()))
    outcome = Outcome(alerts=alerts, reached=reached or {})
    asyncio.run(publisher.outcome(outcome))
    return producer.taken


alerts = st.lists(
    st.builds(
        an_alert,
        mode=st.sampled_from(Mode),
        pattern=st.sampled_from(PatternCode),
        severity=st.sampled_from(Severity),
        status=st.sampled_from(Status),
    ),
    max_size=6,
)


@given(alerts)
def test_the_shadow_reaches_no_receiver(found: list[Alert]) -> None:
    """Whatever the alert, its mode alone says where it goes: a shadow one to its own topic only."""
    for topic, value in published(found):
        mode = orjson.loads(value)["mode"]
        assert (topic in PAGING) == (mode == "live")
        assert (topic == TOPICS.shadow_alerts.name) == (mode == "shadow")


@given(alerts)
def test_every_alert_is_published(found: list[Alert]) -> None:
    """A live one to two topics, a shadow one to one."""
    assert len(published(found)) == sum(2 if a.mode is Mode.LIVE else 1 for a in found)


def test_the_log_tells_what_becomes_worse(caplog: pytest.LogCaptureFixture) -> None:
    """That an alert opens, and each time that it is more severe; not that it goes on."""
    caplog.set_level("INFO", "streams.service.publisher")
    low, medium, high = (*Severity,)[:3]
    going_on = [an_alert(revision=2 + i, status=Status.UPDATED, severity=high) for i in range(2)]
    published(
        [an_alert(), *going_on, an_alert(mode=Mode.SHADOW)],
        {("a1", 1): (low, medium), ("a1", 2): (high,)},
    )

    assert [record.getMessage() for record in caplog.records] == [
        "bulk_scraping: medium",
        "bulk_scraping: has become high",
    ]
