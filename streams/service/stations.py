"""One partition of a topic of blocks: its shards, what they have seen, and what they say."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from detectors.base import StageKind
from detectors.baseline import Peers
from detectors.census import Tally, drifts, open_actor_days, tally
from detectors.concerns import CONCERNS, keys_of
from detectors.errors import SnapshotError
from detectors.shards.batch import Stretch, shards_of, stretch_of, stretches
from detectors.stages import ActorStage, LaterStage
from detectors.tenure import OPEN_DAYS
from detectors.units import NEVER, days_to_begin
from streams.blocks import Block, decode, fitting, no_rows, part, split

from .control import Board
from .course import Course
from .flow import Record
from .outcome import Outcome
from .queued import ROWS_PER_RECORD, Queued, queue_up
from .seen import Seen
from .voices import contribution, voices_of

LATER: Final[tuple[StageKind, ...]] = ("subject", "network", "cohort")
"""The kinds of stage behind that of actors."""


class Station:
    """The units of one partition, fed from its topic of blocks.

    A row is applied to a unit if its position in the upstream partition is behind all that
    the unit has seen of that partition. So it does not matter how often records are sent or
    read: what was applied once is never applied again.

    Attributes:
        today: the day that is being filled, or `NEVER`.
        next_offset: of the next record to be taken.

    Args:
        stage: with the shards whose number, modulo the partitions, is this partition's.
        number: of this partition.
        partitions: of every topic of blocks.
        board: what is known of the other partitions.
        course: by what it judges; None to judge as the stage was made.
    """

    def __init__(
        self,
        stage: ActorStage | LaterStage[Any],
        number: int,
        partitions: int,
        board: Board,
        course: Course | None = None,
    ) -> None:
        self.stage = stage
        self.number = number
        self.today = NEVER
        self.next_offset = 0
        self._partitions = partitions
        self._board = board
        self._queue: deque[Queued] = deque()
        self._told = {kind: [NEVER] * partitions for kind in LATER}
        self._seen = Seen(stage.units)
        self._course = course
        self._voices = voices_of(stage)
        self._compared_on = NEVER
        self._in_step_on = NEVER
        self._counted = Tally()

    @property
    def parked(self) -> bool:
        """Whether rows wait for what other partitions have to say."""
        return bool(self._queue)

    @property
    def position(self) -> int:
        """From which offset a copy of this state has to be fed."""
        if not self._queue:
            return self.next_offset
        queued = self._queue[0]
        if queued.at == 0:
            return queued.begin
        # The day that is waited for may have begun with any record behind the last row.
        return int(queued.positions[queued.at - 1]) // ROWS_PER_RECORD

    def count(self) -> Tally:
        """What has been turned away and dropped since this was asked last."""
        before, self._counted = self._counted, tally(self.stage)
        return self._counted.since(before)

    def take(self, records: Sequence[Record]) -> None:
        """Decode the records that were not taken before.

        Raises:
            SnapshotError: one of them is no block of this version.
        """
        records = [record for record in records if record.offset >= self.next_offset]
        if not records:
            return
        self.next_offset = records[-1].offset + 1
        blocks = [self._decoded(record) for record in records]
        self._queue.append(queue_up(blocks, [record.offset for record in records]))

    def _decoded(self, record: Record) -> Block:
        try:
            return decode(record.value or b"")
        except SnapshotError as error:
            place = f"{self.stage.kind}s, partition {self.number}, offset {record.offset}"
            raise SnapshotError(f"{place}: {error}") from error

    def run(self) -> Outcome:
        """Apply what can be applied by now."""
        outcome = Outcome()
        while self._queue and self._finish(self._queue[0], outcome):
            self._queue.popleft()
        if isinstance(self.stage, ActorStage):
            outcome.blocks += self._ticks()
        return outcome

    def _finish(self, queued: Queued, outcome: Outcome) -> bool:
        """Apply what can be applied of some records; whether that is all of them."""
        days = queued.block.days[queued.at :]
        for start, stop, day in list(stretches(days, self.today)):
            if not self._begin(day, outcome):
                return False
            at, queued.at = queued.at, queued.at + stop - start
            self._apply(queued, slice(at, queued.at), outcome)
        return self._begin(queued.block.day, outcome)

    def _begin(self, day: int, outcome: Outcome) -> bool:
        """Let days begin up to this one; whether its events can be judged."""
        if (course := self._course) and self.today != NEVER and not course.take(self.today):
            return False
        for begun in days_to_begin(self.today, day):
            if self.today not in {NEVER, begun - 1}:
                # A jump over days that nobody begins: what was known holds until then.
                for voice in self._voices:
                    silent = self._silent_since(voice, begun - 1)
                    self._contribute(voice, begun - 1, silent, outcome)
            # As a shard's first day begins there is nothing that it could wait for.
            if course and not course.take(begun):
                return False
            if self.today != NEVER and not self._can_judge(begun):
                return False
            # Others had begun it as of their checkpoints: they know no more what they said then.
            due = [number for number, unit in self.stage.units.items() if unit.today < begun]
            self._turn(begun, outcome)
            self.today = begun
            for voice in self._voices:
                self._contribute(voice, begun, due, outcome)
        return self._can_judge(self.today) and self._is_in_step()

    def _turn(self, day: int, outcome: Outcome) -> None:
        """Let a day begin; what it closes is counted."""
        stage = self.stage
        if not isinstance(stage, ActorStage):
            outcome.alerts += stage.begin(day)
            return
        open_days, drifted = open_actor_days(stage), drifts(stage)
        outcome.alerts += stage.begin(day)
        outcome.actor_days.append((day - OPEN_DAYS, open_days - open_actor_days(stage)))
        outcome.drifts += (drifts(stage) - drifted).total()

    def _silent_since(self, voice: str, day: int) -> list[int]:
        """The units that have said nothing of a day by a voice, nor of a later one."""
        said_until = self._board.said_until
        return [number for number in self.stage.units if said_until(voice, number) < day]

    def _contribute(self, voice: str, day: int, numbers: Iterable[int], outcome: Outcome) -> None:
        """Say what shards know as a day begins."""
        for number in numbers:
            said = contribution(self.stage, voice, number, day)
            self._board.put(said)
            outcome.contributions.append(said)

    def _can_judge(self, day: int) -> bool:
        """Whether all that a day's events are compared with is known; if so, they will be."""
        if day != self._compared_on:
            peers, tails = self._board.peers(day), self._board.tails(self.stage.kind, day)
            if peers is None or tails is None:
                return False
            self.stage.correct(tails, peers)
            self._compared_on = day
        return True

    def _is_in_step(self) -> bool:
        """Whether all actors' shards have begun today: later stages are shown day after day.

        Else a backlog, in which partitions drift apart, would show them a person's Tuesday
        before half of the Monday.
        """
        if self.today != self._in_step_on:
            if isinstance(self.stage, ActorStage) and not self._board.has_begun(self.today):
                return False
            self._in_step_on = self.today
        return True

    def _apply(self, queued: Queued, which: slice, outcome: Outcome) -> None:
        block, positions = self._fresh(queued, which)
        outcome.rows += len(positions)
        outcome.repeated += which.stop - which.start - len(positions)
        if not len(positions):
            return
        stretch = stretch_of(block.batch, self.today, block.figures)
        if isinstance(self.stage, ActorStage):
            peers = cast("Peers", self._board.peers(self.today))  # see `_can_judge`
            judged = self.stage.observe(stretch, peers)
            outcome.blocks += self._forward(stretch, positions, queued.read_at)
        else:
            judged = self.stage.observe(stretch)
        found = sorted(judged.alerts, key=lambda item: item[:2])
        for _, _, (alert, reached) in found:
            outcome.alerts.append(alert)
            revision = (alert.alert_id, alert.revision)
            outcome.reached[revision] = reached
            if queued.read_at:
                outcome.read_at[revision] = queued.read_at

    def _fresh(self, queued: Queued, which: slice) -> tuple[Block, NDArray[np.int64]]:
        """Those of some rows that have not been applied, and their positions."""
        rows = part(queued.block, which.start, which.stop)
        events = rows.batch.rows
        try:
            fresh = self._seen.fresh(
                shards_of(keys_of(self.stage.kind, events)), queued.origins[which], events["index"]
            )
        except LookupError as error:
            raise SnapshotError(
                f"{self.stage.kind}s, partition {self.number}: holds events of another "
                "partition; has the number of partitions been changed?"
            ) from error
        positions = queued.positions[which]
        if fresh.all():
            return rows, positions
        kept = split(rows, (~fresh).astype(np.uint8))
        return kept.get(0, part(rows, 0, 0)), positions[fresh]

    def _forward(
        self, stretch: Stretch, positions: NDArray[np.int64], read_at: int
    ) -> Iterator[tuple[StageKind, int, Block]]:
        """The rows for later stages, with their positions here."""
        rows = stretch.batch.rows
        rows["index"] = positions
        days = np.full(len(rows), self.today, np.int32)
        whole = Block(self.number, self.today, stretch.batch, days, stretch.actor_figures, read_at)
        for kind in LATER:
            concerned = CONCERNS[kind](rows, stretch.actor_figures)
            partitions = shards_of(keys_of(kind, rows)) % self._partitions
            # What does not concern the stage goes to a partition that there is not.
            to = np.where(concerned, partitions, self._partitions).astype(np.uint8)
            for number, mine in split(whole, to).items():
                if number < self._partitions:
                    self._told[kind][number] = self.today
                    for start, stop in fitting(mine.batch):
                        yield kind, number, part(mine, start, stop)

    def _ticks(self) -> Iterator[tuple[StageKind, int, Block]]:
        """Blocks without rows for the partitions that have not heard that today has begun."""
        for kind, told in self._told.items():
            for number, day in enumerate(told):
                if day < self.today:
                    told[number] = self.today
                    yield kind, number, Block(self.number, self.today, *no_rows(), None)

    def about(self, shard: int) -> dict[str, Any]:
        """What a checkpoint of one of the units holds beside its arrays."""
        return {
            "today": self.stage.units[shard].today,
            "position": self.position,
            "seen": self._seen.of(shard),
        }

    def load(self, units: Mapping[int, tuple[Mapping[str, Any], Mapping[str, Any]]]) -> None:
        """Go on from checkpoints: by shard, what `about` said and the unit's arrays.

        Raises:
            SnapshotError: they were laid out by another version.
        """
        for shard, (about, arrays) in units.items():
            self._seen.put(shard, about["seen"])
            try:
                self.stage.units[shard].load(arrays, about["today"])
            except KeyError as lacking:
                raise SnapshotError(f"state lacks {lacking}, which this program keeps") from lacking
        whole = len(units) == len(self.stage.units)
        self.next_offset = min((about["position"] for about, _ in units.values()), default=0)
        self.next_offset *= whole
        self.today = min((unit.today for unit in self.stage.units.values()), default=NEVER)
        self._counted = tally(self.stage)
