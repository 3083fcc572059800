"""The whole of detection: batches of events in, alerts out."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .alerts import Alert
from .baseline import Peers, merge, no_peers
from .calibration import calibrate
from .config import Detection
from .episodes import EpisodeBook, Found, Namer
from .errors import SnapshotError
from .events import EventBatch, Records
from .patterns import Figures
from .shards.actors import ActorShard
from .shards.batch import Stretch, by_shard, cohorts_of
from .shards.subjects import NetworkShard, SubjectShard
from .shards.tables import Arrays, Held, records, under
from .snapshot import pack, unpack
from .state.actors import ACTOR_FIGURES, DAY
from .state.subjects import NETWORK_FIGURES, SUBJECT_FIGURES

SHARDS: Final = 32
"""Keys hash to so many virtual shards, whatever runs them; part of what results mean."""

EVICTION_DAYS: Final = 7
"""How often idle rows are looked for."""

MOST_EMPTY_DAYS: Final = 400
"""After so many days without an event nothing is left that one more could change."""

_NEVER = -1


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
    """Every shard and every pattern in one process.

    Results do not depend on how the log is cut into batches. Event time is the only
    clock; a day ends when an event of a later one comes, or by `advance`.

    Args:
        detection: what the operator decided.
        config_hash: goes into the alerts.
        name_of: writes pseudonyms in alerts.
    """

    def __init__(self, detection: Detection, config_hash: str, name_of: Namer) -> None:
        self.detection = detection
        self.patterns = detection.patterns.all()
        limits = detection.limits
        self.actors = [
            ActorShard(limits.actors // SHARDS, limits.pairs // SHARDS) for _ in range(SHARDS)
        ]
        self.subjects = [SubjectShard(limits.subjects // SHARDS) for _ in range(SHARDS)]
        self.networks = [NetworkShard(limits.networks // SHARDS) for _ in range(SHARDS)]
        budget = detection.budget.false_alerts_per_10000_actor_days
        self.books = [
            EpisodeBook(pattern, calibrate(pattern, budget), config_hash, name_of)
            for pattern in self.patterns
        ]
        self.config_hash = config_hash
        self.peers = no_peers()
        self.today = _NEVER

    def observe(self, batch: EventBatch) -> Judgement:
        """Judge a batch's events and learn them."""
        result = Judgement(
            scores={p.code: np.full(len(batch), np.nan, np.float32) for p in self.patterns}
        )
        for start, stop, day in self._stretches(batch.rows["time"]):
            result.alerts.extend(self.advance(day))
            stretch = batch.take(start, stop)
            alerts, scores = self._judge(stretch)
            result.alerts.extend(alerts)
            for code, column in scores.items():
                result.scores[code][start:stop] = column
        return result

    def advance(self, day: int) -> list[Alert]:
        """Let `day` (days since the epoch, UTC) begin, if it has not; quiet episodes close."""
        if self.today == _NEVER:
            self.today = day
        alerts: list[Alert] = []
        for begun in range(max(self.today + 1, day - MOST_EMPTY_DAYS), day + 1):
            alerts.extend(self._begin(begun))
        return alerts

    def _begin(self, day: int) -> list[Alert]:
        """Let a day begin: two are open at a time, so the last but one is complete."""
        self.today = day
        for shard in self.actors:
            shard.close(day - 2, self.detection.learning.release_after_days)
        if day % EVICTION_DAYS == 0:
            for part in self._shards():
                part.evict(day)
        self.peers = Peers(merge(shard.known() for shard in self.actors))
        return [alert for book in self.books for alert in book.advance(day)]

    def _stretches(self, times: NDArray[np.int64]) -> Iterator[tuple[int, int, int]]:
        """(start, stop, day): events cut where the newest so far enters a later day."""
        if len(times) == 0:
            return
        days = np.maximum(np.maximum.accumulate(times) // DAY, self.today)
        cuts = [0, *(np.flatnonzero(np.diff(days)) + 1).tolist(), len(times)]
        for start, stop in pairwise(cuts):
            yield start, stop, int(days[start])

    def _judge(self, batch: EventBatch) -> tuple[list[Alert], dict[str, NDArray[np.float32]]]:
        n = len(batch)
        stretch = Stretch(
            batch=batch,
            today=self.today,
            cohorts=cohorts_of(batch.rows),
            actor_figures=np.zeros(n, ACTOR_FIGURES),
            subject_figures=np.zeros(n, SUBJECT_FIGURES),
            network_figures=np.zeros(n, NETWORK_FIGURES),
        )
        peer_rows = self.peers.locate(stretch.cohorts)
        for number, order in by_shard(batch.rows["actor"][:, 0], SHARDS):
            self.actors[number].observe(order, stretch, self.peers, peer_rows)
        for number, order in by_shard(batch.rows["subject"][:, 0], SHARDS):
            self.subjects[number].observe(order, stretch)
        for number, order in by_shard(batch.rows["network"][:, 0], SHARDS):
            self.networks[number].observe(order, stretch)
        figures = Figures(
            batch.rows, stretch.actor_figures, stretch.subject_figures, stretch.network_figures
        )
        return self._conclude(batch, figures)

    def _conclude(
        self, batch: EventBatch, figures: Figures
    ) -> tuple[list[Alert], dict[str, NDArray[np.float32]]]:
        found: list[tuple[int, int, Alert]] = []
        scores = {}
        suspected = np.zeros(len(batch), np.bool_)
        for place, (pattern, book) in enumerate(zip(self.patterns, self.books, strict=True)):
            evidence = pattern.evidence(figures)
            scores[pattern.code.value] = book.calibration.scores(evidence)
            with np.errstate(invalid="ignore"):
                suspected |= scores[pattern.code.value] >= self.detection.learning.suspect_score
            found += [
                (number, place, alert)
                for number, alert in book.observe(Found(batch, figures, evidence))
            ]
        self._suspect(batch.rows, figures.actors, suspected)
        found.sort(key=lambda item: item[:2])
        return [alert for _, _, alert in found], scores

    def _suspect(self, events: Records, actors: Records, suspected: NDArray[np.bool_]) -> None:
        numbers = np.flatnonzero(suspected)
        for shard, order in by_shard(events["actor"][numbers, 0], SHARDS):
            rows = numbers[order]
            days = events["time"][rows] // DAY
            self.actors[shard].suspect(actors["row"][rows], days)

    def tracked(self) -> dict[str, Held]:
        """Entities by kind: how many, the bytes that they take, and how many were dropped."""
        total: dict[str, Held] = {}
        for shard in self._shards():
            for kind, held in shard.tracked.items():
                total[kind] = held + total.get(kind, Held())
        return total

    @property
    def duplicates(self) -> int:
        """Events that were there before."""
        return sum(int(shard.counts[0]) for shard in self.actors)

    @property
    def untracked(self) -> dict[str, int]:
        """Events by the kind of entity that there was no room for."""
        return {
            "actor": sum(int(shard.counts[1]) for shard in self.actors),
            "pair": sum(int(shard.counts[2]) for shard in self.actors),
            "subject": sum(int(shard.counts[0]) for shard in self.subjects),
            "network": sum(int(shard.counts[0]) for shard in self.networks),
        }

    def snapshot(self) -> bytes:
        """All state as bytes; `restore` and going on equals going on."""
        arrays: Arrays = {}
        for name, part in self._parts().items():
            arrays |= {f"{name}.{key}": array for key, array in part.arrays().items()}
        about = {"today": self.today, "shards": SHARDS, "config_hash": self.config_hash}
        arrays["peers"] = self.peers.known
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
            for name, part in self._parts().items():
                part.load(under(arrays, name))
            self.peers = Peers(records(arrays["peers"]))
        except KeyError as lacking:
            raise SnapshotError(f"state lacks {lacking}, which this program keeps") from lacking
        self.today = about["today"]

    def _shards(self) -> Iterator[ActorShard | SubjectShard | NetworkShard]:
        yield from self.actors
        yield from self.subjects
        yield from self.networks

    def _parts(self) -> dict[str, ActorShard | SubjectShard | NetworkShard | EpisodeBook]:
        return {
            **{f"actors.{i}": shard for i, shard in enumerate(self.actors)},
            **{f"subjects.{i}": shard for i, shard in enumerate(self.subjects)},
            **{f"networks.{i}": shard for i, shard in enumerate(self.networks)},
            **{book.pattern.code.value: book for book in self.books},
        }
