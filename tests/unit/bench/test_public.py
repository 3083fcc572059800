import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from bench.public import OWN, judged, main, searched
from bench.rig import density, volume
from bench.rig.nab import Series
from bench.rig.ranking import area, precision

TIMES: NDArray[np.float64] = np.asarray(1.4e9 + np.arange(2000) * 300.0, np.float64)


def waves(seed: int = 1) -> NDArray[np.float64]:
    """A week of days, each with a wave, and noise."""
    noise = np.random.default_rng(seed).normal(0, 1, len(TIMES))
    return np.asarray(50 + 10 * np.sin(2 * np.pi * TIMES / 86_400) + noise, np.float64)


def test_a_leap_is_the_most_unusual() -> None:
    """Far outside of where the series has been."""
    values = waves()
    values[1500:1520] += 60

    assert 1500 <= int(np.argmax(volume.evidence(TIMES, values))) < 1520


def test_units_do_not_matter() -> None:
    """Bytes or megabytes: every deviation is counted in the series' own spreads."""
    values = waves()

    assert volume.evidence(TIMES, 8.0 * values) == pytest.approx(
        volume.evidence(TIMES, values), rel=1e-6
    )


def test_the_future_changes_nothing() -> None:
    """A point is judged by what came before it."""
    values = waves()
    whole = volume.evidence(TIMES, values)

    assert volume.evidence(TIMES[:700], values[:700]).tolist() == whole[:700].tolist()
    assert len(volume.evidence(TIMES[:0], values[:0])) == 0


def test_a_constant_series_is_not_unusual() -> None:
    """Nothing ever happens."""
    assert volume.evidence(TIMES, np.full(len(TIMES), 7.0)).max() < 5


def test_a_long_attack_does_not_become_usual() -> None:
    """What is suspicious is not learned; without the gate it is."""
    usual = np.random.default_rng(2).normal(5, 0.5, (3000, 3))
    attack = np.full((2000, 3), 15.0)
    rows = np.vstack([usual, attack])

    gated = density.evidence(rows)
    open_ = density.evidence(rows, suspect=np.inf)

    assert gated[-1] == gated[3000]
    assert open_[-1] < open_[3000]
    assert gated[3000:].min() > np.quantile(gated[1000:3000], 0.99)


def test_ranking_by_hand() -> None:
    """Half of the pairs are in order if all scores are the same."""
    truth = np.array([True, False, True, False])

    assert area(np.ones(4), truth) == 0.5
    assert area(np.array([4.0, 1.0, 3.0, 3.0]), truth) == 0.875
    assert precision(np.ones(4), truth) == 0.5
    assert precision(np.array([4.0, 3.0, 2.0, 1.0]), truth) == pytest.approx((1 + 2 / 3) / 2)


def test_a_setting_is_searched_for() -> None:
    """The search never ends below what it began with."""
    values = waves()
    values[1500:1520] += 60
    corpus = [Series("one", TIMES, values, ((1490, 1530),))]

    setting, score = searched(corpus, 0.1)

    assert len(setting) == len(OWN)
    assert score == judged(corpus, setting).score


def test_tables_are_printed(tmp_path: Path) -> None:
    """From a directory with both kinds of data."""
    (tmp_path / "nab/data/real").mkdir(parents=True)
    (tmp_path / "nab/labels").mkdir()
    (tmp_path / "adbench").mkdir()
    stamps = [f"2014-01-{d:02} {h:02}:00:00" for d in range(1, 21) for h in range(24)]
    rows = [f"{stamp},{number % 24}" for number, stamp in enumerate(stamps)]
    rows[300] = f"{stamps[300]},500"
    windows = [[f"{stamps[295]}.000000", f"{stamps[310]}.000000"]]
    for name in ("a", "b"):
        (tmp_path / f"nab/data/real/{name}.csv").write_text("\n".join(["timestamp,value", *rows]))
    labels = json.dumps({"real/a.csv": windows, "real/b.csv": windows})
    (tmp_path / "nab/labels/combined_windows.json").write_text(labels)
    features = np.random.default_rng(1).normal(5, 1, (2000, 3))
    features[1500] = 40
    for name in ("16_http", "34_smtp"):
        np.savez(tmp_path / f"adbench/{name}.npz", X=features, y=np.arange(2000) == 1500)

    result = CliRunner().invoke(main, [str(tmp_path), "--search", "0.1"])

    assert result.exit_code == 0, result.output
    assert "2/2" in result.output
    assert "34_smtp" in result.output


def test_without_data_it_says_where_they_are_told_of() -> None:
    """`make bench` runs every benchmark, and the data are not the project's to have."""
    result = CliRunner().invoke(main, [])

    assert result.exit_code == 0
    assert "docs/detection.md" in result.output
