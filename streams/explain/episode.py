"""One alert explained: how it grew, how rare it is, how far it is from other outcomes."""

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from detectors.alerts import Alert, Severity
from detectors.base import Pattern
from detectors.calibration import Calibration, allowed_for, calibrate
from detectors.config import Detection
from streams.decisions.records import Ruled, in_words

from .advice import next_steps

_PAGING: Final = (Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)


class Step(msgspec.Struct, frozen=True):
    """One revision, in short."""

    revision: int
    status: str
    severity: Severity
    score: float
    rarity: float
    event_count: int
    last_event_time: str
    config_hash: str
    why: str


class Distance(msgspec.Struct, frozen=True, kw_only=True):
    """How far the alert is from other outcomes. Budgets: false alerts per 10,000 actor-days.

    Attributes:
        evidence: the episode's most, nats, as its rarity tells.
        threshold: nats from which there is an alert, under the settings.
        budget: as set, all patterns together.
        share: the pattern's, as set; verdicts may have moved it.
        budgets: by severity, the smallest budget that would give it.
        held_down: whether the pattern gives it less than its rarity would.
        same_settings: whether the settings are those that judged.
    """

    evidence: float
    threshold: float
    budget: float
    share: float
    budgets: dict[str, float]
    held_down: bool
    same_settings: bool


class AlertExplained(msgspec.Struct, frozen=True, kw_only=True):
    """Why an alert was raised; its JSON is `probewatch.explanation.v1` of kind `alert`.

    Attributes:
        verdict: the last on it, in words; None if there is none, or the alert is from a file.
    """

    schema: str = "probewatch.explanation.v1"
    kind: str = "alert"
    alert: Alert
    revisions: tuple[Step, ...]
    distance: Distance
    changes: tuple[str, ...]
    next_steps: tuple[str, ...]
    verdict: str | None = None


def explain_alert(
    revisions: Sequence[Alert], detection: Detection, config_hash: str, ruled: Ruled | None = None
) -> AlertExplained:
    """Explain an alert.

    Args:
        revisions: at least one, in order.
        detection: what the operator decided.
        config_hash: of these settings.
        ruled: the last verdict on it, if any.
    """
    last = revisions[-1]
    pattern = next(p for p in detection.patterns.all() if p.code is last.pattern)
    budget = detection.budget.false_alerts_per_10000_actor_days
    scale = calibrate(pattern, budget)
    distance = _distance(last, pattern, scale, budget, same=last.config_hash == config_hash)
    return AlertExplained(
        alert=last,
        revisions=tuple(map(_step, revisions)),
        distance=distance,
        changes=_changes(last, distance),
        next_steps=next_steps(last, decided=ruled is not None),
        verdict=None if ruled is None else in_words(ruled),
    )


def _step(alert: Alert) -> Step:
    return Step(
        revision=alert.revision,
        status=alert.status.value,
        severity=alert.severity,
        score=alert.score,
        rarity=alert.rarity,
        event_count=alert.event_count,
        last_event_time=alert.last_event_time,
        config_hash=alert.config_hash,
        why=alert.reasons[0].text if alert.reasons else "",
    )


def _distance(
    alert: Alert, pattern: Pattern, scale: Calibration, budget: float, *, same: bool
) -> Distance:
    evidence = scale.evidence(alert.rarity)
    return Distance(
        evidence=evidence,
        threshold=scale.threshold,
        budget=budget,
        share=pattern.budget_share,
        budgets={s.value: allowed_for(s, alert.rarity) / pattern.budget_share for s in _PAGING},
        held_down=scale.severity(evidence).rank > alert.severity.rank,
        same_settings=same,
    )


def _changes(alert: Alert, distance: Distance) -> tuple[str, ...]:
    """What would have given another outcome, in words."""
    needed = distance.budgets[Severity.MEDIUM.value]
    told = [
        f"at a budget below {number(needed)}, not {number(distance.budget)}, it would be no alert"
    ]
    if not distance.same_settings:
        told.append(
            "these settings are not those that judged it: distances are those under these settings"
        )
    harder = [s for s in _PAGING if s.rank > alert.severity.rank]
    if distance.held_down:
        told.append(f"it is rarer than {alert.severity.value}, but the pattern holds it down")
    elif harder:
        severity = harder[0]
        told.append(
            f"at a budget of {number(distance.budgets[severity.value])} or more, or with "
            f"{number(distance.budgets[severity.value] / distance.budget)} times rarer evidence, "
            f"it would be {severity.value}"
        )
    return tuple(told)


def number(value: float) -> str:
    """Three digits that matter, without an exponent where it can be read without.

    >>> number(0.0305), number(12345.0)
    ('0.0305', '12,300')
    """
    if value <= 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = 2 - math.floor(math.log10(value))
    if digits > 8:  # noqa: PLR2004 - zeros that nobody counts
        return f"{value:.1e}"
    text = f"{round(value, digits):,.{max(digits, 0)}f}"
    return text.rstrip("0").rstrip(".") if digits > 0 else text
