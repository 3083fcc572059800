"""How well scores put the anomalous before the rest."""

import numpy as np
from numpy.typing import NDArray


def area(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """Area under the ROC curve: how often an anomaly scores above the rest; ties count half.

    >>> area(np.array([1.0, 2.0, 3.0]), np.array([False, True, True]))
    1.0
    """
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    hits, rest = int(truth.sum()), int((~truth).sum())
    return float((rank[truth].sum() - hits * (hits + 1) / 2) / (hits * rest))


def precision(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """Average precision: the mean share of anomalies down to each of them; ties come as one.

    >>> precision(np.array([3.0, 2.0, 1.0]), np.array([True, False, True]))
    0.8333333333333333
    """
    levels, place = np.unique(-scores, return_inverse=True)
    hits = np.bincount(place, truth, len(levels))
    found = np.cumsum(hits)
    above = np.cumsum(np.bincount(place, minlength=len(levels)))
    return float((hits * found / above).sum() / found[-1])
