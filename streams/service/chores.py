"""What a worker does by the clock: go on, commit, write checkpoints, look at its gauges."""

import asyncio
import time
from collections import Counter
from datetime import timedelta
from typing import Final

from detectors.events import ABSENT_TIME

from .flow import Flow, Partition
from .metrics import Metrics
from .sources import Counts, Source
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
        # Partitions that others have now are theirs to tell of.
        for gauge in (metrics.lag, metrics.lag_seconds, metrics.newest, metrics.held):
            gauge.clear()
        for place, inlet in worker.inlets.places.items():
            metrics.ingested(inlet.source.counts)
            inlet.source.counts = Counts()
            metrics.held.labels(place.number).set(inlet.source.holds)
            self._lag(place, inlet.source.next_offset)
            self._clock(place, inlet.source)
        held: Counter[str] = Counter()
        oldest: dict[str, float] = dict.fromkeys(STAGES, 0.0)
        log_bytes: Counter[str] = Counter()
        for place, keeper in worker.keepers.items():
            kind = keeper.station.stage.kind
            held[kind] += 1
            age = time.monotonic() - keeper.saved_at if keeper.due() else 0.0
            oldest[kind] = max(age, oldest[kind])
            log_bytes[kind] += keeper.log_bytes
            self._lag(place, keeper.station.next_offset)
            metrics.holdings.count(keeper.station.count())
        for kind in STAGES:
            metrics.partitions.labels(kind).set(held[kind])
            metrics.age.labels(kind).set(oldest[kind])
            metrics.state_log.labels(kind).set(log_bytes[kind])
        metrics.holdings.look([keeper.station.stage for keeper in worker.keepers.values()])
        metrics.holdings.look_at(worker.peers)
        metrics.tenants.look()
        metrics.budget.look()

    def _clock(self, place: Partition, source: Source) -> None:
        if source.newest == ABSENT_TIME:
            return
        newest = source.newest / 1000
        self._metrics.newest.labels(place.number).set(newest)
        end = self._flow.end(place)
        behind = source.holds or (end is not None and source.next_offset < end)
        lag = max(0.0, time.time() - newest) if behind else 0.0
        self._metrics.lag_seconds.labels(place.number).set(lag)

    def _lag(self, place: Partition, position: int) -> None:
        end = self._flow.end(place)
        if end is not None:
            self._metrics.lag.labels(place.topic, place.number).set(max(0, end - position))
