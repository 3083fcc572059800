"""`probewatch run`."""

import asyncio
import logging
import os
from pathlib import Path

import click
import msgspec

from streams.logs import LEVELS, Level, log_to
from streams.options import CONFIG, READ_FILE
from streams.settings import find, load

_LOGGER = logging.getLogger(__name__)

EPILOG = """\b
Example:
  probewatch run
  probewatch run --config /etc/probewatch/probewatch.toml
  probewatch replay last-120-days.jsonl.zst --save-state state && probewatch run --bootstrap state
"""


@click.command(epilog=EPILOG)
@CONFIG
@click.option(
    "--bootstrap",
    type=READ_FILE,
    metavar="STATE",
    help="Begin with what `replay --save-state` wrote, where there is no state yet.",
)
@click.option(
    "--no-sinks",
    is_flag=True,
    help="Deliver no alerts: `probewatch deliver` does, in a process of its own.",
)
@click.option(
    "--log-level",
    type=click.Choice(LEVELS),
    default="info",
    show_default=True,
    help="From which on it is told on standard error; how, [logging] format says.",
)
def run(*, config: Path | None, bootstrap: Path | None, no_sinks: bool, log_level: Level) -> None:
    """Judge the queries that come in through Kafka, until told to stop.

    Start as many as there is work for: they share the partitions. SIGTERM ends one after
    a last checkpoint.
    """
    # Takes a second to import.
    from streams.engine.process import serve  # noqa: PLC0415

    settings = load(find(config, os.environ))
    log_to(level=log_level, form=settings.logging.format)
    _LOGGER.info("reading %s", settings.kafka.queries)
    if no_sinks:
        service = msgspec.structs.replace(settings.service, sinks=False)
        settings = msgspec.structs.replace(settings, service=service)
    asyncio.run(serve(settings, os.environ, history=bootstrap, on_start=_say))
    _LOGGER.info("stopped")


def _say(address: str) -> None:
    _LOGGER.info("health and metrics at %s", address)
