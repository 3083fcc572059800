"""One event, and what every pattern made of it: evidence, threshold, reasons, what-ifs."""

import math
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from .alerts import Alert, Entity, Mode, PatternCode, Reason, Severity, Status
from .base import Figures, Pattern
from .concerns import YIELDING
from .entities import Found, Namer, begin, entity_id
from .events import EventBatch
from .levers import Lever, usable
from .pipeline import Pipeline
from .stages import Stage
from .unjudged import why_not

MOST_CHANGES: Final = 5


class Made(StrEnum):
    """What a pattern made of an event."""

    ALERT = "alert"
    """The event raised an alert, or changed one enough to be told of."""
    ENOUGH = "enough"
    """It would have raised one, had its episode not had one already."""
    KEPT = "kept"
    """Too little for an alert, enough to be kept as what led up to one."""
    NOTHING = "nothing"
    YIELDED = "yielded"
    """Another pattern has named the event."""
    NOT_JUDGED = "not_judged"


class Change(msgspec.Struct, frozen=True):
    """One thing that, had it been otherwise, would have changed the outcome.

    Attributes:
        feature: what, as a code.
        now: how it is.
        then: the nearest value with the other outcome.
        unit: of both; `flag` is 0 or 1.
        text: the change in words.
        evidence: with it, nats.
    """

    feature: str
    now: float
    then: float
    unit: str
    text: str
    evidence: float


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one pattern made of the event.

    Attributes:
        made: in a word.
        why: in words, where it was not judged, or yielded.
        entity: what an alert would be about; None where it was not judged.
        evidence: nats; None where it was not judged. Before it yielded, if it did.
        threshold: nats from which there is an alert.
        kept_from: nats from which an event is kept.
        rarity: so many as strong in 10,000 innocent actor-days.
        severity: what an alert on this event alone would have; None below the threshold.
        budget: the smallest budget (false alerts per 10,000 actor-days) that would have raised it.
        reasons: the pattern's own, whatever the evidence.
        changes: single changes with the other outcome, the one that takes least first.
        episode_events: events in the entity's episode by then; 0 if there is none.
        alert_id: of that episode; empty as long as it was not raised.
    """

    pattern: PatternCode
    mode: Mode
    made: Made
    why: str = ""
    entity: Entity | None = None
    evidence: float | None = None
    threshold: float
    kept_from: float
    rarity: float | None = None
    severity: Severity | None = None
    budget: float | None = None
    reasons: tuple[Reason, ...] = ()
    changes: tuple[Change, ...] = ()
    episode_events: int = 0
    alert_id: str = ""


def inspect(
    pipeline: Pipeline, batch: EventBatch, name_of: Namer
) -> tuple[tuple[Finding, ...], list[Alert]]:
    """Judge one event, and say what every pattern made of it.

    Args:
        pipeline: that has judged what came before.
        batch: the event.
        name_of: writes pseudonyms.

    Returns:
        A finding for each pattern, in the order in which they judge, and the alerts.
    """
    judgement, figures = pipeline.inspect(batch)
    news = {alert.alert_id for alert in judgement.alerts if alert.status is not Status.CLOSED}
    findings: dict[PatternCode, Finding] = {}
    for stage in pipeline.stages():
        named: list[PatternCode] = []
        for _, pattern in stage.patterns:
            judge = _judge_of(stage, pattern, batch)
            evidence = judge(figures)
            found = Found(batch, figures, evidence, pattern.evidence(figures), np.zeros(1, np.intp))
            finding = _finding(pipeline, pattern, found, name_of)
            if finding.evidence is not None:
                what_if = changes(judge, figures, finding.threshold)
                finding = msgspec.structs.replace(finding, changes=what_if)
            episode = (
                stage.episode_of(pattern, found) if finding.made is not Made.NOT_JUDGED else None
            )
            if episode is not None:
                finding = msgspec.structs.replace(
                    finding, episode_events=episode.count, alert_id=episode.alert_id
                )
            if finding.alert_id in news:
                finding = msgspec.structs.replace(finding, made=Made.ALERT)
            if pattern.code in YIELDING and named and finding.made in _FOUND:
                why = f"{named[0].value.replace('_', ' ')} has named this event"
                finding = msgspec.structs.replace(finding, made=Made.YIELDED, why=why, changes=())
            elif finding.evidence is not None and finding.evidence >= finding.threshold:
                named.append(pattern.code)
            findings[pattern.code] = finding
    return tuple(findings[pattern.code] for pattern in pipeline.patterns), judgement.alerts


_FOUND: Final = frozenset({Made.ALERT, Made.ENOUGH, Made.KEPT})


def _finding(pipeline: Pipeline, pattern: Pattern, found: Found, name_of: Namer) -> Finding:
    """What a pattern says of an event, whatever came of it."""
    scale = pipeline.scale(pattern.code)
    nats = float(found.evidence[0])
    plain = Finding(
        pattern=pattern.code,
        mode=pipeline.modes.of(pattern, [found.batch.names[int(found.batch.rows["tenant"][0])]]),
        made=Made.NOT_JUDGED,
        threshold=scale.threshold,
        kept_from=scale.floor,
    )
    if math.isnan(nats):
        return msgspec.structs.replace(plain, why=why_not(pattern, found.figures))
    rarity = scale.rarity(nats)
    severity = None
    made = Made.KEPT if nats >= scale.floor else Made.NOTHING
    if nats >= scale.threshold:
        made = Made.ENOUGH
        most = pattern.most_severe(found.figures)
        severity = min(scale.severity(nats), most, key=lambda each: each.rank)
    kind = pattern.entity
    return msgspec.structs.replace(
        plain,
        made=made,
        entity=Entity(kind, entity_id(kind, begin(kind, found, np.intp(0)), name_of)),
        evidence=nats,
        rarity=rarity,
        severity=severity,
        budget=rarity / (scale.allowed / pipeline.budget),
        reasons=pattern.reasons(found.figures),
    )


Judge = Callable[[Figures], NDArray[np.float64]]
"""Evidence of events by their figures, in nats."""


def _judge_of(stage: Stage[Any], pattern: Pattern, batch: EventBatch) -> Judge:
    """A pattern, as its evidence is worth at the tenant of one event."""

    def judge(figures: Figures) -> NDArray[np.float64]:
        evidence = pattern.evidence(figures)
        tenants = np.repeat(batch.rows["tenant"][:1], len(evidence))
        return stage.worth(pattern.code, evidence, tenants)

    return judge


def changes(judge: Judge, figures: Figures, threshold: float) -> tuple[Change, ...]:
    """Single changes that take the evidence of one event to the other side of the threshold.

    Each lever is tried by itself, from how it is to the nearest value that suffices, and the
    pattern judges; see `levers`.

    Args:
        judge: a pattern's evidence.
        figures: of one event that it judges.
        threshold: nats.

    Returns:
        Those that there are, the least first: by how much of the way to what is possible it
        is. At most `MOST_CHANGES`.
    """
    raised = bool(judge(figures)[0] >= threshold)
    found = []
    for lever, now in usable(figures):
        values = lever.values(figures)
        if not len(values):
            continue
        evidence = judge(lever.tried(figures, values))
        flips = np.flatnonzero((evidence >= threshold) != raised)
        flips = flips[np.isfinite(evidence[flips])]
        if len(flips):
            at = int(flips[0])
            found.append(_change(lever, now, float(values[at]), float(evidence[at])))
    return tuple(sorted(found, key=_effort)[:MOST_CHANGES])


def _change(lever: Lever, now: float, then: float, evidence: float) -> Change:
    text = lever.text.format(then=_written(then, lever.unit), now=_written(now, lever.unit))
    return Change(lever.feature, now, then, lever.unit, text, evidence)


def _written(value: float, unit: str) -> str:
    if unit == "share":
        return f"{value:.0%}"
    return f"{value:.1f}" if unit == "nats" else f"{value:,.0f}"


def _effort(change: Change) -> float:
    """How much it takes: numbers by their logarithm, shares and flags as they are."""
    if change.unit in {"share", "flag"}:
        return abs(change.then - change.now) + (change.unit == "flag")
    return abs(math.log1p(change.then) - math.log1p(change.now))
