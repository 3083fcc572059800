"""Whether patterns in the shadow are ready to page people: what they would have added.

Alerts of the shadow are put beside those that paged over the same stretch: how many there are, how
many tell of accounts or persons that a live alert tells of at the same time, and what analysts say
of them. The advice follows one rule, `advised`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from detectors.alerts import Alert, Mode, PatternCode, Severity
from detectors.base import Pattern
from detectors.config import Detection
from detectors.verdicts import Ruling, Verdict
from streams.intervals import Interval, garwood, wilson

from .figures import PER
from .records import Search, moment

GRACE: Final = timedelta(days=1)
"""Two alerts no further apart than this are about the same time."""

ENOUGH_VERDICTS: Final = 10
"""Of so many verdicts all right, the share of right ones is above 0.72 with 95 % confidence."""

RIGHT: Final = 0.5
"""Alerts of which less than half are right are not worth a page."""

Advice = Literal["promote", "keep", "wait"]


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One pattern in the shadow, at one tenant or everywhere it is in the shadow (None).

    Attributes:
        alerts: that would have paged.
        rate: of them per 10,000 actor-days, and its 95 % interval; None without a log.
        promised: false alerts per 10,000 actor-days that its share of the budget allows.
        known: alerts that share an account or a person with a live one of about the same time.
        new: the others: what promotion would add.
        verdicts: by what analysts said, of its alerts.
        right: share of right ones among those said to be right or wrong, its 95 % interval; None
            without any.
        unexplained: alerts that are new and that nobody said are right: at worst, all are false.
        advice: what to do, and why.
    """

    pattern: PatternCode
    tenant_id: str | None
    alerts: int
    rate: float | None
    interval: Interval | None
    promised: float
    known: int
    new: int
    verdicts: dict[str, int]
    right: Interval | None
    unexplained: int
    advice: Advice
    why: str


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """All that is said; its JSON is `probewatch.promotion.v1`."""

    schema: str = "probewatch.promotion.v1"
    actor_days: int | None
    live: int
    candidates: tuple[Candidate, ...]


def promotion(
    revisions: Iterable[Alert],
    detection: Detection,
    searches: Iterable[Search] | None = None,
    verdicts: Sequence[Verdict] = (),
) -> Promotion:
    """Look at every pattern that has alerts in the shadow.

    Args:
        revisions: of alerts, live and in the shadow, in the order written.
        detection: for the budget that is promised.
        searches: the log, for actor-days.
        verdicts: in the order given; the last on an alert counts.
    """
    last = {alert.alert_id: alert for alert in revisions}
    paging = [alert for alert in last.values() if alert.severity.rank >= Severity.MEDIUM.rank]
    live = [alert for alert in paging if alert.mode is Mode.LIVE]
    shadow = [alert for alert in paging if alert.mode is Mode.SHADOW]
    days = None if searches is None else _actor_days(searches)
    said = {verdict.alert_id: verdict.verdict for verdict in verdicts}
    beside = _Stretch(live, days, said)
    budget = detection.budget.false_alerts_per_10000_actor_days
    found = []
    for pattern in detection.patterns.all():
        of_pattern = [alert for alert in shadow if alert.pattern is pattern.code]
        if not of_pattern:
            continue
        tenants = sorted({alert.tenant_id for alert in of_pattern if alert.tenant_id})
        for tenant in (None, *(tenants if len(tenants) > 1 else ())):
            some = [alert for alert in of_pattern if tenant in {None, alert.tenant_id}]
            found.append(_candidate(pattern, tenant, some, budget, beside))
    return Promotion(
        actor_days=None if days is None else sum(days.values()),
        live=len(live),
        candidates=tuple(found),
    )


def _actor_days(searches: Iterable[Search]) -> dict[str, int]:
    """Days on which an account searched, by tenant."""
    seen = {(s.tenant_id, s.actor_id, moment(s.event_time).toordinal()) for s in searches}
    days: dict[str, int] = {}
    for tenant, _, _ in seen:
        days[tenant] = days.get(tenant, 0) + 1
    return days


@dataclass(frozen=True, slots=True)
class _Stretch:
    """What there is to compare with: live alerts, actor-days by tenant, what analysts said."""

    live: Sequence[Alert]
    days: Mapping[str, int] | None
    said: Mapping[str, Ruling]

    def actor_days(self, tenant: str | None) -> int | None:
        """Of one tenant, or of all (None); None if unknown."""
        if self.days is None:
            return None
        return sum(self.days.values()) if tenant is None else self.days.get(tenant, 0)


def _candidate(
    pattern: Pattern, tenant: str | None, alerts: Sequence[Alert], budget: float, beside: _Stretch
) -> Candidate:
    said, live = beside.said, beside.live
    known = {alert.alert_id for alert in alerts if any(_same(alert, other) for other in live)}
    ruled = [said[alert.alert_id] for alert in alerts if alert.alert_id in said]
    counts = {ruling.value: ruled.count(ruling) for ruling in Ruling if ruling in ruled}
    good = counts.get(Ruling.TRUE.value, 0)
    bad = counts.get(Ruling.FALSE.value, 0) + counts.get(Ruling.BENIGN.value, 0)
    explained = {a.alert_id for a in alerts if said.get(a.alert_id) in _EXPLAINED}
    unexplained = len({a.alert_id for a in alerts} - known - explained)
    total = beside.actor_days(tenant)
    promised = budget * pattern.budget_share
    right = wilson(good, good + bad) if good + bad else None
    advice, why = advised(right, good + bad, unexplained, total, promised)
    return Candidate(
        pattern=pattern.code,
        tenant_id=tenant,
        alerts=len(alerts),
        rate=PER * len(alerts) / total if total else None,
        interval=_per(garwood(len(alerts)), total) if total else None,
        promised=promised,
        known=len(known),
        new=len(alerts) - len(known),
        verdicts=counts,
        right=right,
        unexplained=unexplained,
        advice=advice,
        why=why,
    )


_EXPLAINED: Final = {Ruling.TRUE, Ruling.DUPLICATE}


def advised(
    right: Interval | None,
    verdicts: int,
    unexplained: int,
    actor_days: int | None,
    promised: float,
) -> tuple[Advice, str]:
    """The rule.

    With `ENOUGH_VERDICTS` verdicts these decide: promote if with 95 % confidence at least half of
    the alerts are right, keep in the shadow if with 95 % confidence less than half are. With fewer,
    keep if what nobody explained is with 95 % confidence more than the budget promises. Otherwise
    wait, for verdicts.

    Args:
        right: 95 % interval of the share of right ones.
        verdicts: how many said right or wrong.
        unexplained: alerts that are new, and that nobody said are right.
        actor_days: of the stretch; None if unknown.
        promised: false alerts per 10,000 actor-days.
    """
    if right is not None and verdicts >= ENOUGH_VERDICTS:
        share = f"{right[0]:.0%} to {right[1]:.0%} of its alerts are right"
        if right[0] >= RIGHT:
            return "promote", share
        if right[1] < RIGHT:
            return "keep", share
        return "wait", f"{share}; more verdicts will tell"
    if actor_days and _per(garwood(unexplained), actor_days)[0] > promised:
        rate = PER * unexplained / actor_days
        why = (
            f"{unexplained} unexplained alerts are {rate:.2g} in 10,000 actor-days, surely more "
            f"than the {promised:.2g} promised"
        )
        return "keep", why
    return "wait", f"{ENOUGH_VERDICTS} verdicts are needed, there are {verdicts}"


def _per(interval: Interval, actor_days: int) -> Interval:
    low, high = interval
    return Interval(PER * low / actor_days, PER * high / actor_days)


def _same(alert: Alert, other: Alert) -> bool:
    """Whether two alerts tell of the same people at about the same time."""
    if set(alert.tenants).isdisjoint(other.tenants):
        return False
    if set(alert.actors).isdisjoint(other.actors) and set(alert.subjects).isdisjoint(
        other.subjects
    ):
        return False
    start, end = _extent(alert)
    begin, until = _extent(other)
    return start <= until + GRACE and begin <= end + GRACE


def _extent(alert: Alert) -> tuple[datetime, datetime]:
    return (
        datetime.fromisoformat(alert.first_event_time),
        datetime.fromisoformat(alert.last_event_time),
    )
