"""Public data that nobody made for this project: NAB, and two sets of ADBench.

DIRECTORY has `nab` (the benchmark's `data` and `labels`) and `adbench` (`16_http.npz`,
`34_smtp.npz`). With the benchmark's `results` too, its published detectors are scored as well,
which shows whether the scoring is the benchmark's.
"""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from bench.rig import density, nab, ranking, volume
from bench.rig.tables import Sheet, show
from streams.terminal import console

PUBLISHED = ("ARTime", "numenta", "earthgeckoSkyline", "randomCutForest", "windowedGaussian")
SETS = ("16_http", "34_smtp")

Setting = tuple[float, ...]
"""Weights, then half-lives, of `volume.evidence`."""

OWN: Setting = (
    *volume.WEIGHTS.tolist(),
    *(volume.LEVEL, volume.LASTING, volume.SPREAD, volume.MOVE, volume.EPISODE),
)

EPILOG = """\b
Example:
  python bench/public.py data --results NAB/results --markdown
"""


def judged(corpus: Sequence[nab.Series], setting: Setting = OWN) -> nab.Verdict:
    """Our score of a corpus under a setting."""
    kinds = len(volume.KINDS)
    weights, half_lives = np.array(setting[:kinds]), setting[kinds:]
    return nab.judge(
        corpus, [volume.evidence(s.times, s.values, weights, half_lives) for s in corpus]
    )


def series(corpus: Sequence[nab.Series], results: Path | None) -> Sheet:
    """NAB, standard profile."""
    began = time.perf_counter()
    verdicts = [("Probewatch's evidence of volume", judged(corpus))]
    took = (time.perf_counter() - began) / sum(len(one.values) for one in corpus)
    if results is not None:
        verdicts += [
            (f"{name}, published", nab.judge(corpus, nab.published(results, name, corpus)))
            for name in PUBLISHED
        ]
    rows = [
        [name, f"{v.score:.1f}", f"{v.found}/{v.windows}", str(v.false_points)]
        for name, v in verdicts
    ]
    note = f"{len(corpus)} series; {took * 1e6:.2f} µs a point with the scoring."
    return Sheet("NAB", ("detector",), ("score", "windows", "false points"), rows, note)


def halves(corpus: Sequence[nab.Series], seconds: float) -> Sheet:
    """What choosing the setting by the score is worth: chosen on one half, scored on the other."""
    even, odd = corpus[::2], corpus[1::2]
    rows = []
    for name, here, there in (("even", even, odd), ("odd", odd, even)):
        setting, score = searched(here, seconds)
        rows.append([name, f"{score:.1f}", f"{judged(there, setting).score:.1f}"])
    return Sheet("NAB, setting chosen on half", ("half",), ("there", "on the other"), rows)


def searched(corpus: Sequence[nab.Series], seconds: float) -> tuple[Setting, float]:
    """The best setting that a random search from round numbers finds."""
    random = np.random.default_rng(1)
    best: Setting = (1.0, 1.0, 1.0, 100.0, 30.0, 300.0, 2.0, 100.0)
    score = judged(corpus, best).score
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        factors = np.exp(random.normal(0, 0.35, len(best)) * (random.random(len(best)) < 0.35))
        tried = tuple((np.array(best) * factors).tolist())
        found = judged(corpus, tried).score
        if found > score:
            best, score = tried, found
    return best, score


def points(directory: Path) -> Sheet:
    """ADBench: score, then learn, in the order of the file; the warm-up is not scored."""
    rows = [[name, *row] for name in SETS for row in _points(directory / f"{name}.npz")]
    columns = ("AUC", "average precision", "µs a row")
    return Sheet("ADBench", ("set", "model"), columns, rows)


def _points(path: Path) -> Iterator[list[str]]:
    with np.load(path) as file:
        features: NDArray[np.float64] = file["X"].astype(np.float64)
        truth = file["y"][density.WARM_UP :] == 1
    for name, suspect in (("gated density", density.SUSPECT), ("the same, not gated", np.inf)):
        began = time.perf_counter()
        scores = density.evidence(features, suspect=suspect)[density.WARM_UP :]
        took = (time.perf_counter() - began) / len(features)
        area, precision = ranking.area(scores, truth), ranking.precision(scores, truth)
        yield [name, f"{area:.3f}", f"{precision:.3f}", f"{took * 1e6:.2f}"]


@click.command(epilog=EPILOG, help=__doc__)
@click.argument(
    "directory", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option(
    "--results",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIRECTORY",
    help="The benchmark's results, a directory for each detector.",
)
@click.option(
    "--search",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Choose the setting on each half of NAB as well, searching for so long.",
)
@click.option("--markdown", is_flag=True, help="Print for the documentation.")
def main(
    *, directory: Path | None, results: Path | None, search: float | None, markdown: bool
) -> None:
    """Score and print."""
    if directory is None:
        console().print("No DIRECTORY with the data is named; docs/detection.md says what it has.")
        return
    corpus = list(nab.read(directory / "nab"))
    judged(corpus[:1])  # compiles
    density.evidence(np.zeros((1, 3)))
    sheets = [series(corpus, results), points(directory / "adbench")]
    if search is not None:
        sheets.append(halves(corpus, search))
    for sheet in sheets:
        show(sheet, console(), markdown=markdown)


if __name__ == "__main__":
    main()
