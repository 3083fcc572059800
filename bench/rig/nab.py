"""The Numenta Anomaly Benchmark's own scoring, standard profile, in arrays.

A window's first detection earns up to 1, more the earlier it comes; a missed window costs 1; a
detection elsewhere costs up to 0.11, less if it is just behind a window. One threshold for the
whole corpus, the best in hindsight. 0 is a detector that says nothing, 100 the perfect one.

Source: A. Lavin, S. Ahmad, "Evaluating real-time anomaly detection algorithms: the Numenta
Anomaly Benchmark" (ICMLA 2015), and the benchmark's program (github.com/numenta/NAB,
`nab/sweeper.py`), which this follows to the point.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FALSE_WEIGHT = 0.11
PROBATION = 0.15
LONGEST_PROBATION = 750
"""The first part of a series is not scored: so many points at most."""

NOWHERE = -1
UNSCORED = -2


class Series(NamedTuple):
    """One file of the corpus.

    Attributes:
        name: its path within the data, as the labels call it.
        times: seconds since the epoch, shape (n,).
        values: shape (n,).
        windows: first and last point of each labelled window, both included.
    """

    name: str
    times: Floats
    values: Floats
    windows: tuple[tuple[int, int], ...]


class Weighed(NamedTuple):
    """What a detection at each point of a series is worth.

    Attributes:
        worth: shape (n,).
        window: the number of the point's window, `NOWHERE` or `UNSCORED`; shape (n,).
    """

    worth: Floats
    window: NDArray[np.int64]


class Verdict(NamedTuple):
    """The best that scores can earn, the threshold that earns it, and what it then does."""

    score: float
    threshold: float
    found: int
    windows: int
    false_points: int


def read(directory: Path) -> Iterator[Series]:
    """The corpus: `data` and `labels/combined_windows.json` of the benchmark."""
    labels = json.loads((directory / "labels/combined_windows.json").read_text())
    for name, windows in sorted(labels.items()):
        stamps, values = _columns(directory / "data" / name, "value")
        place = {stamp: number for number, stamp in enumerate(stamps)}
        yield Series(
            name,
            np.array([datetime.fromisoformat(f"{stamp}+00:00").timestamp() for stamp in stamps]),
            values,
            tuple((place[_short(first)], place[_short(last)]) for first, last in windows),
        )


def published(directory: Path, detector: str, series: Iterable[Series]) -> list[Floats]:
    """A published detector's scores, from the benchmark's `results`."""
    return [
        _columns(directory / detector / one.name.replace("/", f"/{detector}_"), "anomaly_score")[1]
        for one in series
    ]


def _columns(path: Path, name: str) -> tuple[list[str], Floats]:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["timestamp"] for row in rows], np.array([float(row[name]) for row in rows])


def _short(stamp: str) -> str:
    """Windows have microseconds, data have not."""
    return stamp.removesuffix(".000000")


def sigmoid(place: Floats) -> Floats:
    """From 1 well before a window's end, through 0 at it, to −1 from three widths behind it on."""
    worth: Floats = np.where(place > 3, -1.0, 2 / (1 + np.exp(5 * np.minimum(place, 3))) - 1)
    return worth


def weigh(series: Series) -> Weighed:
    """What a detection at each point would be worth."""
    points = np.arange(len(series.values))
    worth = np.full(len(points), -FALSE_WEIGHT)
    window = np.full(len(points), NOWHERE)
    for number, (first, last) in enumerate(series.windows):
        width = last - first + 1
        inside = points[first : last + 1]
        worth[inside] = sigmoid(-(last - inside + 1) / width) / sigmoid(np.array(-1.0))
        window[inside] = number
        behind = points[last + 1 :]
        worth[behind] = FALSE_WEIGHT * sigmoid((behind - last) / (width - 1))
    window[: int(min(PROBATION * len(points), LONGEST_PROBATION))] = UNSCORED
    return Weighed(worth, window)


def judge(corpus: Sequence[Series], scores: Sequence[Floats]) -> Verdict:
    """The benchmark's score of a detector.

    Args:
        corpus: all series.
        scores: the detector's, one per point, of the same series; higher is more anomalous.
    """
    weighed = [weigh(series) for series in corpus]
    starts = np.cumsum([0, *(len(series.windows) for series in corpus)])
    window = np.concatenate(
        [
            np.where(w.window >= 0, w.window + s, w.window)
            for w, s in zip(weighed, starts, strict=False)
        ]
    )
    scored = window != UNSCORED
    score = np.concatenate(list(scores))[scored]
    worth = np.concatenate([w.worth for w in weighed])[scored]
    window = window[scored]
    order = np.argsort(-score, kind="stable")
    score, worth, window = score[order], worth[order], window[order]
    earned, found = _earned(worth, window, int(starts[-1]))
    last_of_score = np.flatnonzero(np.append(np.diff(score) != 0, True))
    best = int(last_of_score[np.argmax(earned[last_of_score])])
    missed = -float(len(np.unique(window[window >= 0])))
    null = perfect = float(starts[-1])
    if earned[best] <= 0:
        return Verdict(0.0, np.inf, 0, int(starts[-1]), 0)
    return Verdict(
        score=100 * (missed + float(earned[best]) + null) / (perfect + null),
        threshold=float(score[best]),
        found=int(found[best]),
        windows=int(starts[-1]),
        false_points=int((window[: best + 1] == NOWHERE).sum()),
    )


def _earned(worth: Floats, window: NDArray[np.int64], windows: int) -> tuple[Floats, Floats]:
    """What all points up to each are worth together, and windows found, best score first."""
    gain = np.where(window == NOWHERE, worth, 0.0)
    found = np.zeros(len(worth))
    best = np.full(windows, -1.0)
    for at in np.flatnonzero(window >= 0):
        number = window[at]
        if worth[at] > best[number]:
            gain[at] = worth[at] - best[number]
            found[at] = float(best[number] == -1.0)
            best[number] = worth[at]
    return np.cumsum(gain), np.cumsum(found)
