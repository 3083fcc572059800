"""The topic, as a worker reads it: from its beginning, and on."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from detectors.alerts import Alert
from detectors.guidance import Guidance
from detectors.state.actors import DAY
from detectors.units import NEVER
from detectors.verdicts import Ruling
from streams.ingest.rejects import Rejected
from streams.metrics import Making
from streams.settings import Settings

from .changes import fixed_of, tables_of
from .decoding import decode
from .ledger import Ledger
from .metrics import DecisionMetrics
from .records import Configuration, DayBegun, Record, Ruled, Started, key_of, line_of
from .silences import Silences

_LOGGER: Final = logging.getLogger(__name__)


class Says(Protocol):
    """What hands records to the broker."""

    async def send(
        self, topic: str, value: bytes, *, key: bytes | None = None, partition: int | None = None
    ) -> object:
        """Hand one over, in order."""


class Decisions:
    """The ledger, kept in step with the topic.

    Args:
        options: of aiokafka's clients.
        settings: of this worker.
        sender: what is said goes through it; None to read only, and to judge nothing.
        making: of the metrics by which decisions are counted.
        on_failure: told if the topic cannot be read any more.

    Attributes:
        ledger: what is known.
        on_news: called when something was read.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        settings: Settings,
        sender: Says | None,
        making: Making,
        on_failure: Callable[[BaseException], None],
    ) -> None:
        self.ledger = Ledger(settings)
        self.on_news: Callable[[], None] = lambda: None
        self._options = options
        self._settings = settings
        self._place = TopicPartition(settings.kafka.decisions_topic, 0)
        self._sender = sender
        self._metrics = DecisionMetrics(making)
        self._metrics.follow(lambda: self.silences.active(now()))
        self._metrics.holds(settings.config_hash)
        self._on_failure = on_failure
        self._beginning = NEVER
        self._begins = asyncio.Event()
        self._began_at = now()
        self._caught_up = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def silences(self) -> Silences:
        """What is not delivered for now."""
        return self.ledger.silences

    def ruling(self, alert_id: str) -> Ruling | None:
        """What an analyst has said of an alert last."""
        return self.ledger.ruling(alert_id)

    def covers(self, alert: Alert) -> str | None:
        """Why an alert is not to be delivered now; None if it is."""
        return self.silences.covers(alert, now())

    async def start(self) -> None:
        """Say that we have started, and read what was decided until now."""
        consumer = AIOKafkaConsumer(
            **self._options, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        try:
            await consumer.start()
        except BaseException:
            await consumer.stop()
            raise
        consumer.assign([self._place])
        for one in self.silences.expired(now()):
            _LOGGER.warning("suppression %s ended at %s: it has no effect", one.id, one.until)
        fixed = fixed_of(self._settings)
        self._tasks = [asyncio.create_task(self._read(consumer))]
        if self._sender is not None:
            await self._say(
                self._sender,
                Started(now(), self._settings.config_hash, fixed, tables_of(self._settings)),
            )
            self._tasks.append(asyncio.create_task(self._announce(self._sender)))
        for task in self._tasks:
            task.add_done_callback(self._check)
        caught_up = asyncio.create_task(self._caught_up.wait())
        await asyncio.wait([caught_up, self._tasks[0]], return_when=asyncio.FIRST_COMPLETED)
        caught_up.cancel()

    async def stop(self) -> None:
        """Read no more."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def has_begun(self, day: int) -> bool:
        """Whether nothing that is decided from now on counts for a day.

        For one that the clock is nowhere near nobody waits: nobody believes that it has begun.
        """
        return self.ledger.has_begun(day) or day > now() // DAY + 1

    def at(self, day: int) -> Guidance:
        """What was decided for a day that has begun."""
        return self.ledger.at(day)

    def begin(self, day: int) -> None:
        """Have it said that a day begins; it has begun once that is read here."""
        if day > self._beginning:
            self._beginning = day
            self._begins.set()

    def judged_by(self, config_hash: str) -> None:
        """Hear by which configuration a station of this worker judges from now on."""
        self._metrics.holds(config_hash)

    async def _announce(self, sender: Says) -> None:
        while True:
            await self._begins.wait()
            self._begins.clear()
            if not self.has_begun(self._beginning):
                await self._say(sender, DayBegun(self._beginning))

    async def _say(self, sender: Says, record: Record) -> None:
        await sender.send(self._place.topic, line_of(record), key=key_of(record), partition=0)

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        try:
            while True:
                batches = await consumer.getmany(timeout_ms=500)
                for records in batches.values():
                    self.hear(records)
                if not batches:
                    # Not every broker tells where a topic ends.
                    self._caught_up.set()
        finally:
            await consumer.stop()

    def hear(self, records: Iterable["ConsumerRecord[bytes, bytes]"]) -> None:
        """Take records of the topic."""
        for record in records:
            if not record.value:
                # A tombstone says nothing.
                continue
            decided = decode(record.value, record.offset, record.timestamp)
            if isinstance(decided, Rejected):
                self._metrics.rejected(decided.reason)
                place = (self._place.topic, decided.index)
                _LOGGER.warning(
                    "%s, offset %d: no decision: %s %s", *place, decided.reason, decided.field or ""
                )
                continue
            self._note(self.ledger.hear(decided), fresh=record.timestamp >= self._began_at)
        self.on_news()

    def _note(self, decided: Record, *, fresh: bool) -> None:
        if isinstance(decided, Ruled) and fresh:
            self._metrics.ruled(decided.verdict.verdict.value)
        elif isinstance(decided, Configuration):
            refused = self.ledger.refused
            self._metrics.refused(refused is not None)
            if refused is not None:
                _LOGGER.error("configuration %s is refused: %s", decided.config_hash, refused)
            elif decided.tables != tables_of(self._settings):
                _LOGGER.info("configuration %s goes before the file's", decided.config_hash)

    def _check(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOGGER.error("topic of decisions: %r", error)
            self._on_failure(error)


def now() -> int:
    """Milliseconds since the epoch, by this machine's clock."""
    return time.time_ns() // 1_000_000
