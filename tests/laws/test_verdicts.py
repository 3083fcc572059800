"""What verdicts change, from when on, and what they never change."""

from collections.abc import Callable, Iterable
from functools import cache

import numpy as np
import pytest

from detectors.alerts import Alert
from detectors.checks.trial import cut
from detectors.events import EventBatch
from detectors.pipeline import Judgement, Pipeline
from detectors.verdicts import Ruling, Verdict, judged
from tests.logs import DAY, MONDAY, at, batch, in_order, misuse, pipeline, search

FROM_DAY = 12
"""Verdicts are given on the day before; the misuse goes on until the twentieth."""


def of_day(alert: Alert) -> int:
    """The day after `MONDAY` of an alert's last event."""
    time = np.datetime64(alert.last_event_time[:-1], "ms").astype(np.int64)
    return int(time - MONDAY) // DAY


@cache
def log() -> EventBatch:
    """The misuse of all patterns."""
    return batch(misuse())


@cache
def without() -> Judgement:
    """What it comes to if nobody says anything."""
    return pipeline().observe(log())


def hearing(verdicts: Iterable[Verdict]) -> Pipeline:
    """A pipeline that was given verdicts."""
    judge = pipeline()
    judge.hear(verdicts)
    return judge


def rulings(time: int, rule: Callable[[str], Ruling] = lambda _: Ruling.FALSE) -> list[Verdict]:
    """Verdicts of one time on all alerts: thirty like it on each, so that it can be seen."""
    last = {alert.alert_id: alert for alert in without().alerts}
    verdicts = [judged(alert, rule(alert.pattern), time) for alert in last.values()]
    return [
        Verdict(
            alert_id=f"{verdict.alert_id}{number}",
            verdict=verdict.verdict,
            event_time=time,
            pattern=verdict.pattern,
            tenant_id=verdict.tenant_id,
            reasons=verdict.reasons,
        )
        for verdict in verdicts
        for number in range(30)
    ]


def mixed() -> list[Verdict]:
    """Stalking is told to be right, and all else to be wrong."""
    return rulings(
        at(FROM_DAY - 1, 18),
        lambda pattern: Ruling.TRUE if "stalking" in pattern else Ruling.FALSE,
    )


def same(first: Judgement, second: Judgement) -> bool:
    """Whether two runs came to the same, to the last bit."""
    scores = (
        first.scores[code].tobytes() == second.scores[code].tobytes() for code in first.scores
    )
    return first.alerts == second.alerts and all(scores)


def run(judge: Pipeline, size: int, events: EventBatch) -> list[Alert]:
    """Alerts on a log that is cut into batches."""
    return [alert for part in cut(events, size) for alert in judge.observe(part).alerts]


def test_verdicts_change_what_comes_after_their_day_and_nothing_before() -> None:
    """Shares and ranks move at midnight."""
    heard = hearing(mixed()).observe(log()).alerts
    before = [alert for alert in without().alerts if of_day(alert) < FROM_DAY]

    assert heard[: len(before)] == before
    assert heard != without().alerts


def test_rarity_and_evidence_are_the_promise() -> None:
    """No verdict touches them; an alert that is published at the same event differs in score."""
    heard = hearing(mixed()).observe(log())
    told = {(a.alert_id, a.last_event_time, a.event_count): a for a in without().alerts}
    both = [(a, told[key]) for a in heard.alerts if (key := _place(a)) in told]

    for code, scores in without().scores.items():
        assert heard.scores[code].tobytes() == scores.tobytes()
    assert all(a.rarity == b.rarity for a, b in both)
    later = [(a, b) for a, b in both if of_day(a) >= FROM_DAY]
    assert any(a.score > b.score for a, b in later if "stalking" in a.pattern)
    assert all(a.score <= b.score for a, b in later if "scraping" in a.pattern)


def _place(alert: Alert) -> tuple[str, str, int]:
    return alert.alert_id, alert.last_event_time, alert.event_count


def test_episodes_keep_their_ids() -> None:
    """Who was told of an alert before its pattern was judged hears of the same one after."""
    heard = hearing(mixed()).observe(log()).alerts

    ids = {alert.alert_id for alert in without().alerts if of_day(alert) < FROM_DAY}
    assert ids & {alert.alert_id for alert in heard if of_day(alert) > FROM_DAY}
    for alert_id in ids:
        story = [alert.revision for alert in heard if alert.alert_id == alert_id]
        assert story == [*range(1, len(story) + 1)]


@pytest.mark.parametrize("size", [97, 1000])
def test_cutting_the_log_changes_nothing(size: int) -> None:
    """Verdicts count from a day on, not from a batch on."""
    whole = hearing(mixed())
    parts = hearing(mixed())

    assert run(parts, size, log()) == whole.observe(log()).alerts
    assert parts.snapshot() == whole.snapshot()


@pytest.mark.parametrize("part", [0.3, 0.8])
def test_restoring_changes_nothing(part: float) -> None:
    """Neither while verdicts wait nor when they have taught."""
    middle = int(len(log()) * part)
    first, restored = hearing(mixed()), pipeline()
    first.observe(log().take(0, middle))
    restored.restore(first.snapshot())
    rest = log().take(middle, len(log()))

    assert same(restored.observe(rest), first.observe(rest))
    assert restored.snapshot() == first.snapshot()


def test_a_state_takes_the_place_of_what_was_heard() -> None:
    """Who restores a state without verdicts forgets those that it was given before."""
    judge = hearing(rulings(at(-2)))
    judge.observe(log().take(0, 50))
    assert judge.lesson.factors
    judge.restore(pipeline().snapshot())

    assert same(judge.observe(log()), without())


def test_order_and_repetition_of_verdicts_change_nothing() -> None:
    """They are a set."""
    once, again = hearing(mixed()), hearing([*reversed(mixed()), *mixed()[:40]])

    assert same(again.observe(log()), once.observe(log()))
    assert again.snapshot() == once.snapshot()


@pytest.mark.parametrize(
    "verdicts",
    [rulings(at(30)), rulings(at(5), lambda _: Ruling.DUPLICATE)],
    ids=["later", "duplicates"],
)
def test_verdicts_that_teach_nothing_change_nothing(verdicts: list[Verdict]) -> None:
    """Neither those whose day never comes nor those that name duplicates."""
    assert same(hearing(verdicts).observe(log()), without())


def test_a_pattern_that_is_always_wrong_still_alerts() -> None:
    """All that it ever raised was called false before the log begins; clear misuse is found."""
    heard = hearing(rulings(at(-2))).observe(log()).alerts

    assert {alert.pattern for alert in heard} == {alert.pattern for alert in without().alerts}


def test_verdicts_from_before_the_first_event_count_at_once() -> None:
    """A new run with old verdicts begins with what they teach."""
    judge = hearing(rulings(at(-2), lambda p: Ruling.TRUE if "stalking" in p else Ruling.FALSE))
    judge.observe(batch(in_order([search(at(0))])))

    assert judge.lesson.factors
