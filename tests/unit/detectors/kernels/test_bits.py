import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.kernels.bits import DAYS, age_days, cells_to_count, count_days, mark_day, ones

words = st.integers(0, 2**64 - 1)


@given(word=words)
def test_ones_counts_set_bits(word: int) -> None:
    """As Python counts them."""
    assert ones(np.uint64(word)) == word.bit_count()


ages = st.one_of(st.integers(0, 3), st.sampled_from([63, 64, 65, 127, 128]), st.integers(0, 300))


@given(steps=st.lists(st.tuples(st.sampled_from(["mark", "age"]), ages)))
def test_days_are_a_sliding_set(steps: list[tuple[str, int]]) -> None:
    """Marking and ageing give the set of marked days that are younger than 128."""
    days = np.zeros(2, np.uint64)
    marked: set[int] = set()
    for step, number in steps:
        if step == "mark":
            assert mark_day(days, number) == (number < DAYS and number not in marked)
            marked |= {number} if number < DAYS else set()
        else:
            age_days(days, number)
            marked = {age + number for age in marked if age + number < DAYS}

        assert count_days(days) == len(marked)
        assert int(days[0]) | int(days[1]) << 64 == sum(1 << age for age in marked)


@given(cells=words)
def test_cells_are_counted_linearly(cells: int) -> None:
    """-m ln(share of free cells), and a finite figure when none is free."""
    free = max(64 - cells.bit_count(), 1)

    assert cells_to_count(np.uint64(cells)) == pytest.approx(64 * math.log(64 / free))


def test_few_values_are_counted_well() -> None:
    """Up to a dozen distinct values in 64 cells come out right to one, on average."""
    rng = np.random.default_rng(1)
    for distinct in (1, 3, 6, 12):
        counts = []
        for _ in range(300):
            cells = 0
            for value in rng.integers(0, 64, distinct).tolist():
                cells |= 1 << value
            counts.append(cells_to_count(np.uint64(cells)))

        assert np.mean(counts) == pytest.approx(distinct, abs=0.5)
