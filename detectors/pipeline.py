"""The whole of detection in one process: batches of events in, alerts out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .alerts import Alert, PatternCode
from .base import Pattern
from .baseline import Peers, merge, no_peers
from .calibration import Calibration
from .config import Detection
from .entities import Namer
from .errors import SnapshotError
from .events import EventBatch
from .guidance import Change, holding, lesson_of
from .lessons import Lesson
from .modes import Modes
from .patterns import Figures
from .shards.batch import SHARDS, Stretch, stretch_of, stretches
from .shards.tables import Arrays, Held, records, under
from .snapshot import pack, unpack
from .stages import (
    ActorStage,
    Stage,
    cohort_stage,
    figures_of,
    network_stage,
    subject_stage,
)
from .state.actors import DAY
from .tails import total
from .tenure import Tenure
from .units import NEVER, Unit, days_to_begin
from .verdicts import Docket, Verdict


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a batch came to.

    Attributes:
        alerts: in the order of the events that made them.
        scores: float32 per pattern code, one per event; NaN where not judged.
    """

    alerts: list[Alert] = field(default_factory=list)
    scores: dict[str, NDArray[np.float32]] = field(default_factory=dict)


class Pipeline:
    """Every stage with every shard.

    Results do not depend on how the log is cut into batches. Event time is the only
    clock; a day ends when an event of a later one comes, or by `advance`.

    Attributes:
        docket: analysts' verdicts.
        lesson: what those in effect have taught.
        tenure: on how many actor-days tenants were judged; not a part of the state.

    Args:
        detection: what the operator decided.
        config_hash: goes into the alerts.
        name_of: writes pseudonyms in alerts.
    """

    def __init__(self, detection: Detection, config_hash: str, name_of: Namer) -> None:
        self._first = self._held = Change(detection, config_hash)
        self._changes: list[Change] = []
        self.actors = ActorStage(detection, config_hash, name_of)
        self.subjects = subject_stage(detection, config_hash, name_of)
        self.networks = network_stage(detection, config_hash, name_of)
        self.cohorts = cohort_stage(detection, config_hash, name_of)
        self.peers = no_peers()
        self.docket = Docket()
        self.lesson = Lesson()
        self.tenure = Tenure()
        self.today = NEVER

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """As they judge now."""
        return self._held.detection.patterns.all()

    @property
    def config_hash(self) -> str:
        """Of what is judged by now."""
        return self._held.config_hash

    def plan(self, changes: Iterable[Change]) -> None:
        """Take other settings; each holds from the first day on that begins after its event time.

        What holds at present is not changed before another day begins.
        """
        self._changes += changes

    def hear(self, verdicts: Iterable[Verdict]) -> None:
        """Take verdicts; each counts from the first day on that begins after its event time."""
        self.docket.add(verdicts)

    def observe(self, batch: EventBatch) -> Judgement:
        """Judge a batch's events and learn them."""
        result = Judgement(
            scores={p.code.value: np.full(len(batch), np.nan, np.float32) for p in self.patterns}
        )
        for start, stop, day in stretches(batch.rows["time"] // DAY, self.today):
            result.alerts.extend(self.advance(day))
            alerts, scores = self._judge(stretch_of(batch.take(start, stop), self.today))
            result.alerts.extend(alerts)
            for code, column in scores.items():
                result.scores[code][start:stop] = column
        return result

    def inspect(self, batch: EventBatch) -> tuple[Judgement, Figures]:
        """Judge and learn events of one day as `observe` does; and by what they were judged.

        Args:
            batch: at least one event, all of the same day.
        """
        day = int(batch.rows["time"].max() // DAY)
        alerts = self.advance(day)
        stretch = stretch_of(batch, self.today)
        more, scores = self._judge(stretch)
        return Judgement(alerts + more, scores), figures_of(stretch)

    def advance(self, day: int) -> list[Alert]:
        """Let `day` (days since the epoch, UTC) begin, if it has not; quiet episodes close."""
        alerts: list[Alert] = []
        for begun in days_to_begin(self.today, day):
            alerts.extend(self._begin(begun))
        return alerts

    def _begin(self, day: int) -> list[Alert]:
        """Let a day begin; its actors are compared with what was known a day before."""
        self.today = day
        changed = self._adopt(day)
        if self.docket.begin(day) or changed:
            self._heed()
        self.peers = Peers(
            merge(shard.contribution(day - 1) for shard in self.actors.shards.values())
        )
        self.tenure.begin(day, self.actors, self.peers)
        self._correct()
        return [alert for stage in self.stages() for alert in stage.begin(day)]

    def _correct(self) -> None:
        """Judge by what was known of tenants' tails as the day before began."""
        for stage in self.stages():
            tails = total(unit.tail(self.today - 1) for unit in stage.units.values())
            stage.correct(tails, self.peers)

    def _adopt(self, day: int) -> bool:
        """Judge by what was planned for a day; whether that is something else than before."""
        before, self._held = self._held, holding(self._first, self._changes, day)
        if self._held == before:
            return False
        for stage in self.stages():
            stage.reconfigure(self._held.detection, self._held.config_hash)
        return True

    def _heed(self) -> None:
        """Let the verdicts in effect teach."""
        self.lesson = lesson_of(self.docket.in_effect.values(), self._held.detection)
        for stage in self.stages():
            stage.heed(self.lesson)

    def _judge(self, stretch: Stretch) -> tuple[list[Alert], dict[str, NDArray[np.float32]]]:
        judged = (
            self.actors.observe(stretch, self.peers),
            self.subjects.observe(stretch),
            self.networks.observe(stretch),
            self.cohorts.observe(stretch),
        )
        found = [item for part in judged for item in part.alerts]
        found.sort(key=lambda item: item[:2])
        scores = {code.value: column for part in judged for code, column in part.scores.items()}
        return [told.alert for _, _, told in found], scores

    def tracked(self) -> dict[str, Held]:
        """Entities by kind: how many, the bytes that they take, and how many were dropped."""
        total: dict[str, Held] = {}
        for unit in self.units().values():
            for kind, held in unit.shard.tracked.items():
                total[kind] = held + total.get(kind, Held())
        return total

    @property
    def duplicates(self) -> int:
        """Events that were there before."""
        return sum(shard.duplicates for shard in self.actors.shards.values())

    @property
    def untracked(self) -> dict[str, int]:
        """Events by the kind of entity that there was no room for."""
        total: dict[str, int] = {}
        for unit in self.units().values():
            for kind, count in unit.shard.untracked.items():
                total[kind] = count + total.get(kind, 0)
        return total

    def scale(self, code: PatternCode) -> Calibration:
        """What a pattern's evidence is worth now: its share of the budget, as verdicts have it."""
        (stage,) = (s for s in self.stages() if code in {p.code for _, p in s.patterns})
        return stage.scale(code)

    @property
    def modes(self) -> Modes:
        """Which alerts page."""
        return self._held.detection.modes

    @property
    def detection(self) -> Detection:
        """What is judged by now."""
        return self._held.detection

    @property
    def budget(self) -> float:
        """False alerts per 10,000 actor-days, all patterns."""
        return self._held.detection.budget.false_alerts_per_10000_actor_days

    def snapshot(self, key: str = "") -> bytes:
        """All state as bytes; `restore` and going on equals going on.

        Args:
            key: marks the pseudonyms in it; whoever restores it can ask for the same.
        """
        arrays: Arrays = {"peers": self.peers.known}
        for name, unit in self.units().items():
            arrays |= {f"{name}.{key}": array for key, array in unit.arrays().items()}
        about = {
            "today": self.today,
            "shards": SHARDS,
            "config_hash": self.config_hash,
            "key": key,
            "verdicts": self.docket.saved(),
        }
        return pack(about, arrays)

    def restore(self, blob: bytes) -> None:
        """Take a snapshot's state over.

        Raises:
            SnapshotError: it is not whole, or of another version or number of shards.
        """
        about, arrays = unpack(blob)
        if about["shards"] != SHARDS:
            message = f"state has {about['shards']} shards, this program {SHARDS}"
            raise SnapshotError(message)
        try:
            for name, unit in self.units().items():
                unit.load(under(arrays, name), about["today"])
            self.peers = Peers(records(arrays["peers"]))
            self.docket.load(about["verdicts"])
        except KeyError as lacking:
            raise SnapshotError(f"state lacks {lacking}, which this program keeps") from lacking
        self.today = about["today"]
        self._adopt(self.today)
        self._heed()
        self._correct()

    def units(self) -> dict[str, Unit]:
        """Every unit by its name, as in `actor.7`."""
        return {
            f"{stage.kind}.{number}": unit
            for stage in self.stages()
            for number, unit in stage.units.items()
        }

    def stages(self) -> Iterator[Stage[Any]]:
        """In the order in which an event passes them."""
        yield from (self.actors, self.subjects, self.networks, self.cohorts)
