"""Apache Kafka on localhost until Ctrl-C: `KAFKA_BROKERS` of them, 1 or 3, from port 9092 on."""

import os
import signal
import socket
import sys

import click

from detectors.errors import BrokerError

from .cluster import KafkaCluster
from .server import version

FIRST_PORT = 9092


def main() -> int:
    """Run them in the foreground; the exit status."""
    count = os.environ.get("KAFKA_BROKERS", "1")
    if count not in {"1", "3"}:
        return _fail(f"KAFKA_BROKERS: {count}: expected 1 or 3")
    ports = range(FIRST_PORT, FIRST_PORT + int(count))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        for port in ports:
            _check(port)
        with KafkaCluster(len(ports), ports=ports) as kafka:
            click.echo(
                f"Apache Kafka {version()} at {kafka.bootstrap}\n"
                f"Data in {kafka.directory}, until it stops. Ctrl-C stops it."
            )
            signal.pause()
    except BrokerError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return 0
    return 0


def _check(port: int) -> None:
    with socket.socket() as client:
        if client.connect_ex(("127.0.0.1", port)) == 0:
            raise BrokerError(f"something listens on port {port} already")


def _fail(message: str) -> int:
    click.echo(message, err=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
