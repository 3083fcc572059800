"""The laws that every misuse pattern keeps, each a function with a name that says it.

In the manner of scikit-learn's and river's `check_estimator`: whoever adds a pattern
registers it in `Patterns` and hands `check_pattern` its code and some logs. A broken law
is an `AssertionError` that says which, and where it shows.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from .alerts import Alert, PatternCode, Status
from .config import Detection
from .events import ABSENT_TIME, EVENT, EventBatch, empty_rows
from .patterns import Figures, Pattern
from .pipeline import Pipeline
from .state.actors import DAY

BATCH_SIZES: Final = (1, 7, 1000)
SHIFT_DAYS: Final = 210
"""Whole weeks, since rhythms and eviction follow them, and whole 30-day epochs of sketches."""

_REQUIRED: Final = ("index", "time", "operation", "outcome", "tenant", "event", "actor")
_MOST_NAMED: Final = 100
_MOST_EVENT_IDS: Final = 20


@dataclass(frozen=True, slots=True)
class Trial:
    """What a law is tried on.

    Attributes:
        code: the pattern.
        log: events that it judges; within 30 days if nothing is to be forgotten meanwhile.
        detection: the settings, in which the pattern is registered.
    """

    code: PatternCode
    log: EventBatch
    detection: Detection = Detection()

    def pipeline(self) -> Pipeline:
        """A fresh one whose alerts write pseudonyms in hexadecimal."""
        return Pipeline(self.detection, "law", _hexadecimal)

    def run(self, batches: Iterable[EventBatch]) -> "Run":
        """What a fresh pipeline makes of some batches."""
        return self.go_on(self.pipeline(), batches)

    def go_on(self, pipeline: Pipeline, batches: Iterable[EventBatch]) -> "Run":
        """What a pipeline makes of further batches."""
        alerts: list[Alert] = []
        columns = [np.zeros(0, np.float32)]
        for part in batches:
            judged = pipeline.observe(part)
            alerts += [alert for alert in judged.alerts if alert.pattern is self.code]
            columns.append(judged.scores[self.code.value])
        return Run(alerts, np.concatenate(columns), pipeline.snapshot())


class Run(NamedTuple):
    """One pattern's alerts and scores (float32, one per event), and the state they left."""

    alerts: list[Alert]
    scores: NDArray[np.float32]
    state: bytes


Law = Callable[[Trial], None]


def check_pattern(code: PatternCode, log: EventBatch, detection: Detection | None = None) -> None:
    """Try every law on a registered pattern and a log.

    Raises:
        AssertionError: a law is broken.
    """
    trial = Trial(code, log, detection or Detection())
    for law in LAWS:
        law(trial)


def scores_are_bounded(trial: Trial) -> None:
    """A score is from 0 to 1, or NaN where the pattern does not judge."""
    scores = trial.run([trial.log]).scores
    judged = scores[~np.isnan(scores)]
    _hold(trial, bool(((judged >= 0) & (judged <= 1)).all()), f"scores {judged}")


def evidence_is_a_function_of_the_figures(trial: Trial) -> None:
    """Evidence is finite or NaN, leaves its input alone, and judges each event by itself."""
    pipeline = trial.pipeline()
    pipeline.patterns = tuple(
        cast("Pattern", _Watched(pattern, trial)) if pattern.code is trial.code else pattern
        for pattern in pipeline.patterns
    )
    pipeline.observe(trial.log)


def alerts_explain_themselves(trial: Trial) -> None:
    """An alert has finite, worded reasons, and evidence that is in the log."""
    known = set(trial.log.event_ids)
    for alert in trial.run([trial.log]).alerts:
        numbers = [alert.score, alert.rarity]
        for reason in alert.reasons:
            numbers += [reason.observed, reason.expected]
            _hold(trial, bool(reason.feature and reason.text), f"wordless reason in {alert}")
        _hold(trial, bool(alert.reasons), f"no reasons in {alert}")
        _hold(trial, bool(np.isfinite(numbers).all()), f"numbers {numbers}")
        _hold(trial, 0 <= alert.score <= 1, f"score {alert.score}")
        _hold(trial, 0 < len(alert.event_ids) <= _MOST_EVENT_IDS, "number of event ids")
        _hold(trial, known.issuperset(alert.event_ids), f"event ids {alert.event_ids}")
        _hold(trial, max(len(alert.actors), len(alert.subjects)) <= _MOST_NAMED, "too many named")
        _hold(trial, alert.first_event_time <= alert.raised_event_time, "raised before it began")
        _hold(trial, alert.raised_event_time <= alert.last_event_time, "raised after it ended")


def an_episode_is_one_alert(trial: Trial) -> None:
    """Revisions count up from an opening; only what is closed reopens; nothing shrinks."""
    stories: dict[str, list[Alert]] = {}
    for alert in trial.run([trial.log]).alerts:
        stories.setdefault(alert.alert_id, []).append(alert)
    for story in stories.values():
        _hold(trial, [a.revision for a in story] == [*range(1, len(story) + 1)], "revisions")
        _hold(trial, story[0].status is Status.OPEN, f"begins as {story[0].status}")
        for before, after in pairwise(story):
            closed = before.status is Status.CLOSED
            _hold(trial, closed == (after.status is Status.REOPENED), "reopening")
            _hold(trial, after.entity == before.entity, "another entity")
            _hold(trial, after.severity.rank >= before.severity.rank, "less severe")
            _hold(trial, after.event_count >= before.event_count, "fewer events")


def the_log_is_left_alone(trial: Trial) -> None:
    """Judging writes nothing into the batch."""
    before = trial.log.rows.tobytes(), trial.log.exposed.tobytes()
    trial.run([trial.log])
    _hold(trial, before == (trial.log.rows.tobytes(), trial.log.exposed.tobytes()), "written to")


def the_same_log_gives_the_same(trial: Trial) -> None:
    """Two pipelines make the same of a log, to the byte: alerts, scores and state."""
    first, second = trial.run([trial.log]), trial.run([trial.log])
    _equal(trial, first, second)
    _hold(trial, first.state == second.state, "the states differ")


def cutting_the_log_changes_nothing(trial: Trial) -> None:
    """Alerts and scores are the same however the log is cut into batches."""
    whole = trial.run([trial.log])
    for size in BATCH_SIZES:
        _equal(trial, trial.run(cut(trial.log, size)), whole)


def restoring_changes_nothing(trial: Trial) -> None:
    """Whoever restores a snapshot in the middle goes on as if there had been none."""
    middle = len(trial.log) // 2
    first, second = trial.log.take(0, middle), trial.log.take(middle, len(trial.log))
    pipeline = trial.pipeline()
    pipeline.observe(first)
    restored = trial.pipeline()
    restored.restore(pipeline.snapshot())
    going_on, resumed = trial.go_on(pipeline, [second]), trial.go_on(restored, [second])
    _equal(trial, resumed, going_on)
    _hold(trial, resumed.state == going_on.state, "the states differ")


def shifting_time_moves_only_times(trial: Trial) -> None:
    """Half a year later the same log gives the same alerts and scores, half a year later."""
    rows = trial.log.rows.copy()
    rows["time"] += SHIFT_DAYS * DAY
    rows["created"][rows["created"] != ABSENT_TIME] += SHIFT_DAYS * DAY
    later = trial.run([replace(trial.log, rows=rows)])
    moved = later._replace(alerts=[_earlier(alert) for alert in later.alerts])
    _equal(trial, moved, trial.run([trial.log]))


def repeating_events_changes_nothing(trial: Trial) -> None:
    """An event that comes again, at once or later on its day, is not judged and not counted."""
    days = trial.log.rows["time"] // DAY
    order = np.concatenate(
        [
            np.concatenate([np.repeat(numbers, 2), numbers])
            for numbers in np.split(np.arange(len(days)), np.flatnonzero(np.diff(days)) + 1)
        ]
    )
    fresh = np.zeros(len(order), np.bool_)
    fresh[np.unique(order, return_index=True)[1]] = True
    for size in (7, len(order)):
        repeated = trial.run(cut(chosen(trial.log, order), size))
        _hold(trial, bool(np.isnan(repeated.scores[~fresh]).all()), "a repeated event is judged")
        once = repeated._replace(scores=repeated.scores[fresh])
        _equal(trial, once, trial.run([trial.log]))


def other_tenants_change_nothing(trial: Trial) -> None:
    """A tenant's alerts and scores are those that it would get alone."""
    together = _day_by_day(trial, np.arange(len(trial.log)))
    for tenant in np.unique(trial.log.rows["tenant"]):
        own = np.flatnonzero(trial.log.rows["tenant"] == tenant)
        name = trial.log.names[int(tenant)]
        alerts = [alert for alert in together.alerts if alert.tenant_id == name]
        expected = together._replace(alerts=alerts, scores=together.scores[own])
        _equal(trial, _day_by_day(trial, own), expected)


def the_first_search_is_no_alert(trial: Trial) -> None:
    """Nothing that an account can do in one search, the first of all, raises an alert."""
    for number in np.linspace(0, len(trial.log) - 1, num=5, dtype=int):
        alone = trial.run([trial.log.take(number, number + 1)])
        _hold(trial, not alone.alerts, f"an alert on event {number} alone")


def absent_fields_are_survived(trial: Trial) -> None:
    """With nothing but the required fields, scores still are scores."""
    rows = empty_rows(len(trial.log))
    for name in _REQUIRED:
        rows[name] = trial.log.rows[name]
    nobody = np.zeros(0, np.uint64)
    bare = replace(
        trial.log,
        rows=rows,
        exposed=nobody,
        exposed_offsets=np.zeros(len(rows) + 1, np.int64),
    )
    scores_are_bounded(replace(trial, log=bare))


LAWS: Final[tuple[Law, ...]] = (
    scores_are_bounded,
    evidence_is_a_function_of_the_figures,
    alerts_explain_themselves,
    an_episode_is_one_alert,
    the_log_is_left_alone,
    the_same_log_gives_the_same,
    cutting_the_log_changes_nothing,
    restoring_changes_nothing,
    shifting_time_moves_only_times,
    repeating_events_changes_nothing,
    other_tenants_change_nothing,
    the_first_search_is_no_alert,
    absent_fields_are_survived,
)


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


def _day_by_day(trial: Trial, numbers: NDArray[np.intp]) -> Run:
    """What becomes of some events if the pipeline is told of every day of the log."""
    log = chosen(trial.log, numbers)
    days = np.maximum.accumulate(trial.log.rows["time"]) // DAY
    pipeline = trial.pipeline()
    alerts: list[Alert] = []
    scores = []
    for day in range(int(days[0]), int(days[-1]) + 1):
        closed = [alert for alert in pipeline.advance(day) if alert.pattern is trial.code]
        start, stop = np.searchsorted(days[numbers], [day, day + 1]).tolist()
        run = trial.go_on(pipeline, [log.take(start, stop)])
        alerts += [*closed, *run.alerts]
        scores.append(run.scores)
    return Run(alerts, np.concatenate(scores), pipeline.snapshot())


class _Watched:
    """A pattern whose evidence is checked as it is given."""

    def __init__(self, pattern: Pattern, trial: Trial) -> None:
        self._pattern = pattern
        self._trial = trial

    def __getattr__(self, name: str) -> object:
        return getattr(self._pattern, name)

    def evidence(self, figures: Figures) -> NDArray[np.float64]:
        before = _bytes(figures)
        evidence = self._pattern.evidence(figures)
        _hold(self._trial, evidence.shape == (len(figures),), f"shape {evidence.shape}")
        _hold(self._trial, not np.isinf(evidence).any(), "infinite evidence")
        _hold(self._trial, before == _bytes(figures), "figures are written to")
        for step in (1, 3):
            some = np.arange(0, len(figures), step)
            again = self._pattern.evidence(figures.at(some))
            same = again.tobytes() == evidence[some].tobytes()
            _hold(self._trial, same, "evidence depends on more than the event's figures")
        return evidence


def _bytes(figures: Figures) -> list[bytes]:
    parts = (figures.events, figures.actors, figures.subjects, figures.networks)
    return [part.tobytes() for part in parts]


def _hexadecimal(kind: str, pseudonym: tuple[int, int]) -> str:
    return f"{kind}-{pseudonym[0]:016x}{pseudonym[1]:016x}"


def _earlier(alert: Alert) -> Alert:
    """The alert as it would have been `SHIFT_DAYS` ago."""
    times = ("first_event_time", "last_event_time", "raised_event_time")
    return msgspec.structs.replace(
        alert, **{name: _days_before(getattr(alert, name)) for name in times}
    )


def _days_before(time: str) -> str:
    moved = datetime.fromisoformat(time) - timedelta(days=SHIFT_DAYS)
    return moved.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _equal(trial: Trial, found: Run, expected: Run) -> None:
    """The same alerts and scores, to the byte."""
    alerts = zip(found.alerts, expected.alerts, strict=False)
    differ = next((f"{a} is not {b}" for a, b in alerts if a != b), None)
    _hold(trial, differ is None, f"alerts differ: {differ}")
    counts = len(found.alerts), len(expected.alerts)
    _hold(trial, counts[0] == counts[1], f"{counts[0]} alerts, not {counts[1]}")
    unequal = np.flatnonzero(found.scores.view(np.uint32) != expected.scores.view(np.uint32))
    _hold(trial, len(unequal) == 0, f"scores of events {unequal[:10]} differ")
    _hold(trial, _encoded(found) == _encoded(expected), "alerts differ in a byte")


def _encoded(run: Run) -> bytes:
    return msgspec.json.encode(run.alerts)


def _hold(trial: Trial, held: bool, message: str) -> None:  # noqa: FBT001  a statement's truth
    if not held:
        raise AssertionError(f"{trial.code.value}: {message}")
