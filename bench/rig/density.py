"""How unusual a row of features is among all rows so far, with the gate that the patterns have.

Evidence is −ln of the number of earlier rows in the row's cell, averaged over grids from fine to
coarse: nobody was there before, nor anywhere near. A row is scored before it is learned, and not
learned if its cells' share of all rows is suspiciously small: who attacks for long does not become
usual. What has been learned is not forgotten.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.kernels.compile import kernel

Floats = NDArray[np.float64]

WIDTHS: Final = np.array([0.5, 1.0, 2.0, 4.0, 8.0])
"""Of the grids' cells, in the features' own units, which are logarithms."""

BITS: Final = 20
"""Of the number of a cell; cells that are hashed to one number are counted as one."""

UNSEEN: Final = 0.05
"""Rows that an empty cell counts as."""

SUSPECT: Final = 6.0
"""Nats of rarity, −ln of the share, from which a row is not learned."""

WARM_UP: Final = 1000
"""Rows that are learned whatever they are."""


def evidence(
    rows: Floats, widths: Floats = WIDTHS, suspect: float = SUSPECT, warm_up: int = WARM_UP
) -> Floats:
    """The evidence of every row, in nats up to a constant, in the order given.

    Args:
        rows: logarithms of amounts, shape (n, features).
        widths: of the grids' cells.
        suspect: nats of rarity from which a row is not learned; infinite without a gate.
        warm_up: rows that are learned whatever they are.
    """
    counts = np.zeros((len(widths), 2**BITS))
    result = np.zeros(len(rows))
    _observe(rows, widths, suspect, warm_up, counts, np.zeros(len(widths), np.int64), result)
    return result


@kernel
def _observe(  # noqa: PLR0913, PLR0917 - all arrays that it touches
    rows: Floats,
    widths: Floats,
    suspect: float,
    warm_up: int,
    counts: Floats,
    places: NDArray[np.int64],
    out: Floats,
) -> None:
    learned = 0.0
    for n in range(len(rows)):
        total = 0.0
        for grid in range(len(widths)):
            mixed = 0
            for feature in range(rows.shape[1]):
                step = int(np.floor(rows[n, feature] / widths[grid]))
                mixed = (mixed ^ (step & 0xFFFF)) * 0x9E3779B1 & 0xFFFFFFFFFFFF
            places[grid] = (mixed ^ (mixed >> 20)) & (2**BITS - 1)
            total -= np.log(counts[grid, places[grid]] + UNSEEN)
        out[n] = total / len(widths)
        if n < warm_up or out[n] + np.log(learned + 1) <= suspect:
            learned += 1
            for grid in range(len(widths)):
                counts[grid, places[grid]] += 1
