"""What a worker has to say, as records of its topics."""

import logging
import time
from collections.abc import Iterable, Sequence

import msgspec
import orjson

from detectors.alerts import Alert, Mode, Severity, Status
from streams.blocks import Block, encode
from streams.ingest.rejects import Rejected
from streams.kafka.topics import Topics
from streams.logs import about

from .control import Control
from .flow import Partition
from .metrics import Metrics
from .outcome import Outcome
from .sender import Sender, Sent

_LOGGER = logging.getLogger(__name__)


class _Reject(msgspec.Struct, frozen=True):
    """Why a record was turned away, and where it is; nothing of what is in it."""

    topic: str
    partition: int
    offset: int
    reason: str
    field: str | None


class Publisher:
    """Turns what sources and stations come to into records."""

    def __init__(self, sender: Sender, topics: Topics, control: Control, metrics: Metrics) -> None:
        self._sender = sender
        self._topics = topics
        self._control = control
        self._metrics = metrics
        self._blocks = {
            "actor": topics.actors.name,
            "subject": topics.subjects.name,
            "network": topics.networks.name,
            "cohort": topics.cohorts.name,
        }

    async def blocks(self, kind: str, blocks: Iterable[tuple[int, Block]]) -> list[Sent]:
        """Send blocks to partitions of a kind's topic."""
        topic = self._blocks[kind]
        return [
            await self._sender.send(topic, encode(block), partition=number)
            for number, block in blocks
        ]

    async def outcome(self, outcome: Outcome) -> list[Sent]:
        """Send what a station made of its rows."""
        sent = [await self._control.contribute(said) for said in outcome.contributions]
        for kind, number, block in outcome.blocks:
            sent += await self.blocks(kind, [(number, block)])
        for alert in outcome.alerts:
            revision = (alert.alert_id, alert.revision)
            read_at = outcome.read_at.get(revision)
            self._metrics.alert(
                alert,
                outcome.reached.get(revision, ()),
                time.time(),
                None if read_at is None else read_at / 1000,
            )
            sent += await self._alert(alert, outcome.reached.get(revision, ()))
        return sent

    async def rejects(self, place: Partition, rejects: Sequence[Rejected]) -> list[Sent]:
        """Say which records were turned away; the key tells a repetition."""
        topic = self._topics.rejects.name
        return [
            await self._sender.send(
                topic,
                msgspec.json.encode(_Reject(*place, reject.index, reject.reason, reject.field)),
                key=f"{place.topic}/{place.number}/{reject.index}".encode(),
            )
            for reject in rejects
        ]

    async def _alert(self, alert: Alert, reached: Sequence[Severity]) -> list[Sent]:
        value = orjson.dumps(msgspec.to_builtins(alert))
        key = alert.alert_id.encode()
        live = alert.mode is Mode.LIVE
        topics = (
            [self._topics.alerts.name, self._topics.alerts_current.name]
            if live
            else [self._topics.shadow_alerts.name]
        )
        if live and reached:
            said = "%s: %s" if alert.status is Status.OPEN else "%s: has become %s"
            _LOGGER.info(said, alert.pattern, alert.severity, extra=about(alert.alert_id))
        return [await self._sender.send(topic, value, key=key) for topic in topics]
