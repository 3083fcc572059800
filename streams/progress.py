"""How far long work has come: a bar on a terminal, nothing in a pipe."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from .outputs import Progress as Report


@contextmanager
def reading(file: TextIO | None = None) -> Iterator[Report]:
    """Show on `file` (standard error) how much of the input has been read."""
    out = sys.stderr if file is None else file
    if not out.isatty():
        yield _ignore
        return
    columns = (
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[events]:,} events"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=Console(file=out), transient=True) as bar:
        task = bar.add_task("", total=None, events=0)

        def report(bytes_read: int, bytes_in_all: int | None, events: int) -> None:
            bar.update(task, completed=bytes_read, total=bytes_in_all, events=events)

        yield report


def _ignore(bytes_read: int, bytes_in_all: int | None, events: int) -> None:
    """A pipe is not told."""
