"""How far long work has come: a bar on a terminal, nothing in a pipe."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from .outputs import Progress as Report


@contextmanager
def reading(files: Sequence[str], file: TextIO | None = None) -> Iterator[Report]:
    """Show on `file` (standard error) how much of the files has been read."""
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
        task = bar.add_task("", total=_size(files), events=0)

        def report(bytes_read: int, events: int) -> None:
            bar.update(task, completed=bytes_read, events=events)

        yield report


def _ignore(bytes_read: int, events: int) -> None:
    """A pipe is not told."""


def _size(files: Sequence[str]) -> int | None:
    """Bytes of all files; None if one is a stream, whose end cannot be known."""
    if "-" in files:
        return None
    return sum(Path(file).stat().st_size for file in files)
