"""A worker: the partitions that it was given, and what flows between them."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from detectors.baseline import Peers
from detectors.errors import ProbewatchError
from detectors.shards.batch import SHARDS
from detectors.stages import ActorStage, LaterStage, cohort_stage, network_stage, subject_stage
from detectors.units import NEVER

from .course import Course
from .flow import Commit, Flow, Partition, Record
from .inlets import Inlets
from .keeper import Keeper
from .stations import Station
from .tools import Gate, Tools
from .voices import contribution, days_said, voices_of

STAGES: Final[Mapping[str, Callable[..., ActorStage | LaterStage[Any]]]] = {
    "actor": ActorStage,
    "subject": subject_stage,
    "network": network_stage,
    "cohort": cohort_stage,
}

_OPENED_AT_ONCE: Final = 4
"""Logs that are read side by side: reading one takes a core when its state is large."""

_LOGGER = logging.getLogger(__name__)


class Worker:
    """The partitions of one process.

    The engine brings records (`receive`), says which partitions are ours (`take_over`,
    `let_go`), and is asked to pause, resume and commit.

    Args:
        tools: what it works with.
        flow: the engine.
        source_partitions: how many partitions the query topic has.

    Attributes:
        inlets: the partitions of queries.
        keepers: those of blocks.
    """

    def __init__(self, tools: Tools, flow: Flow, source_partitions: int) -> None:
        self._tools = tools
        self._flow = flow
        self._gate = Gate(flow)
        self.inlets = Inlets(tools, flow, self._gate, source_partitions)
        self.keepers: dict[Partition, Keeper] = {}
        self._generation = -1
        self._wake = asyncio.Event()
        self._greeting = False
        if tools.decisions is not None:
            tools.decisions.on_news = self.wake
        topics = tools.topics
        self._kinds = {
            topics.actors.name: ("actor", topics.actor_state.name),
            topics.subjects.name: ("subject", topics.subject_state.name),
            topics.networks.name: ("network", topics.network_state.name),
            topics.cohorts.name: ("cohort", topics.cohort_state.name),
        }

    async def take_over(self, assigned: set[Partition], generation: int) -> dict[Partition, int]:
        """Make ready for partitions; the offset from which to read each.

        What was ours in the generation before and still is has had no other owner, so it
        goes on as it is; everything else comes from its checkpoints.
        """
        began = time.monotonic()
        ours = generation == self._generation + 1
        self.inlets.listen(reading=False)
        await self._drop(lambda place: not ours or place not in assigned)
        new = [p for p in assigned if p not in self.inlets.places and p not in self.keepers]
        side_by_side = asyncio.Semaphore(_OPENED_AT_ONCE)
        await asyncio.gather(
            self.inlets.open([place for place in new if place.topic not in self._kinds]),
            *(self._open(place, side_by_side) for place in new if place.topic in self._kinds),
        )
        self._tools.control.own = frozenset(place.number for place in self.inlets.places)
        self._generation = generation
        self._gate.open_all()
        self.inlets.listen(reading=True)
        await self._stand_by()
        self._tools.metrics.restored.set(time.monotonic() - began)
        _LOGGER.info(
            "ready: %d partitions of queries, %d of blocks, taken over in %.1f s",
            len(self.inlets.places),
            len(self.keepers),
            time.monotonic() - began,
        )
        self._wake.set()
        return {
            **{place: inlet.source.next_offset for place, inlet in self.inlets.places.items()},
            **{place: keeper.station.next_offset for place, keeper in self.keepers.items()},
        }

    async def _drop(self, which: Callable[[Partition], bool]) -> None:
        self.inlets.drop(which)
        for place in [p for p, keeper in self.keepers.items() if keeper.broken or which(p)]:
            keeper = self.keepers.pop(place)
            self._tools.metrics.holdings.count(keeper.station.count())
            await keeper.close()

    async def _open(self, place: Partition, side_by_side: asyncio.Semaphore) -> None:
        kind, state_topic = self._kinds[place.topic]
        tools = self._tools
        partitions = tools.topics.actors.partitions
        numbers = range(place.number, SHARDS, partitions)
        settings = tools.settings
        async with side_by_side:
            stage = STAGES[kind](
                settings.detection, settings.config_hash, tools.names.write, numbers
            )
            course = None if tools.decisions is None else Course(stage, tools.decisions)
            station = Station(stage, place.number, partitions, tools.control.board, course)
            log = TopicPartition(state_topic, place.number)
            playback = None if tools.standby is None else await tools.standby.take(log)
            self.keepers[place] = await Keeper.open(
                station, state_topic, tools.durability, playback
            )
        await self._contribute(station)

    async def _contribute(self, station: Station) -> None:
        """Say what a station's shards knew as their last days began."""
        stage = station.stage
        for voice in voices_of(stage):
            for number, unit in stage.units.items():
                for day in {unit.today, *days_said(stage, voice, number)} - {NEVER}:
                    said = contribution(stage, voice, number, day)
                    await self._tools.control.contribute(said)

    async def _stand_by(self) -> None:
        """Read along in the state of the partitions that others have."""
        if self._tools.standby is not None:
            partitions = range(self._tools.topics.actors.partitions)
            await self._tools.standby.follow(
                [
                    TopicPartition(state_topic, number)
                    for topic, (_, state_topic) in self._kinds.items()
                    for number in partitions
                    if Partition(topic, number) not in self.keepers
                ]
            )

    async def receive(self, place: Partition, records: Sequence[Record]) -> None:
        """Take records of one of our partitions."""
        if place in self.inlets.places:
            await self.inlets.take(place, records)
        elif (keeper := self.keepers.get(place)) is not None:
            async with keeper.changing() as station:
                if keeper.half_changed:
                    return
                station.take(records)
            await self._advance(place, keeper)

    async def _advance(self, place: Partition, keeper: Keeper) -> None:
        async with keeper.changing() as station:
            if keeper.half_changed:
                return
            outcome = station.run()
            keeper.outstanding.add(await self._tools.publisher.outcome(outcome))
        self._tools.metrics.applied(keeper.station.stage.kind, outcome)
        self._gate.set(place, shut=keeper.station.parked)
        if outcome.contributions:
            self._wake.set()

    @property
    def peers(self) -> Peers | None:
        """What actors are compared with on the last day that has begun here, if it is known."""
        actors = self._tools.topics.actors.name
        begun = [k.station.today for place, k in self.keepers.items() if place.topic == actors]
        today = max(begun, default=NEVER)
        return None if today == NEVER else self._tools.control.board.peers(today)

    def greet(self) -> None:
        """A worker has begun: say again what it may not have heard."""
        self._greeting = True

    async def tend(self) -> None:
        """Go on wherever something was waited for, and say how far sources have come."""
        if self._greeting:
            self._greeting = False
            for keeper in list(self.keepers.values()):
                await self._contribute(keeper.station)
        for place, keeper in list(self.keepers.items()):
            if keeper.station.parked:
                await self._advance(place, keeper)
        await self.inlets.release()
        await self.inlets.announce()

    async def news(self) -> None:
        """Wait until there may be something to go on with."""
        await self._wake.wait()
        self._wake.clear()

    def wake(self) -> None:
        """Say that there may be."""
        self._wake.set()

    async def let_go(self, deadline: float) -> None:
        """Make durable what we have, as far as there is time (seconds), since others may own it."""
        self.inlets.listen(reading=False)
        try:
            async with asyncio.timeout(deadline):
                await self.inlets.commit()
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
