import math

import numpy as np
import pytest

from streams.evaluate.fdr import e_lond, e_value, lond, power_law, saffron


def halves(number: int) -> float:
    """1/2, 1/4, 1/8 and so on."""
    return 0.5**number


def test_lond_by_hand() -> None:
    """Levels 0.05, 0.05, 0.025, 0.025 at alpha 0.1: each discovery adds one to the factor."""
    p = [0.05, 0.051, 0.025, 0.018]

    # 0.1/2 * 1, then 0.1/4 * 2, 0.1/8 * 2, 0.1/16 * 3 = 0.01875
    assert lond(p, [1, 2, 3, 4], 0.1, halves) == [True, False, True, True]
    assert lond([*p[:3], 0.019], [1, 2, 3, 4], 0.1, halves)[-1] is False


def test_saffron_by_hand() -> None:
    """Levels 0.0125, 0.025, 0.05, 0.025 at alpha 0.1 and candidates from 0.5 on."""
    places = [1, 2, 3, 4]

    # 0.5 * 0.05/2; then a discovery and candidate: 0.5 * (0.05/2 + 0.05/2);
    # then another: 0.5 * (0.05/2 + 0.05/2 + 0.1/2); 0.9 is no candidate, so all fall by half.
    assert saffron([0.0125, 0.025, 0.9, 0.025], places, 0.1, 0.5, halves) == [
        True,
        True,
        False,
        True,
    ]
    assert saffron([0.0126, 0.025, 0.9, 0.026], places, 0.1, 0.5, halves) == [
        False,
        False,
        False,
        False,
    ]
    assert saffron([0.0125, 0.025, 0.051], places[:3], 0.1, 0.5, halves)[-1] is False


def test_e_lond_is_lond_on_reciprocals() -> None:
    """An e-value of 20 passes a level of 0.05, one of 19 does not."""
    assert e_lond([20, 19], [1, 2], 0.1, halves) == [True, False]


@pytest.mark.parametrize("procedure", [lond, saffron])
def test_tests_left_out_count_as_hopeless(procedure: object) -> None:
    """Leaving tests with p = 1 out is the same as giving them."""
    assert callable(procedure)
    p = [1.0, 0.001, 1.0, 1.0, 0.002, 0.003, 1.0, 0.0001]
    seen = [place for place, value in enumerate(p, start=1) if value < 1]

    whole = procedure(p, range(1, 9), 0.2)
    sparse = procedure([p[place - 1] for place in seen], seen, 0.2)

    assert [whole[place - 1] for place in seen] == sparse
    assert any(sparse)


@pytest.mark.parametrize("kappa", [0.1, 0.5, 0.9])
def test_e_values_have_a_mean_of_one(kappa: float) -> None:
    """Under the innocent law, where p is uniform: integrated over ln p."""
    logs = np.linspace(-400, 0, 400_001)
    values = np.array([e_value(math.exp(log), kappa) * math.exp(log) for log in logs[::20]])

    assert float(np.trapezoid(values, logs[::20])) == pytest.approx(1, abs=1e-2)
    assert e_value(0.0, kappa) == math.inf


def test_wealth_is_not_spent_twice() -> None:
    """All shares together are at most one."""
    assert sum(power_law(n) for n in range(1, 200_000)) < 1
    assert power_law(1) > power_law(2) > power_law(30)
