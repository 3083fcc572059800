"""Comparisons, curves and discoveries as tables for people."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table

from streams.intervals import wilson
from streams.terminal import Row, print_table, print_trimmed, printable

from .comparison import Comparison, Finding, Judged
from .curve import Curve
from .discoveries import Discoveries
from .figures import FalseRate


def print_comparison(comparison: Comparison, out: Console, examples: int) -> None:
    """Print what both runs find and what one does; so many alerts of either as examples."""
    columns = ("A", "B", "gone", "new", "sooner", "later", "overlap")
    rows = [
        (
            (
                row.pattern or "all",
                *map(str, (row.before, row.after, row.gone, row.new, row.sooner, row.later)),
                "n/a" if row.overlap is None else f"{row.overlap:.0%}",
            ),
            row.pattern is None,
        )
        for row in comparison.differences
    ]
    print_table(out, "Alerts", ("pattern",), columns, rows)
    out.print(
        "gone: only in A; new: only in B; sooner, later: in both, raised sooner or later in B"
    )
    out.print()
    if comparison.judged is not None:
        _print_judged(comparison.judged, out)
    _print_findings("New: only in B", comparison.new, out, examples)
    _print_findings("Gone: only in A", comparison.gone, out, examples)


def _print_judged(judged: Judged, out: Console) -> None:
    columns = ("A", "B", "newly found", "no longer found")
    rows = [
        (
            (
                row.pattern or "all",
                *(f"{found}/{row.campaigns}" for found in (row.before, row.after)),
                str(len(row.newly_found)),
                str(len(row.no_longer_found)),
            ),
            row.pattern is None,
        )
        for row in judged.detection
    ]
    print_table(out, "Campaigns found", ("pattern",), columns, rows)
    for name, rate in (("A", judged.false_before), ("B", judged.false_after)):
        out.print(f"False alerts of {name}: {rate.count}, {_rate(rate)} per 10,000 actor-days")
    out.print()


def _print_findings(title: str, found: Sequence[Finding], out: Console, examples: int) -> None:
    if not found or not examples:
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("raised", no_wrap=True)
    table.add_column("rarity", justify="right")
    table.add_column("what, who and why")
    for finding in found[:examples]:
        entity = f"{finding.entity.type} {printable(finding.entity.id)}"
        what = f"{finding.pattern.replace('_', ' ')} {entity}\n{printable(finding.why)}"
        raised = finding.raised_event_time[:16].replace("T", " ")
        table.add_row(raised, f"{finding.rarity:.3g}", what)
    out.print(f"{title}, {min(examples, len(found))} of {len(found)}")
    print_trimmed(out, table)
    out.print()


def print_curve(curve: Curve, out: Console) -> None:
    """Print a line for each budget, and a table of the patterns."""
    total = sum(curve.campaigns.values())
    print_table(
        out,
        "Detection against alert budget",
        ("budget",),
        ("alerts", "found", "rate", "95 %", "false", "per 10,000", "95 %"),
        _points(curve, total),
    )
    if len(curve.campaigns) > 1:
        out.print()
        rows = [
            (
                (
                    f"{point.budget:g}",
                    *(f"{point.found.get(p, 0)}/{n}" for p, n in curve.campaigns.items()),
                ),
                False,
            )
            for point in curve.points
        ]
        names = [pattern.replace("_", " ") for pattern in curve.campaigns]
        print_table(out, "Campaigns found", ("budget",), names, rows)
    days = "unknown; give --events" if curve.actor_days is None else f"{curve.actor_days:,.0f}"
    out.print(
        f"Clean actor-days: {days}. The run's own alerts end at a budget of {curve.widest:.3g}."
    )


def _points(curve: Curve, total: int) -> Iterator[Row]:
    for point in curve.points:
        found = sum(point.found.values())
        low, high = wilson(found, total)
        interval = point.false_alerts.interval
        yield (
            (
                f"{point.budget:g}",
                str(point.alerts),
                f"{found}/{total}",
                f"{found / total:.0%}" if total else "n/a",
                f"{low:.0%} – {high:.0%}",
                str(point.false_alerts.count),
                _rate(point.false_alerts),
                "n/a" if interval is None else "{:.2f} – {:.2f}".format(*interval),
            ),
            False,
        )


def print_discoveries(found: Discoveries, out: Console) -> None:
    """Print a line for each procedure and level."""
    rows = [
        (
            (
                row.procedure,
                "" if row.alpha is None else f"{row.alpha:g}",
                str(row.alerts),
                "n/a" if row.false_alerts is None else str(row.false_alerts),
                "n/a" if row.found is None else f"{row.found}/{found.campaigns}",
            ),
            row.alpha is None,
        )
        for row in found.procedures
    ]
    title = f"Let through of {found.alerts:,} alerts in {found.tests:,} actor-days"
    print_table(out, title, ("procedure",), ("level", "alerts", "false", "found"), rows)


def _rate(rate: FalseRate) -> str:
    return "n/a" if rate.rate is None else f"{rate.rate:.2f}"
