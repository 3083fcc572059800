"""Who writes the trail: of all workers the one that has the first partition of actors.

It reads the alerts' topics and that of decisions, and chains what it finds. The others wait. That
it fails stops nothing else: it begins anew from the last record.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from detectors.errors import ProbewatchError
from streams.kafka.reading import partitions

from .chain import Happened
from .file import AuditFile, Copy
from .happenings import of_alert, of_decision, written
from .trail import Trail

_RETRY_SECONDS: Final = 5.0
_IDLE_SECONDS: Final = 1.0
_ANEW_SECONDS: Final = 60.0
"""After so long it is looked whether there are new topics or partitions, and whether a copy that
fell behind can be written again."""
_AT_ONCE: Final = 500

_LOGGER = logging.getLogger(__name__)

Part = Literal["trail", "copy"]
"""What may fail: the chain in its topic, or the file beside it."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What the trail is of.

    Attributes:
        alerts: topics of alerts.
        decisions: the topic of decisions, which there may not be.
    """

    alerts: tuple[str, ...]
    decisions: str

    def happened(self, record: "ConsumerRecord[bytes, bytes]") -> Happened:
        """What a record of them comes to."""
        make = of_decision if record.topic == self.decisions else of_alert
        return make(record)


@dataclass(frozen=True, slots=True)
class Writing:
    """Where the trail goes, and what is said of the writer as it begins.

    Attributes:
        options: of aiokafka's clients.
        topic: of the trail.
        name: of the group and of the transactions.
        config_hash: of the settings that judge.
        copy: a file that is given the same lines, if any.
    """

    options: Mapping[str, Any]
    topic: str
    name: str
    config_hash: str
    copy: AuditFile | None = None


class Scribe:
    """Keeps the trail, as long as it is this worker's to keep.

    Args:
        writing: where it goes.
        sources: what it is of.
        ours: whether it is this worker's.
        on_written: told the kinds of what was written.
        on_failure: told what has failed, each time.
    """

    def __init__(
        self,
        writing: Writing,
        sources: Sources,
        ours: Callable[[], bool],
        on_written: Callable[[Sequence[str]], None] = lambda _: None,
        on_failure: Callable[[Part], None] = lambda _: None,
    ) -> None:
        self._writing = writing
        self._sources = sources
        self._ours = ours
        self._on_written = on_written
        self._on_failure = on_failure
        self._copy: Copy | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to wait for the trail."""
        self._task = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Write no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _keep(self) -> None:
        while True:
            if self._ours():
                try:
                    await self._write()
                except (ProbewatchError, KafkaError, OSError) as error:
                    _LOGGER.warning("the audit trail waits: %s", error)
                    await self._wait()
                except Exception:
                    # A fault of ours must be seen, and not end the trail in silence.
                    _LOGGER.exception("the audit trail waits")
                    await self._wait()
            await asyncio.sleep(_IDLE_SECONDS)

    async def _wait(self) -> None:
        self._on_failure("trail")
        await asyncio.sleep(_RETRY_SECONDS)

    async def _write(self) -> None:
        """Write for as long as it is ours."""
        writing = self._writing
        trail = await Trail.open(writing.options, writing.topic, writing.name)
        # Another worker may have written since: what the file lacks has to be looked up.
        self._copy = self._new_copy()
        try:
            await self._catch_up(trail)
            await self._chain(trail, [self._begin()], {})
            while self._ours():
                await self._tail(trail)
                await self._catch_up(trail)
        finally:
            await trail.close()

    def _new_copy(self) -> Copy | None:
        file = self._writing.copy
        return None if file is None else Copy(file, lambda: self._on_failure("copy"))

    async def _catch_up(self, trail: Trail) -> None:
        if self._copy is not None:
            await self._copy.catch_up(self._writing.options, self._writing.topic, trail.head)

    def _begin(self) -> Happened:
        about = {"writer": secrets.token_hex(8), "config_hash": self._writing.config_hash}
        return Happened(written(int(time.time() * 1000)), "start", about)

    async def _tail(self, trail: Trail) -> None:
        """Chain what comes, until it is time to look for new topics."""
        consumer = AIOKafkaConsumer(
            **self._writing.options,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
        )
        try:
            await consumer.start()
            topics = [*self._sources.alerts, self._sources.decisions]
            places = await partitions(self._writing.options, topics)
            consumer.assign(places)
            known = await trail.read_to(self._writing.options, places)
            for place, offset in known.items():
                consumer.seek(place, offset)
            until = time.monotonic() + _ANEW_SECONDS
            while self._ours() and time.monotonic() < until:
                batches = await consumer.getmany(
                    timeout_ms=int(_IDLE_SECONDS * 1000), max_records=_AT_ONCE
                )
                found = [record for batch in batches.values() for record in batch]
                if found:
                    read = {place: batch[-1].offset + 1 for place, batch in batches.items()}
                    await self._chain(trail, [self._sources.happened(r) for r in found], read)
        finally:
            await consumer.stop()

    async def _chain(
        self, trail: Trail, happened: Sequence[Happened], read: Mapping[TopicPartition, int]
    ) -> None:
        links = await trail.write(happened, read)
        if self._copy is not None:
            self._copy.append(links)
        self._on_written([each.kind for each in links])
