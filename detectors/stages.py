"""The stages of detection: an event passes its actor's shard, then others side by side.

Context flows one way. The actor stage puts the actor's figures on the rows that go on; what
a later stage finds never comes back, so that results do not depend on timing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from .alerts import Alert, PatternCode, Told
from .baseline import Peers
from .calibration import Calibration, calibrate
from .concerns import CONCERNS, YIELDING, keys_of
from .config import Detection
from .entities import Episode, Found, Namer, key_of
from .episodes import EpisodeBook
from .estimators import prior_of
from .events import Records
from .kernels.hashing import FREE
from .lessons import MOST_FACTOR, Lesson
from .patterns import Figures, Pattern
from .shards.actors import ActorShard
from .shards.batch import SHARDS, Stretch, by_shard, shards_of
from .shards.groups import GroupShard
from .shards.subjects import LaterShard, NetworkShard, SubjectShard
from .state.actors import DAY
from .tails import Worth, law_of, worth
from .units import Shard, Unit

S = TypeVar("S", bound=Shard)
L = TypeVar("L", bound=LaterShard)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a stage says of a stretch.

    Attributes:
        alerts: revisions, each with the number of its event and the place of its pattern.
        scores: float32 per pattern, one per event; NaN where not judged.
    """

    alerts: list[tuple[int, int, Told]] = field(default_factory=list)
    scores: dict[PatternCode, NDArray[np.float32]] = field(default_factory=dict)


def figures_of(stretch: Stretch) -> Figures:
    """What the shards have said so far."""
    return Figures(
        stretch.batch.rows,
        stretch.actor_figures,
        stretch.subject_figures,
        stretch.network_figures,
        stretch.group_figures,
    )


class Stage(Generic[S]):
    """The shards of one kind that are held here, and the patterns that are judged on them.

    Attributes:
        patterns: each with its place among all.
        units: the shards with their episodes, by number.

    Args:
        kind: of what entity the shards are.
        shards: by number.
        detection: what the operator decided.
        config_hash: goes into the alerts.
        name_of: writes pseudonyms in alerts.
    """

    def __init__(
        self,
        kind: str,
        shards: Mapping[int, S],
        detection: Detection,
        config_hash: str,
        name_of: Namer,
    ) -> None:
        self.kind = kind
        self.shards = shards
        self._judge_by(detection)
        self._tenants = np.zeros(0, np.uint64)
        self._worth: dict[PatternCode, Worth] = {}
        self.units = {
            number: Unit(
                shard,
                {
                    p.code: EpisodeBook(
                        p, self._scales[p.code], config_hash, name_of, detection.modes
                    )
                    for _, p in self.patterns
                },
                {p.code: place for place, p in self.patterns},
            )
            for number, shard in shards.items()
        }

    def _judge_by(self, detection: Detection) -> None:
        self.patterns = [
            (place, pattern)
            for place, pattern in enumerate(detection.patterns.all())
            if pattern.judged_on == self.kind
        ]
        self._budget = detection.budget.false_alerts_per_10000_actor_days
        self._scales = {p.code: calibrate(p, self._budget) for _, p in self.patterns}
        # From these on an event is named, whatever verdicts say: scores do not depend on them.
        self._naming = {code: scale.threshold for code, scale in self._scales.items()}
        # Nor does it what evidence is worth; below this nobody looks at it.
        most = MOST_FACTOR * self._budget
        self._near = {p.code: calibrate(p, most).floor for _, p in self.patterns}
        self._laws = {p.code: law_of(p, self._budget) for _, p in self.patterns}

    def reconfigure(self, detection: Detection, config_hash: str) -> None:
        """Judge by other settings from now on; to be told before a day begins, and before `heed`.

        State and open episodes stay. What shapes state (limits, the estimator) stays as it was.
        """
        self._judge_by(detection)
        for _, pattern in self.patterns:
            for unit in self.units.values():
                book = unit.books[pattern.code]
                book.pattern, book.config_hash, book.modes = pattern, config_hash, detection.modes
                book.calibration, book.law = self._scales[pattern.code], self._laws[pattern.code]

    def heed(self, lesson: Lesson) -> None:
        """Judge and publish as verdicts have taught from now on; to be told before a day begins.

        Thresholds and alerts' scores depend on it; evidence, rarity and what is learned do not.
        """
        for _, pattern in self.patterns:
            factor = lesson.factor(pattern.code)
            self._scales[pattern.code] = calibrate(pattern, self._budget * factor)
            for unit in self.units.values():
                book = unit.books[pattern.code]
                book.calibration, book.lesson = self._scales[pattern.code], lesson

    def correct(self, tails: Records, peers: Peers) -> None:
        """Judge from now on by how near to alerts tenants come; to be told before a day begins.

        Args:
            tails: `TAIL` rows of all shards of this kind.
            peers: of the same day.
        """
        self._tenants = peers.tenants
        laws = self._laws
        self._worth = {p.code: worth(laws[p.code], at, tails, peers) for at, p in self.patterns}

    def worth(
        self, code: PatternCode, evidence: NDArray[np.float64], tenants: NDArray[np.uint64]
    ) -> NDArray[np.float64]:
        """What a pattern's evidence, in nats, is worth at these tenants, an element for each."""
        if not len(self._tenants):
            return evidence
        at = np.minimum(np.searchsorted(self._tenants, tenants), len(self._tenants) - 1)
        known = self._tenants[at] == tenants
        return np.where(known, self._worth[code].of(evidence, at), evidence)

    def scale(self, code: PatternCode) -> Calibration:
        """What a pattern's evidence is worth now."""
        return self._scales[code]

    def episode_of(self, pattern: Pattern, found: Found) -> Episode | None:
        """The episode, as it stands, of the entity of the first event in `found`."""
        number = found.numbers[0]
        unit = int(shards_of(keys_of(self.kind, found.batch.rows[number : number + 1]))[0])
        key = key_of(pattern.entity, found, number)
        return self.units[unit].books[pattern.code].episodes.get(key)

    def begin(self, day: int) -> list[Alert]:
        """Let `day` begin for every unit that it has not begun for; quiet episodes close."""
        alerts = [alert for unit in self.units.values() for alert in unit.begin(day)]
        places = {pattern.code: place for place, pattern in self.patterns}
        return sorted(alerts, key=lambda alert: (places[alert.pattern], alert.alert_id))

    def _conclude(self, stretch: Stretch) -> Judged:
        figures = figures_of(stretch)
        judged = Judged()
        keys = keys_of(self.kind, stretch.batch.rows)
        named = np.zeros(len(stretch.batch), np.bool_)
        for place, pattern in self.patterns:
            evidence = pattern.evidence(figures)
            if pattern.code in YIELDING:
                evidence[named] = np.minimum(evidence[named], 0.0)
            kept = np.flatnonzero(evidence >= self._scales[pattern.code].floor)
            near = np.flatnonzero(evidence >= self._near[pattern.code])
            worth = evidence.copy()
            tenants = stretch.batch.rows["tenant"][near]
            worth[near] = self.worth(pattern.code, evidence[near], tenants)
            judged.scores[pattern.code] = self._scales[pattern.code].scores(worth)
            named |= worth >= self._naming[pattern.code]
            for number, order in by_shard(keys[kept]):
                found = Found(stretch.batch, figures, worth, evidence, kept[order])
                book = self.units[number].books[pattern.code]
                judged.alerts.extend((at, place, told) for at, told in book.observe(found))
        return judged


class ActorStage(Stage[ActorShard]):
    """Where every event is counted once, and judged against its actor's past and peers."""

    def __init__(
        self,
        detection: Detection,
        config_hash: str,
        name_of: Namer,
        numbers: Iterable[int] = range(SHARDS),
    ) -> None:
        limits = detection.limits
        release = detection.learning.release_after_days
        prior = prior_of(detection.patterns.unusual_activity.estimator)
        shards = {
            number: ActorShard(limits.actors // SHARDS, limits.pairs // SHARDS, release, prior)
            for number in numbers
        }
        super().__init__("actor", shards, detection, config_hash, name_of)
        self._suspect_score = detection.learning.suspect_score

    def reconfigure(self, detection: Detection, config_hash: str) -> None:
        """As of every stage; and learn by other settings."""
        super().reconfigure(detection, config_hash)
        self._suspect_score = detection.learning.suspect_score
        for shard in self.shards.values():
            shard.release_after = detection.learning.release_after_days
            shard.conduct.release_after = detection.learning.release_after_days

    def observe(self, stretch: Stretch, peers: Peers) -> Judged:
        """Judge and learn a stretch's events, and fill their actor figures."""
        peer_rows = peers.locate(stretch.cohorts)
        for number, order in by_shard(keys_of(self.kind, stretch.batch.rows)):
            self.shards[number].observe(order, stretch, peers, peer_rows)
        judged = self._conclude(stretch)
        self._suspect(stretch, judged.scores)
        return judged

    def _suspect(self, stretch: Stretch, scores: Mapping[PatternCode, NDArray[np.float32]]) -> None:
        """Nothing is learned from a day that a pattern of this stage suspects."""
        suspected = np.zeros(len(stretch.batch), np.bool_)
        for column in scores.values():
            suspected |= np.nan_to_num(column) >= self._suspect_score
        events, figures = stretch.batch.rows, stretch.actor_figures
        numbers = np.flatnonzero(suspected & (figures["row"] != FREE))
        for shard, order in by_shard(keys_of(self.kind, events)[numbers]):
            rows = numbers[order]
            self.shards[shard].suspect(figures["row"][rows], events["time"][rows] // DAY)
        numbers = np.flatnonzero(suspected & (figures["deed"] != FREE))
        for shard, order in by_shard(keys_of(self.kind, events)[numbers]):
            rows = numbers[order]
            self.shards[shard].conduct.suspect(figures["deed"][rows], events["time"][rows] // DAY)


class LaterStage(Stage[L]):
    """Where events come with their actors' figures: subjects' stage, networks', cohorts'."""

    def observe(self, stretch: Stretch) -> Judged:
        """Judge and learn those of a stretch's events that concern this stage."""
        concerned = np.flatnonzero(CONCERNS[self.kind](stretch.batch.rows, stretch.actor_figures))
        for number, order in by_shard(keys_of(self.kind, stretch.batch.rows)[concerned]):
            self.shards[number].observe(concerned[order], stretch)
        return self._conclude(stretch)


def subject_stage(
    detection: Detection,
    config_hash: str,
    name_of: Namer,
    numbers: Iterable[int] = range(SHARDS),
) -> LaterStage[SubjectShard]:
    """The stage of persons searched for."""
    most = detection.limits.subjects // SHARDS
    shards = {number: SubjectShard(most) for number in numbers}
    return LaterStage("subject", shards, detection, config_hash, name_of)


def network_stage(
    detection: Detection,
    config_hash: str,
    name_of: Namer,
    numbers: Iterable[int] = range(SHARDS),
) -> LaterStage[NetworkShard]:
    """The stage of networks that searches come from."""
    most = detection.limits.networks // SHARDS
    shards = {number: NetworkShard(most) for number in numbers}
    return LaterStage("network", shards, detection, config_hash, name_of)


def cohort_stage(
    detection: Detection,
    config_hash: str,
    name_of: Namer,
    numbers: Iterable[int] = range(SHARDS),
) -> LaterStage[GroupShard]:
    """The stage of galleries, whose accounts may belong together."""
    shards = {number: GroupShard() for number in numbers}
    return LaterStage("cohort", shards, detection, config_hash, name_of)
