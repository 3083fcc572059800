"""The searches of those whom an explanation is about, over time, with their scores."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detectors.alerts import Entity, PatternCode
from detectors.entities import PseudonymKind
from detectors.events import EventBatch
from detectors.pipeline import Judgement
from streams.ingest.pseudonyms import Names


@dataclass(frozen=True, slots=True)
class Searches:
    """What was found of somebody's searches.

    Attributes:
        times: ms since the epoch, in order; shape (n,).
        scores: of one pattern, 0 to 1; NaN where it did not judge.
    """

    times: NDArray[np.int64]
    scores: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class About:
    """Whose searches: of all of the accounts, persons and cases that are given.

    Attributes:
        actors: as written; none means anybody's.
        subjects: likewise.
        cases: likewise.
    """

    actors: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    cases: frozenset[str] = frozenset()

    @classmethod
    def entity(cls, entity: Entity, actors: Sequence[str], subjects: Sequence[str]) -> "About":
        """Whose searches an alert about an entity is about."""
        if entity.type == "subject":
            return cls(subjects=frozenset(subjects))
        if entity.type == "pair":
            return cls(actors=frozenset(actors), subjects=frozenset(subjects))
        if entity.type == "case":
            return cls(actors=frozenset(actors), cases=frozenset({entity.id}))
        return cls(actors=frozenset(actors))


@dataclass(slots=True)
class Trail:
    """Searches as they are judged.

    Attributes:
        names: how ids are written.
        about: whose searches to keep.
        patterns: whose scores to keep.
    """

    names: Names
    about: About
    patterns: Collection[PatternCode]
    _times: list[NDArray[np.int64]] = field(default_factory=list)
    _scores: dict[PatternCode, list[NDArray[np.float32]]] = field(default_factory=dict)

    def note(self, batch: EventBatch, judgement: Judgement) -> None:
        """Keep what is theirs of a batch."""
        mine = np.ones(len(batch), np.bool_)
        wanted: Mapping[PseudonymKind, frozenset[str]] = {
            "actor": self.about.actors,
            "subject": self.about.subjects,
            "case": self.about.cases,
        }
        for kind, names in wanted.items():
            if names:
                mine &= self._named(batch, kind, names)
        numbers = np.flatnonzero(mine)
        if len(numbers):
            self._times.append(batch.rows["time"][numbers])
            for code in self.patterns:
                self._scores.setdefault(code, []).append(judgement.scores[code.value][numbers])

    def _named(
        self, batch: EventBatch, kind: PseudonymKind, names: frozenset[str]
    ) -> NDArray[np.bool_]:
        """Which events bear one of the names."""
        pairs, where = np.unique(batch.rows[kind], axis=0, return_inverse=True)
        fits = np.array(
            [
                bool(first or second) and self.names.write(kind, (first, second)) in names
                for first, second in pairs.tolist()
            ]
        )
        chosen: NDArray[np.bool_] = fits[where.reshape(-1)]
        return chosen

    def searches(self, pattern: PatternCode) -> Searches:
        """All that was kept, by time."""
        times = np.concatenate([np.empty(0, np.int64), *self._times])
        scores = np.concatenate([np.empty(0, np.float32), *self._scores.get(pattern, [])])
        order = np.argsort(times, kind="stable")
        return Searches(times[order], scores[order])
