"""`probewatch simulate`."""

import gzip
import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import click
import orjson
import zstandard
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from detectors.alerts import PatternCode
from streams.options import keep_apart
from streams.terminal import console

from .campaigns import CAMPAIGNS
from .levels import Level
from .scenario import FIRST_DAY, Recipe, build
from .worlds import WORLDS

USUAL = ", ".join(f"{name} {kind.actors}" for name, kind in WORLDS.items())

EPILOG = """\b
Example:
  probewatch simulate --world police --seed 7 --out log.jsonl.zst --labels labels.jsonl
  probewatch simulate --world consumer --actors 500 --days 30 | head
"""

LINES_AT_ONCE = 1000


@click.command(epilog=EPILOG)
@click.option("--world", type=click.Choice(list(WORLDS)), required=True, help="Kind of provider.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--actors", type=int, help=f"Accounts that search, misuse aside. [default: {USUAL}]")
@click.option("--days", type=int, default=90, show_default=True)
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%d"]),
    default=FIRST_DAY.isoformat(),
    show_default=True,
    help="First day, UTC.",
)
@click.option(
    "--out",
    default="-",
    show_default=True,
    metavar="FILE",
    help="Where events go, as JSON lines; compressed if it ends in .gz or .zst.",
)
@click.option("--labels", metavar="FILE", help="Where the truth goes, likewise.")
@click.option(
    "--campaigns",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="How much misuse: 1 is one or two campaigns of each pattern and difficulty.",
)
@click.option(
    "--pattern",
    "patterns",
    type=click.Choice([str(pattern) for pattern in CAMPAIGNS]),
    multiple=True,
    help="Only this kind of misuse; give it again for more.",
)
@click.option(
    "--level",
    type=click.Choice([level.name for level in Level]),
    help="Leave out what logs above this level have.",
)
@click.option(
    "--disorder",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    metavar="SECONDS",
    help="Let events come late by up to so much.",
)
def simulate(  # noqa: PLR0913 - a command has as many parameters as options
    *,
    world: str,
    seed: int,
    actors: int | None,
    days: int,
    start: datetime,
    out: str,
    labels: str | None,
    campaigns: float,
    patterns: tuple[str, ...],
    level: str | None,
    disorder: float,
) -> None:
    """Write a synthetic query log with labelled misuse in it.

    The same options always write the same bytes; another seed is another world, with other
    habits and not only other noise.
    """
    keep_apart([], [Path(file) for file in (out, labels) if file and file != "-"])
    recipe = Recipe(
        world=world,
        seed=seed,
        actors=actors,
        days=days,
        start=start.date(),
        campaigns=campaigns,
        patterns=tuple(PatternCode(pattern) for pattern in patterns) or None,
        level=None if level is None else Level[level],
        disorder=disorder,
    )
    with _progress() as progress:
        task = progress.add_task(f"planning {world}", total=None)
        scenario = build(recipe)
        progress.update(task, description=f"writing {out}", total=len(scenario.rows))
        if labels is not None:
            _write(labels, scenario.labels())
        _write(out, progress.track(scenario.events(), task_id=task))


def _progress() -> Progress:
    """A bar on a terminal, beside the output; nothing in a pipe."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console(sys.stderr),
        disable=not sys.stderr.isatty(),
        transient=True,
    )


def _write(path: str, records: Iterable[dict[str, Any]]) -> None:
    with _opened(path) as file:
        lines: list[bytes] = []
        for record in records:
            lines.append(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
            if len(lines) == LINES_AT_ONCE:
                file.write(b"".join(lines))
                lines.clear()
        file.write(b"".join(lines))


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    """The file at `path`, compressed as its ending says and the same each time."""
    if path == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with Path(path).open("wb") as file:
        if path.endswith(".gz"):
            with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
                yield io.BufferedWriter(packed)
        elif path.endswith(".zst"):
            with zstandard.open(file, "wb") as packed:
                yield packed
        else:
            yield file
