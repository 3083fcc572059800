"""Online control of the false discovery rate: procedures that let through few false ones.

Hypotheses come one after the other, and each is decided on before the next one comes. Each
procedure keeps the expected share of false ones among all that were let through below `alpha`,
whatever the number of hypotheses.

Tests of which nothing was seen are left out: `places` are the numbers, from 1, of those given
among all, in order, and the others count as tests with p = 1.

Sources: A. Javanmard, A. Montanari, "Online rules for control of false discovery rate and false
discovery exceedance" (Annals of Statistics 46, 2018); A. Ramdas et al., "SAFFRON: an adaptive
algorithm for online control of the false discovery rate" (ICML 2018); Z. Xu, A. Ramdas, "Online
multiple testing with e-values" (AISTATS 2024); V. Vovk, R. Wang, "E-values: calibration,
combination and applications" (Annals of Statistics 49, 2021) for the calibrator.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final

Spending = Callable[[int], float]
"""The share of all wealth that the n-th test gets; falls, and sums to at most 1."""

_ZETA: Final = 2.2857656  # of 1.6, rounded up


def power_law(number: int) -> float:
    """Proportional to n^-1.6, as in the simulations of the SAFFRON paper.

    >>> sum(power_law(n) for n in range(1, 10_000)) < 1
    True
    """
    return float(number**-1.6) / _ZETA


def lond(
    p: Sequence[float], places: Sequence[int], alpha: float, spending: Spending = power_law
) -> list[bool]:
    """LOND: a test's level is its share of alpha, times discoveries so far and one.

    Valid for independent p-values. Javanmard and Montanari (2018).

    >>> lond([0.02, 0.02], [1, 2], 0.1, lambda number: 0.5**number)
    [True, True]
    """
    discoveries = 0
    passed = []
    for value, place in zip(p, places, strict=True):
        passed.append(value <= alpha * spending(place) * (discoveries + 1))
        discoveries += passed[-1]
    return passed


def e_lond(
    e: Sequence[float], places: Sequence[int], alpha: float, spending: Spending = power_law
) -> list[bool]:
    """e-LOND: LOND on e-values, valid under any dependence. Xu and Ramdas (2024).

    >>> e_lond([25, 25], [1, 2], 0.1, lambda number: 0.5**number)
    [True, True]
    """
    return lond([1 / max(value, 1e-300) for value in e], places, alpha, spending)


def saffron(
    p: Sequence[float],
    places: Sequence[int],
    alpha: float,
    candidate: float = 0.5,
    spending: Spending = power_law,
) -> list[bool]:
    """SAFFRON with a constant candidate level: promising tests cost nothing.

    Valid for independent p-values. Ramdas et al. (2018), algorithm 1, with half of alpha as
    the wealth to begin with.

    Args:
        p: of the tests that are given.
        places: their numbers among all.
        alpha: the false discovery rate.
        candidate: a p-value at or below it makes a test a candidate. All tests left out must
            have had larger ones.
        spending: each test's share.
    """
    wealth = alpha / 2
    candidates: list[int] = []
    discoveries: list[int] = []
    passed = []
    for value, place in zip(p, places, strict=True):
        level = wealth * spending(place - len(candidates))
        for order, found in enumerate(discoveries):
            since = sum(other > found for other in candidates)
            earned = alpha - wealth if order == 0 else alpha
            level += earned * spending(place - found - since)
        passed.append(value <= min(candidate, (1 - candidate) * level))
        if passed[-1]:
            discoveries.append(place)
        if value <= candidate:
            candidates.append(place)
    return passed


def e_value(p: float, kappa: float) -> float:
    """Evidence against the innocent law: κ p^(κ−1), of which the mean is 1 among the innocent.

    Args:
        p: 0 to 1.
        kappa: between 0 and 1; the smaller, the more a very small p counts.

    Source: Vovk and Wang (2021).
    """
    return math.inf if p <= 0 else kappa * p ** (kappa - 1)
