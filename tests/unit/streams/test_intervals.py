import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.intervals import garwood, poisson_at_most, wilson


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(
    hits: int, trials: int, low: float, high: float
) -> None:
    """Newcombe's worked examples come out to his four digits."""
    assert wilson(hits, trials) == pytest.approx((low, high), abs=5e-5)


def test_wilson_of_nothing_knows_nothing() -> None:
    """Without a trial every share is possible."""
    assert wilson(0, 0) == (0.0, 1.0)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_and_mirrors(case: tuple[int, int]) -> None:
    """The interval lies in 0 to 1, holds the share seen, and of misses it is the mirror."""
    hits, trials = case
    low, high = wilson(hits, trials)
    assert 0 <= low <= hits / trials <= high <= 1
    assert wilson(trials - hits, trials) == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [
        # Pearson and Hartley, Biometrika Tables for Statisticians, volume 1, table 40.
        (0, 0.0, 3.6889),
        (1, 0.0253, 5.5716),
        (2, 0.2422, 7.2247),
        (5, 1.6235, 11.6683),
        (10, 4.7954, 18.3904),
        (100, 81.3640, 121.6268),
    ],
)
def test_garwood_gives_the_published_limits(count: int, low: float, high: float) -> None:
    """The tabulated exact limits of a Poisson mean come out to four digits."""
    assert garwood(count) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 400))
def test_garwood_leaves_half_of_the_error_in_each_tail(count: int) -> None:
    """At each end a count this far out has a probability of 2.5 %, which defines the end."""
    low, high = garwood(count)
    assert poisson_at_most(count, high) == pytest.approx(0.025)
    if count:
        assert 1 - poisson_at_most(count - 1, low) == pytest.approx(0.025)
    else:
        assert low == 0


@given(st.integers(0, 30), st.floats(0, 40))
def test_poisson_probability_is_the_sum_of_its_terms(count: int, mean: float) -> None:
    """At most k is the sum of the probabilities of 0 to k."""
    terms = [math.exp(-mean) * mean**k / math.factorial(k) for k in range(count + 1)]
    assert poisson_at_most(count, mean) == pytest.approx(sum(terms))
