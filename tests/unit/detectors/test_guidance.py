import pytest

from detectors.alerts import Alert, PatternCode
from detectors.checks.trial import cut
from detectors.config import Budget, Detection, Learning
from detectors.guidance import Change, holding
from detectors.patterns import BulkScraping, Patterns
from detectors.pipeline import Pipeline
from detectors.stages import ActorStage
from detectors.verdicts import Ruling
from tests.logs import DAY, MONDAY, at, misuse_log, name_of, pipeline
from tests.verdicts import several

FIRST = MONDAY // DAY
GENEROUS = Detection(budget=Budget(60.0))


def by(hash_: str, event_time: int) -> Change:
    """The defaults, under another name."""
    return Change(Detection(), hash_, event_time)


def planned(*changes: Change) -> Pipeline:
    """A pipeline that was given these."""
    judge = pipeline()
    judge.plan(changes)
    return judge


def opened(alerts: list[Alert]) -> dict[str, tuple[str, str]]:
    """When each alert was raised, and by which configuration."""
    return {a.alert_id: (a.raised_event_time, a.config_hash) for a in alerts if a.revision == 1}


def test_the_last_change_that_was_due_holds() -> None:
    """From the day after its event time on, whatever the order in which they are given."""
    first = by("first", 0)
    changes = [by("late", MONDAY + 3 * DAY), by("early", MONDAY), by("again", MONDAY)]

    held = [holding(first, changes, FIRST + day).config_hash for day in range(-1, 6)]
    assert held == ["first", "first", "again", "again", "again", "late", "late"]


def test_alerts_before_a_change_bear_the_old_hash_and_after_it_the_new() -> None:
    """To the day; what was raised before is what is raised without a change."""
    log = misuse_log()
    before = opened(pipeline().observe(log).alerts)
    after = opened(planned(Change(GENEROUS, "new", at(11))).observe(log).alerts)
    day = "2025-01-18"

    assert {name for time, name in after.values() if time >= day} == {"new"}
    earlier = {i: a for i, a in after.items() if a[0] < day}
    assert earlier == {i: a for i, a in before.items() if a[0] < day}
    assert len(after) > len(before)


@pytest.mark.parametrize("size", [50, 777])
def test_a_change_does_not_depend_on_how_the_log_is_cut(size: int) -> None:
    """Nor on a restart from a snapshot, at any place."""
    log = misuse_log()
    changes = [Change(GENEROUS, "new", at(8)), by("old again", at(15))]
    whole = planned(*changes).observe(log).alerts
    judge, alerts = planned(*changes), []
    for part in cut(log, size):
        again = planned(*changes)
        again.restore(judge.snapshot())
        judge = again
        alerts += judge.observe(part).alerts

    assert alerts == whole


def test_verdicts_move_the_shares_that_hold() -> None:
    """A change gives a pattern another share, and what verdicts have taught still counts."""
    judge = planned(
        Change(Detection(patterns=Patterns(BulkScraping(shadow=True))), "new", MONDAY + 2 * DAY)
    )
    judge.hear(several(30, event_time=MONDAY))
    judge.advance(FIRST)
    judge.advance(FIRST + 1)
    before = judge.lesson.factors
    judge.advance(FIRST + 3)

    assert "bulk_scraping" in before
    assert "bulk_scraping" not in judge.lesson.factors
    assert judge.lesson.factor(PatternCode.PERSISTENT_STALKING) > 0
    assert Ruling.FALSE in {v.verdict for v in judge.docket.in_effect.values()}


def test_learning_changes_without_touching_state() -> None:
    """The gate and the release are those of the new settings; arrays stay as they are."""
    stage = ActorStage(Detection(), "old", name_of, range(2))
    before = {key: a.tobytes() for key, a in stage.units[1].arrays().items()}
    stage.reconfigure(Detection(learning=Learning(0.7, 3)), "new")

    assert {key: a.tobytes() for key, a in stage.units[1].arrays().items()} == before
    assert {shard.release_after for shard in stage.shards.values()} == {3}
    assert {shard.conduct.release_after for shard in stage.shards.values()} == {3}
    assert {b.config_hash for u in stage.units.values() for b in u.books.values()} == {"new"}


def test_going_back_is_as_if_nothing_had_been() -> None:
    """Another configuration and back before anything happens leaves no trace but in the hash."""
    log = misuse_log()
    changes = (Change(GENEROUS, "new", MONDAY - 9 * DAY), by("test", MONDAY - 5 * DAY))
    judge = planned(*changes)
    judge.advance(FIRST - 8)
    judge.advance(FIRST - 4)
    plain = pipeline()
    plain.advance(FIRST - 8)
    plain.advance(FIRST - 4)

    judged = judge.observe(log)
    wanted = plain.observe(log)
    assert [a.alert_id for a in judged.alerts] == [a.alert_id for a in wanted.alerts]
    for code, column in wanted.scores.items():
        assert judged.scores[code].tobytes() == column.tobytes()
