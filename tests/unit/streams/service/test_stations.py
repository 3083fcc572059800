from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from detectors.config import Detection
from detectors.errors import SnapshotError
from detectors.shards.actors import ActorShard
from detectors.shards.batch import SHARDS, shards_of
from detectors.shards.tables import Arrays
from detectors.state.actors import DAY
from streams.blocks import Block, encode, no_rows
from streams.service.control import Board
from streams.service.queued import ROWS_PER_RECORD
from streams.service.stations import Station
from streams.service.voices import LAYOUTS, Contribution, voices_of
from streams.service.worker import STAGES
from tests.logs import Fields, at, batch, name_of, search

from .cluster import Partition, append

TODAY = at(0) // DAY
OTHERS = range(1, SHARDS, 2)
"""Shards of the second of two partitions."""


def station(
    kind: str = "actor", number: int = 0, partitions: int = 1, board: Board | None = None
) -> Station:
    """A station that has read nothing."""
    stage = STAGES[kind](Detection(), "test", name_of, range(number, SHARDS, partitions))
    return Station(stage, number, partitions, board or Board())


def rows(*events: Fields, origin: int = 0, first: int = 0) -> Block:
    """Events of an upstream partition, judged on the days that they fell on."""
    log = batch(events)
    log.rows["index"] += first
    days = (log.rows["time"] // DAY).astype(np.int32)
    return Block(origin, int(days[-1]), log, days, None)


def tick(day: int, origin: int = 0) -> Block:
    """A block that only says that a day has begun."""
    return Block(origin, day, *no_rows(), None)


def topic(*blocks: Block) -> Partition:
    """A partition with these blocks."""
    records: Partition = []
    for block in blocks:
        append(records, encode(block))
    return records


def somebody(number: int) -> str:
    """An account whose shard is in this one of two partitions."""
    names = (f"actor-{i}" for i in range(1000))
    return next(name for name in names if shard_of(name) % 2 == number)


def shard_of(actor: str) -> int:
    """The shard that an account falls into."""
    return int(shards_of(batch([search(at(0), actor)]).rows["actor"][:, 0])[0])


def searches(one: Station) -> int:
    """How many events its actors have."""
    return sum(
        int(shard.actors.rows["searches"][: len(shard.actors)].sum())
        for shard in one.stage.shards.values()
        if isinstance(shard, ActorShard)
    )


Checkpoints = dict[int, tuple[dict[str, Any], Arrays]]


def checkpoints(one: Station) -> Checkpoints:
    """Of all units, as they are now."""
    return {
        number: (one.about(number), {key: array.copy() for key, array in unit.arrays().items()})
        for number, unit in one.stage.units.items()
    }


def restored(units: Checkpoints, board: Board | None = None, partitions: int = 1) -> Station:
    """A station of actors, the first, that goes on from checkpoints."""
    other = station("actor", 0, partitions, board)
    other.load(units)
    return other


def begin(board: Board, shards: Iterable[int], *days: int) -> None:
    """Let shards say that they know nothing as days begin."""
    for shard in shards:
        for day in days:
            for voice, layout in LAYOUTS.items():
                board.put(Contribution(voice, shard, day, np.zeros(0, layout)))


def waiting(records: Partition, *, days: Iterable[int]) -> tuple[Station, Board]:
    """The first of two stations of actors, if the other one has begun these days."""
    board = Board()
    begin(board, OTHERS, *days)
    one = station("actor", 0, 2, board)
    one.take(records)
    one.run()
    return one, board


def test_a_day_waits_for_every_shard() -> None:
    """What its events are compared with is of the day before; they go on when all have begun it."""
    log = topic(rows(search(at(0, 1), somebody(0))), tick(TODAY))
    one, board = waiting(log, days=[])

    assert (one.parked, one.position, searches(one)) == (True, 0, 0)
    begin(board, OTHERS, TODAY - 1)
    assert (one.run().rows, one.parked) == (0, True)
    begin(board, OTHERS, TODAY)
    assert one.run().rows == 1
    assert (one.parked, one.position, searches(one)) == (False, 2, 1)


def test_the_position_covers_a_day_that_is_waited_for() -> None:
    """A copy that is fed from there begins the day too, though all rows have been applied."""
    log = topic(rows(search(at(0, 1), somebody(0))), tick(TODAY), tick(TODAY + 2), tick(TODAY + 1))
    one, _ = waiting(log, days=[TODAY])
    board = Board()
    copy = restored(checkpoints(one), board, 2)

    assert (one.parked, searches(one), one.today) == (True, 1, TODAY + 1)
    copy.take(log[one.position :])
    begin(board, OTHERS, TODAY, TODAY + 1)
    begin(board, one.stage.units, TODAY, TODAY + 1)
    assert copy.run().rows == 0
    assert (copy.today, searches(copy)) == (TODAY + 2, 1)


def test_the_position_covers_a_day_that_rows_are_judged_on() -> None:
    """Rows behind a tick of another partition wait for its day, also when they are read again."""
    late = rows(search(at(0, 23.9), somebody(0)), origin=1)
    log = topic(tick(TODAY), tick(TODAY + 2), late)
    one, _ = waiting(log, days=[])

    assert one.position == 0
    assert restored(checkpoints(one), partitions=2).next_offset == 0


def test_rows_that_come_again_are_not_applied_again() -> None:
    """Whether their record is read again or was sent again; what is new behind them is."""
    events = [search(at(0, i), f"actor-{i}") for i in range(4)]
    log = topic(rows(*events[:3]), rows(*events))
    one = station()
    one.take(log[:1])
    assert one.run().rows == 3
    board = Board()
    begin(board, one.stage.units, TODAY)
    copy = restored(checkpoints(one), board)
    for each in (one, copy):
        each.take(log)
        outcome = each.run()
        assert (outcome.rows, outcome.repeated) == (1, 3)
        assert searches(each) == 4


def test_shards_ahead_of_others_do_not_say_again_what_they_knew() -> None:
    """After a crash, units go on from checkpoints that may lie many days apart."""
    events = [
        search(at(day, 9), f"actor-{i}", "ann", event_id=f"e{day}-{i}")
        for day in range(9)
        for i in range(3)
    ]
    log = topic(*(rows(event, first=i) for i, event in enumerate(events)))
    one = station()
    one.take(log[:3])
    said = one.run().contributions
    early = checkpoints(one)
    one.take(log)
    said += one.run().contributions
    ahead = shard_of("actor-1")
    board = Board()
    copy = restored(early | {ahead: checkpoints(one)[ahead]}, board)
    for each in said:
        board.put(each)
    copy.take(log)

    first = {each[:3]: each.known.tobytes() for each in said}
    again = {each[:3]: each.known.tobytes() for each in copy.run().contributions}

    assert len(again) == (SHARDS - 1) * 8 * len(voices_of(one.stage))
    assert again.items() <= first.items()
    for number, unit in one.stage.units.items():
        for key, array in unit.arrays().items():
            assert copy.stage.units[number].arrays()[key].tobytes() == array.tobytes(), (
                number,
                key,
            )


def test_a_first_checkpoint_of_some_units_makes_all_be_read_again() -> None:
    """The others have nothing to go on from; those that have apply nothing twice."""
    log = topic(
        *(rows(search(at(0, i), f"actor-{i}", event_id=f"e{i}"), first=i) for i in range(9))
    )
    one = station()
    one.take(log)
    one.run()
    some = shard_of("actor-0")
    board = Board()
    begin(board, [some], TODAY)
    copy = restored({some: checkpoints(one)[some]}, board)

    assert copy.next_offset == 0
    copy.take(log)
    outcome = copy.run()
    assert (outcome.rows, outcome.repeated) == (8, 1)
    assert searches(copy) == 9


def test_events_of_another_partition_are_refused() -> None:
    """The number of partitions was changed under a state that is spread over the old one."""
    one, _ = waiting([], days=[TODAY])
    one.take(topic(rows(search(at(0), somebody(1)))))

    with pytest.raises(SnapshotError, match="number of partitions"):
        one.run()


@pytest.mark.parametrize("value", [None, b"", b'{"event_id":"e"}'])
def test_records_that_are_no_blocks_are_refused(value: bytes | None) -> None:
    """Somebody else writes to a topic that is ours."""
    records = topic(tick(TODAY))
    append(records, value)

    with pytest.raises(SnapshotError, match="not a block"):
        station().take(records)


def test_state_that_lacks_something_is_refused() -> None:
    """As that of an older version might."""
    one = station()
    arrays = one.stage.units[0].arrays()
    del arrays["shard.counts"]

    with pytest.raises(SnapshotError, match="lacks 'counts'"):
        station().load({0: (one.about(0), arrays)})


def test_rows_go_on_with_their_positions() -> None:
    """To the stages that they concern, with what the actors' shards say; days go to all."""
    events = [
        search(at(0, 1), "ada", "ann"),
        search(at(0, 2), "ada", source_ip="198.51.100.0"),
        search(at(0, 3), "ada", "ann", subject_relation="self"),
        search(at(0, 4), "ada", "bea", outcome="denied"),
    ]
    one = station()
    one.take(topic(tick(TODAY), rows(*events, first=100)))

    blocks = one.run().blocks
    sent = {(kind, len(block.batch)): block for kind, _, block in blocks}

    assert sorted(sent) == [("cohort", 2), ("network", 1), ("subject", 1)]
    assert sent["subject", 1].batch.rows["index"].tolist() == [ROWS_PER_RECORD]
    assert sent["network", 1].batch.rows["index"].tolist() == [ROWS_PER_RECORD + 1]
    for kind in ("subject", "network"):
        figures = sent[kind, 1].figures
        assert figures is not None
        assert figures["searches_today"].tolist() == [1 + (kind == "network")]
    one.take(topic(tick(TODAY), rows(*events, first=100), tick(TODAY + 1)))
    assert [(kind, block.day) for kind, _, block in one.run().blocks] == [
        ("subject", TODAY + 1),
        ("network", TODAY + 1),
        ("cohort", TODAY + 1),
    ]


def test_rows_are_judged_on_the_newest_day_that_began_before_them() -> None:
    """Also on one that only another partition's tick tells of, however records are batched."""
    late = rows(search(at(0, 23.9), "ada", "ann"), origin=1)
    log = topic(tick(TODAY), tick(TODAY + 1), late)
    at_once, one_by_one = station(), station()
    at_once.take(log)
    found = [at_once.run().blocks, []]
    for record in log:
        one_by_one.take([record])
        found[1] += one_by_one.run().blocks

    for blocks in found:
        days = {day for _, _, block in blocks for day in block.days.tolist()}
        assert days == {TODAY + 1}
