"""What `probewatch explain` is asked, and what it answers, with a picture if one is wanted."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console

from detectors.alerts import Alert, PatternCode, Severity, Status
from detectors.calibration import Calibration, calibrate
from streams.decisions.exported import read_exported
from streams.inputs import names_of
from streams.outputs import NameMode, Outputs, Progress, Writers
from streams.replay import Replay
from streams.settings import Settings

from .episode import AlertExplained, explain_alert
from .event import EventExplained, Query, explain_event
from .picture import Mark, Scene, check, draw
from .revisions import from_file, from_topics, ruled_in_topic
from .trail import About, Searches, Trail
from .words import print_alert, print_event


@dataclass(frozen=True, slots=True)
class Asked:
    """What is the same for both kinds of question.

    Attributes:
        settings: that judge.
        files: the log.
        names: how ids are written.
        verdicts: a file of them to heed, if any.
        picture: where to draw a timeline, if anywhere.
    """

    settings: Settings
    files: Sequence[str]
    names: NameMode
    verdicts: Path | None
    picture: Path | None


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: as a value, and how to show it to people."""

    explained: AlertExplained | EventExplained
    show: Callable[[Console], None]


def of_alert(
    asked: Asked, alert_id: str, alerts: str | None, environ: Mapping[str, str], progress: Progress
) -> Told:
    """Explain an alert of a file, or of the topics.

    Raises:
        ProbewatchError: there is no such alert, or it cannot be reached, or drawn.
    """
    if asked.picture is not None:
        check(asked.picture)
    if alerts is None:
        revisions = from_topics(alert_id, asked.settings, environ)
        ruled = ruled_in_topic(alert_id, asked.settings, environ)
    else:
        revisions, ruled = from_file(alert_id, alerts), None
    settings = asked.settings
    explained = explain_alert(revisions, settings.detection, settings.config_hash, ruled)
    if asked.picture is not None:
        last = revisions[-1]
        searches = _searches(asked, last, progress)
        marks = [_mark(alert) for alert in revisions]
        scale = _scale(asked.settings, last.pattern)
        extent = last.first_event_time, last.last_event_time
        scene = Scene(_title(last), searches, marks, _needed(scale), extent)
        draw(scene, asked.picture)
    return Told(explained, partial(print_alert, explained))


def of_event(
    asked: Asked,
    event_id: str,
    tenant: str | None,
    pattern: PatternCode | None,
    progress: Progress,
) -> Told:
    """Explain an event of the log.

    Raises:
        ProbewatchError: there is no such event, or it was not used, or nothing can be drawn.
    """
    if asked.picture is not None:
        check(asked.picture)
    query = Query(asked.settings, asked.files, asked.names, asked.verdicts, event_id, tenant)
    explained, searches = explain_event(query, progress)
    if asked.picture is not None:
        strongest = explained.strongest()
        code = pattern or strongest.pattern
        marks = [Mark(explained.event.event_time, f"event {event_id}", _severity(explained, code))]
        title = f"{code.value.replace('_', ' ')}, up to event {event_id}"
        scale = _scale(asked.settings, code)
        draw(Scene(title, searches[code], marks, _needed(scale)), asked.picture)
    return Told(explained, partial(print_event, explained))


def _searches(asked: Asked, alert: Alert, progress: Progress) -> Searches:
    """The searches of those whom an alert is about, in the log."""
    if not asked.files:
        return Searches(np.empty(0, np.int64), np.empty(0, np.float32))
    names = names_of(asked.settings, asked.names)
    about = About.entity(alert.entity, alert.actors, alert.subjects)
    trail = Trail(names, about, [alert.pattern])
    with ExitStack() as stack:
        run = Replay(asked.settings, names, Writers(Outputs(), stack))
        if asked.verdicts is not None:
            run.hear(read_exported(asked.verdicts, asked.settings))
        for batch in run.batches(asked.files, progress):
            trail.note(batch, run.pipeline.observe(batch))
    return trail.searches(alert.pattern)


def _scale(settings: Settings, code: PatternCode) -> Calibration:
    pattern = next(p for p in settings.detection.patterns.all() if p.code is code)
    return calibrate(pattern, settings.detection.budget.false_alerts_per_10000_actor_days)


def _needed(scale: Calibration) -> float:
    """The score from which there is an alert."""
    return 1 / (1 + scale.allowed)


def _mark(alert: Alert) -> Mark:
    # Nothing happens when an episode closes: it is noticed some days after its last search.
    text = alert.status.value
    if alert.status is not Status.CLOSED:
        text += f", {alert.severity.value}, {alert.event_count:,} searches"
    return Mark(alert.last_event_time, text, alert.severity)


def _severity(explained: EventExplained, code: PatternCode) -> Severity:
    (finding,) = (finding for finding in explained.findings if finding.pattern is code)
    return finding.severity or Severity.LOW


def _title(alert: Alert) -> str:
    ids = " + ".join(part[:16] for part in alert.entity.id.split("+"))
    return f"{alert.pattern.value.replace('_', ' ')}: {alert.entity.type} {ids}"
