"""A worker: the partitions that it was given, and what flows between them."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from detectors.errors import ProbewatchError
from detectors.events import ABSENT_TIME
from detectors.shards.batch import SHARDS
from detectors.stages import ActorStage, LaterStage, network_stage, subject_stage
from detectors.state.actors import DAY
from streams.ingest.admission import TimeRules
from streams.ingest.ingest import Ingest
from streams.ingest.pseudonyms import PseudonymKey
from streams.kafka.topics import Topics
from streams.settings import Settings

from .control import Control, Watermark
from .flow import Commit, Flow, Partition, Record
from .keeper import Durability, Keeper
from .metrics import Metrics
from .publisher import Publisher
from .sender import Outstanding
from .sources import FOREVER, Source
from .stations import Station

STAGES: Final[Mapping[str, Callable[..., ActorStage | LaterStage[Any]]]] = {
    "actor": ActorStage,
    "subject": subject_stage,
    "network": network_stage,
}

_IDLE_SECONDS: Final = 1.0
_SURELY_IDLE_SECONDS: Final = 5.0
"""A source that nothing comes from for so long has nothing, whatever the broker says."""

_OPENED_AT_ONCE: Final = 4
"""Logs that are read side by side: reading one takes a core when its state is large."""

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tools:
    """What a worker works with."""

    settings: Settings
    names: PseudonymKey
    topics: Topics
    durability: Durability
    control: Control
    publisher: Publisher
    metrics: Metrics


class Inlet:
    """A source, and what it has sent."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.outstanding = Outstanding()
        self.lock = asyncio.Lock()
        self.heard_at = time.monotonic()
        self.committed: Commit | None = None


class Worker:
    """The partitions of one process.

    The engine brings records (`receive`), says which partitions are ours (`take_over`,
    `let_go`), and is asked to pause, resume and commit through `flow`.

    Args:
        tools: what it works with.
        flow: the engine.
        source_partitions: how many partitions the query topic has.
    """

    def __init__(
        self,
        tools: Tools,
        flow: Flow,
        source_partitions: int,
    ) -> None:
        self.inlets: dict[Partition, Inlet] = {}
        self.keepers: dict[Partition, Keeper] = {}
        self._tools = tools
        self._flow = flow
        self._source_partitions = source_partitions
        self._generation = -1
        self._paused: set[Partition] = set()
        self._wake = asyncio.Event()
        topics = tools.topics
        self._kinds = {
            topics.actors.name: ("actor", topics.actor_state.name),
            topics.subjects.name: ("subject", topics.subject_state.name),
            topics.networks.name: ("network", topics.network_state.name),
        }

    async def take_over(self, assigned: set[Partition], generation: int) -> dict[Partition, int]:
        """Make ready for partitions; the offset from which to read each.

        What was ours in the generation before and still is has had no other owner, so it
        goes on as it is; everything else comes from its checkpoints.
        """
        began = time.monotonic()
        ours = generation == self._generation + 1
        await self._drop(lambda place: not ours or place not in assigned or self._broken(place))
        new = [p for p in assigned if p not in self.inlets and p not in self.keepers]
        gate = asyncio.Semaphore(_OPENED_AT_ONCE)
        await asyncio.gather(
            self._open_sources([place for place in new if place.topic not in self._kinds]),
            *(self._open(place, gate) for place in new if place.topic in self._kinds),
        )
        self._tools.control.own = frozenset(place.number for place in self.inlets)
        self._generation = generation
        self._paused.clear()
        self._tools.metrics.restored.set(time.monotonic() - began)
        self._wake.set()
        positions = {place: inlet.source.next_offset for place, inlet in self.inlets.items()}
        return positions | {p: keeper.station.next_offset for p, keeper in self.keepers.items()}

    def _broken(self, place: Partition) -> bool:
        keeper = self.keepers.get(place)
        return keeper is not None and keeper.broken

    async def _drop(self, which: Callable[[Partition], bool]) -> None:
        for place in [place for place in self.inlets if which(place)]:
            del self.inlets[place]
        for place in [place for place in self.keepers if which(place)]:
            await self.keepers.pop(place).close()

    async def _open(self, place: Partition, gate: asyncio.Semaphore) -> None:
        kind, state_topic = self._kinds[place.topic]
        tools = self._tools
        partitions = tools.topics.actors.partitions
        numbers = range(place.number, SHARDS, partitions)
        settings = tools.settings
        async with gate:
            stage = STAGES[kind](
                settings.detection, settings.config_hash, tools.names.write, numbers
            )
            station = Station(stage, place.number, partitions, tools.control.board)
            self.keepers[place] = await Keeper.open(station, state_topic, tools.durability)
        if isinstance(stage, ActorStage):
            for number, unit in stage.units.items():
                for day in {unit.today, *stage.shards[number].contributed}:
                    known = stage.shards[number].contribution(day)
                    await tools.control.contribute(number, day, known)

    async def _open_sources(self, places: Sequence[Partition]) -> None:
        if not places:
            return
        settings = self._tools.settings
        rules = TimeRules(
            allowed_lateness_ms=_ms(settings.input.allowed_lateness),
            clock_tolerance_ms=_ms(settings.input.clock_tolerance),
        )
        admin = AIOKafkaAdminClient(**self._tools.durability.options)
        await admin.start()
        try:
            committed = await admin.list_consumer_group_offsets(
                settings.kafka.application, partitions=[TopicPartition(*p) for p in places]
            )
        finally:
            await admin.close()
        for place in places:
            ingest = Ingest(self._tools.names, None, settings.subjects.namespace)
            source = Source(place.number, ingest, rules, self._tools.topics.actors.partitions)
            known = committed.get(TopicPartition(*place))
            if known is not None and known.offset >= 0:
                source.resume(known.offset, known.metadata or "")
            self.inlets[place] = Inlet(source)

    async def receive(self, place: Partition, records: Sequence[Record]) -> None:
        """Take records of one of our partitions."""
        if (inlet := self.inlets.get(place)) is not None:
            async with inlet.lock:
                inlet.heard_at = time.monotonic()
                rejects = inlet.source.take(records)
                inlet.outstanding.add(await self._tools.publisher.rejects(place, rejects))
            await self.release()
        elif (keeper := self.keepers.get(place)) is not None:
            async with keeper.changing() as station:
                station.take(records)
            await self._advance(place, keeper)

    async def release(self) -> None:
        """Send on what sources may release: none runs far ahead of the slowest of the others."""
        board = self._tools.control.board
        skew = _ms(self._tools.settings.service.max_skew)
        moved = True
        while moved:
            moved = False
            for place, inlet in list(self.inlets.items()):
                board.watermarks[place.number] = self.watermark(inlet)
                limit = board.frontier(place.number, self._source_partitions, skew)
                async with inlet.lock:
                    held = inlet.source.waiting_for
                    blocks = inlet.source.release(FOREVER if limit is None else limit)
                    inlet.outstanding.add(await self._tools.publisher.blocks("actor", blocks))
                    moved |= held != inlet.source.waiting_for
                board.watermarks[place.number] = self.watermark(inlet)
                self._hold(place, hold=inlet.source.holds)

    def watermark(self, inlet: Inlet) -> Watermark:
        """How far a source has come, and whether it has anything more."""
        source = inlet.source
        place = Partition(self._tools.topics.queries.name, source.number)
        silent = time.monotonic() - inlet.heard_at
        end = self._flow.end(place)
        read = end is not None and source.next_offset >= end
        idle = not source.holds and (
            silent > _SURELY_IDLE_SECONDS or (read and silent > _IDLE_SECONDS)
        )
        return Watermark(source.waiting_for if source.holds else source.newest, idle)

    def _hold(self, place: Partition, *, hold: bool) -> None:
        if hold and place not in self._paused:
            self._paused.add(place)
            self._flow.pause([place])
        elif not hold and place in self._paused:
            self._paused.discard(place)
            self._flow.resume([place])

    async def _advance(self, place: Partition, keeper: Keeper) -> None:
        async with keeper.changing() as station:
            outcome = station.run()
            keeper.outstanding.add(await self._tools.publisher.outcome(outcome))
        self._tools.metrics.applied(keeper.station.stage.kind, outcome.rows, outcome.repeated)
        self._hold(place, hold=keeper.station.parked)
        if outcome.contributions:
            self._wake.set()

    async def tend(self) -> None:
        """Go on wherever something was waited for, and say how far sources have come."""
        for place, keeper in list(self.keepers.items()):
            if keeper.station.parked:
                await self._advance(place, keeper)
        await self.release()
        for inlet in list(self.inlets.values()):
            await self._let_time_pass(inlet)
            await self._tools.control.announce(inlet.source.number, self.watermark(inlet))

    async def _let_time_pass(self, inlet: Inlet) -> None:
        """In a log that has been quiet for long, days begin all the same."""
        source = inlet.source
        if source.newest == ABSENT_TIME or not self.watermark(inlet).idle:
            return
        silent = time.time() * 1000 - source.last_timestamp
        quiet_after = _ms(self._tools.settings.service.quiet_after)
        if silent > quiet_after:
            async with inlet.lock:
                ticks = source.tick(int(source.newest + silent - quiet_after) // DAY)
                inlet.outstanding.add(await self._tools.publisher.blocks("actor", ticks))

    async def news(self) -> None:
        """Wait until there may be something to go on with."""
        await self._wake.wait()
        self._wake.clear()

    def wake(self) -> None:
        """Say that there may be."""
        self._wake.set()

    async def let_go(self, deadline: float) -> None:
        """Make durable what we have, as far as there is time (seconds), since others may own it."""
        try:
            async with asyncio.timeout(deadline):
                await self.commit_sources()
                for place, keeper in list(self.keepers.items()):
                    for group in keeper.groups():
                        await self.save(place, group)
                await self.commit_stations()
        except TimeoutError:
            _LOGGER.warning("no time for a last checkpoint: what it lacks will be read again")
        except (ProbewatchError, KafkaError) as error:
            _LOGGER.warning("no last checkpoint: %s", error)

    async def close(self) -> None:
        """Let go of all partitions, without another checkpoint."""
        await self._drop(lambda _: True)

    async def save(self, place: Partition, group: Sequence[int]) -> None:
        """Write a checkpoint of some units of a station.

        Raises:
            FencedError: we were asleep for so long that the partition has another owner.
        """
        keeper = self.keepers.get(place)
        saved = None if keeper is None else await keeper.save(group)
        if keeper is not None and saved is not None:
            self._tools.metrics.saved(keeper.station.stage.kind, saved)

    async def commit_stations(self) -> None:
        """Commit from where each station's topic has to be read again."""
        committed = {place: keeper.committed for place, keeper in self.keepers.items()}
        await self._flow.commit(
            {place: Commit(offset) for place, offset in committed.items() if offset is not None}
        )

    async def commit_sources(self) -> None:
        """Commit how far sources have come, once what they sent has arrived."""
        commits: dict[Partition, Commit] = {}
        for place, inlet in list(self.inlets.items()):
            async with inlet.lock:
                commit = inlet.source.commit
            await inlet.outstanding.arrived()
            if commit != inlet.committed:
                commits[place] = commit
        if commits and await self._flow.commit(commits):
            for place, commit in commits.items():
                if place in self.inlets:
                    self.inlets[place].committed = commit


def _ms(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
