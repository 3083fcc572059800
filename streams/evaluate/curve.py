"""What every alert budget would have found and falsely accused, from one generous run.

A pattern alerts when the rarity of its evidence falls to the budget times its share of it. So an
alert of rarity r is one at every budget of r / share or more, and the alerts of a smaller budget
are among those of a larger one. What is learned does not depend on the budget.

An alert is published again when it has twice as many events or is a hundred times as rare, not at
every step of its rarity. So the curve is exact at the run's own budget and at a hundredth of it;
in between, a campaign may be found sooner than it says, and at times one more.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from detectors.alerts import Alert, PatternCode
from detectors.patterns import Patterns

from .figures import Detection, FalseRate, figures
from .outcome import Basis, Evaluation, evaluate
from .records import Labels, Search

STEPS = (1, 2, 5)
"""Budgets of a sweep, times powers of ten."""

LEAST_BUDGET = 0.01


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """What one budget comes to.

    Attributes:
        budget: false alerts per 10,000 actor-days that are promised, all patterns together.
        alerts: how many episodes are alerts then.
        false_alerts: of all patterns together, as counted.
        found: campaigns found, by pattern; `campaigns` says of how many.
    """

    budget: float
    alerts: int
    false_alerts: FalseRate
    found: dict[PatternCode, int]


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """Detection against budget; its JSON is `probewatch.curve.v1`.

    Attributes:
        actor_days: clean ones; None if unknown.
        widest: the smallest budget that has all the alerts given. Beyond it nothing is known.
        campaigns: how many there are, by pattern, without ambiguous ones.
        points: by budget, the smallest first.
    """

    schema: str = "probewatch.curve.v1"
    actor_days: float | None
    actor_days_basis: Basis
    widest: float
    campaigns: dict[PatternCode, int]
    points: tuple[Point, ...]


def curve(
    alerts: Iterable[Alert],
    labels: Labels,
    patterns: Patterns,
    searches: Iterable[Search] | None = None,
    budgets: Sequence[float] = (),
) -> Curve:
    """Sweep the budget.

    Args:
        alerts: every revision of a run with a generous budget, in the order written.
        labels: the truth; ids written as in the alerts.
        patterns: each with its share of the budget, as in the run.
        searches: the log, which lets actor-days be counted.
        budgets: which; otherwise 1, 2, 5 in every decade that alerts are known of.
    """
    revisions = list(alerts)
    whole = evaluate(revisions, labels, searches)
    needed = [least_budget(alert, patterns) for alert in revisions]
    widest = max(_first_of_each(revisions, needed).values(), default=LEAST_BUDGET)
    swept = sorted(budgets) if budgets else list(steps(widest))
    return Curve(
        actor_days=whole.actor_days,
        actor_days_basis=whole.basis,
        widest=widest,
        campaigns=_counted(whole, found=False),
        points=tuple(
            _point(budget, list(within(revisions, needed, budget)), labels, whole)
            for budget in swept
        ),
    )


def least_budget(alert: Alert, patterns: Patterns) -> float:
    """The smallest budget at which so strong an alert is one."""
    shares = {pattern.code: pattern.budget_share for pattern in patterns.all()}
    return alert.rarity / max(shares.get(alert.pattern, 1.0), 1e-12)


def steps(widest: float) -> Iterator[float]:
    """Budgets from the least to the first that is wide enough.

    >>> list(steps(0.03))
    [0.01, 0.02, 0.05]
    """
    decade = LEAST_BUDGET
    while True:
        for step in STEPS:
            yield round(step * decade, 12)
            if step * decade >= widest:
                return
        decade *= 10


def within(revisions: Sequence[Alert], needed: Sequence[float], budget: float) -> Iterator[Alert]:
    """The revisions that a budget lets through, as if it had been the run's."""
    known: set[str] = set()
    passed: set[str] = set()
    for alert, least in zip(revisions, needed, strict=True):
        weaker_came_before = alert.alert_id in known
        known.add(alert.alert_id)
        if least > budget:
            continue
        if weaker_came_before and alert.alert_id not in passed:
            # It is raised by this, not by the weaker evidence that raised it in the run.
            passed.add(alert.alert_id)
            yield msgspec.structs.replace(alert, raised_event_time=alert.last_event_time)
            continue
        passed.add(alert.alert_id)
        yield alert


def _first_of_each(revisions: Sequence[Alert], needed: Sequence[float]) -> Mapping[str, float]:
    first: dict[str, float] = {}
    for alert, least in zip(revisions, needed, strict=True):
        first.setdefault(alert.alert_id, least)
    return first


def _point(budget: float, alerts: Sequence[Alert], labels: Labels, whole: Evaluation) -> Point:
    judged = evaluate(alerts, labels)
    # Actor-days do not depend on the budget, and are counted once.
    judged = msgspec.structs.replace(judged, actor_days=whole.actor_days, basis=whole.basis)
    return Point(
        budget=budget,
        alerts=len({alert.alert_id for alert in alerts}),
        false_alerts=figures(judged).false_alerts[0],
        found=_counted(judged, found=True),
    )


def _counted(judged: Evaluation, *, found: bool) -> dict[PatternCode, int]:
    """Campaigns by pattern, or those of them that were found."""
    rows: list[Detection] = [row for row in figures(judged).detection if row.difficulty is None]
    return {row.pattern: row.found if found else row.campaigns for row in rows}
