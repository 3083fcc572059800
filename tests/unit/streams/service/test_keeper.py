import asyncio
from collections.abc import Awaitable, Callable

import pytest

from detectors.config import Detection
from detectors.errors import BrokerError, FencedError, SnapshotError
from detectors.shards.batch import SHARDS
from streams.blocks import encode
from streams.service.control import Board
from streams.service.keeper import Keeper
from streams.service.sender import Sent
from streams.service.stations import Station
from streams.service.worker import STAGES
from tests.logs import at, name_of, search

from .brokers import Log, Memory, memory, settle
from .cluster import Stored
from .test_stations import rows

TOPIC = "state"
ALL = range(SHARDS)


def fed(offset: int) -> Stored:
    """A record with one event, of its own."""
    event = search(at(0, 1, offset), f"actor-{offset}", event_id=f"e{offset}")
    return Stored(offset, 0, encode(rows(event, first=offset)))


async def opened(durability: Memory) -> tuple[Keeper, Log]:
    """A keeper of all actors, and its log."""
    stage = STAGES["actor"](Detection(), "test", name_of)
    keeper = await Keeper.open(Station(stage, 0, 1, Board()), TOPIC, durability)
    return keeper, durability.logs[TOPIC, 0][-1]


async def advance(keeper: Keeper, offset: int) -> None:
    """Let the station apply one record."""
    async with keeper.changing() as station:
        station.take([fed(offset)])
        station.run()


async def fail_halfway(keeper: Keeper, when: asyncio.Event | None = None) -> None:
    """Let the station apply a record, and do not send what it says."""
    async with keeper.changing() as station:
        station.take([fed(1)])
        station.run()
        if when is not None:
            await when.wait()
        raise BrokerError("cannot be sent")


def run(story: Callable[[Keeper, Log, Memory], Awaitable[None]]) -> None:
    """Tell a story of a keeper that has applied one record."""

    async def told() -> None:
        durability = memory()
        keeper, log = await opened(durability)
        await advance(keeper, 0)
        await story(keeper, log, durability)

    asyncio.run(told())


def never() -> Sent:
    """A record that has not arrived."""
    return asyncio.get_running_loop().create_future()


def test_an_offset_is_committed_when_every_unit_is_behind_a_checkpoint() -> None:
    """And then the smallest; nothing is due that a checkpoint would add nothing of."""

    async def story(keeper: Keeper, log: Log, durability: Memory) -> None:
        del log, durability
        told = [(keeper.committed, keeper.due(), keeper.lacking())]
        for shards in (ALL[1:], [0]):
            await keeper.save(shards)
            told.append((keeper.committed, keeper.due(), keeper.lacking()))
        await advance(keeper, 1)
        for shards in (ALL[:7], ALL[7:]):
            await keeper.save(shards)
            told.append((keeper.committed, keeper.due(), keeper.lacking()))
        assert told == [
            (None, [*ALL], [*ALL]),
            (None, [0], [0]),
            (1, [], []),
            (1, [*ALL[7:]], []),
            (2, [], []),
        ]

    run(story)


def test_a_station_goes_on_from_its_log() -> None:
    """With the same arrays, at the position of the oldest unit."""

    async def story(keeper: Keeper, log: Log, durability: Memory) -> None:
        await keeper.save(ALL)
        await advance(keeper, 1)
        await keeper.save(ALL[:31])
        again, _ = await opened(durability)
        assert again.committed == again.station.next_offset == 1
        assert again.due() == [*ALL[:31]]
        for number in ALL[:31]:
            for key, array in keeper.station.stage.units[number].arrays().items():
                other = again.station.stage.units[number].arrays()[key]
                assert other.tobytes() == array.tobytes()
        assert log.log_bytes == again.log_bytes

    run(story)


def test_nothing_is_saved_before_what_was_said_has_arrived() -> None:
    """Or a crash would lose it: a unit behind its checkpoint never says it again."""

    async def story(keeper: Keeper, log: Log, durability: Memory) -> None:
        del durability
        sent = never()
        keeper.outstanding.add([sent])
        saving = asyncio.ensure_future(keeper.save(ALL))
        await settle()
        assert (log.written, keeper.committed) == ([], None)
        sent.set_result(None)
        saved = await saving
        assert saved is not None
        assert (saved.units, saved.bytes) == (SHARDS, log.log_bytes)
        assert len(log.written) == 1

    run(story)


def test_processing_goes_on_while_a_checkpoint_is_written() -> None:
    """It has the state as it was when it was taken."""

    async def story(keeper: Keeper, log: Log, durability: Memory) -> None:
        log.free.clear()
        saving = asyncio.ensure_future(keeper.save(ALL))
        await settle()
        await advance(keeper, 1)
        log.free.set()
        await saving
        assert (keeper.station.position, keeper.committed) == (2, 1)
        again, _ = await opened(durability)
        assert again.station.next_offset == 1
        again.station.take([fed(0), fed(1)])
        assert again.station.run().repeated == 0

    run(story)


def test_nothing_is_saved_after_a_lost_record() -> None:
    """The station is ahead of what others know: it has to be opened anew."""

    async def story(keeper: Keeper, log: Log, durability: Memory) -> None:
        del durability
        sent = never()
        sent.set_exception(BrokerError("lost"))
        keeper.outstanding.add([sent])
        with pytest.raises(BrokerError):
            await keeper.save(ALL)
        assert keeper.broken
        assert await keeper.save(ALL) is None
        assert (log.written, keeper.committed) == ([], None)

    run(story)


@pytest.mark.parametrize("error", [FencedError("another"), BrokerError("away")])
def test_nothing_is_saved_after_a_checkpoint_that_failed(error: Exception) -> None:
    """Nobody knows what the log holds then."""

    async def story(keeper: Keeper, log: Log, durability: Memory) -> None:
        del durability
        log.refuses = error
        with pytest.raises(type(error)):
            await keeper.save(ALL)
        log.refuses = None
        assert keeper.broken
        assert await keeper.save(ALL) is None
        assert (log.written, keeper.committed) == ([], None)

    run(story)


def test_nothing_is_saved_of_a_station_that_was_changed_by_half() -> None:
    """Also if the checkpoint was waiting for the change to end."""

    async def story(keeper: Keeper, log: Log, durability: Memory) -> None:
        del durability
        fail = asyncio.Event()
        changing = asyncio.ensure_future(fail_halfway(keeper, fail))
        await settle()
        saving = asyncio.ensure_future(keeper.save(ALL))
        await settle()
        fail.set()
        with pytest.raises(BrokerError):
            await changing
        assert await saving is None
        assert (keeper.broken, log.written) == (True, [])

    run(story)


def test_a_checkpoint_does_not_mend_a_station() -> None:
    """One that was being written as a change failed is whole, but no other follows."""

    async def story(keeper: Keeper, log: Log, durability: Memory) -> None:
        del durability
        log.free.clear()
        saving = asyncio.ensure_future(keeper.save(ALL))
        await settle()
        with pytest.raises(BrokerError):
            await fail_halfway(keeper)
        log.free.set()
        assert await saving is not None
        assert keeper.broken
        assert await keeper.save(ALL) is None
        assert len(log.written) == 1

    run(story)


def test_closing_waits_for_the_checkpoint_that_is_written() -> None:
    """And none begins afterwards."""

    async def story(keeper: Keeper, log: Log, durability: Memory) -> None:
        del durability
        log.free.clear()
        saving = asyncio.ensure_future(keeper.save(ALL))
        await settle()
        closing = asyncio.ensure_future(keeper.close())
        await settle()
        closed = [log.closed]
        log.free.set()
        assert await saving is not None
        await closing
        assert [*closed, log.closed] == [False, True]
        assert await keeper.save(ALL) is None

    run(story)


def test_state_of_another_key_is_refused() -> None:
    """No pseudonym in it would ever be met again."""

    async def story(keeper: Keeper, log: Log, durability: Memory) -> None:
        await keeper.save(ALL)
        other = memory("another key")
        other.records[TOPIC, 0] = durability.records[TOPIC, 0]
        with pytest.raises(SnapshotError, match="another pseudonym key"):
            await opened(other)
        assert other.logs[TOPIC, 0][-1].closed
        assert not log.closed

    run(story)


def test_groups_hold_every_unit_once() -> None:
    """In their order; small ones are together."""

    async def story(keeper: Keeper, log: Log, durability: Memory) -> None:
        del log, durability
        assert keeper.groups() == [[*ALL]]
        assert keeper.groups([3, 5]) == [[3, 5]]
        await keeper.save(ALL)
        assert keeper.groups() == []

    run(story)
