"""Sinks on real brokers: their settings, alerts for them, and the process that delivers."""

import base64
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from kafka import KafkaProducer

from detectors.alerts import Alert
from streams.kafka import admin as administration
from streams.kafka.connection import connected
from streams.kafka.security import client_options
from streams.settings import load
from streams.sinks.dead_letters import DeadLetter, letter_of
from tests.integration.service import Service, Worker

SECRET: Final = "whsec_" + base64.b64encode(b"a test's own secret, 32 bytes...").decode()
QUICK: Final = {
    "begin": "earliest",
    "allow_http": True,
    "allow_private": True,
    "timeout": "500ms",
    "backoff": "20ms",
    "longest_backoff": "200ms",
    "attempts": 1_000,
}
"""Of a receiver on this machine that is to be tried again at once."""


class Delivery:
    """A service with sinks, whose alerts the test writes itself.

    Args:
        directory: for the settings.
        bootstrap: where the brokers are.
        sinks: their settings.
        kafka: more settings of `[kafka]`.
    """

    def __init__(
        self,
        directory: Path,
        bootstrap: str,
        *sinks: Mapping[str, Any],
        kafka: Mapping[str, object] | None = None,
    ) -> None:
        self._bootstrap = bootstrap
        self.service = Service(directory, bootstrap, kafka)
        with self.service.file.open("a") as file:
            file.writelines(_table(sink) for sink in sinks)
        self.settings = load(self.service.file)
        options = client_options(self.settings.kafka, {})
        with connected(options) as admin:
            administration.create(admin, self.service.topics, -1)

    def start(self, *arguments: str, **environ: str) -> Worker:
        """A process that delivers."""
        command = ["probewatch", "deliver", "--config", str(self.service.file), *arguments]
        return Worker(command, self.service.file.parent, environ)

    def write(self, alerts: Iterable[Alert], *, current: bool = True) -> None:
        """Write alerts, as a worker does; to the topic of last revisions only if `current`."""
        topics = [self.service.topics.alerts.name]
        topics += [self.service.topics.alerts_current.name] * current
        producer = KafkaProducer(bootstrap_servers=self._bootstrap, linger_ms=20)
        for alert in alerts:
            for topic in topics:
                producer.send(topic, msgspec.json.encode(alert), key=alert.alert_id.encode())
        producer.close()

    def spoil(self) -> None:
        """Write what is no dead letter among them."""
        producer = KafkaProducer(bootstrap_servers=self._bootstrap)
        for value in (None, b"garbage", b'{"schema": "probewatch.dead_letter.v2"}'):
            producer.send(self.service.topics.dead_letters.name, value, key=b"hook/a1")
        producer.close()

    def dead_letters(self) -> list[DeadLetter]:
        """All that there are."""
        records = self.service.records(self.service.topics.dead_letters.name)
        letters = [letter_of(value) for _, value in records]
        return [letter for letter in letters if letter is not None]


def _table(values: Mapping[str, Any]) -> str:
    lines = (f"{key} = {json.dumps(value)}\n" for key, value in values.items())
    return "".join(["\n[[sinks]]\n", *lines])
