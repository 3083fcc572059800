import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.rig.nab import NOWHERE, UNSCORED, Series, judge, published, read, sigmoid, weigh

N = 100
SERIES = Series("one", np.linspace(0, 29_700, N), np.zeros(N), ((40, 49), (70, 79)))


def scored(*points: int) -> list[NDArray[np.float64]]:
    """A detector that detects at these points."""
    scores = np.zeros(N)
    scores[list(points)] = 1.0
    return [scores]


def test_weights_by_hand() -> None:
    """Full worth where a window begins, a little at its end, and less and less behind it."""
    weighed = weigh(SERIES)

    assert weighed.worth[40] == pytest.approx(1.0)
    last = (2 / (1 + np.exp(-5 * 0.1)) - 1) / (2 / (1 + np.exp(-5)) - 1)
    assert weighed.worth[49] == pytest.approx(last)
    assert weighed.worth[39] == pytest.approx(-0.11)
    # One point behind a window of ten: a ninth of its width, as its program counts.
    assert weighed.worth[50] == pytest.approx(0.11 * (2 / (1 + np.exp(5 / 9)) - 1))
    assert weighed.window[14] == UNSCORED
    assert weighed.window[15] == NOWHERE
    assert weighed.window[75] == 1


def test_far_behind_a_window_all_is_false() -> None:
    """From three widths on."""
    assert sigmoid(np.array([3.1, 100.0])) == pytest.approx([-1, -1])


def test_the_perfect_detector_has_a_hundred_and_silence_nothing() -> None:
    """Both ends of the scale."""
    assert judge([SERIES], scored(40, 70)).score == pytest.approx(100)
    assert judge([SERIES], scored()).score == 0


def test_a_window_counts_once_and_false_points_each() -> None:
    """Of two detections in a window the earlier one counts."""
    assert judge([SERIES], scored(40, 45, 70)).score == pytest.approx(100)
    with_two_false = judge([SERIES], scored(40, 70, 20, 21))
    assert with_two_false.score == pytest.approx(100 * (4 - 0.22) / 4)
    assert with_two_false.false_points == 2


def test_the_threshold_is_the_best_of_the_corpus() -> None:
    """A low score that is false is left out."""
    scores = scored(40, 70)
    scores[0][20] = 0.5

    verdict = judge([SERIES], scores)

    assert verdict.score == pytest.approx(100)
    assert verdict.threshold == 1.0


def test_files_are_read_as_the_benchmark_has_them(tmp_path: Path) -> None:
    """Data, labels, and a published detector's scores."""
    for part in ("data/real", "labels", "results/his/real"):
        (tmp_path / part).mkdir(parents=True)
    stamps = [f"2014-01-01 00:{minute:02}:00" for minute in range(20)]
    rows = [f"{stamp},{number}" for number, stamp in enumerate(stamps)]
    (tmp_path / "data/real/a.csv").write_text("\n".join(["timestamp,value", *rows]))
    windows = {"real/a.csv": [[f"{stamps[5]}.000000", f"{stamps[8]}.000000"]]}
    (tmp_path / "labels/combined_windows.json").write_text(json.dumps(windows))
    theirs = ["timestamp,value,anomaly_score,label", *(f"{row},0.5,0" for row in rows)]
    (tmp_path / "results/his/real/his_a.csv").write_text("\n".join(theirs))

    (series,) = read(tmp_path)

    assert series.windows == ((5, 8),)
    assert series.values.tolist() == list(range(20))
    assert np.diff(series.times).tolist() == [60.0] * 19
    assert published(tmp_path / "results", "his", [series])[0].tolist() == [0.5] * 20
