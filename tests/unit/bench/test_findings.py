from collections.abc import Sequence
from datetime import UTC, datetime

from bench.rig.findings import NO_GROUP, sheets, total
from bench.rig.promptness import Delay
from bench.rig.tables import Sheet
from detectors.alerts import Entity, PatternCode
from streams.evaluate import Evaluation
from streams.evaluate.outcome import CampaignOutcome, FalseAlert
from streams.evaluate.records import Difficulty

BULK, STALKING = PatternCode.BULK_SCRAPING, PatternCode.PERSISTENT_STALKING


def campaign(pattern: PatternCode, difficulty: Difficulty, searches: int | None) -> CampaignOutcome:
    """A campaign that was found after so many searches, if it was."""
    return CampaignOutcome(
        campaign_id="c",
        pattern=pattern,
        difficulty=difficulty,
        ambiguous=False,
        found_at=None if searches is None else datetime(2026, 3, 1, tzinfo=UTC),
        searches=searches,
    )


def delay(outcome: CampaignOutcome) -> Delay:
    """Its delay, if all its searches are of one person, on as many days."""
    return Delay(
        campaign_id=outcome.campaign_id,
        pattern=outcome.pattern,
        difficulty=outcome.difficulty,
        searches=outcome.searches,
        of_person=outcome.searches,
        days=outcome.searches,
    )


def wrong(*groups: str) -> FalseAlert:
    """A false alert about somebody of these groups."""
    return FalseAlert(
        pattern=STALKING, tenant_id="t", entity=Entity("pair", "a+b"), day="", groups=groups
    )


def evaluation(campaigns: Sequence[CampaignOutcome], *false_alerts: FalseAlert) -> Evaluation:
    """A run over 20,000 clean actor-days."""
    return Evaluation(
        campaigns=tuple(campaigns),
        false_alerts=false_alerts,
        fates={},
        actor_days=20_000,
        basis="events",
    )


CAMPAIGNS = [
    campaign(BULK, "blatant", 12),
    campaign(BULK, "blatant", 40),
    campaign(BULK, "moderate", None),
    campaign(STALKING, "stealthy", 9),
]
JUDGED = evaluation(CAMPAIGNS, wrong("fans", "binge"), wrong("fans"), wrong())


def by_title() -> dict[str, Sheet]:
    """The tables of one world that is all there is."""
    found = sheets(JUDGED, {"police": JUDGED}, [delay(c) for c in CAMPAIGNS], {"fans": 4_000})
    return {sheet.title.split(",")[0]: sheet for sheet in found}


def cells(title: str, *columns: str) -> list[list[str]]:
    """Some columns of a table."""
    sheet = by_title()[title]
    headings = [*sheet.left, *sheet.right]
    return [[row[headings.index(name)] for name in columns] for row in sheet.rows]


def test_every_row_fits_its_headings() -> None:
    """No table has a cell too many or too few."""
    for sheet in by_title().values():
        assert {len(row) for row in sheet.rows} == {len(sheet.left) + len(sheet.right)}


def test_campaigns_are_counted_by_kind() -> None:
    """Found and planted are shown by pattern and difficulty, and together."""
    assert cells("Campaigns found", "pattern", "difficulty", "found", "searches") == [
        ["bulk_scraping", "blatant", "2/2", "26 / 40"],
        ["bulk_scraping", "moderate", "0/1", "n/a"],
        ["bulk_scraping", "all", "2/3", "26 / 40"],
        ["persistent_stalking", "stealthy", "1/1", "9 / 9"],
        ["persistent_stalking", "all", "1/1", "9 / 9"],
    ]
    assert cells("Campaigns found by world", "difficulty", "world", "found")[0] == [
        "blatant",
        "police",
        "2/2",
    ]


def test_deadlines_are_counted_over_all_campaigns_planted() -> None:
    """A missed campaign is one that was not found in time."""
    assert cells("Campaigns found in time", "difficulty", "within", "found") == [
        ["blatant", "15 searches", "1/2"],
        ["moderate", "15 searches", "0/1"],
        ["blatant, moderate", "15 searches", "1/3"],
        ["blatant", "60 searches", "2/2"],
        ["moderate", "60 searches", "0/1"],
        ["blatant, moderate", "60 searches", "2/3"],
        ["stealthy", "10 searches of the person or 3 active days, the later", "1/1"],
        ["blatant, moderate, stealthy", *cells("Campaigns found in time", "within")[-1], "1/1"],
    ]


def test_false_alerts_are_stated_per_10000_actor_days() -> None:
    """Three in 20,000 actor-days are 1.5; Garwood's interval of 3 is 0.62 to 8.77."""
    rows = cells("False alerts", "world", "pattern", "false alerts", "per 10,000", "95 %")

    assert ["all", "all", "3", "1.50", "0.31 – 4.38"] in rows
    assert ["police", "bulk_scraping", "0", "0.00", "0.00 – 1.84"] in rows


def test_look_alikes_are_stated_by_their_own_days() -> None:
    """Two alerts on fans in their 4,000 days are 5; alerts on no look-alike are shown too."""
    assert cells("False alerts by look-alike", "group", "false alerts", "per 10,000") == [
        ["fans", "2", "5.00"],
        [NO_GROUP, "1", "n/a"],
        ["binge", "1", "n/a"],
    ]


def test_counts_are_summed_by_name() -> None:
    """Groups of several runs are one group."""
    assert total([{"a": 1, "b": 2}, {"b": 3}]) == {"a": 1, "b": 5}
