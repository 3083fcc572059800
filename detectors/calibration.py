"""From evidence to a promise: how rare it is among the innocent, and what that earns."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .alerts import Severity
from .patterns import Pattern

PER: Final = 10_000
"""Rarity is counted in alerts per so many actor-days."""

_RATIO_OF: Final = ((Severity.CRITICAL, 1e6), (Severity.HIGH, 1e2), (Severity.MEDIUM, 1.0))
_FLOOR: Final = 0.5


@dataclass(frozen=True, slots=True)
class Calibration:
    """One pattern's scale from evidence to rarity.

    Of innocent actor-days exp(a - b x) reach evidence x, in nats.

    Attributes:
        intercept: a.
        rate: b, per nat.
        allowed: the rarity that the pattern's share of the budget pays for.
    """

    intercept: float
    rate: float
    allowed: float

    @property
    def threshold(self) -> float:
        """Evidence from which there is an alert, in nats."""
        return (self.intercept - math.log(self.allowed / PER)) / self.rate

    @property
    def floor(self) -> float:
        """Evidence from which events are kept as what led up to an alert, in nats."""
        return _FLOOR * self.threshold

    def rarity(self, evidence: float) -> float:
        """Alerts this strong that benign traffic would give per 10,000 actor-days."""
        return PER * min(1.0, math.exp(max(self.intercept - self.rate * evidence, _LEAST)))

    def evidence(self, rarity: float) -> float:
        """Evidence that has this rarity, in nats: `rarity` the other way round."""
        return (self.intercept - math.log(max(rarity, _RAREST) / PER)) / self.rate

    def scores(self, evidence: NDArray[np.float64]) -> NDArray[np.float32]:
        """`score` of many; NaN stays NaN."""
        shares = np.minimum(1.0, np.exp(np.maximum(self.intercept - self.rate * evidence, _LEAST)))
        return (1 / (1 + PER * shares)).astype(np.float32)

    def evidence_for(self, severity: Severity) -> float:
        """Evidence from which an alert has at least this severity, in nats."""
        ratio = dict(_RATIO_OF).get(severity, 1.0)
        return self.threshold + math.log(ratio) / self.rate

    def severity(self, evidence: float) -> Severity:
        """How severe an alert with this evidence is, harm aside."""
        for severity, _ in _RATIO_OF:
            if evidence >= self.evidence_for(severity):
                return severity
        return Severity.LOW


def allowed_for(severity: Severity, rarity: float) -> float:
    """The rarity that a budget has to pay for, so that an alert as rare has this severity."""
    return rarity * dict(_RATIO_OF).get(severity, 1.0)


_LEAST: Final = -300.0  # keeps exp() away from denormals
_RAREST: Final = PER * math.exp(_LEAST)


def score(rarity: float, lift: float = 0.0) -> float:
    """0 to 1, comparable between patterns: one half at one alert per 10,000 actor-days.

    Args:
        rarity: alerts as strong per 10,000 innocent actor-days.
        lift: what verdicts on its like add to the log-odds, which the rarity alone gives.
    """
    return 1 / (1 + rarity * math.exp(-lift))


def calibrate(pattern: Pattern, budget: float) -> Calibration:
    """The pattern's scale under a budget of false alerts per 10,000 actor-days."""
    intercept, rate = pattern.null
    return Calibration(intercept, rate, budget * pattern.budget_share)
