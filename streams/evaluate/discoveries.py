"""What online control of the false discovery rate would have let through of a run's alerts.

A budget bounds false alerts per actor-day, whatever there is to find. These procedures bound the
share of false ones among all alerts instead: they are strict while nothing is found, and become
generous when much is.

Every actor-day is a test. Its p-value is the smallest budget at which it gives an alert, by
10,000: 1, for all that is known here, if it gives none. An alert is tested once, on the UTC day
on which it is raised, by the strongest of that day's revisions.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from detectors.alerts import Alert
from detectors.patterns import Patterns

from .curve import least_budget
from .fdr import e_lond, e_value, lond, saffron
from .figures import PER
from .matching import Revision
from .outcome import evaluate
from .records import Labels, Search, moment

LEVELS = (0.05, 0.2, 0.5)
KAPPAS = (0.1, 0.5)


class LetThrough(msgspec.Struct, frozen=True, kw_only=True):
    """What one procedure at one level makes of the alerts.

    Attributes:
        procedure: as it is called; "budget" is the run itself.
        alpha: share of false ones among all let through, at most; None for the budget.
        alerts: how many are let through.
        false_alerts: of these; None without labels.
        found: campaigns; None without labels.
    """

    procedure: str
    alpha: float | None
    alerts: int
    false_alerts: int | None
    found: int | None


class Discoveries(msgspec.Struct, frozen=True, kw_only=True):
    """What each procedure makes of a run; its JSON is `probewatch.discoveries.v1`."""

    schema: str = "probewatch.discoveries.v1"
    tests: int
    alerts: int
    campaigns: int | None
    procedures: tuple[LetThrough, ...]


@dataclass(frozen=True, slots=True)
class _Test:
    """An alert as a test: on which day it was raised, and its p-value."""

    alert_id: str
    raised: str
    p: float


def discoveries(
    alerts: Iterable[Alert],
    searches: Iterable[Search],
    patterns: Patterns,
    labels: Labels | None = None,
    levels: Sequence[float] = LEVELS,
) -> Discoveries:
    """Try every procedure at every level.

    Args:
        alerts: every revision, in the order written; best of a run with a generous budget.
        searches: the log that was judged, which says how many tests there were.
        patterns: each with its share of the budget, as in the run.
        labels: the truth, if it is known.
        levels: false discovery rates to try.
    """
    revisions = [alert for alert in alerts if Revision.of(alert, first=False).pages]
    tests = as_tests(revisions, patterns)
    per_day = Counter(day for _, _, day in _actor_days(searches))
    places = placed([test.raised[:10] for test in tests], per_day)
    p = [test.p for test in tests]
    # Whatever gave no alert had a larger p-value than any that did.
    candidate = min(max(p, default=0.5), 0.5)
    tried: list[tuple[str, float | None, list[bool]]] = [("budget", None, [True] * len(p))]
    for alpha in levels:
        tried.append(("LOND", alpha, lond(p, places, alpha)))
        tried.append(("SAFFRON", alpha, saffron(p, places, alpha, candidate)))
        for kappa in KAPPAS:
            e = [e_value(value, kappa) for value in p]
            tried.append((f"e-LOND, κ = {kappa}", alpha, e_lond(e, places, alpha)))
    clear = None if labels is None else [c for c in labels.campaigns if not c.ambiguous]
    return Discoveries(
        tests=sum(per_day.values()),
        alerts=len(tests),
        campaigns=None if clear is None else len(clear),
        procedures=tuple(
            _let_through(name, alpha, tests, passed, revisions, labels)
            for name, alpha, passed in tried
        ),
    )


def as_tests(revisions: Sequence[Alert], patterns: Patterns) -> list[_Test]:
    """The alerts as tests, in the order in which they were raised."""
    tests: dict[str, _Test] = {}
    for alert in revisions:
        p = min(least_budget(alert, patterns) / PER, 1.0)
        known = tests.setdefault(alert.alert_id, _Test(alert.alert_id, alert.raised_event_time, p))
        if alert.last_event_time[:10] == known.raised[:10] and p < known.p:
            tests[alert.alert_id] = _Test(known.alert_id, known.raised, p)
    return sorted(tests.values(), key=lambda test: (test.raised, test.alert_id))


def placed(days: Sequence[str], per_day: Counter[str]) -> list[int]:
    """Each test's number among all: the last of its day, since a day is judged at its end.

    Args:
        days: of the tests, in order.
        per_day: how many tests there are on each day.

    >>> placed(["2026-01-02", "2026-01-02"], Counter({"2026-01-01": 5, "2026-01-02": 4}))
    [8, 9]
    """
    ends, total = {}, 0
    for day in sorted(per_day):
        total += per_day[day]
        ends[day] = total
    left = Counter(days)
    places: list[int] = []
    for day in days:
        wanted = ends.get(day, total) - left[day] + 1
        left[day] -= 1
        places.append(max(wanted, places[-1] + 1 if places else 1))
    return places


def _actor_days(searches: Iterable[Search]) -> set[tuple[str, str, str]]:
    return {
        (search.tenant_id, search.actor_id, moment(search.event_time).date().isoformat())
        for search in searches
    }


def _let_through(  # noqa: PLR0913, PLR0917 - all that one line is made of
    name: str,
    alpha: float | None,
    tests: Sequence[_Test],
    passed: Sequence[bool],
    revisions: Sequence[Alert],
    labels: Labels | None,
) -> LetThrough:
    chosen = {test.alert_id for test, through in zip(tests, passed, strict=True) if through}
    if labels is None:
        wrong = found = None
    else:
        judged = evaluate([a for a in revisions if a.alert_id in chosen], labels)
        wrong = len(judged.false_alerts)
        found = sum(c.found_at is not None for c in judged.campaigns if not c.ambiguous)
    return LetThrough(
        procedure=name, alpha=alpha, alerts=len(chosen), false_alerts=wrong, found=found
    )
