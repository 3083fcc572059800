import io
from datetime import UTC, datetime

import msgspec
import pytest
from rich.console import Console

from detectors.alerts import Entity, PatternCode
from streams.evaluate.figures import Figures, figures
from streams.evaluate.outcome import CampaignOutcome, Evaluation, FalseAlert
from streams.evaluate.records import Difficulty
from streams.evaluate.table import print_figures
from streams.terminal import console


def outcome(
    number: int, difficulty: Difficulty = "blatant", *, found: bool = True, ambiguous: bool = False
) -> CampaignOutcome:
    """Campaign `number`: found after that many searches, which exposed ten people each."""
    return CampaignOutcome(
        campaign_id=f"c{number}",
        pattern=PatternCode.CASE_LAUNDERING if ambiguous else PatternCode.BULK_SCRAPING,
        difficulty=difficulty,
        ambiguous=ambiguous,
        found_at=datetime(2026, 3, 1, tzinfo=UTC) if found else None,
        searches=number if found else None,
        identities=10 * number if found else None,
        active_days=1 if found else None,
        share_exposed=number / 100 if found else 1.0,
    )


def wrong(pattern: PatternCode, day: str, *groups: str) -> FalseAlert:
    """A false alert."""
    return FalseAlert(
        pattern=pattern, tenant_id="t", entity=Entity("actor", "a"), day=day, groups=groups
    )


EVALUATION = Evaluation(
    campaigns=(
        outcome(1),
        outcome(2),
        outcome(30),
        outcome(4, "stealthy", found=False),
        outcome(5, "moderate", ambiguous=True),
        outcome(6, "moderate", found=False, ambiguous=True),
    ),
    false_alerts=(
        wrong(PatternCode.SUBJECT_PILE_ON, "2026-03-01", "celebrities"),
        wrong(PatternCode.SUBJECT_PILE_ON, "2026-03-02", "celebrities", "press desk"),
        wrong(PatternCode.CREDENTIAL_SHARING, "2026-03-02"),
    ),
    fates={"found": 3, "false": 3, "ambiguous": 1},
    actor_days=20_000,
    basis="events",
)


def test_detection_is_by_pattern_and_difficulty_and_leaves_ambiguous_campaigns_out() -> None:
    """Three of three blatant ones, none of one stealthy one, three of four together."""
    kinds = figures(EVALUATION).detection
    assert [(k.pattern.value, k.difficulty, k.found, k.campaigns) for k in kinds] == [
        ("bulk_scraping", "blatant", 3, 3),
        ("bulk_scraping", "stealthy", 0, 1),
        ("bulk_scraping", None, 3, 4),
    ]
    assert kinds[2].rate == 0.75
    assert kinds[2].interval == pytest.approx((0.3006, 0.9544), abs=1e-4)


def test_what_was_exposed_is_the_median_and_the_95th_percentile() -> None:
    """Of 1, 2 and 30 searches it is 2 and 30; a missed campaign exposed everything."""
    whole = figures(EVALUATION).detection[2]
    assert whole.searches is not None
    assert (whole.searches.median, whole.searches.p95, whole.searches.n) == (2, 30, 3)
    assert whole.identities is not None
    assert (whole.identities.median, whole.identities.p95) == (20, 300)
    assert whole.share_exposed is not None
    assert whole.share_exposed.median == pytest.approx(0.16)
    assert (whole.share_exposed.p95, whole.share_exposed.n) == (1.0, 4)
    missed = figures(EVALUATION).detection[1]
    assert missed.searches is None


def test_the_95th_percentile_is_the_nearest_rank() -> None:
    """Of the numbers 1 to 40 it is 38."""
    many = msgspec.structs.replace(EVALUATION, campaigns=tuple(map(outcome, range(1, 41))))
    searches = figures(many).detection[0].searches
    assert searches is not None
    assert (searches.median, searches.p95) == (20.5, 38)


def test_false_alerts_are_rates_with_exact_intervals_over_all_and_by_pattern() -> None:
    """Three in 20,000 actor-days are 1.5 per 10,000; patterns with campaigns count at zero."""
    rates = {row.pattern: row for row in figures(EVALUATION).false_alerts}
    assert {pattern: row.count for pattern, row in rates.items()} == {
        None: 3,
        PatternCode.BULK_SCRAPING: 0,
        PatternCode.SUBJECT_PILE_ON: 2,
        PatternCode.CASE_LAUNDERING: 0,
        PatternCode.CREDENTIAL_SHARING: 1,
    }
    assert rates[None].rate == 1.5
    assert rates[None].interval == pytest.approx((0.6187 / 2, 8.7673 / 2), abs=1e-4)
    assert rates[PatternCode.BULK_SCRAPING].interval == pytest.approx((0, 3.6889 / 2), abs=1e-4)


def test_without_actor_days_there_is_a_count_but_no_rate() -> None:
    """An unknown denominator is said, not guessed."""
    blind = msgspec.structs.replace(EVALUATION, actor_days=None)
    overall = figures(blind).false_alerts[0]
    assert (overall.count, overall.rate, overall.interval) == (3, None, None)


def test_look_alikes_and_ambiguous_campaigns_are_told_apart() -> None:
    """Groups count the false alerts on them; ambiguous campaigns say how many were alerted on."""
    result = figures(EVALUATION)
    assert result.false_alerts_by_group == {"celebrities": 2, "press desk": 1}
    assert [(a.pattern.value, a.alerted, a.campaigns) for a in result.ambiguous] == [
        ("case_laundering", 1, 2)
    ]


def printed(result: Figures) -> str:
    """What a pipe shows."""
    file = io.StringIO()
    print_figures(result, console(file))
    return file.getvalue()


def rows(text: str) -> list[str]:
    """The lines with every run of spaces as one."""
    return [" ".join(line.split()) for line in text.splitlines()]


def test_a_pipe_gets_plain_text_with_every_figure() -> None:
    """No colour and no wrapped line; each row holds its figures."""
    text = printed(figures(EVALUATION))
    assert "\x1b" not in text
    assert {
        "bulk_scraping blatant 3/3 100% 44% – 100%",
        "bulk_scraping all 2 / 30 20 / 300 1 / 1 16% / 100%",
        "bulk_scraping stealthy n/a n/a n/a 100% / 100%",
        "all 3 1.50 0.31 – 4.38",
        "celebrities 2",
        "Ambiguous, not counted: 1 of 2 case_laundering campaigns were alerted on.",
        "Clean actor-days: 20,000 (counted in the events given).",
    } <= set(rows(text))


def test_an_estimate_is_said_to_be_one() -> None:
    """A reader sees that actor-days were estimated, and which way that errs."""
    estimated = figures(msgspec.structs.replace(EVALUATION, basis="estimate"))
    assert "estimated as actors × days, which is more than there were" in printed(estimated)


def test_eighty_columns_suffice() -> None:
    """No row of a table is broken over lines on a terminal of 80 columns."""
    file = io.StringIO()
    print_figures(figures(EVALUATION), Console(file=file, width=80))
    narrow = file.getvalue()
    assert "…" not in narrow
    assert {
        "bulk_scraping all 3/4 75% 30% – 95%",
        "bulk_scraping all 2 / 30 20 / 300 1 / 1 16% / 100%",
        "subject_pile_on 2 1.00 0.12 – 3.61",
    } <= set(rows(narrow))


def test_exposure_that_nobody_knows_is_no_table() -> None:
    """Instead of a table of n/a there is the option that would fill it."""
    blind = msgspec.structs.replace(
        EVALUATION,
        campaigns=tuple(
            msgspec.structs.replace(c, searches=None, share_exposed=None)
            for c in EVALUATION.campaigns
        ),
    )
    text = printed(figures(blind))
    assert "Up to the first alert: unknown; give --events to count." in text
    assert "exposed:" not in text


def test_nothing_to_judge_is_said_plainly() -> None:
    """Without campaigns and alerts only the false alerts, none, are shown."""
    empty = figures(
        Evaluation(campaigns=(), false_alerts=(), fates={}, actor_days=100, basis="labels")
    )
    assert "Campaigns found" not in printed(empty)
    assert "all 0 0.00 0.00 – 368.89" in rows(printed(empty))
