"""How unusual one key's volume is, point by point: evidence as the patterns have it, for series.

Each point is compared with the series' own past alone: with its level, with the same half-hour of
other days, with where it has been and how it moves. What is seen is scored before it is learned.
Each kind of surprise is counted in multiples of its own mean so far, since kinds and series differ
in how often they surprise. As with an alert that covers an episode, what follows a surprise counts
only if it is larger.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.kernels.compile import kernel

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

SLOTS: Final = 48
"""Half-hours of a day."""

BINS: Final = 8
"""Of the range so far, between which a series moves."""

KINDS: Final = ("lasting", "range", "move")

WEIGHTS: Final = np.array([1.0, 4.5, 1.5])
"""How much each kind of surprise counts."""

LEVEL, LASTING, SPREAD, MOVE, EPISODE = 165.0, 40.0, 180.0, 2.0, 39.0
"""Half-lives, in points."""

FREEDOM: Final = 370.0
"""Of the Student-t law of deviations: like a normal law up to some ten spreads, then milder."""

MOST: Final = 100.0
"""Times its mean that one surprise counts in the mean."""


def evidence(
    times: Floats,
    values: Floats,
    weights: Floats = WEIGHTS,
    half_lives: tuple[float, ...] = (LEVEL, LASTING, SPREAD, MOVE, EPISODE),
) -> Floats:
    """How unusual each point is, 0 where an earlier one covers it.

    Args:
        times: seconds since the epoch, shape (n,).
        values: shape (n,).
        weights: of the kinds of surprise.
        half_lives: of the level, a lasting shift, the spread, moves and an episode, in points.
    """
    result = np.zeros(len(values))
    slots = (times % 86_400 // (86_400 / SLOTS)).astype(np.int64)
    rates = 1 - 0.5 ** (1 / np.array(half_lives))
    moves, days = np.zeros((BINS, BINS)), np.zeros((2, SLOTS))
    means = np.ones(len(KINDS))
    if len(values):
        _observe(values, slots, rates, weights, means, moves, days, result)
    return result


@kernel
def _student(spreads: float) -> float:
    """Nats by which a deviation exceeds none."""
    nats: float = (FREEDOM + 1) / 2 * np.log1p(spreads**2 / FREEDOM)
    return nats


@kernel
def _observe(  # noqa: PLR0913, PLR0917 - one loop over the series
    values: Floats,
    slots: Numbers,
    rates: Floats,
    weights: Floats,
    means: Floats,
    moves: Floats,
    days: Floats,
    out: Floats,
) -> None:
    level = low = high = values[0]
    var = lasting = lasting_var = move = held = 0.0
    before = -1
    bins = len(moves)
    for n in range(len(values)):
        value = values[n]
        slot = slots[n]
        seen = 1 / (n + 1.0)
        off = value - level - days[0, slot] * days[1, slot] / (days[1, slot] + 2)
        spread = np.sqrt(var) + 1e-12
        lasting += max(rates[1], seen) * (off - lasting)
        beyond = max(value - high, low - value, 0.0) / (0.05 * (high - low) + 0.2 * spread + 1e-12)
        low = min(low, value)
        high = max(high, value)
        place = min(int((value - low) / (high - low + 1e-12) * bins), bins - 1)
        surprise = 0.0
        if before >= 0:
            share = (moves[before, place] + 0.5 / bins) / (moves[before].sum() + 0.5)
            surprise = -np.log(share)
            moves[before, place] += 1
        before = place
        move += max(rates[3], seen) * (surprise - move)
        best = 0.0
        for kind in range(len(weights)):
            if kind == 0:
                nats = _student(lasting / (np.sqrt(lasting_var) + 1e-12))
            elif kind == 1:
                nats = 50 * np.log1p(beyond)
            else:
                nats = move
            usual = max(means[kind], 0.2)
            best = max(best, weights[kind] * nats / usual)
            means[kind] += seen * (min(nats, MOST * usual) - means[kind])
        if n >= 3 and best > held:
            out[n] = best
        held = max(held * (1 - rates[4]), best)
        level += max(rates[0], seen) * off
        var += max(rates[2], seen) * (off**2 - var)
        lasting_var += max(rates[2], seen) * (lasting**2 - lasting_var)
        rate = max(min(rates[0] * SLOTS, 0.3), 1 / (days[1, slot] + 1))
        days[0, slot] += rate * (value - level - days[0, slot])
        days[1, slot] += 1
