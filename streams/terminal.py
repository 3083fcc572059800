"""Where commands write for people: a terminal as wide as it is, or a pipe with plain text."""

import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPE_WIDTH = 10_000
"""Columns of a pipe, which has no width of its own: text for a program does not wrap."""

Row = tuple[Sequence[str], bool]


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Tell the program, which may have to clean up; rich would end it on the spot."""
        raise BrokenPipeError


def console(file: TextIO | None = None) -> Console:
    """A console on `file` (standard output): coloured on a terminal, plain and wide in a pipe.

    Text is printed as it is: an id may hold what would be markup.
    """
    out = sys.stdout if file is None else file
    width = None if out.isatty() else PIPE_WIDTH
    return _Console(file=out, width=width, highlight=False, markup=False, emoji=False)


def printable(text: str) -> str:
    r"""The text with control characters made visible, so that no id can steer a terminal.

    >>> printable("officer\x1b[2J")
    'officer�[2J'
    """
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def print_table(
    out: Console, title: str, left: Sequence[str], right: Sequence[str], rows: Iterable[Row]
) -> None:
    """Print a titled table without lines: the columns with words, then those with numbers.

    A row is its cells and whether it stands out.
    """
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in left:
        table.add_column(heading)
    for heading in right:
        table.add_column(heading, justify="right")
    for cells, strong in rows:
        table.add_row(*cells, style="bold" if strong else None)
    out.print(Text(title, style="bold"))
    print_trimmed(out, table)


def print_trimmed(out: Console, table: Table) -> None:
    """Print a table; into a pipe without the spaces that fill its lines."""
    if out.is_terminal:
        out.print(table)
        return
    with out.capture() as captured:
        out.print(table)
    for line in captured.get().splitlines():
        out.print(line.rstrip())
