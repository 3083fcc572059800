"""`probewatch check-config`."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import click

from streams.decisions.changes import differences, tables_of
from streams.decisions.desk import at_desk
from streams.decisions.reader import now
from streams.decisions.silences import Silences
from streams.settings import (
    FaultyConfigError,
    Settings,
    default_file,
    find,
    load,
    pseudonym_key,
)

from .spoken import day_of

EPILOG = """\b
Example:
  probewatch check-config --default > probewatch.toml
  probewatch check-config probewatch.toml
  probewatch check-config probewatch.toml --service
"""


@click.command(epilog=EPILOG)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--service", is_flag=True, help="Also say what the service judges by, from Kafka.")
@click.option("--default", "show_default", is_flag=True, help="Print the default file instead.")
def check_config(file: Path | None, *, service: bool, show_default: bool) -> None:
    """Check a configuration FILE and say everything that is wrong with it.

    Without FILE it is $PROBEWATCH_CONFIG or ./probewatch.toml, as for every other command.
    A pseudonym key that is set is checked too, and not shown.
    """
    if show_default:
        click.echo(default_file(), nl=False)
        return
    path = find(file, os.environ)
    try:
        settings = load(path)
    except FaultyConfigError as error:
        click.echo("\n".join(error.lines), err=True)
        raise click.exceptions.Exit(2) from error
    key = pseudonym_key(settings.pseudonyms, os.environ)
    click.echo(
        f"{path or 'no file, so the defaults'}: fine; configuration {settings.config_hash}, "
        f"{'a pseudonym key is set' if key else 'no pseudonym key'}"
    )
    for line in _unwritable(settings):
        click.echo(line, err=True)
    for one in Silences(suppressions=settings.suppressions).expired(now()):
        click.echo(f"suppression {one.id} ended at {one.until}: it has no effect", err=True)
    if service:
        asyncio.run(_compare(settings))


def _unwritable(settings: Settings) -> Iterator[str]:
    """Files that could not be written here; on the machines that write them it may be otherwise."""
    files = {"audit.copy_file": settings.audit.copy_file}
    files |= {f"sink {sink.name}: output_file": sink.output_file for sink in settings.sinks}
    for name, file in files.items():
        if file and not Path(file).parent.is_dir():
            yield f"{name}: {Path(file).parent}: no such directory here"


async def _compare(settings: Settings) -> None:
    """Say which configuration holds: the newest record of the topic, or files if there is none."""
    async with at_desk(settings, os.environ) as desk:
        newest = desk.ledger.newest
    if newest is None:
        click.echo("No configuration in the topic of decisions: workers judge by their files.")
        return
    lines = [*differences(newest.tables, tables_of(settings))]
    begins = day_of(newest.event_time)
    click.echo(
        f"In the topic of decisions: configuration {newest.config_hash}, by {newest.by}, "
        f"from {begins} on. It goes before files, "
        + ("and says the same as this one." if not lines else "and this one would change:")
    )
    for line in lines:
        click.echo(f"  {line}")
    if lines:
        click.echo("probewatch reload publishes it.")
