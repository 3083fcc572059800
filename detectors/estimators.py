"""River's estimators of anomaly over days of conduct: which one, and what it has learned.

An estimator's state is what it has learned: a bounded log of days, in order. Whoever learns
the same days in the same order has the same estimator. So every one that river has can be
used, a snapshot holds nothing but numbers, and restoring one runs no foreign code.
"""

import ast
import inspect
from collections.abc import Callable
from functools import cache
from typing import Any, Final, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from .state.conduct import HABITS, Habit

Vector = NDArray[np.float64]
"""Surprise of a day by habit, in nats, shape (HABITS,)."""

DEFAULT: Final = "OneClassSVM(nu=0.1)"

WINDOW: Final = 128
"""Days that are left when an estimator begins anew, at twice as many."""

PSEUDO_DAYS: Final = 96
"""Days of nobody that an estimator has learned first, made of what is to be expected."""

TAIL: Final = 0.1
"""Share of scores from which on they are taken to fall off exponentially."""

MOST_NATS: Final = 20.0

_SHARE = 0.12  # of days that have a habit, of pseudo-days


class Estimator(Protocol):
    """What is used of `river.anomaly`."""

    def learn_one(self, x: dict[str, float]) -> None:
        """Take a day in."""

    def score_one(self, x: dict[str, float]) -> float:
        """How strange a day is; more is stranger."""


Maker = Callable[[], Estimator]


@cache
def maker_of(setting: str) -> Maker:
    """What makes the estimator that a setting names, each time a fresh one.

    Args:
        setting: a class of `river.anomaly` and its parameters, as in
            `HalfSpaceTrees(n_trees=25, seed=1)`.

    Raises:
        ValueError: there is none, or it takes no such parameters.
    """
    name, parameters = _parsed(setting)
    # River takes seconds to import; who only reads settings should not wait for it.
    from river import anomaly, base  # noqa: PLC0415

    kind = getattr(anomaly, name, None)
    if not (inspect.isclass(kind) and issubclass(kind, base.AnomalyDetector)):
        known = [word for word in anomaly.__all__ if _is_estimator(getattr(anomaly, word))]
        message = f"estimator: {name!r} is not in river.anomaly; there are {', '.join(known)}"
        raise ValueError(message)
    if "seed" in inspect.signature(kind).parameters and parameters.get("seed") is None:
        parameters["seed"] = 1

    def make() -> Estimator:
        return cast("Estimator", kind(**parameters))

    try:
        # What every use of it begins with; some parameters fail only after a few days.
        finite = bool(np.isfinite(Prior(make).scores).all())
    except Exception as error:
        raise ValueError(f"estimator: {setting}: {error}") from error
    if not finite:
        raise ValueError(f"estimator: {setting}: its scores are no numbers that can be compared")
    return make


def _is_estimator(kind: Any) -> bool:
    from river import base  # noqa: PLC0415

    return inspect.isclass(kind) and issubclass(kind, base.AnomalyDetector)


def _parsed(setting: str) -> tuple[str, dict[str, Any]]:
    """The class's name and its parameters, which are plain values."""
    expected = f"estimator: {setting!r}, expected a class with its parameters, as in {DEFAULT!r}"
    try:
        match ast.parse(setting.strip(), mode="eval").body:
            case ast.Name(name):
                return name, {}
            case ast.Call(ast.Name(name), [], words):
                return name, {str(word.arg): ast.literal_eval(word.value) for word in words}
    except (SyntaxError, ValueError) as error:
        raise ValueError(expected) from error
    raise ValueError(expected)


def named(day: Vector) -> dict[str, float]:
    """A day as river takes it: per habit, how many standard deviations it lies out."""
    deviations = np.sqrt(2.0 * np.maximum(day, 0.0)).tolist()
    return dict(zip(_NAMES, deviations, strict=True))


_NAMES: Final = tuple(habit.name.lower() for habit in Habit)


@cache
def _pseudo_days() -> NDArray[np.float64]:
    """Days on which few habits are there, each as much as is to be expected; (n, HABITS)."""
    rng = np.random.default_rng(1)
    present = rng.random((PSEUDO_DAYS, HABITS)) < _SHARE
    nats = rng.exponential(1.0, (PSEUDO_DAYS, HABITS)) - np.log(_SHARE)
    return np.asarray(np.where(present, nats, 0.0))


MOST_LEVELS: Final = 60
"""Weeks of which ADWIN is told."""


class Prior:
    """What an estimator is that has learned nobody's days yet; nothing changes it.

    Attributes:
        make: makes a fresh one.
        scores: of the pseudo-days, each before it was learned.
    """

    def __init__(self, make: Maker) -> None:
        self.make = make
        self.estimator = make()
        scores = []
        for day in _pseudo_days():
            scores.append(float(self.estimator.score_one(named(day))))
            self.estimator.learn_one(named(day))
        self.scores = np.array(scores[PSEUDO_DAYS // 2 :])


@cache
def prior_of(setting: str) -> Prior:
    """The prior of the estimator that a setting names; the same one every time.

    Raises:
        ValueError: see `maker_of`.
    """
    return Prior(maker_of(setting))


class Expert:
    """An estimator, and the clean days that it has learned since it was last begun.

    Attributes:
        days: float32, shape (n, HABITS), in order.
        scores: float64, shape (n,): each as it was before it was learned.
        levels: float64: how strange its days were, a number a week.
        drifts: how often that has changed for good.
    """

    def __init__(self, prior: Prior) -> None:
        self._prior = prior
        self._estimator: Estimator | None = None
        self.days: NDArray[np.float32] = np.zeros((0, HABITS), np.float32)
        self.scores: NDArray[np.float64] = np.zeros(0)
        self.levels: NDArray[np.float64] = np.zeros(0)
        self.drifts = 0

    def learn(self, day: Vector) -> None:
        """Take a clean day in; of twice the window the older half is forgotten."""
        day = day.astype(np.float32).astype(np.float64)
        score = self.score(day)
        self.days = np.vstack([self.days, day[None]]).astype(np.float32)
        self.scores = np.append(self.scores, score)
        if len(self.days) >= 2 * WINDOW:
            self.forget(WINDOW)
        elif self._estimator is not None:
            self._estimator.learn_one(named(day))

    def forget(self, left: int) -> None:
        """Begin anew with the last so many days."""
        self.days, self.scores = self.days[-left:], self.scores[-left:]
        self._estimator = None

    def drifted(self, level: float) -> bool:
        """Take in how strange clean days were of late; whether that has changed for good.

        After a change (ADWIN, Bifet and Gavalda 2007) only what came last is still usual.
        ADWIN is run anew over the levels since the last change: it, too, is what it has seen.
        """
        from river.drift import ADWIN  # noqa: PLC0415

        self.levels = np.append(self.levels, level)[-MOST_LEVELS:]
        adwin: Any = cast("Any", ADWIN)(clock=1)  # has no types
        for value in self.levels.tolist():
            adwin.update(value)
        if not adwin.drift_detected:
            return False
        self.levels = self.levels[-1:]
        self.drifts += 1
        self.forget(WINDOW // 4)
        return True

    def score(self, day: Vector) -> float:
        """What the estimator itself says; only to be compared with what it said of other days."""
        return float(self._current().score_one(named(day)))

    def nats(self, day: Vector) -> float:
        """Minus the logarithm of the share of clean days that score as high.

        By rank among the scores of clean days (conformal, Vovk 2005); the highest tenth is
        taken to fall off exponentially, since a budget asks for rarer than all that was seen.
        """
        score = self.score(day)
        known = np.concatenate([self._prior.scores, self.scores])
        edge = float(np.quantile(known, 1 - TAIL))
        if score <= edge:
            return float(-np.log((1 + np.count_nonzero(known >= score)) / (1 + len(known))))
        beyond = known[known > edge] - edge
        scale = max(float(beyond.mean()) if len(beyond) else 0.0, 1e-3 * (1 + abs(edge)))
        return float(min(-np.log(TAIL) + (score - edge) / scale, MOST_NATS))

    def _current(self) -> Estimator:
        """The prior's until enough was learned to have one of its own."""
        if len(self.days) < OWN_FROM:
            return self._prior.estimator
        if self._estimator is None:
            self._estimator = self._prior.make()
            for day in (*_pseudo_days(), *self.days.astype(np.float64)):
                self._estimator.learn_one(named(day))
        return self._estimator


OWN_FROM: Final = 32
"""Days from which on an estimator of its own is worth it."""
