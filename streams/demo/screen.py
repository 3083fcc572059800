"""What the demo prints: alerts as they come, how far the traffic is, and what was found in it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from detectors.alerts import Alert, Status
from streams.evaluate import Evaluation
from streams.evaluate.outcome import CampaignOutcome
from streams.report import severity_style
from streams.terminal import Row, print_table, printable

_ID_SHOWN = 12


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
        self.out.print(grid if self.out.is_terminal else _lines(places))
        self.out.print()

    def show(self, alert: Alert) -> None:
        """Print a revision: the first with its strongest reason, others in a line."""
        new = alert.alert_id not in self._known
        self._known.add(alert.alert_id)
        self.alerts.append(alert)
        said = _reason(alert) if new else _update(alert)
        if not self.out.is_terminal:
            self.out.print(f"{_when(alert)}  {alert.severity:<8}  {_what(alert)}  {said}")
            return
        row = Table.grid(padding=(0, 2))
        row.add_column(no_wrap=True)
        row.add_column(no_wrap=True, min_width=len("critical"))
        row.add_column()
        severity = Text(alert.severity.value, style=severity_style(alert.severity))
        if new:
            row.add_row(_when(alert), severity, Text(f"{_what(alert)}\n", style="bold").append(said, "not bold"))
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

    def conclude(self, truth: Evaluation, searches: dict[str, int]) -> None:
        """Say which misuse was in the traffic, and which of it was found.

        Args:
            truth: what became of it.
            searches: of each campaign, by its id.
        """
        planted = [campaign for campaign in truth.campaigns if not campaign.ambiguous]
        rows = [_row(campaign, searches[campaign.campaign_id]) for campaign in planted]
        found = sum(campaign.found_at is not None for campaign in planted)
        self.concluded = True
        self.out.print()
        left, right = ("misuse in the traffic", "kind", "first alert"), ("after", "of")
        print_table(self.out, "Planted and found", left, right, rows)
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


def _lines(places: dict[str, str]) -> str:
    return "\n".join(f"{name}: {place}" for name, place in places.items())


def _row(campaign: CampaignOutcome, searches: int) -> Row:
    found = campaign.found_at
    when = "missed" if found is None else f"{found:%Y-%m-%d %H:%M}"
    after = "" if campaign.searches is None else f"{campaign.searches:,}"
    pattern = campaign.pattern.value.replace("_", " ")
    return (pattern, campaign.difficulty, when, after, f"{searches:,}"), found is not None


def _when(alert: Alert) -> str:
    return alert.last_event_time[:16].replace("T", " ")


def _what(alert: Alert) -> str:
    return f"{alert.pattern.value.replace('_', ' ')}  {_who(alert)}"


def _who(alert: Alert) -> str:
    cut = " + ".join(f"{name[:_ID_SHOWN]}…" for name in alert.entity.id.split("+"))
    return printable(f"{alert.entity.type} {cut}")


def _reason(alert: Alert) -> str:
    return printable(alert.reasons[0].text) if alert.reasons else "no reason given"


def _update(alert: Alert) -> str:
    end = ", over" if alert.status is Status.CLOSED else " by now"
    return f"{alert.event_count:,} searches{end}"
