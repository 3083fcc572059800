"""`probewatch run`."""

import asyncio
import logging
import os
from pathlib import Path

import click

from streams.settings import find, load

EPILOG = """\b
Example:
  probewatch run
  probewatch run --config /etc/probewatch/probewatch.toml
"""


@click.command(epilog=EPILOG)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Settings; otherwise $PROBEWATCH_CONFIG, ./probewatch.toml or the defaults.",
)
def run(config: Path | None) -> None:
    """Judge the queries that come in through Kafka, until told to stop.

    Start as many as there is work for: they share the partitions. SIGTERM ends one after
    a last checkpoint.
    """
    # Takes a second to import.
    from streams.engine.process import serve  # noqa: PLC0415

    settings = load(find(config, os.environ))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(serve(settings, os.environ))
