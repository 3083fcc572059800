"""Detection against false alerts as a picture."""

from pathlib import Path

from detectors.errors import ProbewatchError

from .curve import Curve

INCHES = (7.0, 4.5)


class PlotError(ProbewatchError):
    """No picture can be drawn."""


def plot(curve: Curve, path: Path) -> None:
    """Draw the curve; the file's ending says as what, `.svg` or `.png` say.

    Raises:
        PlotError: matplotlib is not installed, does not know the ending, or there are no
            campaigns.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - an extra that few need
    except ImportError as error:
        raise PlotError(
            "drawing takes matplotlib, which is not installed; install probewatch[plot]"
        ) from error
    total = sum(curve.campaigns.values())
    if not total:
        raise PlotError("there are no campaigns in the labels, so there is nothing to draw")
    figure = Figure(INCHES, layout="constrained")
    axes = figure.subplots()
    budgets = [point.budget for point in curve.points]
    found = [sum(point.found.values()) / total for point in curve.points]
    axes.plot(budgets, found, color="black", linewidth=2, label="all patterns")
    for pattern, campaigns in curve.campaigns.items():
        shares = [point.found.get(pattern, 0) / campaigns for point in curve.points]
        axes.plot(budgets, shares, linewidth=1, label=pattern.value)
    axes.set(
        xscale="log",
        ylim=(0, 1.02),
        xlabel="alert budget: false alerts per 10,000 actor-days",
        ylabel="share of campaigns found",
    )
    rates = [
        (p.budget, p.false_alerts.rate) for p in curve.points if p.false_alerts.rate is not None
    ]
    if rates:
        held = axes.twinx()
        held.plot(*zip(*rates, strict=True), color="grey", linestyle=":", label="false alerts")
        held.set(ylim=(0, None), ylabel="false alerts counted per 10,000 actor-days")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.grid(visible=True, alpha=0.3)
    figure.legend(loc="outside upper center", ncols=3, fontsize="small", frameon=False)
    try:
        figure.savefig(path)
    except ValueError as error:
        raise PlotError(f"{path}: {error}") from error
