"""Receivers that keep everything: findings for a lake or a SIEM, and a file of lines."""

import errno
import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from detectors.alerts import Alert
from streams.sinks.formats.ocsf import ocsf
from streams.sinks.links import Rulings
from streams.sinks.messages import DELIVERED, Flood, Message, Outcome, Plain
from streams.sinks.posting import Poster

from .hooks import Clock, signed
from .lanes import Lane

_PRIVATE: Final = 0o600


class Findings:
    """Alerts as OCSF Detection Findings.

    Args:
        rulings: what analysts have said.
        version: of Probewatch.
    """

    def __init__(self, rulings: Rulings, version: str) -> None:
        self._rulings = rulings
        self._version = version

    def __call__(self, message: Message) -> bytes:
        """The finding, as JSON."""
        alert = _alert(message)
        ruling = self._rulings(alert.alert_id)
        return orjson.dumps(ocsf(message.key, alert, ruling, self._version))


class OcsfTopic(Plain):
    """A topic of findings, with the alert's id as the key.

    Args:
        producer: started by the caller.
        topic: of the findings.
        findings: makes them.
    """

    def __init__(self, producer: AIOKafkaProducer, topic: str, findings: Findings) -> None:
        self._producer = producer
        self._topic = topic
        self._findings = findings

    async def deliver(self, message: Message) -> Outcome:
        """Write it, and wait until the broker has it."""
        key = _alert(message).alert_id.encode()
        try:
            await self._producer.send_and_wait(self._topic, self._findings(message), key=key)
        except KafkaError:
            return Outcome("broker")
        return DELIVERED


class OcsfPost(Plain):
    """An address that findings are posted to, signed like webhooks if there are secrets."""

    def __init__(
        self, poster: Poster, findings: Findings, secrets: Sequence[bytes], clock: Clock
    ) -> None:
        self._poster = poster
        self._findings = findings
        self._secrets = secrets
        self._clock = clock

    async def start(self) -> None:
        """Get ready to post."""
        await self._poster.start()

    async def deliver(self, message: Message) -> Outcome:
        """Post it."""
        body = self._findings(message)
        if not self._secrets:
            return await self._poster.post(body)
        headers = signed(message.key, body, self._secrets, self._clock())
        return await self._poster.post(body, headers)

    async def stop(self) -> None:
        """Close connections."""
        await self._poster.stop()


class File(Plain):
    """A file that whole lines are appended to, each on the disk before it counts.

    It is opened anew for each line, so it may be moved away at any time. To a pipe, as
    `/dev/stdout` may be one, a line counts as soon as it is written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lane = Lane()

    async def deliver(self, message: Message) -> Outcome:
        """Append the alert as the topic has it; a disk that hangs makes this sink alone wait."""
        line = orjson.dumps(msgspec.to_builtins(_alert(message))) + b"\n"
        try:
            await self._lane.do(lambda: append(self._path, line))
        except OSError:
            return Outcome("file")
        return DELIVERED


def append(path: Path, line: bytes) -> None:
    """Append a line; what was left of one by a crash is ended first.

    Raises:
        OSError: it cannot be written whole.
    """
    number = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, _PRIVATE)
    try:
        # While another writes, the file may seem to end within a line.
        fcntl.flock(number, fcntl.LOCK_EX)
        size = os.fstat(number).st_size
        torn = size > 0 and os.pread(number, 1, size - 1) != b"\n"
        text = b"\n" + line if torn else line
        if os.write(number, text) != len(text):
            raise OSError("the line was cut off")
        _sync(number)
    finally:
        os.close(number)


def _sync(number: int) -> None:
    try:
        os.fsync(number)
    except OSError as error:
        # A pipe, or a device, that has nothing to wait for; what was written is written.
        if error.errno != errno.EINVAL:
            raise


def _alert(message: Message) -> Alert:
    if isinstance(message.content, Flood):
        raise TypeError("an archive is given every alert, and told of no flood")
    return message.content
