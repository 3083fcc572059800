"""MIDAS-F: bursts of edges from accounts to people, in a stream, in constant memory.

After S. Bhatia et al., "MIDAS: microcluster-based detector of anomalies in edge streams" (AAAI
2020), and "Real-time anomaly detection in edge streams" (ACM TKDD 16, 2022) for the filtering of
anomalous counts, with the defaults of their program: two rows of 1,024 cells, decay one half,
threshold 1,000.
"""

import numpy as np
from numpy.typing import NDArray

from detectors.kernels.compile import kernel

ROWS, CELLS = 2, 1024
DECAY = 0.5
THRESHOLD = 1e3

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


def scores(edges: Numbers, seed: int = 0) -> Floats:
    """The score of every edge, in the order of time.

    Args:
        edges: numbers of the account, the person and the unit of time, which never falls;
            shape (n, 3).
        seed: of the hashing.
    """
    random = np.random.default_rng(seed)
    table = np.zeros((3, 3, ROWS, CELLS))
    primes = random.integers(1, 2**31 - 1, (ROWS, 3))
    result = np.zeros(len(edges))
    if len(edges):
        _observe(table, primes, edges - np.array([0, 0, edges[0, 2] - 1]), result)
    return result


@kernel
def _observe(table: Floats, primes: Numbers, edges: Numbers, out: Floats) -> None:
    """Score and count.

    `table` is edge, source, target by current, total, score; an edge is source, target, tick.
    """
    now = 1
    for n in range(len(edges)):
        if edges[n, 2] > now:
            _merge(table, now)
            now = edges[n, 2]
        best = 0.0
        for kind in range(3):
            a = 0 if kind == 2 else edges[n, 0]
            b = 0 if kind == 1 else edges[n, 1]
            current = np.inf
            total = np.inf
            for row in range(ROWS):
                cell = _cell(primes, row, a, b)
                table[kind, 0, row, cell] += 1
                current = min(current, table[kind, 0, row, cell])
                total = min(total, table[kind, 1, row, cell])
            score = 0.0
            if total > 0 and now > 1:
                score = (current + total - current * now) ** 2 / (total * (now - 1))
            for row in range(ROWS):
                table[kind, 2, row, _cell(primes, row, a, b)] = score
            best = max(best, score)
        out[n] = best


@kernel
def _cell(primes: Numbers, row: int, a: int, b: int) -> int:
    mixed = (primes[row, 0] * a + primes[row, 1] * b + primes[row, 2]) & 0x7FFFFFFFFFFFFFFF
    cell: int = (mixed ^ (mixed >> 15)) % CELLS
    return cell


@kernel
def _merge(table: Floats, now: int) -> None:
    """A unit of time ends: what is not anomalous is added up, and current counts fade."""
    for kind in range(3):
        for row in range(ROWS):
            for cell in range(CELLS):
                if table[kind, 2, row, cell] < THRESHOLD:
                    table[kind, 1, row, cell] += table[kind, 0, row, cell]
                elif now > 1:
                    table[kind, 1, row, cell] += table[kind, 1, row, cell] / (now - 1)
                table[kind, 0, row, cell] *= DECAY
