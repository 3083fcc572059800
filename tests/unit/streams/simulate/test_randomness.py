"""Draws are where they should be, independent, and depend on names alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.simulate.randomness import (
    Dice,
    Parameters,
    categories,
    fold,
    hexadecimal,
    stream,
    zipf_rank,
)


@given(st.lists(st.integers(-(2**62), 2**62), min_size=1, unique=True))
def test_fold_keeps_numbers_apart(numbers: list[int]) -> None:
    """Distinct numbers have distinct hashes, as they must for event ids."""
    assert len(np.unique(fold(np.array(numbers)))) == len(numbers)


@given(st.integers(0, 2**62), st.text(max_size=20))
def test_dice_depend_on_key_and_word(key: int, word: str) -> None:
    """In whatever company a key is drawn for."""
    alone = Dice(fold(np.array([key])))
    among = Dice(fold(np.array([1, key, 3])))

    assert alone.uniform(word)[0] == among.uniform(word)[1]
    assert 0 < alone.uniform(word)[0] < 1
    assert np.isfinite(alone.normal(word)).all()


def test_dice_are_fair() -> None:
    """Moments of uniform and normal draws, and no correlation between words."""
    dice = Dice(fold(np.arange(200_000)))
    uniform, normal = dice.uniform("one"), dice.normal("two")

    assert abs(uniform.mean() - 0.5) < 0.005
    assert abs(uniform.var() - 1 / 12) < 0.002
    assert abs(normal.mean()) < 0.01
    assert abs(normal.std() - 1) < 0.01
    assert abs(np.corrcoef(uniform, dice.uniform("other"))[0, 1]) < 0.01
    assert abs(np.corrcoef(uniform[1:], uniform[:-1])[0, 1]) < 0.01


@given(
    st.integers(1, 10**8),
    st.floats(1.05, 2.5),
    st.lists(st.floats(0, 1, exclude_max=True), min_size=1),
)
def test_ranks_stay_in_the_gallery(size: int, exponent: float, drawn: list[float]) -> None:
    """From 0 to before `size`, and rising with the draw."""
    rank = zipf_rank(np.sort(drawn), size, exponent)

    assert rank.min() >= 0
    assert rank.max() < size
    assert (np.diff(rank) >= 0).all()


def test_categories_follow_weights() -> None:
    """Each row by its own; a weight of 0 never comes up."""
    weights = np.array([[1.0, 0.0, 3.0], [0.0, 5.0, 0.0]])
    rows = np.repeat([0, 1], 50_000)
    drawn = categories(np.random.default_rng(1).random(len(rows)), weights, rows)

    assert np.unique(drawn[rows == 1]).tolist() == [1]
    assert np.unique(drawn[rows == 0]).tolist() == [0, 2]
    assert abs((drawn[rows == 0] == 2).mean() - 0.75) < 0.01


def test_streams_are_named() -> None:
    """The same name gives the same, another name something else."""
    assert stream(1, "a", 2).random() == stream(1, "a", 2).random()
    assert stream(1, "a", 2).random() != stream(1, "a", 3).random()
    assert stream(1, "a").random() != stream(2, "a").random()


def test_ids_are_digits_of_their_number() -> None:
    """Leading zeros and all."""
    assert hexadecimal(np.array([1, 2**64 - 1], np.uint64), 16, "x") == [
        "x" + "0" * 15 + "1",
        "xffffffffffffffff",
    ]


def test_parameters_are_independent_and_kept() -> None:
    """What is drawn in between changes nothing, and all of it can be read."""
    one, two = Parameters(3, "police"), Parameters(3, "police")
    two.uniform("other", 0, 1)

    assert one.log_uniform("rate", 1, 10) == two.log_uniform("rate", 1, 10)
    shares = one.shares("share", 50, a=0.2, b=0.8)
    assert abs(sum(shares.values()) - 1) < 1e-5
    assert one.values == {
        "rate": one.values["rate"],
        "share.a": shares["a"],
        "share.b": shares["b"],
    }
    assert 2 <= one.integer("count", 2, 4) <= 4
