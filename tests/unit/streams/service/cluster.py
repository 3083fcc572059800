"""A service of sources and stations around topics in memory, driven step by step by chance.

A step lets one part read, go on, send, save, crash, or leave behind a double of itself that
does not know that it was replaced. What is kept here of the real thing: order within a
partition, sending before saving, and saving before committing. Nothing else is promised.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import orjson

from detectors.alerts import Alert
from detectors.base import StageKind
from detectors.config import Detection
from detectors.guidance import Guidance
from detectors.pipeline import Pipeline
from detectors.shards.batch import SHARDS
from detectors.stages import ActorStage
from detectors.units import Unit
from streams.blocks import Block, encode
from streams.checkpoints import Assembler, Tracker
from streams.checkpoints import encode as encode_segment
from streams.decisions.ledger import Ledger
from streams.decisions.records import DayBegun, Decision, Record
from streams.ingest.admission import TimeRules
from streams.ingest.ingest import Ingest
from streams.ingest.pseudonyms import PlainNames
from streams.service.control import Board, Watermark
from streams.service.course import Course
from streams.service.flow import Commit
from streams.service.outcome import Outcome
from streams.service.sources import FOREVER, Source
from streams.service.stations import Station
from streams.service.voices import Contribution
from streams.service.worker import STAGES
from streams.settings import Settings
from tests.logs import HOUR, Fields

KINDS: Final[tuple[StageKind, ...]] = ("actor", "subject", "network", "cohort")

_STEPS: Final = 80


@dataclass(frozen=True, slots=True)
class Stored:
    """A record of a partition."""

    offset: int
    timestamp: int
    value: bytes | None


Partition = list[Stored]


def append(partition: Partition, value: bytes | None, timestamp: int = 0) -> None:
    """Add a record at the end."""
    partition.append(Stored(len(partition), timestamp, value))


def lines_of(events: Iterable[Fields]) -> list[bytes]:
    """The events as they stand in the query topic."""
    return [orjson.dumps(event) for event in events]


def queries(events: Sequence[Fields], sources: int, rng: np.random.Generator) -> list[Partition]:
    """A query topic: each event in one of the partitions, in order of time."""
    topic: list[Partition] = [[] for _ in range(sources)]
    chosen = rng.integers(0, sources, len(events)).tolist()
    for line, event, number in zip(lines_of(events), events, chosen, strict=True):
        append(topic[number], line, event["event_time"])
    return topic


@dataclass
class SourceSeat:
    """A source, what it has not sent yet, and what was committed for it."""

    source: Source
    pending: list[tuple[int, Block]] = field(default_factory=list)
    committed: Commit | None = None


class Listener:
    """What one station has heard of decisions; a day that it asks for is said to begin at once.

    Attributes:
        heard: how many records of the topic.

    Args:
        topic: of decisions.
    """

    def __init__(self, topic: list[Record]) -> None:
        self.heard = 0
        self._topic = topic
        self._ledger = Ledger(Settings())

    def listen(self, most: int | None = None) -> None:
        """Hear the next records, by default all."""
        until = len(self._topic) if most is None else self.heard + most
        for record in self._topic[self.heard : until]:
            self._ledger.hear(record)
            self.heard += 1

    def has_begun(self, day: int) -> bool:
        """As `Decisions` has it."""
        return self._ledger.has_begun(day)

    def begin(self, day: int) -> None:
        """As `Decisions` does; who asks twice says it twice."""
        self._topic.append(DayBegun(day))

    def at(self, day: int) -> Guidance:
        """As `Decisions` has it."""
        return self._ledger.at(day)

    def judged_by(self, config_hash: str) -> None:
        """Nobody looks."""


@dataclass
class StationSeat:
    """A station, the board it looks at, what it has not sent yet, and its checkpoints."""

    station: Station
    board: Board
    trackers: dict[int, Tracker]
    listener: Listener
    pending: list[Outcome] = field(default_factory=list)
    heard: int = 0


class Cluster:
    """All parts of the service.

    Attributes:
        topics: blocks by kind and partition.
        alerts: in the order in which they were sent.
        control: contributions in the order in which they were sent.
        crashes: how often a part ended.
        zombies: what doubles do.
        decided: the topic of decisions.

    Args:
        log: the query topic.
        partitions: of every topic of blocks.
        rng: decides what happens next.
        decisions: what people will decide, at any time; None if nobody does anything.
    """

    def __init__(
        self,
        log: list[Partition],
        partitions: int,
        rng: np.random.Generator,
        decisions: Iterable[Decision] | None = None,
    ) -> None:
        self.topics: dict[str, list[Partition]] = {
            kind: [[] for _ in range(partitions)] for kind in KINDS
        }
        self.alerts: list[Alert] = []
        self.control: list[Contribution] = []
        self.decided: list[Record] = []
        self._to_decide = None if decisions is None else list(decisions)
        self.names = PlainNames()
        self._log = log
        self._partitions = partitions
        self._rng = rng
        self._most = 1 + sum(map(len, log)) // int(rng.integers(2, 12))
        self._saved: dict[tuple[str, int], list[bytes]] = {
            (kind, number): [] for kind in KINDS for number in range(partitions)
        }
        self.sources = [SourceSeat(self._new_source(number)) for number in range(len(log))]
        self.stations = {place: self._new_station(*place) for place in self._saved}
        self.zombies: list[Callable[[], None]] = []
        self.crashes = 0

    def _new_source(self, number: int) -> Source:
        return Source(number, Ingest(self.names), TimeRules(), self._partitions)

    def _new_station(self, kind: str, number: int) -> StationSeat:
        numbers = range(number, SHARDS, self._partitions)
        stage = STAGES[kind](Detection(), "test", self.names.write, numbers)
        board = Board()
        listener = Listener(self.decided)
        course = None if self._to_decide is None else Course(stage, listener)
        station = Station(stage, number, self._partitions, board, course)
        return StationSeat(station, board, {shard: Tracker() for shard in numbers}, listener)

    def live(self, *, crashing: bool = False, haunted: bool = False) -> None:
        """Let things happen, then let everything be read to its end."""
        for _ in range(_STEPS):
            self.step()
            if crashing and self._rng.random() < 0.08:
                self.crash()
            if haunted and self._rng.random() < 0.05:
                self.leave_a_double()
            if self.zombies and self._rng.random() < 0.3:
                self.zombies[self._rng.integers(len(self.zombies))]()
        while self.round():
            pass

    def step(self) -> None:
        """Let one thing happen anywhere."""
        rng = self._rng
        if self._to_decide and rng.random() < 0.3:
            more = int(rng.integers(1, 99))
            self.decided += self._to_decide[:more]
            del self._to_decide[:more]
        if rng.random() < 0.3:
            seat = self.sources[rng.integers(len(self.sources))]
            do = [self.read_log, self.release, self.release, self.send_blocks, self.commit]
            do[rng.integers(len(do))](seat)
        else:
            places = list(self.stations)
            place = places[rng.integers(len(places))]
            self.feed(place, int(rng.integers(0, self._most)))
            do_here = [self.run, self.run, self.run, self.send, self.send, self.listen, self.save]
            do_here[rng.integers(len(do_here))](place)

    def round(self) -> bool:
        """Let everything go on once; whether anything moved."""
        before = self._progress()
        for seat in self.sources:
            self.read_log(seat)
            self.release(seat)
            self.send_blocks(seat)
        for place in self.stations:
            self.feed(place, self._most)
            self.listen(place)
            self.run(place)
            self.send(place)
        return self._progress() != before

    def _progress(self) -> list[int]:
        return [
            *(seat.source.next_offset for seat in self.sources),
            *(seat.source.commit.offset for seat in self.sources),
            *(seat.station.position for seat in self.stations.values()),
            *(seat.station.next_offset for seat in self.stations.values()),
            *(len(part) for topic in self.topics.values() for part in topic),
            len(self.control),
            len(self.decided),
            *(seat.listener.heard for seat in self.stations.values()),
        ]

    # Sources

    def read_log(self, seat: SourceSeat) -> None:
        """Take the next records of a query partition."""
        source = seat.source
        more = int(self._rng.integers(1, self._most + 1))
        source.take(self._log[source.number][source.next_offset :][:more])

    def release(self, seat: SourceSeat) -> None:
        """Let a source's events go, but none further than an hour ahead of other sources."""
        board = Board()
        for other in self.sources:
            source = other.source
            idle = not source.holds and source.next_offset == len(self._log[source.number])
            time = source.waiting_for if source.holds else source.newest
            board.watermarks[source.number] = Watermark(time, idle)
        limit = board.frontier(seat.source.number, len(self.sources), HOUR)
        seat.pending += seat.source.release(FOREVER if limit is None else limit)

    def send_blocks(self, seat: SourceSeat, most: int | None = None) -> None:
        """Let the first blocks that wait arrive, by default all."""
        for number, block in seat.pending[:most]:
            append(self.topics["actor"][number], encode(block))
        del seat.pending[:most]

    def commit(self, seat: SourceSeat) -> None:
        """Note from where to read on, once all has arrived."""
        commit = seat.source.commit
        self.send_blocks(seat)
        seat.committed = commit

    # Stations

    def feed(self, place: tuple[str, int], most: int) -> None:
        """Hand a station the next records, cut into batches by chance."""
        kind, number = place
        station = self.stations[place].station
        station.take(self.topics[kind][number][station.next_offset :][:most])

    def run(self, place: tuple[str, int]) -> None:
        """Let a station apply what it can; what it says waits to be sent."""
        seat = self.stations[place]
        outcome = seat.station.run()
        if outcome:
            seat.pending.append(outcome)

    def send(self, place: tuple[str, int], most: int | None = None) -> None:
        """Let the first of what a station said arrive, by default all."""
        seat = self.stations[place]
        for outcome in seat.pending[:most]:
            self._deliver(outcome)
        del seat.pending[:most]

    def _deliver(self, outcome: Outcome) -> None:
        self.control += outcome.contributions
        for kind, number, block in outcome.blocks:
            append(self.topics[kind][number], encode(block))
        self.alerts += outcome.alerts

    def listen(self, place: tuple[str, int]) -> None:
        """Let a station's board hear what was contributed meanwhile."""
        seat = self.stations[place]
        for said in self.control[seat.heard :]:
            seat.board.put(said)
        seat.heard = len(self.control)
        seat.listener.listen(int(self._rng.integers(1, 9)))

    def save(self, place: tuple[str, int]) -> None:
        """Write a checkpoint of some units, once all that was said has arrived."""
        seat = self.stations[place]
        shards = [shard for shard in seat.trackers if self._rng.random() < 0.5]
        segments = {shard: self._segment(seat, shard) for shard in shards}
        self.send(place)
        for shard, segment in segments.items():
            self._saved[place] += encode_segment(f"{place[0]}.{shard}", segment)

    def _segment(self, seat: StationSeat, shard: int) -> Any:
        station, tracker = seat.station, seat.trackers[shard]
        about, arrays = station.about(shard), station.stage.units[shard].arrays()
        # The first delta of a tracker is a base.
        return (tracker.base if self._rng.random() < 0.2 else tracker.delta)(about, arrays)

    # Trouble

    def crash(self) -> None:
        """End a source or a station; what it had not sent is partly lost; another takes over."""
        self.crashes += 1
        if self._rng.random() < 0.4:
            number = int(self._rng.integers(len(self.sources)))
            seat = self.sources[number]
            self.send_blocks(seat, int(self._rng.integers(0, len(seat.pending) + 1)))
            self.sources[number] = self.recovered_source(seat)
        else:
            places = list(self.stations)
            place = places[self._rng.integers(len(places))]
            self.send(place, int(self._rng.integers(0, len(self.stations[place].pending) + 1)))
            self.stations[place] = self.recovered(place)

    def recovered_source(self, seat: SourceSeat) -> SourceSeat:
        """A source that goes on from what was committed."""
        source = self._new_source(seat.source.number)
        if seat.committed is not None:
            source.resume(seat.committed.offset, seat.committed.metadata)
        return SourceSeat(source, committed=seat.committed)

    def recovered(self, place: tuple[str, int]) -> StationSeat:
        """A station that goes on from its last checkpoints."""
        assembler = Assembler()
        for record in self._saved[place]:
            assembler.feed(record)
        seat = self._new_station(*place)
        units = {}
        for name, unit in assembler.units().items():
            shard = int(name.rpartition(".")[2])
            units[shard] = (unit.about, unit.arrays)
            seat.trackers[shard].resume(unit)
        seat.station.load(units)
        return seat

    def leave_a_double(self) -> None:
        """Replace a source or a station, and let the old one go on as if it had not been."""
        if self._rng.random() < 0.5:
            number = int(self._rng.integers(len(self.sources)))
            old_source = self.sources[number]
            self.sources[number] = self.recovered_source(old_source)
            self.zombies.append(lambda: self._haunt_source(old_source))
        else:
            places = list(self.stations)
            place = places[self._rng.integers(len(places))]
            old = self.stations[place]
            self.stations[place] = self.recovered(place)
            self.zombies.append(lambda: self._haunt(place, old))

    def _haunt_source(self, seat: SourceSeat) -> None:
        self.read_log(seat)
        self.release(seat)
        self.send_blocks(seat, int(self._rng.integers(0, len(seat.pending) + 1)))

    def _haunt(self, place: tuple[str, int], seat: StationSeat) -> None:
        current, self.stations[place] = self.stations[place], seat
        self.feed(place, int(self._rng.integers(0, self._most)))
        self.listen(place)
        self.run(place)
        self.send(place, int(self._rng.integers(0, len(seat.pending) + 1)))
        self.stations[place] = current

    # What came of it

    def units(self) -> dict[str, Unit]:
        """Every unit by its name, as in `Pipeline.units`."""
        return {
            f"{kind}.{shard}": unit
            for (kind, _), seat in self.stations.items()
            for shard, unit in seat.station.stage.units.items()
        }

    def duplicates(self) -> int:
        """Events that actors' shards took for repetitions."""
        stages = [seat.station.stage for seat in self.stations.values()]
        return sum(
            shard.duplicates
            for stage in stages
            if isinstance(stage, ActorStage)
            for shard in stage.shards.values()
        )


def pipeline_over(log: Sequence[bytes]) -> tuple[Pipeline, list[Alert]]:
    """A pipeline that has seen all lines at once, and its alerts."""
    names = PlainNames()
    ingested = Ingest(names).decode(log, 0)
    assert not ingested.rejected
    judge = Pipeline(Detection(), "test", names.write)
    return judge, judge.observe(ingested.batch).alerts
