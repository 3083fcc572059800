import asyncio
from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec
import numpy as np
import pytest

from detectors.errors import SnapshotError
from detectors.events import ABSENT_TIME, Records
from detectors.shards.batch import SHARDS
from detectors.state.cohorts import COHORT
from streams.service.control import Board, Control, Watermark
from streams.service.sender import Sender
from streams.service.voices import PEERS, Contribution
from tests.logs import HOUR, MONDAY

from .brokers import Producer

DAY = 20_000
NEVER = np.iinfo(np.int64).min


class Said(NamedTuple):
    """A record of the control topic."""

    key: bytes | None
    value: bytes | None
    offset: int = 0


def known(searches: float) -> Records:
    """What a shard knows: one cohort with so many named searches."""
    rows = np.zeros(1, COHORT)
    rows["cohort"], rows["named"] = 7, searches
    return rows


def spoken(board: Board, days: Iterable[int], shards: Iterable[int] = range(SHARDS)) -> None:
    """Let shards say, as each day begins, that they know as many searches as its number."""
    for day in days:
        for shard in shards:
            board.put(Contribution(PEERS, shard, day, known(day)))


def days_of(board: Board, day: int) -> list[float] | None:
    """What a day is compared with: the searches that cohorts have."""
    peers = board.peers(day)
    return None if peers is None else peers.known["named"].tolist()


def test_peers_are_known_when_every_shard_has_begun_the_day_before() -> None:
    """And are what all of them knew then, whatever was said since."""
    board = Board()
    spoken(board, [DAY], range(SHARDS - 1))
    assert days_of(board, DAY + 1) is None
    assert days_of(board, DAY) is None
    spoken(board, [DAY], [SHARDS - 1])
    assert days_of(board, DAY + 1) == [SHARDS * DAY]
    assert days_of(board, DAY + 2) is None
    spoken(board, [DAY + 1])
    assert days_of(board, DAY + 1) == [SHARDS * DAY]
    assert days_of(board, DAY + 2) == [SHARDS * (DAY + 1)]


def test_a_shard_that_skipped_days_said_the_last_of_before() -> None:
    """Once it has begun a later day it will say nothing of those in between."""
    board = Board()
    spoken(board, [DAY, DAY + 1, DAY + 5], range(SHARDS - 1))
    spoken(board, [DAY], [SHARDS - 1])
    assert days_of(board, DAY + 3) is None
    spoken(board, [DAY + 9], [SHARDS - 1])
    assert days_of(board, DAY + 3) == [(SHARDS - 1) * (DAY + 1) + DAY]


def test_a_shard_that_began_later_knew_nothing() -> None:
    """Its first word is of a later day than is asked for."""
    board = Board()
    spoken(board, [DAY], range(SHARDS - 1))
    spoken(board, [DAY + 4], [SHARDS - 1])

    assert days_of(board, DAY + 1) == [(SHARDS - 1) * DAY]


def test_what_was_said_again_changes_nothing() -> None:
    """It is the same: whoever reads the log again says it again."""
    board = Board()
    spoken(board, [DAY])
    before = board.peers(DAY + 1)
    spoken(board, [DAY])

    assert board.peers(DAY + 1) is before


def test_old_days_are_forgotten() -> None:
    """A year of days takes no more room than some months; the last ones can still be asked for."""
    board = Board(kept_rows=100)
    for day in range(DAY, DAY + 400):
        spoken(board, [day])
        assert days_of(board, day + 1) == [SHARDS * day]
    kept = sum(map(len, board.said[PEERS]))

    assert kept <= 70 * SHARDS
    fresh = Board(kept_rows=100)
    fresh.said = board.said
    assert days_of(fresh, DAY + 340) == [SHARDS * (DAY + 339)]


def test_a_slow_shard_keeps_what_it_will_ask_for() -> None:
    """However far ahead the others are, since they wait for it one day later."""
    board = Board(kept_rows=100)
    spoken(board, range(DAY, DAY + 300), range(1, SHARDS))
    spoken(board, [DAY], [0])
    for day in range(DAY, DAY + 300):
        spoken(board, [day], [0])
        assert days_of(board, day + 1) == [SHARDS * day]


def test_days_that_are_read_again_find_what_was_said_then() -> None:
    """After a crash of all workers, which had come far since their checkpoints."""
    board = Board(kept_rows=100)
    spoken(board, range(DAY, DAY + 300))

    for day in range(DAY, DAY + 300):
        assert days_of(board, day + 1) == [SHARDS * day]


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ({}, NEVER),
        ({1: (MONDAY, False)}, NEVER),
        ({1: (MONDAY, False), 2: (MONDAY + HOUR, False)}, MONDAY + 1),
        ({1: (MONDAY, True), 2: (MONDAY + HOUR, False)}, MONDAY + HOUR + 1),
        ({1: (MONDAY, True), 2: (MONDAY + HOUR, True)}, None),
        ({1: (ABSENT_TIME, False), 2: (MONDAY, False)}, ABSENT_TIME + 1),
        ({0: (MONDAY - HOUR, False), 1: (MONDAY, False), 2: (MONDAY, False)}, MONDAY + 1),
    ],
)
def test_a_source_may_be_so_far_ahead_of_the_others(
    marks: dict[int, tuple[int, bool]], expected: int | None
) -> None:
    """Of the slowest that has anything left; nowhere, as long as one has not been heard of."""
    board = Board(kept_rows=100)
    board.watermarks = {source: Watermark(*mark) for source, mark in marks.items()}

    assert board.frontier(0, 3, 1) == expected


def test_a_source_alone_is_not_held_back() -> None:
    """There is nobody to wait for."""
    assert Board(kept_rows=100).frontier(0, 1, 1) is None


def run(story: Callable[[Control, Producer], object]) -> None:
    """Tell a story of a worker's control, of which nothing is read by itself."""

    async def told() -> None:
        producer = Producer()
        result = story(Control({}, "control", Sender(producer, _unexpected), _unexpected), producer)
        if asyncio.iscoroutine(result):
            await result

    asyncio.run(told())


def _unexpected(error: BaseException) -> None:
    raise AssertionError(error)


def test_what_one_worker_says_another_hears() -> None:
    """Watermarks and contributions come to its board as they were, and it is told of news."""

    async def story(control: Control, producer: Producer) -> None:
        await control.announce(3, Watermark(MONDAY, idle=False))
        await control.contribute(Contribution(PEERS, 5, DAY, known(12)))
        other = Control({}, "control", Sender(producer, _unexpected), _unexpected)
        news: list[int] = []
        other.on_news = lambda: news.append(1)
        other._hear([Said(record.key, record.value) for record in producer.produced])  # noqa: SLF001
        assert other.board.watermarks == {3: Watermark(MONDAY, idle=False)}
        spoken(other.board, [DAY], [shard for shard in range(SHARDS) if shard != 5])
        assert days_of(other.board, DAY + 1) == [(SHARDS - 1) * DAY + 12]
        assert news
        assert {(record.topic, record.partition) for record in producer.produced} == {
            ("control", 0)
        }

    run(story)


def test_a_watermark_is_said_once() -> None:
    """And again as it changes, or if another worker says otherwise of our source."""

    async def story(control: Control, producer: Producer) -> None:
        mark = Watermark(MONDAY, idle=False)
        control.own = frozenset([3])
        for _ in range(3):
            await control.announce(3, mark)
        assert len(producer.produced) == 1
        await control.announce(3, Watermark(MONDAY, idle=True))
        assert len(producer.produced) == 2
        stale = msgspec.msgpack.encode(mark)
        control._hear([Said(b"watermark/3", stale)])  # noqa: SLF001
        assert control.board.watermarks[3].idle
        await control.announce(3, Watermark(MONDAY, idle=True))
        assert len(producer.produced) == 3

    run(story)


def test_words_that_are_not_known_are_passed_over() -> None:
    """Others may say more one day, and greet whom they like."""

    def story(control: Control, _: Producer) -> None:
        foreign = [
            (b"hello", b"not ours"),
            (b"verdict/7", b""),
            (None, None),
            (b"", b"x"),
            (b"peers/1/20000", None),
        ]
        control._hear([Said(*record) for record in foreign])  # noqa: SLF001
        assert control.board.watermarks == {}

    run(story)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (b"watermark", b"x"),
        (b"watermark/x", msgspec.msgpack.encode(Watermark(0, idle=True))),
        (b"watermark/1/2", msgspec.msgpack.encode(Watermark(0, idle=True))),
        (b"watermark/1", b"x"),
        (b"watermark/1", msgspec.msgpack.encode(["late", 1])),
        (b"peers/1", b"x"),
        (b"peers/one/2", b"x"),
        (b"peers/1/20000", b"another layout"),
    ],
)
def test_words_of_another_version_end_the_worker(key: bytes, value: bytes | None) -> None:
    """Two versions that misunderstand each other would both go wrong without a word."""

    def story(control: Control, _: Producer) -> None:
        with pytest.raises(SnapshotError):
            control._hear([Said(key, value)])  # noqa: SLF001

    run(story)


def test_torn_figures_end_the_worker() -> None:
    """Also if they begin as they should."""

    async def story(control: Control, producer: Producer) -> None:
        await control.contribute(Contribution(PEERS, 5, DAY, known(12)))
        (said,) = producer.produced
        for value in (said.value[:-1], said.value[:8] + b"\0\0\0"):
            with pytest.raises(SnapshotError):
                control._hear([Said(said.key, value)])  # noqa: SLF001

    run(story)
