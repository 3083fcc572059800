import pytest

from detectors.errors import ConfigError
from streams.decisions.changes import changed, differences, fixed_of, refusals, tables_of
from streams.settings import Settings
from tests.decisions import a_budget, settings_with


def test_what_can_change_comes_back_as_it_was() -> None:
    """Through the tables of a record, into another worker's settings."""
    table = {"id": "x", "owner": "soc", "reason": "test", "until": "2026-03-31T00:00:00Z"}
    wanted = settings_with(
        budget={"false_alerts_per_10000_actor_days": 3},
        learning={"release_after_days": 9},
        patterns={"case_laundering": {"shadow": True}},
        suppressions=[table | {"patterns": ["bulk_scraping"]}],
    )

    assert changed(Settings(), tables_of(wanted)) == wanted


def test_what_cannot_change_stays() -> None:
    """Limits and the estimator are not in the tables."""
    own = settings_with(
        limits={"pairs": 7_000}, patterns={"unusual_activity": {"estimator": "LODA()"}}
    )
    result = changed(own, tables_of(a_budget(4.0)))

    assert result.detection.limits == own.detection.limits
    assert result.detection.patterns.unusual_activity.estimator == "LODA()"
    assert result.detection.budget.false_alerts_per_10000_actor_days == 4.0


@pytest.mark.parametrize(
    ("table", "key", "value", "message"),
    [
        ("budget", "false_alerts_per_10000_actor_days", -1, "expected a number, above 0"),
        ("learning", "suspect_score", "high", "expected a number"),
        ("learning", "forgetting", 1, "unknown key"),
    ],
)
def test_a_wrong_table_is_refused(table: str, key: str, value: object, message: str) -> None:
    """With where and what was expected."""
    tables = tables_of(Settings())
    tables[table][key] = value

    with pytest.raises(ConfigError, match=message):
        changed(Settings(), tables)


@pytest.mark.parametrize("missing", ["budget", "suppressions", "patterns"])
def test_a_table_that_is_missing_is_refused(missing: str) -> None:
    """Its defaults might be others where it was written."""
    tables = tables_of(Settings())
    del tables[missing]

    with pytest.raises(ConfigError, match=missing):
        changed(Settings(), tables)


def test_what_takes_a_restart_is_named() -> None:
    """Path, what workers run with, and what the file has."""
    fixed = fixed_of(Settings())
    other = settings_with(
        limits={"actors": 5_000},
        service={"max_skew": "2h", "http_port": 9, "page": True},
        kafka={"partitions": 4, "bootstrap_servers": "elsewhere:9092"},
        pseudonyms={"epoch": 3, "key_file": "there"},
        patterns={"unusual_activity": {"estimator": "LODA()"}},
    )

    assert refusals(a_budget(4.0), fixed) == []
    assert sorted(fault.where for fault in refusals(other, fixed)) == [
        "kafka.partitions",
        "limits.actors",
        "patterns.unusual_activity.estimator",
        "pseudonyms.epoch",
        "service.max_skew",
    ]
    whats = {fault.where: fault.what for fault in refusals(other, fixed)}
    assert whats["service.max_skew"] == (
        "takes a restart of all workers: they run with '1h', not '2h'"
    )


def test_differences_are_told_by_their_paths() -> None:
    """Only what differs."""
    shadow = settings_with(patterns={"case_laundering": {"shadow": True}})

    assert [*differences(tables_of(Settings()), tables_of(shadow))] == [
        "patterns.case_laundering.shadow: False -> True"
    ]
