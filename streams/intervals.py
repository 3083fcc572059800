"""Confidence intervals of a share and of a count, two-sided, 95 % unless said otherwise."""

import math
from statistics import NormalDist
from typing import NamedTuple

CONFIDENCE = 0.95


class Interval(NamedTuple):
    """Both ends of a confidence interval."""

    low: float
    high: float


def wilson(hits: int, trials: int, confidence: float = CONFIDENCE) -> Interval:
    """The score interval of a share, which stays inside 0 to 1 and is sane at small counts.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical
    inference", JASA 22 (1927).

    >>> [round(end, 3) for end in wilson(9, 10)]
    [0.596, 0.982]
    """
    if trials == 0:
        return Interval(0.0, 1.0)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = hits / trials
    centre = share + z * z / (2 * trials)
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    # At the ends of the range the exact bound is the end itself, which rounding would miss.
    low = 0.0 if hits == 0 else (centre - spread) / scale
    high = 1.0 if hits == trials else (centre + spread) / scale
    return Interval(low, high)


def garwood(count: int, confidence: float = CONFIDENCE) -> Interval:
    """The exact interval of a Poisson mean of which `count` were seen.

    Its ends are the means at which a count as high, or as low, has the probability
    (1 - confidence) / 2. Source: F. Garwood, "Fiducial limits for the Poisson
    distribution", Biometrika 28 (1936).

    >>> [round(end, 3) for end in garwood(3)]
    [0.619, 8.767]
    """
    tail = (1 - confidence) / 2
    low = 0.0 if count == 0 else _mean_at(count - 1, 1 - tail)
    return Interval(low, _mean_at(count, tail))


def poisson_at_most(count: int, mean: float) -> float:
    """The probability that a Poisson variable of this mean is at most `count`."""
    if mean == 0:
        return 1.0
    log_mean = math.log(mean)
    terms = (math.exp(k * log_mean - mean - math.lgamma(k + 1)) for k in range(count + 1))
    return min(1.0, math.fsum(terms))


def _mean_at(count: int, probability: float) -> float:
    """The mean at which at most `count` has this probability, which falls as the mean grows."""
    low, high = 0.0, count + 10.0
    while poisson_at_most(count, high) > probability:
        high *= 2
    while (middle := (low + high) / 2) not in (low, high):
        if poisson_at_most(count, middle) > probability:
            low = middle
        else:
            high = middle
    return middle
