"""Simulated searches on their way to Kafka, months of them in seconds, and who they were about."""

import asyncio
import time
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final

import msgspec
import numpy as np
import orjson
from aiokafka import AIOKafkaProducer
from numpy.typing import NDArray

from detectors.alerts import Alert
from streams.ingest.ingest import Ingest
from streams.ingest.pseudonyms import Kind, Pair, PseudonymKey, format_pseudonym
from streams.simulate import Recipe, build

_TICK_SECONDS: Final = 0.05
_MOST_AT_ONCE: Final = 500
"""Events between two looks at what else there is to do; these take 30 ms to write out."""

Told = Callable[[int, int], None]
"""Told the simulated time, ms, and how many events have been sent."""


class Traffic:
    """A log, to be sent at the pace of a clock that runs fast.

    Args:
        recipe: of the log.
    """

    def __init__(self, recipe: Recipe) -> None:
        self._scenario = build(recipe)
        self._times: NDArray[np.int64] = self._scenario.rows["time"]

    def __len__(self) -> int:
        """How many events it has."""
        return len(self._times)

    def labels(self) -> bytes:
        """What misuse is in it, as a file of labels."""
        lines = (orjson.dumps(label) + b"\n" for label in self._scenario.labels())
        return b"".join(lines)

    async def send(
        self, producer: AIOKafkaProducer, topic: str, seconds: float, names: "Unmasked", told: Told
    ) -> None:
        """Send all events; the last is due after so many seconds, if the machine keeps up."""
        events = self._scenario.events()
        first, last = int(self._times[0]), int(self._times[-1])
        began, sent = time.monotonic(), 0
        while sent < len(self):
            passed = min(1.0, (time.monotonic() - began) / seconds)
            now = first + int(passed * (last - first))
            due = int(np.searchsorted(self._times, now, side="right"))
            lines = [
                orjson.dumps(event) for event in islice(events, min(due - sent, _MOST_AT_ONCE))
            ]
            for line in lines:
                await producer.send(topic, line)
            names.learn(lines)
            sent += len(lines)
            told(int(self._times[sent - 1]) if sent else first, sent)
            await asyncio.sleep(0 if sent < due else _TICK_SECONDS)
        await producer.flush()


class Unmasked:
    """What stands behind pseudonyms: known here alone, where both key and searches are made.

    Args:
        key: that the searches are judged under.
    """

    remembers = True

    def __init__(self, key: PseudonymKey) -> None:
        self.secret = key.secret
        self.fingerprint = key.fingerprint
        self._epoch = key.epoch
        self._plain: dict[str, str] = {}
        self._ingest = Ingest(self)

    def learn(self, lines: Sequence[bytes]) -> None:
        """Note the actors and subjects of events."""
        self._ingest.decode(lines, 0)

    def remember(self, kind: Kind, pairs: NDArray[np.uint64], plain: Sequence[str | None]) -> None:
        """Note the ids behind pseudonyms of one kind."""
        if kind in {"actor", "subject"}:
            for (first, second), text in zip(pairs.tolist(), plain, strict=True):
                if text:
                    self._plain[format_pseudonym((first, second), self._epoch)] = text

    def write(self, kind: Kind, pair: Pair) -> str:  # noqa: ARG002
        """The pseudonym."""
        return format_pseudonym(pair, self._epoch)

    def plain(self, alert: Alert) -> Alert:
        """The alert with ids as labels have them."""
        return msgspec.structs.replace(
            alert,
            actors=tuple(self._plain.get(name, name) for name in alert.actors),
            subjects=tuple(self._plain.get(name, name) for name in alert.subjects),
        )
