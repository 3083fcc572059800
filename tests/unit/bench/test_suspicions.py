from datetime import UTC, datetime

import pytest

from bench.rig.suspicions import Fates, Step, Suspicion, applied, best, ladder, merged
from detectors.alerts import PatternCode
from streams.evaluate.records import Campaign, Labels, Meta


def campaign(name: str, actor: str, *, ambiguous: bool = False) -> Campaign:
    """One account's misuse of a person on the fifth of March."""
    return Campaign(
        campaign_id=name,
        pattern=PatternCode.PERSISTENT_STALKING,
        difficulty="blatant",
        actors=frozenset({actor}),
        subjects=frozenset({f"{actor}'s"}),
        start=datetime(2026, 3, 5, tzinfo=UTC),
        end=datetime(2026, 3, 6, tzinfo=UTC),
        ambiguous=ambiguous,
    )


FATES = Fates(Labels(Meta(), (campaign("c", "a"), campaign("d", "b", ambiguous=True)), ()))


def suspicion(actor: str, score: float = 1.0, day: int = 5, subject: str = "") -> Suspicion:
    """An account on a day at noon."""
    return Suspicion(
        "role", score, datetime(2026, 3, day, 12, tzinfo=UTC).timestamp(), "t", actor, subject
    )


@pytest.mark.parametrize(
    ("one", "found", "false"),
    [
        (suspicion("a"), {"c"}, False),
        (suspicion("a", subject="a's"), {"c"}, False),
        (suspicion("a", subject="x"), set(), False),
        (suspicion("", subject="a's"), {"c"}, False),
        (suspicion("a", day=9), set(), True),
        (suspicion("b", day=9), set(), False),
        (suspicion("z"), set(), True),
    ],
)
def test_fates_are_those_of_alerts(one: Suspicion, found: set[str], false: bool) -> None:  # noqa: FBT001
    """Found in its time, beside if about another person, false if about nobody of a campaign."""
    assert FATES.of(one) == (frozenset(found), false)


def test_a_ladder_goes_down_to_so_many_false_alerts() -> None:
    """Days of one account within a month are one false alert."""
    found = [suspicion("z", 9), suspicion("z", 8, day=6), suspicion("y", 7), suspicion("a", 6)]

    assert [step.score for step in ladder(found, FATES, "run", 9)["role"]] == [9, 8, 7, 6]
    assert [step.score for step in ladder(found, FATES, "run", 1)["role"]] == [9, 8, 7]
    (nine, eight, *_) = ladder(found, FATES, "run", 9)["role"]
    assert nine.false == eight.false


LADDERS = {
    "cheap": [Step(9.0, frozenset("a"), frozenset()), Step(8.0, frozenset("b"), frozenset("1"))],
    "dear": [Step(5.0, frozenset(), frozenset("234")), Step(4.0, frozenset("cd"), frozenset())],
}


@pytest.mark.parametrize(("allowed", "found"), [(0, "a"), (1, "ab"), (3, "ab"), (4, "abcd")])
def test_the_best_thresholds_find_the_most(allowed: int, found: str) -> None:
    """The cheapest first, each with what it takes to get there."""
    assert best(LADDERS, allowed).found == set(found)


def test_thresholds_can_be_applied_elsewhere() -> None:
    """As they were chosen, whatever it costs there."""
    chosen = best(LADDERS, 1)
    assert chosen.limits == {"cheap": 8.0}

    there = {
        "cheap": [
            Step(8.5, frozenset("x"), frozenset("56")),
            Step(7.0, frozenset("y"), frozenset()),
        ]
    }
    assert applied(there, chosen.limits)[:2] == ({"x"}, {"5", "6"})


def test_runs_are_merged_by_score() -> None:
    """A threshold lets the same scores of all runs through."""
    one = {"g": [Step(2.0, frozenset("a"), frozenset())]}
    other = {"g": [Step(3.0, frozenset("b"), frozenset()), Step(2.0, frozenset(), frozenset("1"))]}

    assert merged([one, other])["g"] == [
        Step(3.0, frozenset("b"), frozenset()),
        Step(2.0, frozenset("a"), frozenset("1")),
    ]
