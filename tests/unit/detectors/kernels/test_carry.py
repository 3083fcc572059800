"""What earlier days leave: kept paces against plain densities, and what is not learned of them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.config import Detection, Learning
from detectors.kernels.carry import EVEN, evenness
from detectors.state.actors import DAY, Trait
from tests.logs import Fields, at, batch, figures_of, search
from tests.unit.detectors.kernels.test_days import after, row_of

QUIET = [3] * 20
RELEASE = 10
NOTHING_IS_SUSPECT = Detection(learning=Learning(suspect_score=1.0, release_after_days=RELEASE))


def days(reach: list[int]) -> list[Fields]:
    """So many people reached on each day, within working hours."""
    return [
        search(at(day, 8, second=300 * i), subject=f"person-{day}-{i}")
        for day, people in enumerate(reach)
        for i in range(people)
    ]


def log_density(off: float, spread: float) -> float:
    """Of a normal law around 0."""
    return -math.log(spread * math.sqrt(2 * math.pi)) - off * off / (2 * spread * spread)


@given(off=st.floats(-0.6, 0.6), usual=st.floats(0.31, 1.2))
def test_evenness_is_a_likelihood_ratio(off: float, usual: float) -> None:
    """Of a kept pace to days that vary as usual, as long as one day may say so much."""
    ratio = log_density(off, EVEN) - log_density(off, usual)

    assert evenness(off, usual) == pytest.approx(min(max(ratio, -2.0), 1.5), abs=1e-9)


def test_whose_days_never_vary_keeps_no_pace() -> None:
    """A service that does as much every day is nothing special for doing so."""
    assert evenness(0.0, EVEN) == 0


def steady_after(reach: list[int]) -> float:
    """The evidence of a kept pace that the last of the days began with."""
    log = batch(days(reach))
    last = log.rows["time"] // DAY == log.rows["time"].max() // DAY
    return float(figures_of(log).actors["steady"][last].max())


def test_a_quota_is_evidence_that_adds_up() -> None:
    """About as many on each day, and many more than before: the longer the more."""
    evidence = [steady_after(QUIET + [40, 44, 37, 42] * weeks) for weeks in (1, 2, 4)]

    assert 0 < evidence[0] < evidence[1] < evidence[2]


@pytest.mark.parametrize("busy", [[15, 90], [3, 40, 3]])
def test_uneven_days_are_none(busy: list[int]) -> None:
    """A busy spell, whose days differ, and single busy days."""
    assert steady_after(QUIET + busy * 5) < 1


def test_a_doubtful_change_is_not_learned_as_the_own_past() -> None:
    """Until it is released, an account is compared with what it was before."""
    before = row_of(after(days(QUIET), NOTHING_IS_SUSPECT), "baseline")
    while_doubtful = row_of(after(days(QUIET + [60] * 8), NOTHING_IS_SUSPECT), "baseline")
    released = row_of(after(days(QUIET + [60] * 30), NOTHING_IS_SUSPECT), "baseline")

    volume = Trait.REACH_DAY
    assert while_doubtful["days"][volume] <= before["days"][volume] + 2
    assert while_doubtful["days"][Trait.LIMIT] >= before["days"][Trait.LIMIT]
    assert released["days"][volume] >= before["days"][volume] + 30 - RELEASE - 2
    assert released["mean"][volume] > while_doubtful["mean"][volume] + 1


def test_yesterday_counts_today() -> None:
    """What a day brought is carried into the next one, although it may not be over for all."""
    log = batch(days([*QUIET, 200, 200]))
    carried = figures_of(log).actors["carried"]
    number = log.rows["time"] // DAY - log.rows["time"][0] // DAY

    assert np.all(carried[number == len(QUIET)] == 0)
    assert carried[number == len(QUIET) + 1].min() > 1
