"""The figures of an evaluation: rates with their uncertainty, and what was exposed meanwhile."""

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from detectors.alerts import PatternCode
from streams.intervals import Interval, garwood, wilson

from .outcome import Basis, CampaignOutcome, Evaluation, Fate
from .records import DIFFICULTIES

PER = 10_000
"""Actor-days that a rate of false alerts is stated for; the alert budget has the same unit."""

FALSE_ALERT_RULE = (
    "An alert counts once however often it is updated, on the UTC day on which it first paged; "
    "alerts of one pattern about one entity on one day count as one."
)


class Spread(msgspec.Struct, frozen=True):
    """The middle and the bad end of a figure; `n` campaigns have it."""

    median: float
    p95: float
    n: int


class Detection(msgspec.Struct, frozen=True, kw_only=True):
    """How many campaigns of a kind were found, and what they got before. None: not known.

    Attributes:
        difficulty: None for all of a pattern together.
        interval: of the rate, 95 % (Wilson).
        searches: up to the first alert, over the campaigns found.
        identities: distinct people exposed up to the first alert, over the campaigns found.
        active_days: days with a search up to the first alert, over the campaigns found.
        share_exposed: share of all people exposed that were exposed before the alert, over
            all campaigns, 1 for a missed one.
    """

    pattern: PatternCode
    difficulty: str | None
    campaigns: int
    found: int
    rate: float
    interval: Interval
    searches: Spread | None
    identities: Spread | None
    active_days: Spread | None
    share_exposed: Spread | None


class FalseRate(msgspec.Struct, frozen=True, kw_only=True):
    """False alerts of one pattern, or of all (None), per 10,000 clean actor-days.

    `interval` is exact, 95 % (Garwood); both are None where actor-days are not known.
    """

    pattern: PatternCode | None
    count: int
    rate: float | None
    interval: Interval | None


class AmbiguousShare(msgspec.Struct, frozen=True, kw_only=True):
    """Campaigns that count neither as found nor as missed, and how many were alerted on."""

    pattern: PatternCode
    campaigns: int
    alerted: int


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """All that an evaluation says; its JSON is `probewatch.evaluation.v1`."""

    schema: str = "probewatch.evaluation.v1"
    runs: int
    actor_days: float | None
    actor_days_basis: Basis
    alerts: dict[Fate, int]
    detection: tuple[Detection, ...]
    false_alert_rule: str = FALSE_ALERT_RULE
    false_alerts: tuple[FalseRate, ...]
    false_alerts_by_group: dict[str, int]
    ambiguous: tuple[AmbiguousShare, ...]
    campaigns: tuple[CampaignOutcome, ...]


def figures(evaluation: Evaluation) -> Figures:
    """The figures; a pattern with neither campaign nor false alert is not listed."""
    clear = [c for c in evaluation.campaigns if not c.ambiguous]
    doubtful = [c for c in evaluation.campaigns if c.ambiguous]
    wrong = Counter(alert.pattern for alert in evaluation.false_alerts)
    groups = Counter(name for alert in evaluation.false_alerts for name in alert.groups)
    days = evaluation.actor_days
    return Figures(
        runs=evaluation.runs,
        actor_days=days,
        actor_days_basis=evaluation.basis,
        alerts=evaluation.fates,
        detection=tuple(_detections(clear)),
        false_alerts=(
            _false_rate(None, sum(wrong.values()), days),
            *(
                _false_rate(pattern, wrong[pattern], days)
                for pattern in PatternCode
                if wrong[pattern] or any(c.pattern is pattern for c in evaluation.campaigns)
            ),
        ),
        false_alerts_by_group=dict(sorted(groups.items())),
        ambiguous=tuple(
            AmbiguousShare(
                pattern=pattern,
                campaigns=len(same),
                alerted=sum(c.found_at is not None for c in same),
            )
            for pattern in PatternCode
            if (same := [c for c in doubtful if c.pattern is pattern])
        ),
        campaigns=evaluation.campaigns,
    )


def _detections(campaigns: Sequence[CampaignOutcome]) -> Iterable[Detection]:
    for pattern in PatternCode:
        same = [c for c in campaigns if c.pattern is pattern]
        kinds = [(d, [c for c in same if c.difficulty == d]) for d in DIFFICULTIES]
        yield from (_detection(pattern, difficulty, kind) for difficulty, kind in kinds if kind)
        if same:
            yield _detection(pattern, None, same)


def _detection(
    pattern: PatternCode, difficulty: str | None, campaigns: Sequence[CampaignOutcome]
) -> Detection:
    found = sum(c.found_at is not None for c in campaigns)
    return Detection(
        pattern=pattern,
        difficulty=difficulty,
        campaigns=len(campaigns),
        found=found,
        rate=found / len(campaigns),
        interval=wilson(found, len(campaigns)),
        searches=_spread(c.searches for c in campaigns),
        identities=_spread(c.identities for c in campaigns),
        active_days=_spread(c.active_days for c in campaigns),
        share_exposed=_spread(c.share_exposed for c in campaigns),
    )


def _spread(values: Iterable[float | None]) -> Spread | None:
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    # The 95th percentile is a value that was seen (nearest rank): few campaigns have no more.
    return Spread(statistics.median(known), known[math.ceil(0.95 * len(known)) - 1], len(known))


def _false_rate(pattern: PatternCode | None, count: int, actor_days: float | None) -> FalseRate:
    if not actor_days:
        return FalseRate(pattern=pattern, count=count, rate=None, interval=None)
    scale = PER / actor_days
    low, high = garwood(count)
    return FalseRate(
        pattern=pattern,
        count=count,
        rate=count * scale,
        interval=Interval(low * scale, high * scale),
    )
