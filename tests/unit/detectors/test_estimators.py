"""River's estimators: which there are, and that what they learned is all that they are."""

import numpy as np
import pytest

from detectors.estimators import DEFAULT, OWN_FROM, WINDOW, Expert, maker_of, prior_of
from detectors.state.conduct import HABITS

SMALL = "HalfSpaceTrees(n_trees=3, height=3, window_size=20)"


def days(count: int, seed: int = 1) -> np.ndarray:
    """Surprises of some days, by habit."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random((count, HABITS)) < 0.1, rng.exponential(2.0, (count, HABITS)), 0.0)


@pytest.mark.parametrize(
    "setting", [DEFAULT, SMALL, "LODA", "OneClassSVM(nu=0.2)", "LocalOutlierFactor(n_neighbors=5)"]
)
def test_any_of_rivers_can_be_used(setting: str) -> None:
    """It learns, and says finitely how strange a day is."""
    expert = Expert(prior_of(setting))
    for day in days(3):
        expert.learn(day)

    assert np.isfinite(expert.nats(np.full(HABITS, 8.0)))


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("IsolationForest()", "'IsolationForest' is not in river.anomaly; there are"),
        ("GaussianScorer()", "'GaussianScorer' is not in river.anomaly"),
        ("LODA(n_trees=3)", "unexpected keyword argument 'n_trees'"),
        ("LODA(10)", "expected a class with its parameters"),
        ("__import__('os').getcwd()", "expected a class with its parameters"),
        ("LODA(seed=open('x'))", "expected a class with its parameters"),
        ("", "expected a class with its parameters"),
        ("OneClassSVM(nu=-1e308)", "OneClassSVM(nu=-1e308): "),
        ("OneClassSVM(nu=1e308)", "its scores are no numbers that can be compared"),
    ],
)
def test_what_cannot_be_used_is_told(setting: str, told: str) -> None:
    """Nothing of a setting is run but a class of river with plain values."""
    with pytest.raises(ValueError, match="estimator: ") as error:
        maker_of(setting)

    assert told in str(error.value)


@pytest.mark.parametrize("count", [OWN_FROM - 1, OWN_FROM + 5, 2 * WINDOW + 3])
def test_whoever_takes_its_days_over_goes_on_as_it_does(count: int) -> None:
    """An estimator is what it has learned, also across the days at which it begins anew."""
    expert, copy = (Expert(prior_of(SMALL)) for _ in range(2))
    learned, further = np.split(days(count + WINDOW), [count])
    for day in learned:
        expert.learn(day)
    copy.days, copy.scores = expert.days.copy(), expert.scores.copy()
    for day in further:
        expert.learn(day)
        copy.learn(day)

    assert copy.scores.tolist() == expert.scores.tolist()
    assert len(expert.days) < 2 * WINDOW


def test_a_lasting_change_is_noticed_and_a_steady_level_is_not() -> None:
    """After a change only what came last is still usual."""
    expert = Expert(prior_of(SMALL))
    for day in days(100):
        expert.learn(day)
    noise = np.random.default_rng(2).normal(0, 0.1, 60)

    assert not any(expert.drifted(1.0 + level) for level in noise[:30])
    assert any(expert.drifted(6.0 + level) for level in noise[30:])
    assert expert.drifts == 1
    assert len(expert.days) == WINDOW // 4
