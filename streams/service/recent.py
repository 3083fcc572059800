"""The latest alerts, as the topic of their last revisions has them; for people to look at."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from detectors.alerts import Alert

MOST_SHOWN: Final = 200
"""Alerts that are kept; whoever wants more reads the topic."""

_LOOKED_BACK: Final = 10_000
"""Offsets of each partition that are read at the start: compaction leaves gaps in them."""

_RETRY_SECONDS: Final = 5.0
_DECODER: Final = msgspec.json.Decoder(Alert)
_LOGGER = logging.getLogger(__name__)


class Recent:
    """The alerts that changed last, each in its last revision. No I/O."""

    def __init__(self) -> None:
        self._alerts: dict[str, Alert] = {}

    def put(self, alert: Alert) -> None:
        """Note a revision; one that is older than what is known changes nothing."""
        known = self._alerts.get(alert.alert_id)
        if known is not None and known.revision > alert.revision:
            return
        self._alerts.pop(alert.alert_id, None)
        self._alerts[alert.alert_id] = alert
        if len(self._alerts) > MOST_SHOWN:
            del self._alerts[next(iter(self._alerts))]

    def drop(self, alert_id: str) -> None:
        """Forget one that is gone."""
        self._alerts.pop(alert_id, None)

    def get(self, alert_id: str) -> Alert | None:
        """One of them."""
        return self._alerts.get(alert_id)

    def newest_first(self) -> list[Alert]:
        """All of them, by the time of their last event."""
        by_id = sorted(self._alerts.values(), key=lambda alert: alert.alert_id)
        return sorted(by_id, key=lambda alert: alert.last_event_time, reverse=True)


class AlertReader:
    """Keeps alerts in step with their topic; that it fails stops nothing else.

    It belongs to no consumer group: each process that shows alerts reads all of them.

    Args:
        options: of aiokafka's clients.
        topic: of last revisions.
        alerts: where they go.
    """

    def __init__(self, options: Mapping[str, Any], topic: str, alerts: Recent) -> None:
        self._options = options
        self._topic = topic
        self._alerts = alerts
        self._reading: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to read."""
        self._reading = asyncio.create_task(self._keep_reading())

    async def stop(self) -> None:
        """Read no more."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    async def _keep_reading(self) -> None:
        while True:
            try:
                await self._read()
            except KafkaError as error:
                _LOGGER.warning("alerts cannot be read to show them: %r", error)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _read(self) -> None:
        consumer = AIOKafkaConsumer(self._topic, **self._options, auto_offset_reset="earliest")
        try:
            await consumer.start()
            ends = await consumer.end_offsets(consumer.assignment())
            for place, begin in (await consumer.beginning_offsets(list(ends))).items():
                consumer.seek(place, max(begin, ends[place] - _LOOKED_BACK))
            while True:
                for records in (await consumer.getmany(timeout_ms=1_000)).values():
                    self._note(records)
        finally:
            await consumer.stop()

    def _note(self, records: Iterable[Any]) -> None:
        for record in records:
            if record.value is None:
                self._alerts.drop((record.key or b"").decode(errors="replace"))
                continue
            try:
                self._alerts.put(_DECODER.decode(record.value))
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                _LOGGER.warning(
                    "%s, partition %d, offset %d: not an alert",
                    *(record.topic, record.partition, record.offset),
                )
