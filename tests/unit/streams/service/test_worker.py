import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec
import orjson
import pytest
from aiokafka.errors import KafkaTimeoutError
from prometheus_client import CollectorRegistry

from detectors.alerts import Alert
from detectors.pipeline import Pipeline
from streams.ingest.ingest import Ingest
from streams.ingest.pseudonyms import PseudonymKey
from streams.kafka.topics import Topics, topics
from streams.service.control import Control, Watermark
from streams.service.flow import Partition
from streams.service.metrics import Metrics
from streams.service.publisher import Publisher
from streams.service.sender import Sender
from streams.service.tools import Tools
from streams.service.worker import Worker
from streams.settings import Settings
from streams.settings.kafka import Kafka
from tests.logs import Fields, at, misuse, search

from .brokers import Memory, Producer, Reading, memory, settle
from .cluster import Stored, append, lines_of

NAMES = PseudonymKey(bytes(range(16)), 0)


@dataclass
class World:
    """A worker and what is around it."""

    worker: Worker
    producer: Producer
    flow: Reading
    memory: Memory
    control: Control
    metrics: Metrics
    topics: Topics
    generation: int = 0

    async def assign(self, *assigned: Partition) -> dict[Partition, int]:
        """A rebalance ends."""
        self.generation += 1
        return await self.worker.take_over(set(assigned), self.generation)

    def query(self, number: int = 0) -> Partition:
        """A partition of the query topic."""
        return Partition(self.topics.queries.name, number)

    def blocks(self, kind: str, number: int = 0) -> Partition:
        """A partition of a topic of blocks."""
        return Partition(f"{Kafka().application}.{kind}s", number)

    def everything(self) -> list[Partition]:
        """The first partition of each topic that is read."""
        return [self.query(), *map(self.blocks, ("actor", "subject", "network", "cohort"))]


def world(
    kept: Memory | None = None,
    producer: Producer | None = None,
    *,
    partitions: int = 1,
    sources: int = 1,
) -> World:
    """A worker that has no partitions yet."""
    kept = memory() if kept is None else kept
    producer = producer or Producer()
    settings = Settings(kafka=Kafka(partitions=partitions))
    named = topics(settings.kafka)
    sender = Sender(producer, lambda _: None)
    control = Control({}, named.control.name, sender, _unexpected)
    metrics = Metrics(CollectorRegistry())
    publisher = Publisher(sender, named, control, metrics)
    tools = Tools(settings, NAMES, named, kept, control, publisher, metrics)
    flow = Reading()
    return World(Worker(tools, flow, sources), producer, flow, kept, control, metrics, named)


def run(story: Callable[[], Awaitable[None]]) -> None:
    """Tell a story."""

    async def told() -> None:
        await story()

    asyncio.run(told())


def _unexpected(error: BaseException) -> None:
    raise AssertionError(error)


def records(events: Sequence[Fields], first: int = 0) -> list[Stored]:
    """Query records from an offset on, written as the events happened."""
    return [
        Stored(first + i, event["event_time"], line)
        for i, (event, line) in enumerate(zip(events, lines_of(events), strict=True))
    ]


def one_event(hour: float = 0, first: int = 0) -> list[Stored]:
    """A record of one search."""
    return records([search(at(0, hour), "ada", "ann", event_id=f"e{first}")], first)


def test_offsets_of_queries_are_committed_when_what_they_made_has_arrived() -> None:
    """A crash before loses nothing, since they are read again."""

    async def story() -> None:
        one = world(producer=Producer(at_once=False))
        await one.assign(one.query())
        await one.worker.receive(one.query(), one_event())
        committing = asyncio.ensure_future(one.worker.inlets.commit())
        await settle()
        assert not one.flow.committed
        one.producer.arrive()
        await committing
        assert one.flow.committed[one.query()].offset == 1

    run(story)


def test_offsets_behind_a_lost_record_are_never_committed() -> None:
    """Also if everything after it arrives."""

    async def story() -> None:
        one = world(producer=Producer(at_once=False))
        await one.assign(one.query())
        await one.worker.receive(one.query(), one_event())
        one.producer.arrive(KafkaTimeoutError())
        one.producer.at_once = True
        await one.worker.receive(one.query(), one_event(1, first=1))
        for _ in range(2):
            with pytest.raises(KafkaTimeoutError):
                await one.worker.inlets.commit()
        assert not one.flow.committed

    run(story)


def test_what_could_not_be_sent_is_not_committed() -> None:
    """The producer refused it at once, after it was read."""

    async def story() -> None:
        one = world()
        await one.assign(one.query(), one.blocks("actor"))
        one.producer.refuses = KafkaTimeoutError()
        with pytest.raises(KafkaTimeoutError):
            await one.worker.receive(one.query(), one_event())
        one.producer.refuses = None
        await one.worker.inlets.commit()
        assert not one.flow.committed
        positions = await one.assign(one.query(), one.blocks("actor"))
        assert positions[one.query()] == 0

    run(story)


def test_a_commit_that_a_rebalance_refuses_is_made_again() -> None:
    """One that nothing was added to since is not."""

    async def story() -> None:
        one = world()
        await one.assign(one.query())
        await one.worker.receive(one.query(), one_event())
        one.flow.rebalancing = True
        await one.worker.inlets.commit()
        one.flow.rebalancing = False
        await one.worker.inlets.commit()
        assert one.flow.committed[one.query()].offset == 1
        one.flow.committed.clear()
        await one.worker.inlets.commit()
        assert not one.flow.committed

    run(story)


def test_a_source_ahead_of_others_is_paused_until_they_come() -> None:
    """It sends nothing of what it holds, and commits nothing of it."""

    async def story() -> None:
        one = world(sources=2)
        await one.assign(one.query())
        await one.worker.receive(one.query(), one_event(5))
        assert one.flow.log == [("pause", one.query())]
        assert not one.producer.of(one.topics.actors.name)
        await one.worker.inlets.commit()
        assert one.flow.committed[one.query()].offset == 0
        one.control.board.watermarks[1] = Watermark(at(0, 3.9), idle=False)
        await one.worker.tend()
        assert len(one.flow.log) == 1
        one.control.board.watermarks[1] = Watermark(at(0, 4), idle=False)
        await one.worker.tend()
        assert one.flow.log == [("pause", one.query()), ("resume", one.query())]
        assert one.producer.of(one.topics.actors.name)

    run(story)


def test_sources_of_one_worker_wait_for_each_other() -> None:
    """Without another having to say anything."""

    async def story() -> None:
        one = world(sources=2)
        await one.assign(one.query(0), one.query(1))
        await one.worker.receive(one.query(0), one_event(5))
        assert one.flow.log == [("pause", one.query(0))]
        await one.worker.receive(one.query(1), one_event(4.5))
        assert one.flow.log[-1] == ("resume", one.query(0))
        sent = [record.value for record in one.producer.of(one.topics.actors.name)]
        assert len(sent) >= 2

    run(story)


def test_a_station_that_waits_for_others_is_paused() -> None:
    """Until what it waits for is said; whoever tends the worker is woken then."""

    async def story() -> None:
        one, two = world(partitions=2), world(partitions=2)
        await one.assign(one.query(), one.blocks("actor", 0))
        await two.assign(two.blocks("actor", 1))
        await one.worker.receive(one.query(), one_event())
        sent = one.producer.of(one.topics.actors.name)
        for number, each in enumerate((one, two)):
            part = [record.value for record in sent if record.partition == number]
            place = each.blocks("actor", number)
            stored = [Stored(offset, 0, value) for offset, value in enumerate(part)]
            await each.worker.receive(place, stored)
            assert each.flow.log == [("pause", place)]
        said = [
            *one.producer.of(one.topics.control.name),
            *two.producer.of(one.topics.control.name),
        ]
        for each in (one, two):
            each.control._hear([_Heard(r.key, r.value) for r in said])  # noqa: SLF001
            await asyncio.wait_for(each.worker.news(), 1)
            await each.worker.tend()
            assert [what for what, _ in each.flow.log] == ["pause", "resume"]

    run(story)


class _Heard(msgspec.Struct):
    """A record of the control topic."""

    key: bytes | None
    value: bytes | None
    offset: int = 0


def test_what_was_ours_before_goes_on_as_it_is() -> None:
    """What was not, or may have had another owner meanwhile, comes from its checkpoints."""

    async def story() -> None:
        one = world()
        actor, subject = one.blocks("actor"), one.blocks("subject")
        await one.assign(actor, subject, one.query())
        kept, lost, inlet = (
            one.worker.keepers[actor],
            one.worker.keepers[subject],
            one.worker.inlets.places[one.query()],
        )
        await one.assign(actor, one.query())
        assert one.worker.keepers == {actor: kept}
        assert one.worker.inlets.places == {one.query(): inlet}
        await one.assign(actor, subject, one.query())
        assert one.worker.keepers[actor] is kept
        assert one.worker.keepers[subject] is not lost
        one.generation += 1
        await one.assign(actor, subject, one.query())
        assert one.worker.keepers[actor] is not kept
        assert one.worker.inlets.places[one.query()] is not inlet
        state = one.topics.actor_state.name
        assert [log.closed for log in one.memory.logs[state, 0]] == [True, False]
        await one.worker.receive(Partition("elsewhere", 0), one_event())

    run(story)


def test_what_is_broken_is_opened_anew() -> None:
    """Though it was ours: what it holds was not sent."""

    async def story() -> None:
        one = world()
        actor = one.blocks("actor")
        await one.assign(actor, one.query())
        await one.worker.receive(one.query(), one_event())
        broken = one.worker.keepers[actor]
        block = one.producer.of(one.topics.actors.name)[0]
        one.producer.refuses = KafkaTimeoutError()
        with pytest.raises(KafkaTimeoutError):
            await one.worker.receive(actor, [Stored(0, 0, block.value)])
        one.producer.refuses = None
        assert await one.assign(actor, one.query()) == {actor: 0, one.query(): 1}
        assert one.worker.keepers[actor] is not broken
        assert broken.broken

    run(story)


def test_letting_go_saves_and_commits() -> None:
    """So that the next owner reads nothing again."""

    async def story() -> None:
        one = world()
        await one.assign(one.query(), one.blocks("actor"))
        await one.worker.receive(one.query(), one_event())
        block = one.producer.of(one.topics.actors.name)[0]
        await one.worker.receive(one.blocks("actor"), [Stored(0, 0, block.value)])
        await one.worker.let_go(60)
        assert {place: commit.offset for place, commit in one.flow.committed.items()} == {
            one.query(): 1,
            one.blocks("actor"): 1,
        }
        other = world(replace(one.memory, offsets=one.flow.committed))
        assert await other.assign(*one.flow.committed) == {one.query(): 1, one.blocks("actor"): 1}

    run(story)


def test_letting_go_takes_no_longer_than_there_is_time() -> None:
    """A broker that does not answer costs the last checkpoint; later ones are made."""

    async def story() -> None:
        one = world(producer=Producer(at_once=False))
        await one.assign(one.query(), one.blocks("actor"))
        await one.worker.receive(one.query(), one_event())
        await asyncio.wait_for(one.worker.let_go(0.01), 10)
        assert not one.flow.committed
        one.producer.arrive()
        await one.worker.let_go(60)
        assert one.flow.committed[one.query()].offset == 1

    run(story)


def test_letting_go_of_what_failed_is_survived() -> None:
    """Others will read it again."""

    async def story() -> None:
        one = world(producer=Producer(at_once=False))
        await one.assign(one.query(), one.blocks("actor"))
        await one.worker.receive(one.query(), one_event())
        one.producer.arrive(KafkaTimeoutError())
        await one.worker.let_go(60)
        assert not one.flow.committed
        await one.worker.close()
        assert not one.worker.keepers
        assert not one.worker.inlets.places

    run(story)


def test_rejects_are_told_with_their_place() -> None:
    """And why they are none; nothing of what is in them."""

    async def story() -> None:
        one = world()
        await one.assign(one.query())
        await one.worker.receive(one.query(), [Stored(4, 0, b'{"secret":1}'), Stored(6, 0, None)])
        told = one.producer.of(one.topics.rejects.name)
        assert [record.key for record in told] == [b"face-search.queries/0/%d" % n for n in (4, 6)]
        first = orjson.loads(told[0].value)
        assert (first["topic"], first["partition"], first["offset"]) == (*one.query(), 4)
        assert first["reason"] == "missing_field"
        assert b"secret" not in told[0].value

    run(story)


def test_workers_that_die_again_and_again_tell_what_the_pipeline_tells() -> None:
    """Each is killed in the middle of its work, and the next goes on from what was kept."""
    events = misuse()
    names = NAMES
    settings = Settings()
    judge = Pipeline(settings.detection, settings.config_hash, names.write)
    alerts = judge.observe(Ingest(names).decode(lines_of(events), 0).batch).alerts

    async def story() -> None:
        log = records(events)
        producer = Producer()
        kept = memory()
        for lived in (3, 5, 4, 30):
            one = world(kept, producer)
            said = [_Heard(r.key, r.value) for r in producer.of(one.topics.control.name)]
            one.control._hear(said)  # noqa: SLF001
            positions = await one.assign(*one.everything())
            for turn in range(lived):
                await _turn(one, positions, log)
                if turn % 2:
                    for place, keeper in one.worker.keepers.items():
                        for shards in (
                            keeper.due()[turn % 3 :: 2],
                            keeper.due()[1 - turn % 2 :: 3],
                        ):
                            await one.worker.save(place, shards)
                    await one.worker.inlets.commit()
                    await one.worker.commit_stations()
                    kept.offsets.update(one.flow.committed)
        assert not positions_left(one, log)
        told = [
            msgspec.json.decode(record.value, type=Alert)
            for topic in (one.topics.alerts.name, one.topics.shadow_alerts.name)
            for record in producer.of(topic)
        ]
        first = {(alert.alert_id, alert.revision): alert for alert in reversed(told)}
        assert len(first) < len(told)
        assert _sorted(first.values()) == _sorted(alerts)

    run(story)


async def _turn(one: World, positions: dict[Partition, int], log: Sequence[Stored]) -> None:
    """Bring the next records of every partition."""
    for place in one.everything():
        if place == one.query():
            source: Sequence[Stored] = log
        else:
            blocks: list[Stored] = []
            for record in one.producer.of(place.topic):
                append(blocks, record.value)
            source = blocks
        some = source[positions[place] :][:400]
        if some:
            positions[place] = some[-1].offset + 1
            await one.worker.receive(place, some)
    await one.worker.tend()


def positions_left(one: World, log: Sequence[Stored]) -> int:
    """How many queries were not read."""
    return len(log) - one.worker.inlets.places[one.query()].source.next_offset


def _sorted(alerts: Iterable[Alert]) -> list[bytes]:
    return sorted(msgspec.json.encode(alert) for alert in alerts)
