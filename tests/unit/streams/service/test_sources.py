from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.events import ABSENT_TIME
from detectors.shards.batch import shards_of
from detectors.state.actors import DAY
from streams.blocks import Block
from streams.ingest.admission import TimeRules
from streams.ingest.ingest import Ingest
from streams.ingest.pseudonyms import PlainNames
from streams.service.sources import FOREVER, Source
from tests.logs import HOUR, MINUTE, MONDAY, Fields, at, one_in, search

from .cluster import Partition, Stored, append, lines_of

FAR = 10**13
Row = tuple[int, int, str, int, int]
"""Offset, time and id of an event, the day it was judged on, and its partition."""


def source(destinations: int = 1) -> Source:
    """A source that has read nothing."""
    return Source(0, Ingest(PlainNames()), TimeRules(), destinations)


def event(time: int, number: int) -> Fields:
    """A search by one of a few."""
    return search(time, f"actor-{number % 5}", "ann", event_id=f"e{number}")


def partition(events: Iterable[Fields | bytes | None], stamps: Iterable[int]) -> Partition:
    """Records with these values and timestamps."""
    records: Partition = []
    for value, stamp in zip(events, stamps, strict=True):
        line = lines_of([value])[0] if isinstance(value, dict) else value
        append(records, line, stamp)
    return records


@st.composite
def partitions(draw: st.DrawFn) -> Partition:
    """Events that jump, lag and run ahead, between records that are none."""
    clock, events, stamps = MONDAY, list[Fields | bytes | None](), list[int]()
    for number in range(draw(st.integers(1, 25))):
        clock += draw(st.sampled_from([0, 1, 59, 300, 1500])) * MINUTE
        off = draw(st.sampled_from([0, 0, 0, -30, -90, 3, 200])) * MINUTE
        time = draw(st.sampled_from([clock + off] * 6 + [FAR]))
        events.append(
            draw(st.sampled_from([event(time, number)] * 6 + [b"{}", b"nothing", b"", None]))
        )
        stamps.append(clock)
    return partition(events, stamps)


def rows_of(blocks: Iterable[tuple[int, Block]]) -> list[Row]:
    """The rows of blocks, which must lie where their actors belong."""
    rows = []
    for number, block in blocks:
        events = block.batch.rows
        rows += [
            (int(row["index"]), int(row["time"]), event_id, int(day), number)
            for row, event_id, day in zip(events, block.batch.event_ids, block.days, strict=True)
        ]
        assert int(block.days.max(initial=0)) <= block.day
    return rows


def in_order(rows: Iterable[Row]) -> list[Row]:
    """By their offsets, within which there are as many orders as destinations."""
    return sorted(rows)


@given(partitions(), st.data())
@one_in(2)
def test_going_on_from_any_commit_is_going_on(records: Partition, data: st.DataObject) -> None:
    """What is late or ahead, on what day it is judged, and what is rejected stays the same."""
    whole = source(2)
    rejects = whole.take(records)
    expected = rows_of(whole.release(FOREVER))
    found: list[Row] = []
    turned_away = set()
    current = source(2)
    while current.next_offset < len(records) or current.holds:
        if data.draw(st.booleans()):
            commit, current = current.commit, source(2)
            current.resume(commit.offset, commit.metadata)
        more = data.draw(st.integers(1, 6))
        turned_away |= {
            (reject.index, reject.reason)
            for reject in current.take(records[current.next_offset :][:more])
        }
        limit = data.draw(st.sampled_from([MONDAY + 6 * HOUR, MONDAY + 30 * HOUR, FOREVER]))
        found += rows_of(current.release(limit))

    assert in_order(found) == in_order(expected)
    assert turned_away == {(reject.index, reject.reason) for reject in rejects}
    assert current.newest == whole.newest


@given(partitions(), st.lists(st.integers(0, 40), max_size=6))
@one_in(2)
def test_what_is_held_back_is_released_as_if_it_had_not_been(
    records: Partition, hours: list[int]
) -> None:
    """In as many steps as the frontier takes; what is committed begins with what is held."""
    at_once, in_steps = source(3), source(3)
    at_once.take(records)
    in_steps.take(records)
    expected = rows_of(at_once.release(FOREVER))
    found: list[Row] = []
    for frontier in sorted(MONDAY + hour * HOUR for hour in hours):
        begin = in_steps.commit.offset
        some = rows_of(in_steps.release(frontier))
        assert all(begin <= offset < in_steps.commit.offset for offset, *_ in some)
        assert all(time <= frontier for _, time, *_ in some)
        assert in_steps.waiting_for > frontier or not in_steps.holds
        found += some
    found += rows_of(in_steps.release(FOREVER))

    for number in range(3):
        assert [row for row in found if row[4] == number] == [
            row for row in expected if row[4] == number
        ]
    assert in_steps.commit == at_once.commit
    assert in_steps.commit.offset == len(records)
    assert in_steps.waiting_for == ABSENT_TIME


@given(partitions(), st.integers(1, 5))
def test_batches_of_records_change_nothing(records: Partition, size: int) -> None:
    """Neither do records that come again."""
    expected, other = source(2), source(2)
    expected.take(records)
    found = []
    for start in range(0, len(records), size):
        other.take(records[max(0, start - 2) : start + size])
        found += rows_of(other.release(FOREVER))

    assert in_order(found) == in_order(rows_of(expected.release(FOREVER)))
    assert other.counts == expected.counts
    assert other.commit == expected.commit


@given(partitions())
def test_rows_go_where_their_actors_are(records: Partition) -> None:
    """Each to the partition that holds its actor's shard, in the order of the log."""
    one = source(4)
    one.take(records)
    seen: dict[int, int] = {}
    for number, block in one.release(FOREVER):
        rows = block.batch.rows
        assert block.origin == 0
        assert set((shards_of(rows["actor"][:, 0]) % 4).tolist()) <= {number}
        offsets = [seen.get(number, -1), *rows["index"].tolist()]
        assert offsets == sorted(set(offsets))
        seen[number] = offsets[-1]


def test_late_and_hasty_events_are_counted() -> None:
    """An event more than an hour behind is left out; a time beyond its record's is set back."""
    times = [at(0, 10), at(0, 8.9), at(0, 9.1), FAR, at(0, 10.2)]
    stamps = [at(0, 10), at(0, 10), at(0, 10), at(0, 10.1), at(0, 10.2)]
    one = source()
    one.take(partition([event(time, i) for i, time in enumerate(times)], stamps))

    rows = rows_of(one.release(FOREVER))

    assert [row[:2] for row in rows] == [
        (0, at(0, 10)),
        (2, at(0, 9.1)),
        (3, at(0, 10.1)),
        (4, at(0, 10.2)),
    ]
    assert (one.counts.events, one.counts.late, one.counts.clock_ahead) == (4, 1, 1)


def test_a_clock_far_ahead_does_not_hold_its_source_back() -> None:
    """Its record's timestamp says when it was: the frontier is asked about that."""
    one = source()
    one.take(partition([event(FAR, 0)], [at(0, 10)]))

    assert one.waiting_for == at(0, 10)
    assert [row[1] for row in rows_of(one.release(at(0, 10)))] == [at(0, 10)]


def test_a_clock_far_ahead_does_not_make_a_log_late_that_is_sent_later() -> None:
    """Yesterday's file is sent today: one wrong clock in it costs nothing else."""
    one = source()
    events = [event(at(0, 1), 0), event(FAR, 1), event(at(0, 1.1), 2), event(at(0, 1.2), 3)]
    one.take(partition(events, [at(1, 9)] * 4))

    rows = rows_of(one.release(at(0, 1.15)))
    assert [row[1] for row in rows] == [at(0, 1), at(0, 1), at(0, 1.1)]
    assert (one.waiting_for, one.counts.late, one.counts.clock_ahead) == (at(0, 1.2), 0, 1)


def test_events_of_records_without_timestamps_are_believed() -> None:
    """Records of before Kafka 0.10 have none."""
    one = source()
    one.take([Stored(3, -1, lines_of([event(at(5), 0)])[0])])

    assert [row[:2] for row in rows_of(one.release(FOREVER))] == [(3, at(5))]
    assert one.counts.clock_ahead == 0


@pytest.mark.parametrize(
    "value", [None, b"", b"\0", b" ", b"[]", b"{", b"\xff\xfe", b'{"event_id":1}']
)
def test_what_is_no_event_is_a_reject_with_its_offset(value: bytes | None) -> None:
    """A tombstone and an empty value among them; nothing of the value is told."""
    one = source()
    good = lines_of([event(at(0), 0)])[0]

    rejects = one.take([Stored(5, at(0), good), Stored(9, at(0), value), Stored(12, at(0), good)])

    assert [reject.index for reject in rejects] == [9]
    assert sum(one.counts.rejected.values()) == 1
    assert [row[0] for row in rows_of(one.release(FOREVER))] == [5, 12]
    assert one.next_offset == 13


def test_offsets_may_have_gaps() -> None:
    """Compaction and transactions leave them; positions are offsets all the same."""
    one = source()
    values = lines_of([event(at(0, i), i) for i in range(3)])
    one.take(
        [Stored(offset, at(0, 5), value) for offset, value in zip([2, 7, 40], values, strict=True)]
    )

    assert [row[0] for row in rows_of(one.release(FOREVER))] == [2, 7, 40]
    assert one.commit.offset == 41


def test_a_day_is_told_once_to_each_partition() -> None:
    """Also to those that no event of the day goes to, and behind the events of the day."""
    one = source(4)
    one.take(partition([event(at(0, 1), 0), event(at(0, 2), 0)], [at(0, 2)] * 2))
    blocks = one.release(FOREVER)
    today = at(0) // DAY

    assert [(number, len(block.batch)) for number, block in blocks[1:]] == [
        (n, 0) for n in range(4)
    ]
    assert {block.day for _, block in blocks} == {today}
    assert one.tick(today) == one.tick(today - 1) == []
    assert [number for number, _ in one.tick(today + 3)] == [0, 1, 2, 3]
    one.take([Stored(2, at(1), lines_of([event(at(1), 9)])[0])])
    assert [len(block.batch) for _, block in one.release(FOREVER)] == [1]


def test_a_commit_without_metadata_is_an_offset() -> None:
    """Brokers may drop it, and other tools reset groups: then the clock begins anew."""
    one = source()
    one.resume(7, "")

    assert (one.next_offset, one.newest) == (7, ABSENT_TIME)
    assert one.take([Stored(6, at(0), b"")]) == []


def test_rejects_are_gone_through_without_events() -> None:
    """A log of nothing but them is read and committed."""
    one = source()
    one.take(partition([b"{}"] * 3, [at(0)] * 3))

    assert one.release(FOREVER) == []
    assert one.commit.offset == 3
    assert np.asarray(one.counts.events) == 0
