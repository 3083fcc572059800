"""`probewatch reload`."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from detectors.errors import ConfigError
from streams.decisions.changes import changed, differences, refusals, tables_of
from streams.decisions.desk import Desk, at_desk
from streams.decisions.ledger import Ledger
from streams.decisions.reader import now
from streams.decisions.records import Configuration
from streams.options import CONFIG
from streams.settings import FaultyConfigError, Settings, find, load

from .spoken import BY, Time, day_of, reached

EPILOG = """\b
Example:
  probewatch reload --config probewatch.toml --dry-run
  probewatch reload --config probewatch.toml
  probewatch reload --config probewatch.toml --at 2026-04-01T00:00:00Z
"""


@click.command(epilog=EPILOG)
@CONFIG
@click.option(
    "--at",
    type=Time(),
    metavar="TIME",
    help="From the first day on that begins at this event time or later. [default: the next day]",
)
@BY
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
def reload(config: Path | None, at: int | None, by: str, *, dry_run: bool) -> None:
    """Have all workers judge by another configuration, without a restart.

    What can change: budget, learning, patterns with their shares, shadow and parameters, and
    suppressions. A file that changes anything else is refused. From then on the topic of decisions
    says what holds, also after a restart: files only say the rest.
    """
    path = find(config, os.environ)
    if path is None:
        raise ConfigError("no configuration: name a file with --config")
    settings = load(path)

    async def work() -> None:
        async with at_desk(settings, os.environ) as desk:
            await _reload(desk, settings, str(path), at, by, dry_run=dry_run)

    asyncio.run(work())


def compared(ledger: Ledger, tables: Mapping[str, Any]) -> list[str]:
    """What some tables would change, a line each, against the best that there is to compare with.

    Args:
        ledger: what the topic says.
        tables: what can be changed, as in the file.
    """
    if ledger.newest is not None:
        lines = [*differences(ledger.newest.tables, tables)]
        return lines or ["It is what the newest configuration in the topic says."]
    none = "There is no configuration in the topic yet"
    if ledger.started is not None and ledger.started.tables:
        lines = [*differences(ledger.started.tables, tables)]
        than = "what the worker that started last has in its file"
        return [f"{none}; against {than}:", *lines] if lines else [f"{none}. It is {than}."]
    lines = [*differences(tables_of(Settings()), tables)]
    return [f"{none}, nor a worker's; against the defaults:", *(lines or ["nothing differs"])]


async def _reload(
    desk: Desk, settings: Settings, file: str, at: int | None, by: str, *, dry_run: bool
) -> None:
    ledger, tables = desk.ledger, tables_of(settings)
    if ledger.started is not None:
        refused = refusals(settings, ledger.started.fixed)
        if refused:
            raise FaultyConfigError(file, refused)
    click.echo("\n".join(compared(ledger, tables)))
    changed(settings, tables)
    if dry_run:
        return
    time = reached(ledger.begun) if at is None else at - 1
    record = Configuration(
        event_time=max(time, 0),
        by=by,
        written_at=now(),
        config_hash=settings.config_hash,
        tables=tables,
    )
    taken = await desk.publish(record)
    begins = day_of(taken.event_time if isinstance(taken, Configuration) else time)
    click.echo(
        f"configuration {settings.config_hash}: all workers judge by it from {begins} "
        "(event time, UTC) on; suppressions hold as soon as they read it."
    )
