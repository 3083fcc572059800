"""The sources of a worker: read in step with each other, and with those of other workers."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from detectors.events import ABSENT_TIME
from detectors.state.actors import DAY
from streams.ingest.admission import TimeRules
from streams.ingest.ingest import Ingest

from .control import Watermark
from .flow import Commit, Flow, Partition, Record
from .sender import Outstanding
from .sources import FOREVER, Source
from .tools import Gate, Tools

_IDLE_SECONDS: Final = 1.0
_SURELY_IDLE_SECONDS: Final = 5.0
"""A source that nothing comes from for so long, though its end is reached, has nothing: what is
left there are marks of transactions."""


class Inlet:
    """A source, and what it has sent.

    Attributes:
        outstanding: what the broker may not have yet.
        heard_at: when records came last (monotonic seconds); never, as long as none can come.
        committed: what was committed last.
        broken: whether something was read and could not be sent: then nothing is committed, nor
            sent, since what is sent after a gap would hide it for ever.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.outstanding = Outstanding()
        self.heard_at = math.inf
        self.committed: Commit | None = None
        self.broken = False
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[Source]:
        """The source, to be changed; what it sends must be in `outstanding` by the end."""
        async with self._lock:
            try:
                yield self.source
            except BaseException:
                self.broken = True
                raise


class Inlets:
    """The source partitions that a worker was given.

    Args:
        tools: what it works with.
        flow: the engine.
        gate: shut while events are held back.
        partitions: how many partitions the query topic has.
    """

    def __init__(self, tools: Tools, flow: Flow, gate: Gate, partitions: int) -> None:
        self.places: dict[Partition, Inlet] = {}
        self._tools = tools
        self._flow = flow
        self._gate = gate
        self._partitions = partitions
        self._skew = _ms(tools.settings.service.max_skew)
        self._quiet_after = _ms(tools.settings.service.quiet_after)

    async def open(self, places: Sequence[Partition]) -> None:
        """Begin at what was committed of partitions."""
        if not places:
            return
        settings = self._tools.settings
        rules = TimeRules(
            allowed_lateness_ms=_ms(settings.input.allowed_lateness),
            clock_tolerance_ms=_ms(settings.input.clock_tolerance),
        )
        committed = await self._tools.durability.committed(places)
        for place in places:
            ingest = Ingest(self._tools.names, None, settings.subjects.namespace)
            source = Source(place.number, ingest, rules, self._tools.topics.actors.partitions)
            source.watch = self._tools.metrics.tenants.observe
            if place in committed:
                source.resume(*committed[place])
            self.places[place] = Inlet(source)

    def listen(self, *, reading: bool) -> None:
        """Count silence from now on; or not at all, since nothing is read for now."""
        for inlet in self.places.values():
            inlet.heard_at = time.monotonic() if reading else math.inf

    def drop(self, which: Callable[[Partition], bool]) -> None:
        """Forget partitions."""
        for place in [p for p, inlet in self.places.items() if inlet.broken or which(p)]:
            del self.places[place]

    async def take(self, place: Partition, records: Iterable[Record]) -> None:
        """Take records of one of the partitions, and send on what may be."""
        inlet = self.places[place]
        async with inlet.changing() as source:
            if inlet.broken:
                return
            taken = list(records)
            rejects = source.take(taken, time.time_ns() // 1_000_000)
            if len(rejects) < len(taken):
                inlet.heard_at = time.monotonic()
            inlet.outstanding.add(await self._tools.publisher.rejects(place, rejects))
        await self.release()

    async def release(self) -> None:
        """Send on what may be: no source runs far ahead of the slowest of the others."""
        board = self._tools.control.board
        moved = True
        while moved:
            moved = False
            for place, inlet in list(self.places.items()):
                board.watermarks[place.number] = self.watermark(place, inlet)
                limit = board.frontier(place.number, self._partitions, self._skew)
                async with inlet.changing() as source:
                    if inlet.broken:
                        continue
                    held = source.waiting_for
                    blocks = source.release(FOREVER if limit is None else limit)
                    inlet.outstanding.add(await self._tools.publisher.blocks("actor", blocks))
                    moved |= held != source.waiting_for
                board.watermarks[place.number] = self.watermark(place, inlet)
                self._gate.set(place, shut=inlet.source.holds)

    def watermark(self, place: Partition, inlet: Inlet) -> Watermark:
        """How far a source has come, and whether it has anything more."""
        source = inlet.source
        silent = time.monotonic() - inlet.heard_at
        end = self._flow.end(place)
        read = end is not None and source.next_offset >= end
        idle = (
            not source.holds
            and self._flow.drained(place)
            and (silent > (_IDLE_SECONDS if read else _SURELY_IDLE_SECONDS))
        )
        return Watermark(source.waiting_for if source.holds else source.newest, idle)

    async def announce(self) -> None:
        """Tell the other workers how far we have come; let days begin in logs long quiet."""
        for place, inlet in list(self.places.items()):
            mark = self.watermark(place, inlet)
            if mark.idle and mark.time != ABSENT_TIME:
                await self._let_time_pass(inlet)
            await self._tools.control.announce(place.number, mark)

    async def _let_time_pass(self, inlet: Inlet) -> None:
        silent = time.time() * 1000 - inlet.source.last_timestamp
        if silent > self._quiet_after:
            async with inlet.changing() as source:
                ticks = source.tick(int(source.newest + silent - self._quiet_after) // DAY)
                inlet.outstanding.add(await self._tools.publisher.blocks("actor", ticks))

    async def commit(self) -> None:
        """Commit how far sources have come, once what they sent has arrived."""
        commits: dict[Partition, Commit] = {}
        for place, inlet in list(self.places.items()):
            async with inlet.changing() as source:
                commit = source.commit
            await inlet.outstanding.arrived()
            if commit != inlet.committed and not inlet.broken:
                commits[place] = commit
        if commits and await self._flow.commit(commits):
            for place, commit in commits.items():
                if place in self.places:
                    self.places[place].committed = commit


def _ms(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
