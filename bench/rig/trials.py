"""One way to keep state in Kafka, on trial: what each checkpoint and recovery of it cost."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from detectors.shards.tables import Arrays

from .brokers import Broker
from .candidates import CLEANED, Candidate

_CLEANING_SECONDS: Final = 60
"""That the log cleaner gets, at most."""


class Round(NamedTuple):
    """One checkpoint: seconds that each unit stalled, of wall and CPU time to write; bytes."""

    stalls: Sequence[float]
    seconds: float
    cpu_seconds: float
    broker_seconds: float
    nbytes: int


class Recovery(NamedTuple):
    """Seconds of wall and CPU time, bytes of records read, bytes of the log on disk."""

    seconds: float
    cpu_seconds: float
    read_bytes: int
    log_bytes: int


class Run(NamedTuple):
    """A first checkpoint of all, some of a share of rows each, and two recoveries.

    The second is behind the log cleaner, of whose work the broker's CPU seconds are told.
    """

    first: Round
    rounds: Sequence[Round]
    dirty: Recovery
    cleaned: Recovery
    cleaning_seconds: float


class Trial:
    """One candidate on a topic of its own."""

    def __init__(self, candidate: Candidate, broker: Broker, topic: str) -> None:
        self.name = candidate.name
        self._candidate = candidate
        self._broker = broker
        self._topic = topic
        self.rounds: list[Round] = []

    async def checkpoint(self, units: Mapping[str, Arrays]) -> None:
        """Take and write all units."""
        stalls = []
        for unit, arrays in units.items():
            started = time.perf_counter()
            self._candidate.take(unit, arrays)
            stalls.append(time.perf_counter() - started)
        before, broker = self._broker.written_bytes(self._topic), self._broker.cpu_seconds()
        started, cpu = time.perf_counter(), time.process_time()
        await self._candidate.write()
        self.rounds.append(
            Round(
                stalls,
                time.perf_counter() - started,
                time.process_time() - cpu,
                self._broker.cpu_seconds() - broker,
                self._broker.written_bytes(self._topic) - before,
            )
        )

    async def recover(self, state: Mapping[str, Arrays]) -> Recovery:
        """Read everything, which must be right."""
        log_bytes = self._broker.kept_bytes(self._topic)
        started, cpu = time.perf_counter(), time.process_time()
        recovered = await self._candidate.recover()
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        for unit, arrays in state.items():
            for name, array in arrays.items():
                if recovered.units[unit][name].tobytes() != array.tobytes():
                    raise SystemExit(f"{self.name}: {unit}: {name} came back otherwise")
        return Recovery(seconds, cpu, recovered.read_bytes, log_bytes)

    async def clean(self) -> float:
        """Have the broker compact the topic, if it may; CPU seconds that this took it."""
        if self._candidate.config.get("cleanup.policy") != "compact":
            return 0.0
        await self._broker.configure(self._topic, CLEANED)
        cpu, before = self._broker.cpu_seconds(), self._broker.kept_bytes(self._topic)
        last = size = before
        for _ in range(_CLEANING_SECONDS):
            await asyncio.sleep(1.0)
            last, size = size, self._broker.kept_bytes(self._topic)
            if size == last < before:
                break
        return self._broker.cpu_seconds() - cpu

    async def conclude(self, units: Mapping[str, Arrays]) -> Run:
        """Recover before and behind the log cleaner."""
        dirty = await self.recover(units)
        cleaning = await self.clean()
        first, *rounds = self.rounds
        return Run(first, rounds, dirty, await self.recover(units), cleaning)
