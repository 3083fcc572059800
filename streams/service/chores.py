"""What a worker does by the clock: go on, commit, write checkpoints, look at its gauges."""

import asyncio
import time
from collections import Counter
from datetime import timedelta
from typing import Final

from detectors.shards.tables import Held

from .flow import Flow, Partition
from .metrics import Metrics
from .sources import Counts
from .worker import STAGES, Worker

_TEND_SECONDS: Final = 0.2
_COMMIT_SECONDS: Final = 1.0
_GAUGES_SECONDS: Final = 5.0


class Chores:
    """The loops of a worker; `run` ends with the first of them that fails.

    Args:
        worker: whose.
        flow: the engine.
        metrics: where gauges are set.
        checkpoint_interval: within which every unit that changed is written once.
    """

    def __init__(
        self, worker: Worker, flow: Flow, metrics: Metrics, checkpoint_interval: timedelta
    ) -> None:
        self._worker = worker
        self._flow = flow
        self._metrics = metrics
        self._interval = checkpoint_interval.total_seconds()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as loops:
            for loop in (self._tend, self._commit, self._checkpoint, self._look):
                loops.create_task(loop())

    async def _tend(self) -> None:
        while True:
            try:
                async with asyncio.timeout(_TEND_SECONDS):
                    await self._worker.news()
            except TimeoutError:
                pass
            await self._worker.tend()

    async def _commit(self) -> None:
        while True:
            await asyncio.sleep(_COMMIT_SECONDS)
            await self._worker.inlets.commit()

    async def _checkpoint(self) -> None:
        """One group of units after the other, spread over the interval."""
        while True:
            ends = time.monotonic() + self._interval
            due = [
                (place, group)
                for place, keeper in self._worker.keepers.items()
                for group in keeper.groups()
            ]
            for done, (place, group) in enumerate(due):
                await self._worker.save(place, group)
                await asyncio.sleep(max(0.0, ends - time.monotonic()) / (len(due) - done))
            await self._worker.commit_stations()
            await asyncio.sleep(max(0.0, ends - time.monotonic()))

    async def _look(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(_GAUGES_SECONDS)

    def look(self) -> None:
        """Set the gauges, and add what was counted since the last time."""
        metrics, worker = self._metrics, self._worker
        for place, inlet in worker.inlets.places.items():
            metrics.ingested(inlet.source.counts)
            inlet.source.counts = Counts()
            metrics.held.labels(place.number).set(inlet.source.holds)
            self._lag(place, inlet.source.next_offset)
        held: Counter[str] = Counter()
        tracked: dict[str, Held] = {}
        oldest: dict[str, float] = dict.fromkeys(STAGES, 0.0)
        log_bytes: Counter[str] = Counter()
        for place, keeper in worker.keepers.items():
            kind = keeper.station.stage.kind
            held[kind] += 1
            age = time.monotonic() - keeper.saved_at if keeper.due() else 0.0
            oldest[kind] = max(age, oldest[kind])
            log_bytes[kind] += keeper.log_bytes
            self._lag(place, keeper.station.next_offset)
            for unit in keeper.station.stage.units.values():
                for entity, one in unit.shard.tracked.items():
                    tracked[entity] = one + tracked.get(entity, Held())
        for kind in STAGES:
            metrics.partitions.labels(kind).set(held[kind])
            metrics.age.labels(kind).set(oldest[kind])
            metrics.state_log.labels(kind).set(log_bytes[kind])
        for entity, one in tracked.items():
            metrics.tracked.labels(entity).set(one.count)
            metrics.tracked_bytes.labels(entity).set(one.bytes)
            metrics.evicted.labels(entity).set(one.evicted)

    def _lag(self, place: Partition, position: int) -> None:
        end = self._flow.end(place)
        if end is not None:
            self._metrics.lag.labels(place.topic, place.number).set(max(0, end - position))
