import numpy as np
import pytest

from bench.rig.populations import Population

KINDS = ["actors", "pairs", "sheets", "histories", "subjects"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_changes_a_row_of_every_kind(kind: str) -> None:
    """As many rows of each kind change as events are asked for, and no keys."""
    population = Population(200, seed=1)
    before = {name: array.copy() for name, array in population.arrays(kind).items()}

    assert population.touch(0.1) == 5 * 20

    after = population.arrays(kind)
    changed = before[f"{kind}.rows"] != after[f"{kind}.rows"]
    assert np.count_nonzero(changed) == 20
    assert all(np.array_equal(before[name], after[name]) for name in before if "keys" in name)


def test_a_seed_makes_one_population() -> None:
    """The same seed gives the same bytes, another one others."""
    one, same, other = (Population(50, seed).arrays() for seed in (1, 1, 2))

    assert all(one[name].tobytes() == same[name].tobytes() for name in one)
    assert all(one[name].tobytes() != other[name].tobytes() for name in one)
