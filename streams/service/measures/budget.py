"""False alerts that are promised, and what was raised: which is the most that can be false."""

from collections import Counter
from datetime import datetime
from typing import Final

from detectors.alerts import Alert, PatternCode, Status
from detectors.config import Detection

from .making import Making, Over

WINDOW_DAYS: Final = 30
"""Days of event time over which alerts and actor-days are compared."""

_DAY_SECONDS: Final = 86_400


class BudgetMeasures:
    """Compares alerts with actor-days, both by the day of their events.

    A day counts when it is whole: an actor's day is learned two days after it began.
    """

    def __init__(self, make: Making) -> None:
        self._promised = make.gauge(
            "budget_promised_per_10000_actor_days",
            "False alerts that a pattern may give, by its share of the budget",
            Over.MAX,
            ["pattern"],
        )
        self._judged = make.counter(
            "actor_days", "Days of actors with a search that were judged and are over."
        )
        self._alerts = make.gauge(
            "budget_window_alerts",
            f"Alerts that were raised in the last {WINDOW_DAYS} whole days of event time, since "
            "the worker began",
            Over.SUM,
            ["pattern"],
        )
        self._days = make.gauge(
            "budget_window_actor_days",
            "Actor-days that were judged in the same time",
            Over.SUM,
        )
        self._raised: dict[PatternCode, Counter[int]] = {code: Counter() for code in PatternCode}
        self._actor_days: Counter[int] = Counter()
        for code in PatternCode:
            self._alerts.labels(code)

    def promise(self, detection: Detection) -> None:
        """Show what each pattern may give."""
        budget = detection.budget.false_alerts_per_10000_actor_days
        for pattern in detection.patterns.all():
            self._promised.labels(pattern.code).set(budget * pattern.budget_share)

    def judged(self, day: int, actors: int) -> None:
        """A day (since the epoch) is over on which so many actors searched."""
        if actors:
            self._judged.inc(actors)
            self._actor_days[day] += actors

    def alert(self, alert: Alert) -> None:
        """Note an alert as it is raised."""
        if alert.status is Status.OPEN:
            raised = datetime.fromisoformat(alert.raised_event_time).timestamp()
            self._raised[alert.pattern][int(raised // _DAY_SECONDS)] += 1

    def look(self) -> None:
        """Set the gauges, and forget what is older than their window."""
        newest = max(self._actor_days, default=0)
        for days in (self._actor_days, *self._raised.values()):
            for old in [day for day in days if day <= newest - WINDOW_DAYS]:
                del days[old]
        self._days.set(self._actor_days.total())
        for code, days in self._raised.items():
            self._alerts.labels(code).set(
                sum(count for day, count in days.items() if day <= newest)
            )
