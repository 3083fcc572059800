"""Results as tables: for a terminal, or as Markdown for the documentation."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.console import Console

from streams.terminal import print_table


class Sheet(NamedTuple):
    """One table.

    Attributes:
        title: what it shows.
        left: headings of the columns with words, which come first.
        right: headings of the columns with numbers.
        rows: the cells.
        note: what one has to know to read it.
    """

    title: str
    left: Sequence[str]
    right: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


def show(sheet: Sheet, out: Console, *, markdown: bool = False) -> None:
    """Print a table that has rows, and a blank line."""
    if not sheet.rows:
        return
    if markdown:
        out.print(as_markdown(sheet))
    else:
        rows = [(row, False) for row in sheet.rows]
        print_table(out, sheet.title, sheet.left, sheet.right, rows)
        if sheet.note:
            out.print(sheet.note)
    out.print()


def as_markdown(sheet: Sheet) -> str:
    """The table in pipes, its title in bold before it and its note behind it.

    >>> print(as_markdown(Sheet("Sizes", ["thing"], ["bytes"], [["actor", "4"]])))
    **Sizes**
    <BLANKLINE>
    | thing | bytes |
    |---|---:|
    | actor | 4 |
    """
    rules = ["---"] * len(sheet.left) + ["---:"] * len(sheet.right)
    lines = [
        f"**{sheet.title}**",
        "",
        _line([*sheet.left, *sheet.right]),
        "|" + "|".join(rules) + "|",
        *map(_line, sheet.rows),
    ]
    return "\n".join([*lines, "", sheet.note] if sheet.note else lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
