"""Alerts and the summary of a run, for people: on a terminal of any width, or in a pipe."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from detectors.alerts import Alert, Mode, Severity

from .promise import spoken
from .summary import Summary, Verdicts
from .terminal import Row, print_table, print_trimmed, printable

WIDE = 120
"""Columns from which the reason has room beside the rest; below, it goes on a second line."""
MOST_ALERTS = 50
MOST_TENANTS = 20

_STYLES = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "dim",
}
_ID_SHOWN = 16
_KIB = 1024

_FORMAT = {
    "not_json": "; for a web server's log, try --format combined",
    "malformed_line": "; for JSON lines, try --format query",
}
"""What to try, by why no record was an event."""

MUCH_LATE = 0.05
"""Share of late events from which on it is said that something is wrong with their order."""

EARLIEST = "1980"
"""No face-search API is as old; seconds taken for milliseconds end in February 1970."""


def latest(alerts: Iterable[Alert]) -> list[Alert]:
    """The last revision of every alert, in the order in which the alerts were raised."""
    last = {alert.alert_id: alert for alert in alerts}
    return sorted(last.values(), key=lambda alert: (alert.raised_event_time, alert.alert_id))


def print_alerts(alerts: Sequence[Alert], out: Console) -> None:
    """Print one row per alert: when, how bad, what, who, why.

    A pipe gets one line per alert and nothing cut; a terminal the most severe fifty.
    """
    if not alerts:
        out.print("No alerts.")
    elif not out.is_terminal:
        _print_lines(alerts, out)
    else:
        shown = _most_severe(alerts)
        out.print(_wide(shown) if out.width >= WIDE else _narrow(shown))
        if len(shown) < len(alerts):
            out.print(f"… and {len(alerts) - len(shown):,} less severe.")
        out.print("rarity: alerts as strong per 10,000 innocent actor-days", style="dim")


def severity_style(severity: Severity) -> str:
    """How a severity is coloured on a terminal."""
    return _STYLES[severity]


def print_summary(summary: Summary, out: Console) -> None:
    """Print what was read, what was set aside and why, what was found, and what it cost."""
    facts = Table.grid(padding=(0, 2))
    for heading, text in _facts(summary):
        facts.add_row(Text(heading, style="bold"), text)
    print_trimmed(out, facts)
    if summary.alerts:
        out.print()
        severities = [severity.value for severity in Severity]
        print_table(out, "Alerts", ("pattern",), severities, _alert_rows(summary))
    if summary.verdicts and summary.verdicts.in_effect:
        out.print()
        print_table(
            out, "Budget", ("pattern",), ("share", "configured"), _share_rows(summary.verdicts)
        )
    for hint in hints(summary):
        out.print()
        out.print(f"Note: {hint}")
    if summary.tenants:
        out.print()
        columns = ("tenant", "level", "cannot support")
        print_table(out, "Tenants", columns, ("events",), _tenant_rows(summary))
        if len(summary.tenants) > MOST_TENANTS:
            out.print(f"… and {len(summary.tenants) - MOST_TENANTS:,} with fewer events.")


def hints(summary: Summary) -> Iterator[str]:
    """What a person would have to notice in the figures, where a run was of little use."""
    if not summary.records:
        yield "there was no record in the log"
        return
    if not summary.events:
        wrong = max(summary.rejected, key=lambda reason: summary.rejected[reason], default="late")
        yield f"none of {summary.records:,} records was an event ({wrong}){_FORMAT.get(wrong, '')}"
        return
    if summary.late > MUCH_LATE * max(summary.records, 1):
        yield (
            f"{summary.late:,} events came too late to be used; sort the log by time, or raise "
            "[input] sort_window and allowed_lateness"
        )
    if summary.events and any(kind.kind == "actor" and not kind.count for kind in summary.tracked):
        yield "no event was a search (operation identify or list), so nothing could be judged"
    if (summary.last_event_time or "9") < EARLIEST:
        yield "the times look like seconds; event_time as a number is milliseconds"


def _print_lines(alerts: Sequence[Alert], out: Console) -> None:
    rows = [("raised", "severity", "rarity", "pattern", "alert", "who", "why")]
    rows += [
        (
            alert.raised_event_time,
            _severity(alert),
            rarity(alert),
            alert.pattern,
            printable(alert.alert_id),
            printable(f"{alert.entity.type} {alert.entity.id}"),
            _why(alert),
        )
        for alert in alerts
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        out.print("  ".join(cells).rstrip(), soft_wrap=True)


def _wide(alerts: Iterable[Alert]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("raised", "severity", "rarity", "pattern", "who"):
        table.add_column(heading, no_wrap=True, justify="right" if heading == "rarity" else "left")
    table.add_column("why")
    for alert in alerts:
        who = Text(_who(alert)).append(f"\nalert {printable(alert.alert_id)}", "dim")
        table.add_row(*_cells(alert), alert.pattern.replace("_", " "), who, _why(alert))
    return table


def _narrow(alerts: Iterable[Alert]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("raised", "severity", "rarity"):
        table.add_column(heading, no_wrap=True, justify="right" if heading == "rarity" else "left")
    table.add_column("what, who and why")
    for alert in alerts:
        what = Text(alert.pattern.replace("_", " "), style="bold")
        what.append(f" {_who(alert)}\n{_why(alert)}", "not bold")
        what.append(f"\nalert {printable(alert.alert_id)}", "not bold dim")
        table.add_row(*_cells(alert), what)
    return table


def _cells(alert: Alert) -> tuple[str, Text, str]:
    """When, how bad, how rare."""
    raised = alert.raised_event_time[:16].replace("T", " ")
    return raised, Text(_severity(alert), style=_STYLES[alert.severity]), rarity(alert)


def _most_severe(alerts: Sequence[Alert]) -> list[Alert]:
    ranked = sorted(alerts, key=lambda alert: (-alert.severity.rank, -alert.score, alert.rarity))
    shown = {alert.alert_id for alert in ranked[:MOST_ALERTS]}
    return [alert for alert in alerts if alert.alert_id in shown]


def _severity(alert: Alert) -> str:
    return f"{alert.severity} (shadow)" if alert.mode is Mode.SHADOW else alert.severity.value


def rarity(alert: Alert) -> str:
    """Alerts this strong per 10,000 innocent actor-days."""
    return f"{alert.rarity:.2g}" if alert.rarity >= 0.001 else "<0.001"  # noqa: PLR2004


def _who(alert: Alert) -> str:
    ids = alert.entity.id.split("+") if alert.entity.type == "pair" else [alert.entity.id]
    cut = (id_ if len(id_) <= _ID_SHOWN else id_[: _ID_SHOWN - 1] + "…" for id_ in ids)
    return printable(f"{alert.entity.type} {' + '.join(cut)}")


def _why(alert: Alert) -> str:
    return printable(alert.reasons[0].text) if alert.reasons else "no reason given"


def _facts(summary: Summary) -> Iterator[tuple[str, str]]:
    span = ""
    if summary.first_event_time and summary.last_event_time:
        span = f", {summary.first_event_time[:10]} to {summary.last_event_time[:10]}"
    yield "Events", f"{summary.events:,} judged of {summary.records:,} records{span}"
    yield "Rejected", _counts(summary.rejected)
    duplicates, ahead = summary.duplicates, summary.clock_ahead
    yield "Set aside", f"{summary.late:,} late, {duplicates:,} duplicate, {ahead:,} clock set back"
    if summary.dropped_fields or summary.ignored_fields:
        dropped = _counts(summary.dropped_fields)
        yield "Fields", f"{dropped} taken as absent; {summary.ignored_fields:,} unknown"
    if not summary.alerts:
        yield "Alerts", "none"
    if summary.budget:
        yield "Budget", spoken(summary.budget)
    if summary.verdicts:
        yield "Verdicts", _heard(summary.verdicts)
    memory = _size(summary.peak_memory_bytes)
    speed = f"{summary.events_per_second:,.0f} events/s for {summary.seconds:,.1f} s"
    yield "Speed", f"{speed}; {memory} of memory at most"
    for tracked in summary.tracked:
        evicted = f", {tracked.evicted:,} forgotten" if tracked.evicted else ""
        untracked = f", no room for {tracked.untracked:,} events" if tracked.untracked else ""
        held = f"{tracked.count:,} {tracked.kind} in {_size(tracked.bytes)}"
        yield "Tracked", f"{held}{evicted}{untracked}"
    yield "Settings", summary.config_hash


def _counts(counts: Mapping[str, int]) -> str:
    if not counts:
        return "none"
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return f"{sum(counts.values()):,}: " + ", ".join(f"{name} {n:,}" for name, n in ranked)


def _alert_rows(summary: Summary) -> Iterator[Row]:
    counts: Counter[tuple[str, Severity]] = Counter()
    for kind in summary.alerts:
        shadow = " (shadow)" if kind.mode is Mode.SHADOW else ""
        counts[f"{kind.pattern}{shadow}", kind.severity] += kind.count
    for name in sorted({name for name, _ in counts}):
        cells = [f"{counts[name, severity]:,}" for severity in Severity]
        yield (name, *(("-" if cell == "0" else cell) for cell in cells)), False


def _heard(verdicts: Verdicts) -> str:
    parts = [f"{verdicts.in_effect:,} in effect", f"{verdicts.waiting:,} wait for their day"]
    if verdicts.rejected:
        parts.append(f"rejected {_counts(verdicts.rejected)}")
    return "; ".join(parts)


def _share_rows(verdicts: Verdicts) -> Iterator[Row]:
    for share in verdicts.shares:
        yield (share.pattern.value, f"{share.now:.3f}", f"{share.configured:.3f}"), False


def _tenant_rows(summary: Summary) -> Iterator[Row]:
    ranked = sorted(summary.tenants, key=lambda tenant: (-tenant.events, tenant.tenant))
    for tenant in ranked[:MOST_TENANTS]:
        disabled = ", ".join(tenant.disabled) or "-"
        yield (printable(tenant.tenant), f"L{tenant.level}", disabled, f"{tenant.events:,}"), False


def _size(count: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if count < _KIB:
            return f"{count:.0f} {unit}"
        count /= _KIB
    return f"{count:.1f} GiB"
