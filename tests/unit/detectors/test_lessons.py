import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.alerts import PatternCode
from detectors.config import Detection
from detectors.lessons import LEAST_FACTOR, MOST_FACTOR, MOST_LIFT, Lesson, learn
from detectors.verdicts import MOST_REASONS, Cause, Ruling, Verdict
from tests.logs import one_in
from tests.verdicts import a_verdict, several, verdicts

BULK, STALKING = PatternCode.BULK_SCRAPING, PatternCode.PERSISTENT_STALKING
SHARES = {pattern.code: pattern.budget_share for pattern in Detection().patterns.all()}

FEW, MANY = (Cause("reach", 4.0, 3.0),), (Cause("reach", 90.0, 3.0),)
EVERY = tuple(Cause(f"reason-{number}", 1e9, 0.0) for number in range(MOST_REASONS))


def cost(lesson: Lesson) -> float:
    """What all patterns get of the budget."""
    return sum(share * lesson.factor(code) for code, share in SHARES.items())


def lift_of(verdict: Verdict, lesson: Lesson) -> float:
    """Of an alert like the one that was judged."""
    return lesson.lift(verdict.pattern, verdict.tenant_id, verdict.reasons)


@given(given_=st.lists(verdicts, max_size=12))
@one_in(2)
def test_what_is_taught_is_bounded(given_: list[Verdict]) -> None:
    """No share leaves its bounds, all together never cost more, no alert is lifted too far."""
    lesson = learn(given_, SHARES)

    assert all(LEAST_FACTOR <= lesson.factor(code) <= MOST_FACTOR for code in SHARES)
    assert cost(lesson) <= sum(SHARES.values()) * (1 + 1e-9)
    assert all(abs(lift_of(verdict, lesson)) <= MOST_LIFT for verdict in given_)


@given(given_=st.lists(verdicts, max_size=12))
@one_in(4)
def test_the_same_verdicts_teach_the_same(given_: list[Verdict]) -> None:
    """To the last bit."""
    first, second = learn(given_, SHARES), learn(given_, SHARES)

    assert first.factors == second.factors
    assert [lift_of(v, first) for v in given_] == [lift_of(v, second) for v in given_]


@pytest.mark.parametrize("given_", [[], several(9, verdict=Ruling.DUPLICATE)])
def test_without_a_ruling_nothing_is_taught(given_: list[Verdict]) -> None:
    """That two alerts tell of the same says nothing of either."""
    lesson = learn(given_, SHARES)

    assert lesson.factors == {}
    assert lift_of(a_verdict(), lesson) == 0.0


@pytest.mark.parametrize("ruling", [Ruling.TRUE, Ruling.FALSE, Ruling.BENIGN])
@pytest.mark.parametrize("reasons", [(), MANY, EVERY], ids=len)
@pytest.mark.parametrize("code", PatternCode)
def test_one_verdict_is_almost_nothing(
    code: PatternCode, ruling: Ruling, reasons: tuple[Cause, ...]
) -> None:
    """It moves a share by a twentieth at most, and its like by a tenth in rarity."""
    verdict = a_verdict(pattern=code, verdict=ruling, reasons=reasons)
    lesson = learn([verdict], SHARES)

    assert all(0.95 < lesson.factor(each) < 1.05 for each in SHARES)
    assert 0 < abs(lift_of(verdict, lesson)) < 0.1


def test_no_number_of_false_verdicts_closes_a_pattern() -> None:
    """Half of its share stays, and its alerts rank ten times lower at worst."""
    wrong = [
        a_verdict(alert_id=f"{tenant}{number}", tenant_id=f"t{tenant}")
        for tenant in range(20)
        for number in range(100)
    ]
    lesson = learn(wrong, SHARES)

    assert lesson.factor(BULK) == LEAST_FACTOR
    assert lift_of(a_verdict(), lesson) >= -MOST_LIFT


def test_the_budget_moves_to_the_pattern_that_is_right() -> None:
    """What one pattern loses others gain, the one that was right the most."""
    right = several(20, verdict=Ruling.TRUE, pattern=STALKING)
    lesson = learn([*several(20), *right], SHARES)

    assert lesson.factor(BULK) < 0.8
    assert lesson.factor(STALKING) > 1.2
    assert lesson.factor(BULK) < lesson.factor(PatternCode.SUBJECT_PILE_ON)
    assert cost(lesson) == pytest.approx(sum(SHARES.values()))


def test_false_and_benign_teach_alike() -> None:
    """Neither should have paged anybody."""
    false, benign = (learn(several(5, verdict=v), SHARES) for v in (Ruling.FALSE, Ruling.BENIGN))

    assert false.factors == benign.factors
    assert lift_of(a_verdict(), false) == lift_of(a_verdict(), benign)


def test_reasons_that_were_right_lift() -> None:
    """Among alerts of one pattern, those like the true ones come before those like the false."""
    given_ = [
        verdict
        for number in range(30)
        for verdict in (
            a_verdict(alert_id=f"f{number}", reasons=FEW),
            a_verdict(alert_id=f"t{number}", reasons=MANY, verdict=Ruling.TRUE),
        )
    ]
    lesson = learn(given_, SHARES)

    assert lesson.lift(BULK, "tenant", MANY) > 0.3 + lesson.lift(BULK, "tenant", FEW)


def test_a_tenant_is_told_from_another() -> None:
    """Its false alerts weigh on its own alerts more than on those of others."""
    lesson = learn(several(30), SHARES)

    assert lesson.lift(BULK, "tenant", MANY) < lesson.lift(BULK, "other", MANY) < 0


def test_no_tenant_decides_for_all() -> None:
    """A thousand verdicts of one say no more than fifty, and ten others are still heard."""
    others = [
        a_verdict(alert_id=f"{tenant}{number}", tenant_id=tenant, verdict=Ruling.TRUE)
        for tenant in "bcdefghijk"
        for number in range(20)
    ]
    silent = several(1000, pattern=STALKING, verdict=Ruling.TRUE)

    many = learn([*several(1000), *others, *silent], SHARES)
    few = learn([*several(50), *others, *silent], SHARES)
    assert many.factor(BULK) == pytest.approx(few.factor(BULK))
    assert many.factor(BULK) > 0.7


@pytest.mark.parametrize("number", [0.0, -3.0, 1e300, -1e300, math.pi])
def test_any_number_is_a_reason(number: float) -> None:
    """Ratios of zero, of negative and of huge numbers are bounded like any other."""
    verdict = a_verdict(reasons=(Cause("reach", number, 0.0), Cause("reach", 0.0, number)))

    assert math.isfinite(lift_of(verdict, learn([verdict], SHARES)))
