"""How surprising a share is where shares differ: the tail of the beta-binomial law."""

import math

import numpy as np
from numpy.typing import NDArray

from .compile import kernel

_ENOUGH = 1e-4  # of the sum: what further terms add is lost in a thousandth of a nat


@kernel
def surprise_of_share(seen: float, number: float, usual: float, strength: float) -> float:
    """Nats of so many of a number, or more: minus the logarithm of their chance.

    Each share is drawn from the beta law with mean `usual`; the larger its `strength`, the
    less do shares differ. Counts may be fractions. 0 for no more than is usual.
    """
    if number <= 0.0 or seen <= usual * number:
        return 0.0
    a, b = usual * strength, (1.0 - usual) * strength
    log_chance = (
        math.lgamma(number + 1.0)
        - math.lgamma(seen + 1.0)
        - math.lgamma(number - seen + 1.0)
        + math.lgamma(seen + a)
        + math.lgamma(number - seen + b)
        - math.lgamma(number + strength)
        - math.lgamma(a)
        - math.lgamma(b)
        + math.lgamma(strength)
    )
    term, total = 1.0, 1.0
    while seen + 1.0 <= number and term > _ENOUGH * total:
        term *= (number - seen) * (seen + a) / ((seen + 1.0) * (number - seen - 1.0 + b))
        total += term
        seen += 1.0
    return max(-log_chance - math.log(total), 0.0)


@kernel
def fill_surprises(
    seen: NDArray[np.float64],
    number: NDArray[np.float64],
    usual: NDArray[np.float64],
    strength: float,
    nats: NDArray[np.float64],
) -> None:
    """Fill `nats` with the `surprise_of_share` of each."""
    for i in range(len(seen)):
        nats[i] = surprise_of_share(seen[i], number[i], usual[i], strength)
