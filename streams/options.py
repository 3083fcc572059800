"""Kinds of option value that several commands take, checked before any work is done."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

IN_FILE = click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True)
"""A file that can be read, or `-`."""

CONFIG = click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Settings; otherwise $PROBEWATCH_CONFIG, ./probewatch.toml or the defaults.",
)
"""Where settings are."""

READ_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
"""A file that can be read, by its path."""


def pseudonyms_option(meaning: str) -> Callable[[F], F]:
    """`--pseudonyms`, and what it is for."""
    return click.option(
        "--pseudonyms",
        type=click.Choice(["keyed", "none"]),
        default="keyed",
        show_default=True,
        help=meaning,
    )


def verdicts_option(meaning: str) -> Callable[[F], F]:
    """`--verdicts`, and what they are for."""
    return click.option("--verdicts", type=READ_FILE, metavar="FILE.jsonl", help=meaning)


class OutFile(click.Path):
    """A file that can be written: better told at once than after an hour's work."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, writable=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path, if its directory exists."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if str(path) == "-":
            self.fail("Standard output is for people; name a file.", param, ctx)
        if not path.parent.is_dir():
            self.fail(f"Directory '{path.parent}' does not exist.", param, ctx)
        return path


OUT_FILE = OutFile()


def keep_apart(files: Iterable[str], outputs: Iterable[Path | None]) -> None:
    """Refuse to write over what is read, or two outputs into one file."""
    taken = {Path(file).resolve() for file in files if file != "-"}
    for path in filter(None, outputs):
        place = path.resolve()
        if place.exists() and not place.is_file():
            continue  # Pipes and devices take any number of writers.
        if place in taken:
            message = f"{path} is named twice: it would be written over."
            raise click.UsageError(message, click.get_current_context())
        taken.add(place)
