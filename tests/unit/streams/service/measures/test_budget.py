from prometheus_client import CollectorRegistry

from detectors.alerts import PatternCode, Status, rfc3339
from detectors.config import Budget, Detection
from streams.service.measures.budget import WINDOW_DAYS, BudgetMeasures
from streams.service.measures.making import Making
from tests.alerts import an_alert

DAY = 20_000
"""Since the epoch."""


class World:
    """What is measured, and how it is shown."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.measures = BudgetMeasures(Making(self.registry))

    def alert(self, day: int, status: Status = Status.OPEN) -> None:
        """An alert that was raised on a day."""
        raised = rfc3339((day * 86_400 + 3_600) * 1000)
        self.measures.alert(an_alert(raised_event_time=raised, status=status))

    def shown(self, name: str, **labels: str) -> float | None:
        """A sample."""
        self.measures.look()
        return self.registry.get_sample_value(f"probewatch_{name}", labels)


def test_promises_are_shares_of_the_budget() -> None:
    """In the unit in which the budget is set."""
    world = World()
    detection = Detection(budget=Budget(false_alerts_per_10000_actor_days=4.0))
    world.measures.promise(detection)

    for pattern in detection.patterns.all():
        promised = world.shown("budget_promised_per_10000_actor_days", pattern=pattern.code)
        assert promised == 4.0 * pattern.budget_share


def test_alerts_and_actor_days_are_of_the_same_days() -> None:
    """Of the last whole ones; a day that is still open has alerts, and no actor-days yet."""
    world = World()
    for day in range(DAY, DAY + WINDOW_DAYS + 5):
        world.measures.judged(day, 10)
        world.alert(day)
    world.alert(DAY + WINDOW_DAYS + 5)

    assert world.shown("actor_days_total") == 10 * (WINDOW_DAYS + 5)
    assert world.shown("budget_window_actor_days") == 10 * WINDOW_DAYS
    assert world.shown("budget_window_alerts", pattern="bulk_scraping") == WINDOW_DAYS
    assert world.shown("budget_window_alerts", pattern="persistent_stalking") == 0
    world.measures.judged(DAY + WINDOW_DAYS + 5, 10)
    assert world.shown("budget_window_alerts", pattern="bulk_scraping") == WINDOW_DAYS


def test_an_alert_counts_once() -> None:
    """However often it grows, closes and opens again."""
    world = World()
    world.measures.judged(DAY, 5)
    for status in (Status.OPEN, Status.UPDATED, Status.CLOSED, Status.REOPENED):
        world.alert(DAY, status)

    assert world.shown("budget_window_alerts", pattern="bulk_scraping") == 1


def test_days_without_actors_are_none() -> None:
    """A quiet log moves no window."""
    world = World()
    world.measures.judged(DAY, 5)
    world.alert(DAY)
    world.measures.judged(DAY + 2 * WINDOW_DAYS, 0)

    assert world.shown("budget_window_alerts", pattern="bulk_scraping") == 1
    assert world.shown("budget_window_actor_days") == 5


def test_every_pattern_is_there_before_it_alerts() -> None:
    """At nothing."""
    world = World()

    for pattern in PatternCode:
        assert world.shown("budget_window_alerts", pattern=pattern) == 0
