"""What the demo prints: alerts as they come, how far the traffic is, and what was found in it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from detectors.alerts import Alert, Status
from streams.evaluate import Evaluation, Labels
from streams.evaluate.records import Campaign, moment
from streams.report import rarity, severity_style
from streams.terminal import Row, print_table, print_trimmed, printable

_ID_SHOWN = 9
_UNITS = ((timedelta(days=1), "days"), (timedelta(hours=1), "hours"))


class Screen:
    """Standard output, be it a terminal or a pipe.

    Args:
        out: where to print.
    """

    def __init__(self, out: Console) -> None:
        self.out = out
        self.alerts: list[Alert] = []
        self.concluded = False
        self._known: set[str] = set()

    @contextmanager
    def starting(self) -> Iterator[None]:
        """Say that it takes a while."""
        if not self.out.is_terminal:
            yield
            return
        with self.out.status("starting; the first time this takes a minute"):
            yield

    def places(self, places: dict[str, str]) -> None:
        """Say where things are to be looked at."""
        grid = Table.grid(padding=(0, 2))
        for name, place in places.items():
            grid.add_row(Text(name, style="bold"), place)
        print_trimmed(self.out, grid)
        self.out.print()

    def show(self, alert: Alert) -> None:
        """Print a revision: the first with its strongest reason, others in a line."""
        new = alert.alert_id not in self._known
        self._known.add(alert.alert_id)
        self.alerts.append(alert)
        said = _reason(alert) if new else _update(alert)
        if not self.out.is_terminal:
            who = printable(f"{alert.entity.type} {alert.entity.id}")
            said = f"{said}  {_which(alert)}" if new else said
            self.out.print(f"{_when(alert)}  {alert.severity:<8}  {_what(alert)}  {who}  {said}")
            return
        row = Table.grid(padding=(0, 2))
        row.add_column(no_wrap=True)
        row.add_column(no_wrap=True, min_width=len("critical"))
        row.add_column()
        severity = Text(alert.severity.value, severity_style(alert.severity))
        if new:
            what = Text(_what(alert), "bold").append(f" {_who(alert)}\n{said}", "not bold")
            what.append(f"\n{_which(alert)}", "not bold dim")
            row.add_row(_when(alert), severity, what)
        else:
            row.add_row(Text(_when(alert), "dim"), severity, Text(f"{_who(alert)}: {said}", "dim"))
        self.out.print(row)

    @contextmanager
    def progress(self, total: int) -> Iterator["Pace"]:
        """Show how far the traffic is, below the alerts; in a pipe, nothing."""
        columns = (
            TextColumn("{task.fields[day]}"),
            BarColumn(),
            TextColumn("{task.completed:,} searches, {task.fields[pace]:,.0f}/s"),
        )
        with Progress(
            *columns, console=self.out, transient=True, disable=not self.out.is_terminal
        ) as bar:
            yield Pace(bar, total)

    def conclude(self, labels: Labels, truth: Evaluation) -> None:
        """Say which misuse was in the traffic, and which of it was found."""
        found_at = {campaign.campaign_id: campaign.found_at for campaign in truth.campaigns}
        planted = [campaign for campaign in labels.campaigns if not campaign.ambiguous]
        rows = [_row(campaign, found_at[campaign.campaign_id]) for campaign in planted]
        found = sum(found_at[campaign.campaign_id] is not None for campaign in planted)
        self.concluded = True
        self.out.print()
        right = ("searches", "lasted", "found after")
        print_table(self.out, "Misuse in the traffic", ("pattern", "kind"), right, rows)
        self.out.print(
            f"Of {len(planted)} planted campaigns of misuse {found} were found; "
            f"{len(truth.false_alerts)} alerts were false."
        )


class Pace:
    """The bar.

    Args:
        bar: drawn by.
        total: events in all.
    """

    def __init__(self, bar: Progress, total: int) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=total, day="", pace=0.0)
        self._began = time.monotonic()

    def told(self, now: int, sent: int) -> None:
        """Show how far it is: simulated time, ms, and events sent."""
        seconds = time.monotonic() - self._began
        self._bar.update(
            self._task,
            completed=sent,
            day=f"{datetime.fromtimestamp(now / 1000, UTC):%Y-%m-%d}",
            pace=sent / max(seconds, 1.0),
        )


def _row(campaign: Campaign, found_at: datetime | None) -> Row:
    start, end = moment(campaign.start), moment(campaign.end)
    after = "missed" if found_at is None else _span(found_at - start)
    pattern = campaign.pattern.value.replace("_", " ")
    cells = (
        pattern,
        campaign.difficulty,
        f"{len(campaign.event_ids):,}",
        _span(end - start),
        after,
    )
    return cells, found_at is not None


def _span(span: timedelta) -> str:
    """In the unit that leaves a number one can picture."""
    for unit, name in _UNITS:
        if span >= 2 * unit:
            return f"{span / unit:.0f} {name}"
    return f"{span / timedelta(minutes=1):.0f} minutes"


def _when(alert: Alert) -> str:
    return alert.last_event_time[:16].replace("T", " ")


def _what(alert: Alert) -> str:
    return alert.pattern.value.replace("_", " ")


def _who(alert: Alert) -> str:
    cut = " + ".join(f"{name[:_ID_SHOWN]}…" for name in alert.entity.id.split("+"))
    return printable(f"{alert.entity.type} {cut}")


def _which(alert: Alert) -> str:
    return f"rarity {rarity(alert)}, alert {printable(alert.alert_id)}"


def _reason(alert: Alert) -> str:
    return printable(alert.reasons[0].text) if alert.reasons else "no reason given"


def _update(alert: Alert) -> str:
    end = ", over" if alert.status is Status.CLOSED else " by now"
    return f"{alert.event_count:,} searches{end}"
