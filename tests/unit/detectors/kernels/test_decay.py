import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.kernels.decay import add, fade

LIFETIMES = np.array([60.0, 3_600.0, 86_400.0])
times = st.lists(st.integers(0, 1_000_000), min_size=1, max_size=40)


def decayed(ages: list[float]) -> list[float]:
    """By definition: every event counts exp(-age / lifetime)."""
    return [math.fsum(math.exp(-age / lifetime) for age in ages) for lifetime in LIFETIMES]


def counted(arrivals: list[int]) -> tuple[list[float], int]:
    """What the kernel counts, in the order of arrival, and as of when."""
    counts = np.zeros(len(LIFETIMES))
    newest = arrivals[0]
    for time in arrivals:
        add(counts, LIFETIMES, float(time - newest))
        newest = max(newest, time)
    return counts.tolist(), newest


@given(arrivals=times)
def test_add_is_the_sum_of_what_is_left(arrivals: list[int]) -> None:
    """A count is the sum of exp(-age / lifetime), whatever the order of arrival."""
    counts, newest = counted(arrivals)

    assert newest == max(arrivals)
    assert counts == pytest.approx(decayed([newest - t for t in arrivals]), rel=1e-9)


@given(arrivals=times, later=st.integers(0, 1_000_000))
def test_fade_lets_time_pass(arrivals: list[int], later: int) -> None:
    """A count that is moved on holds what the same events come to by then."""
    counts, newest = counted(arrivals)
    moved = np.array(counts)
    fade(moved, LIFETIMES, float(later))

    expected = decayed([newest + later - t for t in arrivals])
    assert moved.tolist() == pytest.approx(expected, rel=1e-9, abs=1e-300)


def test_fade_never_goes_back() -> None:
    """Time that has passed already changes nothing."""
    counts = np.array([1.0, 2.0, 3.0])
    fade(counts, LIFETIMES, -5.0)

    assert counts.tolist() == [1.0, 2.0, 3.0]
