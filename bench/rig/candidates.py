"""Ways to keep state in Kafka, to be compared."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from detectors.shards.tables import Arrays
from streams.checkpoints import Restored, Segment, StateLog, Tracker


class Recovered(NamedTuple):
    """What a recovery gave and read."""

    units: Mapping[str, Mapping[str, Any]]
    log_bytes: int


class Candidate(Protocol):
    """A way to keep state in Kafka, beside others."""

    name: str

    async def open(self) -> None:
        """Begin with nothing."""

    def take(self, unit: str, arrays: Arrays) -> None:
        """Take what a checkpoint has of a unit: processing waits for it."""

    async def write(self) -> int:
        """Write what was taken of all units; the bytes."""

    async def recover(self) -> Recovered:
        """Read all again, as the next owner does."""

    async def close(self) -> None:
        """Let go of the broker."""


class Segments:
    """Bases and deltas of pages in a log, one transaction a checkpoint."""

    name = "segments"

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._options = {"bootstrap_servers": bootstrap}
        self._topic = topic
        self._trackers: dict[str, Tracker] = {}
        self.taken: dict[str, Segment] = {}

    async def open(self) -> None:
        """Own the log."""
        self._log, _ = await self._opened()

    def take(self, unit: str, arrays: Arrays) -> None:
        """What the log wants: a base or a delta."""
        tracker = self._trackers.setdefault(unit, Tracker())
        take = tracker.base if self._log.wants_base(unit) else tracker.delta
        self.taken[unit] = take({}, arrays)

    async def write(self) -> int:
        """One transaction."""
        written = await self._log.write(self.taken)
        return written.bytes

    async def recover(self) -> Recovered:
        """Open the log again."""
        await self._log.close()
        self._log, restored = await self._opened()
        arrays = {unit: each.arrays for unit, each in restored.items()}
        return Recovered(arrays, self._log.log_bytes)

    async def close(self) -> None:
        """Close the log."""
        await self._log.close()

    async def _opened(self) -> tuple[StateLog, dict[str, Restored]]:
        return await StateLog.open(self._options, self._topic, 0, self._topic)


CANDIDATES = (Segments,)
