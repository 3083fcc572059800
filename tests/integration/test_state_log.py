"""What the state log promises, on Apache Kafka."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self
from uuid import uuid4

import numpy as np
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import PolicyViolationError

from detectors.errors import BrokerError, FencedError, SnapshotError
from streams.checkpoints import Restored, Segment, StateLog, Tracker
from streams.checkpoints.journal import key_of
from streams.checkpoints.records import encode
from streams.embedded import EmbeddedBroker
from tests.kafka.cluster import KafkaCluster

PARTITIONS = 2


class Unit:
    """A unit with two arrays, of which a checkpoint changes some rows."""

    def __init__(self, name: str, rows: int = 5_000) -> None:
        self.name = name
        self.tracker = Tracker()
        self.arrays: dict[str, Any] = {
            "rows": np.random.default_rng(len(name)).integers(0, 1 << 62, rows),
            "keys": np.arange(rows, dtype=np.uint64),
        }
        self.round = 0

    def live(self, rows: int = 20) -> None:
        """Change so many rows and add some."""
        self.round += 1
        rng = np.random.default_rng(self.round)
        self.arrays["rows"][rng.integers(0, len(self.arrays["rows"]), rows)] = self.round
        self.arrays["keys"] = np.append(self.arrays["keys"], np.arange(rows, dtype=np.uint64))

    def segment(self, log: StateLog, *, base: bool = False) -> Segment:
        """What the log wants of it."""
        take = self.tracker.base if base or log.wants_base(self.name) else self.tracker.delta
        return take({"round": self.round}, self.arrays)

    def equals(self, restored: Restored) -> bool:
        """Whether it was restored as it is."""
        return restored.about == {"round": self.round} and all(
            np.array_equal(self.arrays[name], restored.arrays[name]) for name in self.arrays
        )


@asynccontextmanager
async def administration(options: Mapping[str, Any]) -> AsyncIterator[AIOKafkaAdminClient]:
    """A client for it."""
    admin = AIOKafkaAdminClient(**options)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


class Topic:
    """A topic of state of one test's own."""

    def __init__(self, bootstrap: str) -> None:
        self.name = f"state-{uuid4().hex[:8]}"
        self.options: Mapping[str, Any] = {"bootstrap_servers": bootstrap}

    async def __aenter__(self) -> Self:
        async with administration(self.options) as admin:
            await admin.create_topics([NewTopic(self.name, PARTITIONS, 1)])
        return self

    async def __aexit__(self, *_: object) -> None:
        async with administration(self.options) as admin:
            await admin.delete_topics([self.name])

    async def open(
        self, partition: int = 0, *, transactions: bool = True
    ) -> tuple[StateLog, dict[str, Restored]]:
        """The log of a partition, as its next owner opens it."""
        return await StateLog.open(
            self.options,
            self.name,
            partition,
            f"{self.name}-{partition}",
            transactions=transactions,
        )


def run(bootstrap: str, story: Callable[[Topic], Any]) -> None:
    """Play a story on a topic of its own."""

    async def play() -> None:
        async with asyncio.timeout(120), Topic(bootstrap) as topic:
            await story(topic)

    asyncio.run(play())


async def reopened(
    log: StateLog, topic: Topic, **kind: bool
) -> tuple[StateLog, dict[str, Restored]]:
    """The log closed by its owner and opened by the next."""
    await log.close()
    return await topic.open(**kind)


async def many_rounds(topic: Topic, *, transactions: bool) -> StateLog:
    """Many checkpoints by several owners; each finds the units as they are."""
    units = [Unit(f"actors.{number:02}") for number in range(4)]
    log, restored = await topic.open(transactions=transactions)
    assert restored == {}
    for number in range(60):
        for unit in units[: 1 + number % 4]:
            unit.live(300)
        await log.write({unit.name: unit.segment(log) for unit in units})
        if number % 15 == 14:
            log, restored = await reopened(log, topic, transactions=transactions)
            assert all(unit.equals(restored[unit.name]) for unit in units)
            for unit in units:
                unit.tracker = Tracker()
                unit.tracker.resume(restored[unit.name])
    await log.close()
    return log


@pytest.mark.parametrize("transactions", [True, False])
def test_units_come_back_after_many_rounds(kafka: KafkaCluster, *, transactions: bool) -> None:
    """Bases and deltas of many owners make the units as they are, in a log that stays short."""

    async def story(topic: Topic) -> None:
        log = await many_rounds(topic, transactions=transactions)
        assert log.log_bytes < 4 * log.live_bytes

    run(kafka.bootstrap, story)


def test_units_come_back_from_the_embedded_broker(embedded: EmbeddedBroker) -> None:
    """A broker without transactions, and that cannot shorten a log, keeps state all the same."""

    async def story(topic: Topic) -> None:
        log = await many_rounds(topic, transactions=False)
        assert log.cut_offset == 0

    run(embedded.address, story)


def test_a_broker_that_is_not_there_is_an_error() -> None:
    """The log cannot be opened without its broker."""

    async def story() -> None:
        await Topic("127.0.0.1:1").open()

    with pytest.raises(BrokerError, match="state-"):
        asyncio.run(story())


def test_partitions_are_apart(kafka: KafkaCluster) -> None:
    """The owner of one partition neither sees nor fences that of another."""

    async def story(topic: Topic) -> None:
        (zero, _), (one, restored) = await topic.open(0), await topic.open(1)
        unit = Unit("actors.00")
        await zero.write({unit.name: unit.segment(zero)})
        await one.close()
        one, restored = await topic.open(1)
        assert restored == {}
        unit.live()
        await zero.write({unit.name: unit.segment(zero)})
        await zero.close()
        await one.close()

    run(kafka.bootstrap, story)


def test_a_checkpoint_larger_than_a_record_comes_back(kafka: KafkaCluster) -> None:
    """Units of many megabytes go in as many records as they need."""

    async def story(topic: Topic) -> None:
        unit = Unit("actors.00", rows=1_000_000)
        log, _ = await topic.open()
        written = await log.write({unit.name: unit.segment(log)})
        assert written.records > 10
        assert written.bytes == log.log_bytes
        log, restored = await reopened(log, topic)
        assert unit.equals(restored[unit.name])
        assert log.log_bytes == written.bytes
        await log.close()

    run(kafka.bootstrap, story)


def test_a_checkpoint_torn_by_a_crash_is_not_there(kafka: KafkaCluster) -> None:
    """Records of a transaction that was never committed are invisible to the next owner."""

    async def story(topic: Topic) -> None:
        unit = Unit("actors.00")
        log, _ = await topic.open()
        await log.write({unit.name: unit.segment(log)})
        before = {name: array.copy() for name, array in unit.arrays.items()}
        unit.live()
        await leave_torn(log, topic, unit)

        successor, restored = await topic.open()

        assert restored[unit.name].about == {"round": 0}
        assert all(
            np.array_equal(restored[unit.name].arrays[name], before[name]) for name in before
        )
        await successor.close()
        await log.close()

    run(kafka.bootstrap, story)


async def leave_torn(log: StateLog, topic: Topic, unit: Unit) -> None:
    """Write all of a checkpoint but its commit."""
    producer = log._producer  # noqa: SLF001 - a crash has no door of its own
    await producer.begin_transaction()
    values = [*encode(unit.name, unit.tracker.delta({"round": 1}, unit.arrays)), b""]
    for number, value in enumerate(values):
        await producer.send_and_wait(topic.name, value, key_of(7, number), partition=0)


def test_a_worker_that_wakes_up_is_fenced(kafka: KafkaCluster) -> None:
    """Whoever opens the log is its owner; what the former one writes does not get in."""

    async def story(topic: Topic) -> None:
        unit = Unit("actors.00")
        sleeper, _ = await topic.open()
        await sleeper.write({unit.name: unit.segment(sleeper)})
        owner, restored = await topic.open()
        unit.live()

        for _ in range(2):
            with pytest.raises(FencedError, match="another worker owns this partition now"):
                await sleeper.write({unit.name: unit.segment(sleeper, base=True)})

        tracker = Tracker()
        tracker.resume(restored[unit.name])
        delta = tracker.delta({"round": 1}, unit.arrays)
        await owner.write({unit.name: delta})
        await sleeper.close()
        owner, restored = await reopened(owner, topic)
        assert unit.equals(restored[unit.name])
        assert restored[unit.name].id == delta.id
        await owner.close()

    run(kafka.bootstrap, story)


@pytest.mark.parametrize("moment", [0.0, 0.02, 0.05, 0.1, 0.2])
def test_a_worker_fenced_while_it_writes_has_written_all_or_nothing(
    kafka: KafkaCluster, moment: float
) -> None:
    """Whenever the next owner comes, it finds a checkpoint whole or not at all."""

    async def story(topic: Topic) -> None:
        units = [Unit("actors.00", rows=300_000), Unit("actors.01", rows=300_000)]
        former, _ = await topic.open()
        await former.write({unit.name: unit.segment(former) for unit in units})
        for unit in units:
            unit.live(200_000)
        segments = {unit.name: unit.segment(former, base=True) for unit in units}
        writing = asyncio.create_task(former.write(segments))
        await asyncio.sleep(moment)

        owner, restored = await topic.open()

        (outcome,) = await asyncio.gather(writing, return_exceptions=True)
        written = not isinstance(outcome, BaseException)
        assert written or isinstance(outcome, FencedError)
        assert {each.about["round"] for each in restored.values()} == {int(written)}
        assert all(unit.equals(restored[unit.name]) for unit in units if written)
        await former.close()
        await owner.close()

    run(kafka.bootstrap, story)


def test_the_head_is_cut(kafka: KafkaCluster) -> None:
    """The broker gives up what no recovery needs, and the log stays short."""

    async def story(topic: Topic) -> None:
        idle, busy = Unit("actors.00"), Unit("actors.01")
        log, _ = await topic.open()
        await log.write({idle.name: idle.segment(log), busy.name: busy.segment(log)})
        for _ in range(30):
            busy.live(3_000)
            await log.write({unit.name: unit.segment(log) for unit in (idle, busy)})
            assert log.log_bytes < 4 * log.live_bytes
        assert log.cut_offset > 0
        async with administration(topic.options) as admin:
            place = TopicPartition(topic.name, 0)
            low = await admin.delete_records({place: RecordsToDelete(0)})
        assert low[place] == log.cut_offset

        log, restored = await reopened(log, topic)

        assert idle.equals(restored[idle.name])
        assert busy.equals(restored[busy.name])
        await log.close()

    run(kafka.bootstrap, story)


def test_a_broker_that_does_not_cut_is_noted_once(
    kafka: KafkaCluster, caplog: pytest.LogCaptureFixture
) -> None:
    """A topic that must not be shortened grows, and the service goes on."""

    async def story(topic: Topic) -> None:
        log, _ = await topic.open()
        unit = Unit("actors.00")
        await compact(topic)
        for _ in range(12):
            await log.write({unit.name: unit.segment(log, base=True)})
        assert PolicyViolationError.__name__ in log.cut_refused
        log, restored = await reopened(log, topic)
        assert unit.equals(restored[unit.name])
        await log.close()

    with caplog.at_level("WARNING", "streams.checkpoints"):
        run(kafka.bootstrap, story)

    notes = [record for record in caplog.records if record.name.startswith("streams.checkpoints")]
    assert len(notes) == 1


async def compact(topic: Topic) -> None:
    """Make a topic one whose records cannot be deleted by offset."""
    async with administration(topic.options) as admin:
        await admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, topic.name, {"cleanup.policy": "compact"})]
        )


def test_a_gap_is_refused_before_it_is_written(kafka: KafkaCluster) -> None:
    """A delta whose forerunner never got into the log would be lost at the next recovery."""

    async def story(topic: Topic) -> None:
        unit = Unit("actors.00")
        log, _ = await topic.open()
        await log.write({unit.name: unit.segment(log)})
        unit.live()
        unit.segment(log)
        with pytest.raises(SnapshotError, match="does not follow"):
            await log.write({unit.name: unit.segment(log)})
        await log.write({unit.name: unit.segment(log, base=True)})
        log, restored = await reopened(log, topic)
        assert unit.equals(restored[unit.name])
        await log.close()

    run(kafka.bootstrap, story)
