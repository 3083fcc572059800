"""Queries from a file to Kafka, for trying: `python -m streams.kafka.feed < queries.jsonl`.

Settings are found as by every command. A line becomes a record, whatever it holds
unless it is blank, under its actor's id as the key: one actor's searches stay in one partition, and
so in order.
"""

import asyncio
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import click
import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from detectors.errors import BrokerError, ConfigError, ProbewatchError
from streams.settings import Kafka, find, load

from .security import client_options

_BATCH_BYTES: Final = 256 << 10


async def feed(kafka: Kafka, environ: Mapping[str, str], lines: Iterable[bytes]) -> int:
    """Send lines to the topic of queries; how many.

    Raises:
        ConfigError: a secret is missing.
        BrokerError: the brokers cannot be reached, or do not take them.
    """
    options = client_options(kafka, environ).for_aiokafka()
    producer = AIOKafkaProducer(**options, acks="all", linger_ms=20, max_batch_size=_BATCH_BYTES)
    try:
        async with producer:
            sent = [
                await producer.send(kafka.queries, line.rstrip(b"\n"), key=_actor(line))
                for line in lines
                if line.strip()
            ]
            await asyncio.gather(*sent)
    except KafkaError as error:
        raise BrokerError(f"{kafka.bootstrap_servers}, {kafka.queries}: {error!r}") from error
    return len(sent)


def _actor(line: bytes) -> bytes | None:
    try:
        actor = orjson.loads(line)["actor_id"]
    except (ValueError, KeyError, TypeError):
        return None
    return actor.encode() if isinstance(actor, str) else None


EPILOG = """\b
Example:
  probewatch simulate --world police --seed 1 --out queries.jsonl
  python -m streams.kafka.feed < queries.jsonl

Exit code 1: the brokers cannot be reached, or do not take the records; 2: settings are wrong.
"""


@click.command(epilog=EPILOG)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Settings; otherwise $PROBEWATCH_CONFIG, ./probewatch.toml or the defaults.",
)
def main(config: Path | None) -> None:
    """Send queries from standard input to the topic that the service reads."""
    try:
        settings = load(find(config, os.environ))
        count = asyncio.run(feed(settings.kafka, os.environ, sys.stdin.buffer))
    except ProbewatchError as error:
        click.echo(f"probewatch: {error}", err=True)
        sys.exit(2 if isinstance(error, ConfigError) else 1)
    click.echo(f"{count:,} records sent to {settings.kafka.queries}", err=True)


if __name__ == "__main__":
    main()
