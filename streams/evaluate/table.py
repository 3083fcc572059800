"""The figures of an evaluation as tables for people."""

from collections.abc import Iterator

from rich.console import Console

from streams.terminal import Row, print_table, printable

from .figures import Detection, Figures, Spread
from .outcome import Basis, Fate

_BASES: dict[Basis, str] = {
    "events": "counted in the events given",
    "labels": "as the labels say",
    "estimate": "estimated as actors × days, which is more than there were: "
    "the rates are at least these; give --events to count them",
}

_FATES: dict[Fate, str] = {
    "found": "found a campaign",
    "beside": "people of a campaign, but another misuse or other subjects",
    "ambiguous": "about somebody labelled ambiguous",
    "false": "false",
    "low": "of low severity, not counted",
    "shadow": "shadow, not counted",
}


def print_figures(figures: Figures, out: Console) -> None:
    """Print everything that there is a figure for; 80 columns suffice."""
    if figures.detection:
        kind = ("pattern", "difficulty")
        print_table(out, "Campaigns found", kind, ("found", "rate", "95 %"), _found(figures))
        out.print()
        if any(row.searches or row.share_exposed for row in figures.detection):
            title = "Up to the first alert, median / 95th percentile"
            exposure = ("searches", "people", "days", "exposed")
            print_table(out, title, kind, exposure, _before(figures))
            out.print("exposed: share of all people that the campaign exposed; 100% if missed")
        else:
            out.print("Up to the first alert: unknown; give --events to count.")
        out.print()
    rate = ("count", "per 10,000 actor-days", "95 %")
    print_table(out, "False alerts", ("pattern",), rate, _false_alerts(figures))
    out.print(_denominator(figures), figures.false_alert_rule, "", sep="\n")
    if figures.false_alerts_by_group:
        groups = [
            ((printable(name), str(n)), False) for name, n in figures.false_alerts_by_group.items()
        ]
        print_table(out, "False alerts by look-alike", ("group",), ("count",), groups)
        out.print()
    fates = [
        ((text, str(figures.alerts[fate])), False)
        for fate, text in _FATES.items()
        if fate in figures.alerts
    ]
    if fates:
        print_table(out, "Alerts", ("worth",), ("count",), fates)
    for share in figures.ambiguous:
        out.print(
            f"Ambiguous, not counted: {share.alerted} of {share.campaigns} "
            f"{share.pattern} campaigns were alerted on."
        )


def _found(figures: Figures) -> Iterator[Row]:
    for row in figures.detection:
        interval = f"{row.interval.low:.0%} – {row.interval.high:.0%}"
        cells = (f"{row.found}/{row.campaigns}", f"{row.rate:.0%}", interval)
        yield (*_kind(row), *cells), row.difficulty is None


def _before(figures: Figures) -> Iterator[Row]:
    for row in figures.detection:
        counts = map(_spread, (row.searches, row.identities, row.active_days))
        cells = (*_kind(row), *counts, _spread(row.share_exposed, "{:.0%}"))
        yield cells, row.difficulty is None


def _false_alerts(figures: Figures) -> Iterator[Row]:
    for row in figures.false_alerts:
        rate = "n/a" if row.rate is None else f"{row.rate:.2f}"
        interval = "n/a" if row.interval is None else "{:.2f} – {:.2f}".format(*row.interval)
        yield (row.pattern or "all", str(row.count), rate, interval), row.pattern is None


def _denominator(figures: Figures) -> str:
    if figures.actor_days is None:
        return "Clean actor-days: unknown; give --events to count them."
    return f"Clean actor-days: {figures.actor_days:,.0f} ({_BASES[figures.actor_days_basis]})."


def _kind(row: Detection) -> tuple[str, str]:
    return row.pattern, row.difficulty or "all"


def _spread(spread: Spread | None, form: str = "{:,.0f}") -> str:
    if spread is None:
        return "n/a"
    return f"{form.format(spread.median)} / {form.format(spread.p95)}"
