"""Decayed counts that do not care in which order events come.

A count stands at the time of its newest event. A newer one decays it first; an older one
is added with the weight that it would have by then. Both give the sum of
exp(-age / lifetime), up to rounding.
"""

import math

import numpy as np
from numpy.typing import NDArray

from .compile import kernel


@kernel
def add(counts: NDArray[np.float64], lifetimes: NDArray[np.float64], elapsed: float) -> None:
    """Count one event in every horizon.

    Args:
        counts: one decayed count per horizon, as of the newest event; changed in place.
        lifetimes: mean lifetime per horizon, in the unit of `elapsed`.
        elapsed: from the newest event so far to this one; negative if this one is older.
    """
    if elapsed >= 0:
        for h in range(len(lifetimes)):
            counts[h] = counts[h] * math.exp(-elapsed / lifetimes[h]) + 1.0
    else:
        for h in range(len(lifetimes)):
            counts[h] += math.exp(elapsed / lifetimes[h])


@kernel
def fade(counts: NDArray[np.float64], lifetimes: NDArray[np.float64], elapsed: float) -> None:
    """Move every horizon's count `elapsed` forward without an event; none if negative."""
    if elapsed > 0:
        for h in range(len(lifetimes)):
            counts[h] *= math.exp(-elapsed / lifetimes[h])
