"""What stands in for Kafka's clients: records in memory, and answers when a test gives them."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from streams.checkpoints import Assembler, Restored, Segment, Written, encode
from streams.checkpoints.journal import Playback
from streams.service.flow import Commit, Partition
from streams.service.keeper import Durability
from streams.service.sender import Sent


class Produced(NamedTuple):
    """A record that was handed to the producer."""

    topic: str
    value: bytes
    key: bytes | None
    partition: int | None


@dataclass
class Producer:
    """Takes records; the broker has each at once, or when the test says so.

    Attributes:
        at_once: whether records arrive as they are sent.
        refuses: raised instead of taking a record, if set.
        produced: all records, in order.
        open: those that have not arrived.
    """

    at_once: bool = True
    refuses: Exception | None = None
    produced: list[Produced] = field(default_factory=list)
    open: list[Sent] = field(default_factory=list)

    async def send(
        self, topic: str, value: bytes, *, key: bytes | None = None, partition: int | None = None
    ) -> Sent:
        """As aiokafka's."""
        if self.refuses is not None:
            raise self.refuses
        self.produced.append(Produced(topic, value, key, partition))
        sent: Sent = asyncio.get_running_loop().create_future()
        if self.at_once:
            sent.set_result(None)
        else:
            self.open.append(sent)
        return sent

    def arrive(self, error: Exception | None = None) -> None:
        """Everything that is open arrives, or fails."""
        for sent in self.open:
            if error is None:
                sent.set_result(None)
            else:
                sent.set_exception(error)
        self.open.clear()

    def of(self, topic: str) -> list[Produced]:
        """The records of a topic."""
        return [record for record in self.produced if record.topic == topic]


@dataclass
class Reading:
    """An engine that brings nothing by itself.

    Attributes:
        log: what was asked of it, in order.
        committed: what was committed last of each partition.
        ends: what the broker told of ends.
        rebalancing: whether commits are refused.
    """

    log: list[tuple[str, Partition]] = field(default_factory=list)
    committed: dict[Partition, Commit] = field(default_factory=dict)
    ends: dict[Partition, int] = field(default_factory=lambda: defaultdict(int))
    rebalancing: bool = False
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def was_committed(self, partition: Partition) -> None:
        """Wait until something was committed of a partition."""
        while partition not in self.committed:
            await self._news.wait()
            self._news.clear()

    def pause(self, partitions: Iterable[Partition]) -> None:
        """As the engine's."""
        self.log += [("pause", place) for place in partitions]

    def resume(self, partitions: Iterable[Partition]) -> None:
        """As the engine's."""
        self.log += [("resume", place) for place in partitions]

    async def commit(self, commits: Mapping[Partition, Commit]) -> bool:
        """As the engine's."""
        if not self.rebalancing:
            self.committed |= commits
            self._news.set()
        return not self.rebalancing

    def drained(self, partition: Partition) -> bool:
        """As the engine's: only where an end is known."""
        return self.ends.get(partition) is not None

    def end(self, partition: Partition) -> int | None:
        """As the engine's."""
        return self.ends.get(partition)


class Log:
    """A state log in memory.

    Attributes:
        records: what it holds.
        written: the units of each checkpoint, in order.
        free: unset to let writing wait.
        refuses: raised instead of writing, if set.
        closed: whether it was let go of.
    """

    def __init__(self, records: list[bytes]) -> None:
        self.records = records
        self.written: list[list[str]] = []
        self.free = asyncio.Event()
        self.free.set()
        self.refuses: Exception | None = None
        self.closed = False
        self._known: set[str] = set()

    @property
    def log_bytes(self) -> int:
        """As `StateLog`'s."""
        return sum(map(len, self.records))

    def wants_base(self, unit: str) -> bool:
        """Where it has written nothing yet."""
        return unit not in self._known

    async def write(self, checkpoints: Mapping[str, Segment]) -> Written:
        """As `StateLog`'s."""
        await self.free.wait()
        if self.refuses is not None:
            raise self.refuses
        self.written.append([*checkpoints])
        self._known |= checkpoints.keys()
        values = [value for unit, one in checkpoints.items() for value in encode(unit, one)]
        self.records += values
        return Written(sum(map(len, values)), len(values), 0.0)

    async def close(self) -> None:
        """As `StateLog`'s."""
        self.closed = True


@dataclass(frozen=True)
class Memory(Durability):
    """State and offsets that outlive workers, but not the test.

    Attributes:
        records: of each log, by topic and partition.
        logs: all that were opened, by topic and partition, the last one last.
        offsets: what was committed.
    """

    records: dict[tuple[str, int], list[bytes]] = field(default_factory=lambda: defaultdict(list))
    logs: dict[tuple[str, int], list[Log]] = field(default_factory=lambda: defaultdict(list))
    offsets: dict[Partition, Commit] = field(default_factory=dict)

    async def open_log(
        self, topic: str, kind: str, number: int, playback: Playback | None
    ) -> tuple[Log, dict[str, Restored]]:
        """A new log over what the last one left."""
        del kind, playback
        assembler = Assembler()
        for record in self.records[topic, number]:
            assembler.feed(record)
        log = Log(self.records[topic, number])
        self.logs[topic, number].append(log)
        return log, assembler.units()

    async def committed(self, places: Iterable[Partition]) -> dict[Partition, Commit]:
        """What is in `offsets`."""
        return {place: self.offsets[place] for place in places if place in self.offsets}


def memory(fingerprint: str = "key") -> Memory:
    """Nothing kept yet."""
    return Memory({}, "test", transactions=True, fingerprint=fingerprint)


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)
