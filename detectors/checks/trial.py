"""What a law is tried on, and what comes of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..alerts import Alert, PatternCode
from ..config import Detection
from ..events import EventBatch
from ..pipeline import Pipeline
from ..state.actors import DAY


@dataclass(frozen=True, slots=True)
class Trial:
    """What a law is tried on.

    Attributes:
        log: events in order of time; within 30 days, so that nothing is forgotten meanwhile.
        codes: the patterns.
        detection: the settings, in which they are registered.
    """

    log: EventBatch
    codes: tuple[PatternCode, ...]
    detection: Detection

    def pipeline(self) -> Pipeline:
        """A fresh one whose alerts write pseudonyms in hexadecimal."""
        return Pipeline(self.detection, "law", _hexadecimal)

    def run(self, batches: Iterable[EventBatch], pipeline: Pipeline | None = None) -> "Run":
        """What a pipeline, by default a fresh one, makes of some batches."""
        pipeline = pipeline or self.pipeline()
        alerts: list[Alert] = []
        scores = [np.zeros((len(self.codes), 0), np.float32)]
        for part in batches:
            judged = pipeline.observe(part)
            alerts += self.own(judged.alerts)
            scores.append(np.stack([judged.scores[code.value] for code in self.codes]))
        return Run(alerts, np.concatenate(scores, axis=1))

    def own(self, alerts: Iterable[Alert]) -> list[Alert]:
        """The alerts of the patterns that are tried."""
        return [alert for alert in alerts if alert.pattern in self.codes]


class Run(NamedTuple):
    """Alerts, and scores as float32 of shape (patterns, events)."""

    alerts: list[Alert]
    scores: NDArray[np.float32]


def cut(log: EventBatch, size: int) -> Iterator[EventBatch]:
    """The log in batches of `size` events."""
    for start in range(0, len(log), size):
        yield log.take(start, min(start + size, len(log)))


def chosen(log: EventBatch, numbers: NDArray[np.intp]) -> EventBatch:
    """The events `numbers` of a log, in that order; one may come twice."""
    lengths = np.diff(log.exposed_offsets)[numbers]
    exposed = [log.exposed[log.exposed_offsets[n] : log.exposed_offsets[n + 1]] for n in numbers]
    return replace(
        log,
        rows=log.rows[numbers],
        event_ids=[log.event_ids[n] for n in numbers],
        exposed_offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        exposed=np.concatenate([log.exposed[:0], *exposed]),
    )


def day_by_day(trial: Trial, numbers: NDArray[np.intp]) -> Run:
    """What becomes of some events if the pipeline is told of every day of the log."""
    log = chosen(trial.log, numbers)
    days = np.maximum.accumulate(trial.log.rows["time"]) // DAY
    pipeline = trial.pipeline()
    alerts: list[Alert] = []
    scores = []
    for day in range(int(days[0]), int(days[-1]) + 1):
        closed = trial.own(pipeline.advance(day))
        start, stop = np.searchsorted(days[numbers], [day, day + 1]).tolist()
        run = trial.run([log.take(start, stop)], pipeline)
        alerts += [*closed, *run.alerts]
        scores.append(run.scores)
    return Run(alerts, np.concatenate(scores, axis=1))


def equal(found: Run, expected: Run) -> None:
    """The same alerts and scores, to the byte."""
    pairs = zip(found.alerts, expected.alerts, strict=False)
    differ = next((f"{a} is not {b}" for a, b in pairs if _encoded(a) != _encoded(b)), None)
    hold(differ is None, f"alerts differ: {differ}")
    counts = len(found.alerts), len(expected.alerts)
    hold(counts[0] == counts[1], f"alerts differ: {counts[0]}, not {counts[1]}")
    unequal = np.argwhere(found.scores.view(np.uint32) != expected.scores.view(np.uint32))
    hold(len(unequal) == 0, f"scores of (pattern, event) {unequal[:10].tolist()} differ")


def _encoded(alert: Alert) -> bytes:
    return msgspec.json.encode(alert)


def hold(held: bool, message: str) -> None:  # noqa: FBT001  a statement's truth
    """Say what is broken, if it is."""
    if not held:
        raise AssertionError(message)


def _hexadecimal(kind: str, pseudonym: tuple[int, int]) -> str:
    return f"{kind}-{pseudonym[0]:016x}{pseudonym[1]:016x}"
