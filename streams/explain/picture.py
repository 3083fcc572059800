"""A timeline: searches of those whom it is about, their score, and what the alert did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from detectors.alerts import Severity
from detectors.errors import ProbewatchError

from .trail import Searches

INCHES: Final = (7.0, 3.4)
DOTS_PER_INCH: Final = 110

_COLOURS: Final = {
    Severity.LOW: "#808080",
    Severity.MEDIUM: "#b8860b",
    Severity.HIGH: "#c1440e",
    Severity.CRITICAL: "#8b0000",
}
_LEAST: Final = timedelta(hours=2)
_SEARCH, _SEARCHES_A_DAY = "#1f5f8b", "#c9d6df"


class PictureError(ProbewatchError):
    """No picture can be drawn."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a time (RFC 3339)."""

    time: str
    text: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class Scene:
    """What a picture is of.

    Attributes:
        title: what it is about.
        searches: dots, by time and score.
        marks: lines across.
        needed: the score from which there is an alert.
        extent: from when to when it goes, RFC 3339; as much is shown before and after. None for
            all that there is.
    """

    title: str
    searches: Searches
    marks: Sequence[Mark]
    needed: float
    extent: tuple[str, str] | None = None


def check(path: Path) -> None:
    """Look whether a picture could be drawn there, before anything is read for it.

    Raises:
        PictureError: matplotlib is not installed, or does not know the ending.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - an extra that few need
    except ImportError as error:
        raise PictureError(
            "drawing takes matplotlib, which is not installed; install probewatch[plot]"
        ) from error
    kind = path.suffix.removeprefix(".").lower()
    if kind not in Figure().canvas.get_supported_filetypes():
        raise PictureError(f"{path}: expected a name that ends in .svg or .png")


def draw(scene: Scene, path: Path) -> None:
    """Draw a timeline; the file's ending says as what, `.svg` or `.png` say.

    Raises:
        PictureError: as in `check`; or a time is none, or there is nothing.
        OSError: the file cannot be written.
    """
    check(path)
    from matplotlib import rc_context  # noqa: PLC0415 - an extra that few need
    from matplotlib.figure import Figure  # noqa: PLC0415

    if not len(scene.searches.times) and not scene.marks:
        raise PictureError("none of their searches is in the files, so there is nothing to draw")
    # Without these, the same picture would be another file each time.
    style: Any = {"svg.hashsalt": "probewatch", "font.size": 8, "date.converter": "concise"}
    with rc_context(style):
        figure = Figure(INCHES, layout="constrained", dpi=DOTS_PER_INCH)
        axes = figure.subplots()
        _searches(axes, scene.searches)
        if scene.extent is not None:
            axes.set_xlim(*_shown(*scene.extent))
        _lines(axes, scene.marks, scene.needed)
        axes.set_title(scene.title, loc="left", fontsize="medium")
        kind = path.suffix.removeprefix(".").lower()
        about = {"Date": None} if kind == "svg" else {}
        try:
            figure.savefig(path, metadata=about)
        except ValueError as error:
            raise PictureError(f"{path}: {error}") from error


def _shown(first: str, last: str) -> tuple[Any, Any]:
    """From when to when: the extent, and as much before and after."""
    start, end = _time(first), _time(last)
    beside = max(end - start, _LEAST)
    try:
        return start - beside, end + beside
    except OverflowError as error:
        raise PictureError("the times lie too far apart to be drawn") from error


def _time(text: str) -> datetime:
    """A time with its offset; what others than Probewatch wrote as an alert may have none."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise PictureError(f"cannot be drawn: {text!r} is no time") from error
    if time.tzinfo is None:
        raise PictureError(f"cannot be drawn: {text!r} lacks its offset")
    return time


def _searches(axes: Any, searches: Searches) -> None:
    times = [datetime.fromtimestamp(ms / 1000, UTC) for ms in searches.times.tolist()]
    judged = np.isfinite(searches.scores)
    a_day = axes.twinx()
    days, counts = np.unique(searches.times // 86_400_000, return_counts=True)
    noons = [datetime.fromtimestamp((day + 0.5) * 86_400, UTC) for day in days.tolist()]
    a_day.bar(noons, counts, width=0.9, color=_SEARCHES_A_DAY)
    a_day.set(ylabel="searches a day (bars)")
    a_day.yaxis.get_major_locator().set_params(integer=True)
    # Bars lie behind the dots.
    axes.set_zorder(a_day.get_zorder() + 1)
    axes.patch.set_visible(False)
    axes.scatter(
        times, np.where(judged, searches.scores, 0.0), s=6, color=_SEARCH, linewidths=0, alpha=0.7
    )
    axes.set(ylim=(-0.03, 1.03), ylabel="score of each search (dots)")


def _lines(axes: Any, marks: Sequence[Mark], needed: float) -> None:
    axes.axhline(needed, color="#555555", linewidth=0.8, linestyle="--")
    axes.annotate(
        "needed for an alert",
        (0.005, needed),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        xytext=(0, 2),
        fontsize="x-small",
        color="#555555",
    )
    first, last = axes.get_xlim()
    for number, mark in enumerate(marks):
        time = _time(mark.time)
        at = axes.convert_xunits(time)
        right = at > (first + last) / 2
        axes.axvline(time, color=_COLOURS[mark.severity], linewidth=1.0)
        axes.annotate(
            mark.text,
            (time, 0.73 - 0.088 * (number % 8)),
            textcoords="offset points",
            xytext=(-3 if right else 3, 0),
            ha="right" if right else "left",
            fontsize="x-small",
            color=_COLOURS[mark.severity],
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.5},
        )
