"""A station made durable: its checkpoints, and from where its topic must be read again."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from detectors.errors import SnapshotError
from detectors.shards.tables import Arrays
from streams.checkpoints.journal import Playback
from streams.checkpoints.log import StateLog, Written
from streams.checkpoints.segments import Restored, Segment, Tracker

from .flow import Commit, Partition
from .sender import Outstanding
from .stations import Station

_COPIED_AT_ONCE: Final = 16 << 20
"""Bytes of state that processing waits for while they are looked through: some 10 ms."""


class Log(Protocol):
    """Where the checkpoints of one partition's units go: see `StateLog`."""

    @property
    def log_bytes(self) -> int:
        """Bytes of what it holds."""

    def wants_base(self, unit: str) -> bool:
        """Whether the next segment of `unit` should be a base."""

    async def write(self, checkpoints: Mapping[str, Segment]) -> Written:
        """Write segments of units so that all are there or none."""

    async def close(self) -> None:
        """Let go; what was written stays."""


@dataclass(frozen=True, slots=True)
class Durability:
    """Where and how state is kept.

    Attributes:
        options: of aiokafka's clients.
        application: what transactional ids begin with.
        transactions: whether the brokers have them.
        fingerprint: of the key behind the pseudonyms, which state is worthless without.
    """

    options: Mapping[str, Any]
    application: str
    transactions: bool
    fingerprint: str

    async def open_log(
        self, topic: str, kind: str, number: int, playback: Playback | None
    ) -> tuple[Log, dict[str, Restored]]:
        """Own the log of a partition's units, and read what it holds: see `StateLog.open`."""
        return await StateLog.open(
            self.options,
            topic,
            number,
            f"{self.application}.{kind}.{number}",
            transactions=self.transactions,
            playback=playback,
        )

    async def committed(self, places: Iterable[Partition]) -> dict[Partition, Commit]:
        """What was committed of partitions; those that nothing was committed of are not in it.

        Raises:
            KafkaError: the broker fails or refuses.
        """
        admin = AIOKafkaAdminClient(**self.options)
        await admin.start()
        try:
            found = await admin.list_consumer_group_offsets(
                self.application, partitions=[TopicPartition(*place) for place in places]
            )
        finally:
            await admin.close()
        return {
            Partition(*place): Commit(known.offset, known.metadata or "")
            for place, known in found.items()
            if known.offset >= 0
        }


@dataclass(frozen=True, slots=True)
class Saved:
    """A checkpoint that was written.

    Attributes:
        units: how many units are in it.
        bytes: of its records.
        stalled: seconds that processing waited for it.
        seconds: that it took in all.
    """

    units: int
    bytes: int
    stalled: float
    seconds: float


class Keeper:
    """A station and the log of its checkpoints.

    Attributes:
        lock: held while the station is changed or copied.
        outstanding: what the station has sent.
        saved_at: when the last checkpoint was written (monotonic seconds).
        half_changed: whether a change of the station was begun and not finished: then it must say
            no more, since what is sent after a gap would hide it for ever.
    """

    def __init__(self, station: Station, log: Log, durability: Durability) -> None:
        self.station = station
        self.lock = asyncio.Lock()
        self.outstanding = Outstanding()
        self.saved_at = time.monotonic()
        self._log = log
        self._durability = durability
        self._saving = asyncio.Lock()
        self.half_changed = False
        # Whether a checkpoint was begun and not finished.
        self._half_saved = False
        self._closed = False
        self._trackers = {shard: Tracker() for shard in station.stage.units}
        # The position as of each unit's last checkpoint; units without one are not in it.
        self._positions: dict[int, int] = {}

    @classmethod
    async def open(
        cls,
        station: Station,
        topic: str,
        durability: Durability,
        playback: Playback | None = None,
    ) -> "Keeper":
        """Own a station's log, and bring the station to where its last checkpoints left it.

        Args:
            station: fresh.
            topic: of state.
            durability: where and how state is kept.
            playback: what a standby has read of the log already.

        Raises:
            SnapshotError: the state is of another version or another pseudonym key.
            FencedError: another worker opened it meanwhile.
            BrokerError: the broker fails or refuses.
        """
        log, restored = await durability.open_log(
            topic, station.stage.kind, station.number, playback
        )
        keeper = cls(station, log, durability)
        units: dict[int, tuple[dict[str, Any], Arrays]] = {}
        for name, unit in restored.items():
            shard = int(name.rpartition(".")[2])
            if unit.about["key"] != durability.fingerprint:
                await log.close()
                raise SnapshotError(f"{topic}: the state was made with another pseudonym key")
            units[shard] = (unit.about, unit.arrays)
            keeper._trackers[shard].resume(unit)
            keeper._positions[shard] = unit.about["position"]
        station.load(units)
        return keeper

    async def close(self) -> None:
        """Let go, when a checkpoint that is being written is there; what was saved stays."""
        async with self._saving:
            self._closed = True
            await self._log.close()

    @property
    def broken(self) -> bool:
        """Whether the station, or its log, may not be what it should be: nothing is saved then."""
        return self.half_changed or self._half_saved

    @property
    def committed(self) -> int | None:
        """The offset that every unit has a checkpoint behind; None if one has none yet."""
        if len(self._positions) < len(self._trackers):
            return None
        return min(self._positions.values())

    @property
    def log_bytes(self) -> int:
        """Bytes of checkpoints in the topic."""
        return self._log.log_bytes

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[Station]:
        """The station, to be changed; what it says must be in `outstanding` by the end."""
        async with self.lock:
            try:
                yield self.station
            except BaseException:
                self.half_changed = True
                raise

    def due(self) -> list[int]:
        """The units that a checkpoint would add something of."""
        position = self.station.position
        return [shard for shard in self._trackers if self._positions.get(shard) != position]

    def lacking(self) -> list[int]:
        """The units that there is no checkpoint of."""
        return [shard for shard in self._trackers if shard not in self._positions]

    def groups(self, shards: Iterable[int] | None = None) -> list[list[int]]:
        """Units, by default those that are due, in groups that are small enough to copy."""
        return list(self._groups(self.due() if shards is None else shards))

    def _groups(self, shards: Iterable[int]) -> Iterator[list[int]]:
        group: list[int] = []
        size = 0
        for shard in shards:
            group.append(shard)
            arrays = self.station.stage.units[shard].arrays()
            size += sum(array.nbytes for array in arrays.values())
            if size > _COPIED_AT_ONCE:
                yield group
                group, size = [], 0
        if group:
            yield group

    async def save(self, shards: Iterable[int]) -> Saved | None:
        """Write one checkpoint of some units, after all that they have sent has arrived.

        None if the partition was let go of, or broken, meanwhile.

        Raises:
            FencedError: another worker owns the partition now.
            BrokerError: the broker fails or refuses.
        """
        async with self._saving:
            began = time.perf_counter()
            async with self.lock:
                if self._closed or self.broken:
                    return None
                # Until it is known to be written, nobody knows what the log holds.
                self._half_saved = True
                copying = time.perf_counter()
                position = self.station.position
                segments = {shard: self._segment(shard) for shard in shards}
                stalled = time.perf_counter() - copying
            await self.outstanding.arrived()
            written = await self._log.write(
                {f"{self.station.stage.kind}.{shard}": one for shard, one in segments.items()}
            )
            self._positions |= dict.fromkeys(segments, position)
            self.saved_at = time.monotonic()
            self._half_saved = False
            return Saved(len(segments), written.bytes, stalled, time.perf_counter() - began)

    def _segment(self, shard: int) -> Segment:
        about = self.station.about(shard) | {"key": self._durability.fingerprint}
        arrays = self.station.stage.units[shard].arrays()
        tracker = self._trackers[shard]
        if self._log.wants_base(f"{self.station.stage.kind}.{shard}"):
            return tracker.base(about, arrays)
        return tracker.delta(about, arrays)
