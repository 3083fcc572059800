"""The budget on one's own history: what was promised, what was held, what could not be judged.

Nothing needs to be known of alerts: the bound holds even if all of them are false, and verdicts
`true` make it lower. It is a bound of what was held over a stretch, with 95 % confidence for each
line by itself, as if false alerts came independently of one another (a Poisson process).
"""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import msgspec

from detectors.alerts import Alert, Mode, PatternCode
from detectors.base import Pattern
from detectors.config import Detection
from detectors.standing import Standing
from detectors.verdicts import Verdict
from streams.promise import CONFIDENCE, Held, held_of, paging, said_real

from .warmup import WarmUp, day_of, warm_up


class Line(Held, frozen=True, kw_only=True):
    """What one pattern held, or all of them (None), at one tenant or all of them (None).

    A pattern's actor-days are those on which it could judge and would have paged.

    Attributes:
        days: of the calendar that `needed` takes at the present rate; None if it has none.
    """

    tenant: str | None
    pattern: PatternCode | None
    days: int | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that is said; its JSON is `probewatch.budget.v1`.

    Attributes:
        budget: false alerts per 10,000 actor-days that are promised, all patterns.
        first_day: on which an account did anything.
        last_day: to which the log goes.
        lines: all tenants first, of each all patterns first.
        warm_up: a tenant each.
    """

    schema: str = "probewatch.budget.v1"
    confidence: float = CONFIDENCE
    budget: float
    first_day: str
    last_day: str
    lines: tuple[Line, ...]
    warm_up: tuple[WarmUp, ...]


def report(
    alerts: Iterable[Alert],
    verdicts: Sequence[Verdict],
    detection: Detection,
    standings: Collection[Standing],
) -> Report:
    """Look at every pattern at every tenant.

    Args:
        alerts: every revision, in the order written.
        verdicts: what analysts said; the last on an alert counts.
        detection: that judged, at the end.
        standings: of the tenants that are asked about, at least one.
    """
    names = {standing.tenant for standing in standings}
    pages = [alert for alert in paging(alerts) if names.intersection(alert.tenants)]
    ledger = _Ledger(pages, said_real(verdicts), detection)
    scopes = [[standing] for standing in standings]
    if len(scopes) > 1:
        scopes.insert(0, list(standings))
    return Report(
        budget=detection.budget.false_alerts_per_10000_actor_days,
        first_day=day_of(min(standing.term.since for standing in standings)),
        last_day=day_of(max(standing.today for standing in standings)),
        lines=tuple(line for scope in scopes for line in ledger.lines(scope)),
        warm_up=tuple(warm_up(standing, detection.patterns.all()) for standing in standings),
    )


def ripe_days(standing: Standing, pattern: Pattern, detection: Detection) -> int:
    """Actor-days of a tenant on which a pattern could judge and would have paged."""
    if detection.modes.of(pattern, [standing.tenant]) is Mode.SHADOW:
        return 0
    if pattern.code in standing.blind:
        return 0
    if pattern.code is PatternCode.UNUSUAL_ACTIVITY:
        return standing.term.ripe_days
    return standing.term.actor_days


@dataclass(frozen=True, slots=True)
class _Ledger:
    """Alerts that page, which of them are real, and what is promised of them."""

    pages: Sequence[Alert]
    real: Collection[str]
    detection: Detection

    def lines(self, scope: Sequence[Standing]) -> Iterable[Line]:
        """Of tenants together: all patterns, and each."""
        patterns = self.detection.patterns.all()
        names = {standing.tenant for standing in scope}
        alerts = [alert for alert in self.pages if names.intersection(alert.tenants)]
        share = math.fsum(pattern.budget_share for pattern in patterns)
        every = [standing.term.actor_days for standing in scope]
        yield self._line(scope, None, share, every, alerts)
        for pattern in patterns:
            days = [ripe_days(standing, pattern, self.detection) for standing in scope]
            own = [alert for alert in alerts if alert.pattern is pattern.code]
            yield self._line(scope, pattern.code, pattern.budget_share, days, own)

    def _line(
        self,
        scope: Sequence[Standing],
        pattern: PatternCode | None,
        share: float,
        days: Sequence[int],
        alerts: Sequence[Alert],
    ) -> Line:
        budget = self.detection.budget.false_alerts_per_10000_actor_days
        found = held_of(budget * share, sum(days), alerts, self.real)
        # Where a pattern judges at all it goes on to judge all that there is.
        rate = math.fsum(a_day(s) for s, own in zip(scope, days, strict=True) if own)
        return Line(
            **msgspec.structs.asdict(found),
            tenant=scope[0].tenant if len(scope) == 1 else None,
            pattern=pattern,
            days=math.ceil(found.needed / rate) if rate else None,
        )


def a_day(standing: Standing) -> float:
    """Actor-days that a tenant has had a day of the calendar."""
    return standing.term.actor_days / (standing.today - standing.term.since + 1)
