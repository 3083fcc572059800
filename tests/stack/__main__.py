"""`python -m tests.stack`: a worker, Prometheus, Alertmanager; is every rule and panel alive?"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from tests.kafka.cluster import KafkaCluster

from .check import check


@click.command()
def main() -> None:
    """Start everything on the loopback, let misuse happen, and tell what does not work.

    Exit code 1: something does not.
    """
    with TemporaryDirectory(prefix="stack-") as directory, KafkaCluster() as kafka:
        wrong = check(kafka, Path(directory), click.echo)
    for sentence in wrong:
        click.echo(f"WRONG: {sentence}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
