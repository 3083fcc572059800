"""Looking at the service from outside: its alerts in Kafka, its health and metrics by HTTP."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import aiohttp
import msgspec
from aiokafka import AIOKafkaConsumer
from prometheus_client.parser import text_string_to_metric_families

from detectors.alerts import Alert
from detectors.errors import BrokerError

_POLL_SECONDS: Final = 0.5
_QUIET_POLLS: Final = 3
"""Looks in a row that find nothing changed and nothing left to do: events may be on their way
from one stage to the next, where nobody counts them."""

_MOST_SECONDS: Final = 300.0
"""A worker that takes longer to finish what was sent does not work."""


_COUNTED: Final = {
    "probewatch_events_total": "events",
    "probewatch_events_late_total": "events",
    "probewatch_rows_applied_total": "rows",
    "probewatch_alerts_total": "alerts",
    "probewatch_consumer_lag_records": "lag",
}


class Tally(NamedTuple):
    """What a worker has done so far.

    Attributes:
        events: queries that it took.
        rows: that its stages have applied.
        alerts: revisions that it has written, of live patterns.
        lag: records that it has yet to read.
    """

    events: int = 0
    rows: int = 0
    alerts: int = 0
    lag: int = 0


async def read_alerts(
    options: Mapping[str, Any], topic: str, told: Callable[[Alert], None]
) -> None:
    """Tell every revision on the topic, from its first on, until cancelled."""
    consumer = AIOKafkaConsumer(topic, **options, auto_offset_reset="earliest")
    try:
        await consumer.start()
        while True:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    told(msgspec.json.decode(record.value or b"", type=Alert))
    finally:
        await consumer.stop()


class Probe:
    """Asks a worker over HTTP.

    Args:
        address: of its server.
        session: to ask with.
    """

    def __init__(self, address: str, session: aiohttp.ClientSession) -> None:
        self._address = address
        self._session = session

    async def ready(self) -> None:
        """Wait until it works."""
        while True:
            async with self._session.get(f"{self._address}/readyz") as answer:
                if answer.ok:
                    return
            await asyncio.sleep(_POLL_SECONDS)

    async def done(self, events: int, alerts: Callable[[], int]) -> None:
        """Wait until it has judged so many events, and its alerts have been seen.

        Raises:
            BrokerError: it does not come to that.
        """
        deadline = time.monotonic() + _MOST_SECONDS
        last, quiet = None, 0
        while quiet < _QUIET_POLLS:
            if time.monotonic() > deadline:
                raise BrokerError(f"the worker does not finish: {last}")
            await asyncio.sleep(_POLL_SECONDS)
            now = await self.tally()
            idle = now == last and now.events >= events and not now.lag
            quiet = quiet + 1 if idle and now.alerts <= alerts() else 0
            last = now

    async def tally(self) -> Tally:
        """What its metrics say."""
        async with self._session.get(f"{self._address}/metrics") as answer:
            text = await answer.text()
        sums: Counter[str] = Counter()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                # Alerts in the shadow go to a topic that nobody looks at here.
                if sample.name in _COUNTED and sample.labels.get("mode") != "shadow":
                    sums[_COUNTED[sample.name]] += int(sample.value)
        return Tally(**sums)
