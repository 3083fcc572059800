"""Decisions for tests, each a plain one with what matters changed."""

from pathlib import Path
from typing import Any

from detectors.alerts import PatternCode
from streams.decisions.changes import tables_of
from streams.decisions.records import Configuration, Ruled, Snooze
from streams.settings import Settings, parse
from tests.logs import HOUR, MONDAY
from tests.verdicts import a_verdict

NOW = MONDAY + 9 * HOUR
"""By the clock of whoever decides."""


def ruled(**changed: Any) -> Ruled:
    """That an alert on bulk scraping was false, but for what is `changed` of the verdict."""
    return Ruled(verdict=a_verdict(**changed), by="anna", written_at=NOW)


def a_snooze(**changed: Any) -> Snooze:
    """Of bulk scraping in a tenant, for an hour, but for what is `changed`."""
    plain: dict[str, Any] = {
        "snooze_id": "0a1b2c3d",
        "event_time": MONDAY,
        "by": "anna",
        "written_at": NOW,
        "owner": "soc",
        "until": NOW + HOUR,
        "pattern": PatternCode.BULK_SCRAPING,
        "tenant_id": "t",
    }
    return Snooze(**(plain | changed))


def settings_with(**tables: Any) -> Settings:
    """The defaults, with tables as in a file."""
    return parse(tables, "test.toml", Path())


def a_budget(allowed: float) -> Settings:
    """The defaults with another budget."""
    return settings_with(budget={"false_alerts_per_10000_actor_days": allowed})


def configured(settings: Settings, event_time: int = MONDAY) -> Configuration:
    """The record of some settings."""
    return Configuration(
        event_time=event_time,
        by="anna",
        written_at=NOW,
        config_hash=settings.config_hash,
        tables=tables_of(settings),
    )
