from datetime import datetime

import pytest

from detectors.alerts import Alert, Entity, PatternCode
from detectors.patterns import Patterns
from streams.evaluate.curve import curve, least_budget, steps, within
from streams.evaluate.records import Campaign, Labels, Meta
from tests.alerts import an_alert

SHARE = Patterns().bulk_scraping.budget_share
LABELS = Labels(
    meta=Meta(actor_days=10_000),
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


def needing(budget: float, **changed: object) -> Alert:
    """An alert from this budget on."""
    return an_alert(rarity=budget * SHARE, **changed)


def innocent(budget: float) -> Alert:
    """The same about somebody else."""
    return needing(budget, alert_id="b", entity=Entity("actor", "other"), actors=("other",))


def test_a_budget_is_the_rarity_by_the_share() -> None:
    """At a pattern's share of the budget the alert is just one."""
    assert least_budget(needing(3.0), Patterns()) == pytest.approx(3.0)


def test_more_budget_finds_more_and_accuses_more() -> None:
    """The campaign from a budget of 0.5 on, somebody innocent from 4 on."""
    result = curve([needing(0.5), innocent(4.0)], LABELS, Patterns(), budgets=[5, 0.1, 1])

    assert [point.budget for point in result.points] == [0.1, 1, 5]
    assert [point.found[PatternCode.BULK_SCRAPING] for point in result.points] == [0, 1, 1]
    assert [point.false_alerts.count for point in result.points] == [0, 0, 1]
    assert result.points[-1].false_alerts.rate == 1.0
    assert result.widest == pytest.approx(4.0)
    assert result.campaigns == {PatternCode.BULK_SCRAPING: 1}


def test_an_alert_comes_with_the_revision_that_is_strong_enough() -> None:
    """A smaller budget would have raised it when it became strong, not when it was weak."""
    weak = needing(5.0)
    strong = needing(0.5, revision=2, last_event_time="2026-03-09T10:00:00.000Z")
    revisions = [weak, strong]
    needed = [5.0, 0.5]

    assert list(within(revisions, needed, 10)) == revisions
    (late,) = within(revisions, needed, 1)
    assert late.raised_event_time == "2026-03-09T10:00:00.000Z"
    assert curve(revisions, LABELS, Patterns(), budgets=[1]).points[0].found == {
        PatternCode.BULK_SCRAPING: 0
    }


def test_a_sweep_ends_where_nothing_is_known_any_more() -> None:
    """The last budget has all the alerts."""
    assert list(steps(0.7))[-2:] == [0.5, 1.0]
    assert [point.budget for point in curve([], LABELS, Patterns()).points] == [0.01]
