"""`probewatch check-config`."""

import os
from pathlib import Path

import click

from streams.settings import FaultyConfigError, default_file, find, load, pseudonym_key

EPILOG = """\b
Example:
  probewatch check-config --default > probewatch.toml
  probewatch check-config probewatch.toml
"""


@click.command(epilog=EPILOG)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--default", "show_default", is_flag=True, help="Print the default file instead.")
def check_config(file: Path | None, *, show_default: bool) -> None:
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
