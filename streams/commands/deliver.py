"""`probewatch deliver`."""

import asyncio
import logging
import os
from pathlib import Path

import click

from streams.logs import LEVELS, Level, log_to
from streams.options import CONFIG
from streams.settings import find, load

_LOGGER = logging.getLogger(__name__)

EPILOG = """\b
Example:
  probewatch deliver --config /etc/probewatch/probewatch.toml
  probewatch deliver --dead-letters --sink on-call
"""


@click.command(epilog=EPILOG)
@CONFIG
@click.option(
    "--dead-letters",
    is_flag=True,
    help="Deliver again what was given up, once, and end.",
)
@click.option("--sink", metavar="NAME", help="Whose dead letters; otherwise those of all sinks.")
@click.option(
    "--log-level",
    type=click.Choice(LEVELS),
    default="info",
    show_default=True,
    help="From which on it is told on standard error; JSON lines, unless that is a terminal.",
)
def deliver(*, config: Path | None, dead_letters: bool, sink: str | None, log_level: Level) -> None:
    """Deliver alerts to the sinks of the settings, and judge nothing, until told to stop.

    Workers do that too, unless they are run with --no-sinks or `[service] sinks = false`.
    """
    # Takes a second to import.
    from streams.sinks import alone, redelivery  # noqa: PLC0415

    settings = load(find(config, os.environ))
    log_to(level=log_level)
    if dead_letters:
        count = asyncio.run(redelivery.redeliver(settings, os.environ, sink))
        _LOGGER.info("delivered %d dead letters", count)
        return
    if sink is not None:
        raise click.UsageError("--sink goes with --dead-letters")
    asyncio.run(alone.deliver(settings, os.environ, _say))
    _LOGGER.info("stopped")


def _say(address: str) -> None:
    _LOGGER.info("health and metrics at %s", address)
