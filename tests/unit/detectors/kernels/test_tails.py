"""The tail of the beta-binomial law, beside its definition."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.kernels.tails import fill_surprises, surprise_of_share


def chance(seen: int, number: int, usual: float, strength: float) -> float:
    """Of `seen` or more of `number`: drawn one by one, as from Pólya's urn."""
    law = {0: 1.0}
    for drawn in range(number):
        after = dict.fromkeys(range(drawn + 2), 0.0)
        for hits, share in law.items():
            next_one = (usual * strength + hits) / (strength + drawn)
            after[hits + 1] += share * next_one
            after[hits] += share * (1 - next_one)
        law = after
    return sum(share for hits, share in law.items() if hits >= seen)


@given(st.data(), st.integers(1, 40), st.floats(0.02, 0.98), st.floats(0.5, 50))
def test_is_that_of_an_urn(data: st.DataObject, number: int, usual: float, strength: float) -> None:
    """To a thousandth of a nat, beyond what is usual."""
    seen = data.draw(st.integers(0, number))
    nats = surprise_of_share(float(seen), float(number), usual, strength)

    if seen <= usual * number:
        assert nats == 0
    else:
        assert nats == pytest.approx(-math.log(chance(seen, number, usual, strength)), abs=2e-3)


def test_grows_with_what_is_seen() -> None:
    """Between whole numbers, too, and without bounds."""
    seen = np.linspace(2.0, 20.0, 50)
    nats = np.empty(50)
    fill_surprises(seen, np.full(50, 20.0), np.full(50, 0.1), 8.0, nats)

    assert nats[0] == 0
    assert np.all(np.diff(nats) > 0)


def test_nothing_of_none() -> None:
    """A share of nothing is no surprise."""
    assert surprise_of_share(0.0, 0.0, 0.5, 8.0) == 0
