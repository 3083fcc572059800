"""Each law is a function whose name says it; it returns if the law holds."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..alerts import Alert, Status
from ..events import ABSENT_TIME, empty_rows
from ..patterns import Figures, Pattern
from ..state.actors import DAY
from .trial import Trial, chosen, cut, day_by_day, equal, hold

Law = Callable[[Trial], None]

BATCH_SIZES: Final = (1, 7, 1000)
SHIFT_DAYS: Final = 210
"""Whole weeks, since rhythms and eviction follow them, and whole 30-day epochs of sketches."""

_REQUIRED: Final = ("index", "time", "operation", "outcome", "tenant", "event", "actor")
_MOST_NAMED: Final = 100
_MOST_EVENT_IDS: Final = 20


def scores_are_bounded(trial: Trial) -> None:
    """A score is from 0 to 1, or NaN where the pattern does not judge."""
    scores = trial.run([trial.log]).scores
    judged = scores[~np.isnan(scores)]
    hold(bool(((judged >= 0) & (judged <= 1)).all()), f"scores {judged}")


def evidence_is_a_function_of_the_figures(trial: Trial) -> None:
    """Evidence is finite or NaN, leaves its input alone, and judges each event by itself."""
    pipeline = trial.pipeline()
    for stage in pipeline.stages():
        stage.patterns = [
            (place, cast("Pattern", _Watched(pattern)) if pattern.code in trial.codes else pattern)
            for place, pattern in stage.patterns
        ]
    pipeline.observe(trial.log)


def alerts_explain_themselves(trial: Trial) -> None:
    """An alert has finite, worded reasons, and evidence that is in the log."""
    known = set(trial.log.event_ids)
    for alert in trial.run([trial.log]).alerts:
        numbers = [alert.score, alert.rarity]
        for reason in alert.reasons:
            numbers += [reason.observed, reason.expected]
            hold(bool(reason.feature and reason.text), f"wordless reason in {alert}")
        hold(bool(alert.reasons), f"no reasons in {alert}")
        hold(bool(np.isfinite(numbers).all()), f"numbers {numbers}")
        hold(0 <= alert.score <= 1, f"score {alert.score}")
        hold(0 < len(alert.event_ids) <= _MOST_EVENT_IDS, "number of event ids")
        hold(known.issuperset(alert.event_ids), f"event ids {alert.event_ids}")
        hold(max(len(alert.actors), len(alert.subjects)) <= _MOST_NAMED, "too many named")
        hold(alert.first_event_time <= alert.raised_event_time, "raised before it began")
        hold(alert.raised_event_time <= alert.last_event_time, "raised after it ended")


def an_episode_is_one_alert(trial: Trial) -> None:
    """Revisions count up from an opening; only what is closed reopens; nothing shrinks."""
    stories: dict[str, list[Alert]] = {}
    for alert in trial.run([trial.log]).alerts:
        stories.setdefault(alert.alert_id, []).append(alert)
    for story in stories.values():
        hold([a.revision for a in story] == [*range(1, len(story) + 1)], "revisions")
        hold(story[0].status is Status.OPEN, f"begins as {story[0].status}")
        for before, after in pairwise(story):
            closed = before.status is Status.CLOSED
            hold(closed == (after.status is Status.REOPENED), "reopening")
            hold(after.entity == before.entity, "another entity")
            hold(after.severity.rank >= before.severity.rank, "less severe")
            hold(after.event_count >= before.event_count, "fewer events")


def the_log_is_left_alone(trial: Trial) -> None:
    """Judging writes nothing into the batch."""
    before = trial.log.rows.tobytes(), trial.log.exposed.tobytes()
    trial.run([trial.log])
    hold(before == (trial.log.rows.tobytes(), trial.log.exposed.tobytes()), "written to")


def the_same_log_gives_the_same(trial: Trial) -> None:
    """Two pipelines make the same of a log, to the byte: alerts, scores and state."""
    first, second = trial.pipeline(), trial.pipeline()
    equal(trial.run([trial.log], first), trial.run([trial.log], second))
    hold(first.snapshot() == second.snapshot(), "the states differ")


def cutting_the_log_changes_nothing(trial: Trial) -> None:
    """Alerts and scores are the same however the log is cut into batches."""
    whole = trial.run([trial.log])
    for size in BATCH_SIZES:
        equal(trial.run(cut(trial.log, size)), whole)


def restoring_changes_nothing(trial: Trial) -> None:
    """Whoever restores a snapshot in the middle goes on as if there had been none."""
    middle = len(trial.log) // 2
    first, second = trial.log.take(0, middle), trial.log.take(middle, len(trial.log))
    pipeline, restored = trial.pipeline(), trial.pipeline()
    pipeline.observe(first)
    restored.restore(pipeline.snapshot())
    equal(trial.run([second], restored), trial.run([second], pipeline))
    hold(restored.snapshot() == pipeline.snapshot(), "the states differ")


def shifting_time_moves_only_times(trial: Trial) -> None:
    """Half a year later the same log gives the same alerts and scores, half a year later."""
    rows = trial.log.rows.copy()
    rows["time"] += SHIFT_DAYS * DAY
    rows["created"][rows["created"] != ABSENT_TIME] += SHIFT_DAYS * DAY
    later = trial.run([replace(trial.log, rows=rows)])
    moved = later._replace(alerts=[_earlier(alert) for alert in later.alerts])
    equal(moved, trial.run([trial.log]))


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
        hold(bool(np.isnan(repeated.scores[:, ~fresh]).all()), "a repeated event is judged")
        once = repeated._replace(scores=repeated.scores[:, fresh])
        equal(once, trial.run([trial.log]))


def other_tenants_change_nothing(trial: Trial) -> None:
    """A tenant's alerts and scores are those that it would get alone."""
    together = day_by_day(trial, np.arange(len(trial.log)))
    for tenant in np.unique(trial.log.rows["tenant"]):
        own = np.flatnonzero(trial.log.rows["tenant"] == tenant)
        name = trial.log.names[int(tenant)]
        alerts = [alert for alert in together.alerts if alert.tenant_id == name]
        expected = together._replace(alerts=alerts, scores=together.scores[:, own])
        equal(day_by_day(trial, own), expected)


def the_first_search_is_no_alert(trial: Trial) -> None:
    """Nothing that an account can do in one search, the first of all, raises an alert."""
    for number in np.linspace(0, len(trial.log) - 1, num=5, dtype=int):
        alone = trial.run([trial.log.take(number, number + 1)])
        hold(not alone.alerts, f"an alert on event {number} alone")


def absent_fields_are_survived(trial: Trial) -> None:
    """With nothing but the required fields, evidence and scores keep their bounds."""
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
    for law in (scores_are_bounded, evidence_is_a_function_of_the_figures):
        law(replace(trial, log=bare))


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


class _Watched:
    """A pattern whose evidence is checked as it is given."""

    def __init__(self, pattern: Pattern) -> None:
        self._pattern = pattern

    def __getattr__(self, name: str) -> object:
        return getattr(self._pattern, name)

    def evidence(self, figures: Figures) -> NDArray[np.float64]:
        before = _bytes(figures)
        evidence = self._pattern.evidence(figures)
        hold(evidence.shape == (len(figures),), f"shape {evidence.shape}")
        hold(not np.isinf(evidence).any(), "infinite evidence")
        hold(before == _bytes(figures), "figures are written to")
        for step in (1, 3):
            some = np.arange(0, len(figures), step)
            again = self._pattern.evidence(figures.at(some))
            same = again.tobytes() == evidence[some].tobytes()
            hold(same, "evidence depends on more than the event's figures")
        return evidence


def _bytes(figures: Figures) -> list[bytes]:
    parts = (
        figures.events,
        figures.actors,
        figures.subjects,
        figures.networks,
        figures.groups,
    )
    return [part.tobytes() for part in parts]


def _earlier(alert: Alert) -> Alert:
    """The alert as it would have been `SHIFT_DAYS` ago."""
    times = ("first_event_time", "last_event_time", "raised_event_time")
    return msgspec.structs.replace(
        alert, **{name: _days_before(getattr(alert, name)) for name in times}
    )


def _days_before(time: str) -> str:
    moved = datetime.fromisoformat(time) - timedelta(days=SHIFT_DAYS)
    return moved.isoformat(timespec="milliseconds").replace("+00:00", "Z")
