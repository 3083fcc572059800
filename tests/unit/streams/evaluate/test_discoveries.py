from datetime import datetime

from detectors.alerts import PatternCode
from detectors.patterns import Patterns
from streams.evaluate.discoveries import as_tests, discoveries
from streams.evaluate.records import Campaign, Labels, Meta, Search
from tests.alerts import an_alert

SEARCHES = [
    Search(f"e{n}", datetime.fromisoformat(f"2026-03-0{day}T10:00:00Z"), "t", f"u{n}")
    for day in (4, 5)
    for n in range(50)
]
LABELS = Labels(
    meta=Meta(),
    campaigns=(
        Campaign(
            campaign_id="c",
            pattern=PatternCode.BULK_SCRAPING,
            difficulty="blatant",
            actors=frozenset({"someone"}),
            start=datetime.fromisoformat("2026-03-05T00:00:00Z"),
            end=datetime.fromisoformat("2026-03-06T00:00:00Z"),
        ),
    ),
    groups=(),
)


def test_strong_alerts_pass_and_weak_ones_do_not() -> None:
    """The budget lets everything through; LOND what is rare among a hundred tests."""
    rare, common = an_alert(rarity=1e-6), an_alert(alert_id="b", rarity=100.0)

    result = discoveries([rare, common], SEARCHES, Patterns(), LABELS, [0.2])

    assert (result.tests, result.alerts, result.campaigns) == (100, 2, 1)
    by_name = {row.procedure: row for row in result.procedures}
    assert (by_name["budget"].alerts, by_name["budget"].found) == (2, 1)
    assert (by_name["LOND"].alerts, by_name["LOND"].found) == (1, 1)
    assert {row.false_alerts for row in result.procedures} == {0}


def test_without_labels_nothing_is_said_of_the_truth() -> None:
    """Only how many are let through."""
    result = discoveries([an_alert()], SEARCHES, Patterns(), levels=[0.2])

    assert {(row.false_alerts, row.found) for row in result.procedures} == {(None, None)}


def test_a_test_is_as_strong_as_its_day() -> None:
    """A later revision of the same day counts, one of another day comes too late."""
    first = an_alert(rarity=1.0)
    same_day = an_alert(rarity=0.1, revision=2)
    later = an_alert(rarity=0.01, revision=3, last_event_time="2026-03-07T10:00:00.000Z")
    share = Patterns().bulk_scraping.budget_share

    (test,) = as_tests([first, same_day, later], Patterns())

    assert test.p == 0.1 / share / 10_000
