import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.kernels.hashing import FREE
from detectors.kernels.sketch import (
    DENSE,
    LIST_LENGTH,
    REGISTERS,
    SHORT,
    estimate,
    insert,
    insert_all,
    release,
)
from detectors.shards.tables import Pool
from tests.logs import one_in

STANDARD_ERROR = 1.04 / math.sqrt(REGISTERS)


class Sketch:
    """One sketch in pools of its own."""

    def __init__(self) -> None:
        self.short, self.dense = Pool(SHORT), Pool(DENSE)
        self.handle = FREE

    def insert_all(self, values: list[int]) -> None:
        """Add values one after the other."""
        column = np.array(values, np.uint64)
        views = self.short.view(1), self.dense.view(1)
        self.handle = insert_all(self.handle, column, *views)

    @property
    def estimate(self) -> float:
        """How many it says there are."""
        return estimate(self.handle, self.short.view(0), self.dense.view(0))

    @property
    def registers(self) -> list[int]:
        """Its registers, once it is dense."""
        registers: list[int] = self.dense.rows[0]["registers"].tolist()
        return registers


def plain_registers(values: set[int]) -> list[int]:
    """HyperLogLog by definition: the longest run of zeros seen in every register."""
    registers = [0] * REGISTERS
    for value in values:
        rest, register = divmod(value % 2**32, REGISTERS)
        rank = 25 if rest == 0 else (rest & -rest).bit_length()
        registers[register] = max(registers[register], rank)
    return registers


few = st.lists(st.integers(0, 2**64 - 1), max_size=LIST_LENGTH)
# Few distinct values of few bits bring collisions and high ranks.
many = st.lists(
    st.one_of(st.integers(0, 2**32 - 1), st.integers(0, 40).map(lambda k: k << 24)),
    min_size=LIST_LENGTH + 1,
    max_size=80,
    unique=True,
)


@given(values=few)
def test_few_are_counted_exactly(values: list[int]) -> None:
    """Up to `LIST_LENGTH` values are a list, however often each comes."""
    sketch = Sketch()
    sketch.insert_all(values + values)

    assert sketch.estimate == len({value % 2**32 for value in values})


@given(values=many, data=st.data())
def test_dense_form_is_a_function_of_the_set(values: list[int], data: st.DataObject) -> None:
    """Neither order, nor repetition, nor batches leave a trace in the registers."""
    shuffled = data.draw(st.permutations(values))
    cut = data.draw(st.integers(0, len(values)))
    first, second = Sketch(), Sketch()
    first.insert_all(values)
    second.insert_all(shuffled[:cut])
    second.insert_all(shuffled)

    expected = plain_registers(set(values))
    assert first.registers == second.registers == expected
    for sketch in (first, second):
        assert sketch.dense.rows[0]["zeros"] == expected.count(0)
        assert sketch.dense.rows[0]["sum"] == sum(2 ** (25 - rank) for rank in expected)
    assert first.estimate == second.estimate


@pytest.mark.parametrize("distinct", [15, 50, 200, 500, 800, 1_500, 5_000, 100_000])
def test_estimate_is_as_good_as_promised(distinct: int) -> None:
    """Within three standard errors for each of thirty sets, and hardly biased over all."""
    rng = np.random.default_rng(distinct)
    errors = []
    for _ in range(30):
        sketch = Sketch()
        views = sketch.short.view(1), sketch.dense.view(1)
        values = rng.integers(0, 2**64, distinct, np.uint64)
        errors.append(estimate(insert_all(FREE, values, *views), *views) / distinct - 1)

    assert np.abs(errors).max() < 3 * STANDARD_ERROR
    assert abs(np.mean(errors)) < STANDARD_ERROR


@given(sizes=st.lists(st.integers(1, 2 * LIST_LENGTH), min_size=1, max_size=12))
@one_in(3)
def test_release_gives_everything_back(sizes: list[int]) -> None:
    """Sketches short and long come and go without a row being lost."""
    short, dense = Pool(SHORT), Pool(DENSE)
    handles = []
    for size in sizes:
        values = np.arange(1, size + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        handle = FREE
        for value in values:
            handle = insert(handle, value, short.view(1), dense.view(1))
        handles.append(handle)

    assert short.live == sum(size <= LIST_LENGTH for size in sizes)
    assert dense.live == sum(size > LIST_LENGTH for size in sizes)
    for handle in handles:
        release(handle, short.view(0), dense.view(0))
    assert short.live == dense.live == 0


def test_no_sketch_counts_nothing() -> None:
    """An entity that exposed nobody has none, and releasing none is allowed."""
    sketch = Sketch()
    release(sketch.handle, sketch.short.view(0), sketch.dense.view(0))

    assert sketch.estimate == 0.0
    assert sketch.short.live == 0
