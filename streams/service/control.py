"""The topic by which workers know of each other: watermarks, and what peers are compared with.

Every worker reads all of it. What stands there is a function of the log, so it does not
matter who wrote it, or how often.
"""

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec
import numpy as np
import zstandard
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from detectors.baseline import Peers, merge
from detectors.errors import SnapshotError
from detectors.events import Records
from detectors.tails import total

from .sender import Sender, Sent
from .voices import LAYOUTS, PEERS, Contribution, Said, tails_of

_KEPT_DAYS: Final = 64
"""Contributions older than the slowest shard by more days than this may be forgotten: a worker
that reads its shards' last checkpoints again is hardly further behind, and if it is, since a
thin log is read at years a minute, its contributions are few: see `_KEPT_ROWS`."""

_KEPT_ROWS: Final = 100_000
"""Nothing is forgotten before so many cohort-days are held, some 40 MB."""

_WATERMARK, _HELLO = b"watermark", b"hello"
_LOGGER = logging.getLogger(__name__)


_LAYOUT_OF: Final = {
    voice: hashlib.blake2b(repr(layout.descr).encode(), digest_size=8).digest()
    for voice, layout in LAYOUTS.items()
}


class Watermark(msgspec.Struct, frozen=True, array_like=True):
    """How far a source partition has come.

    Attributes:
        time: its clock, ms.
        idle: whether it has nothing more to be read, so that nobody has to wait for it.
    """

    time: int
    idle: bool


class Board:
    """What is known of all partitions and shards. No I/O.

    Args:
        kept_rows: cohort-days that are held before any is forgotten.
    """

    def __init__(self, kept_rows: int = _KEPT_ROWS) -> None:
        self._kept_rows = kept_rows
        self.watermarks: dict[int, Watermark] = {}
        self.said = {voice: Said(voice) for voice in LAYOUTS}
        self._peers: dict[int, Peers] = {}

    def put(self, said: Contribution) -> None:
        """What a shard knew as a day began."""
        self.said[said.voice].put(said.shard, said.day, said.known)

    def said_until(self, voice: str, shard: int) -> int:
        """The last day that a shard has said anything of by a voice; -1 if none."""
        return self.said[voice].until(shard)

    def has_begun(self, day: int) -> bool:
        """Whether a day has begun on every shard of actors."""
        return self.said[PEERS].slowest() >= day

    def peers(self, day: int) -> Peers | None:
        """What actors are compared with on a day; None until every shard has said its part."""
        if day not in self._peers:
            known = self.said[PEERS].at(day - 1)
            if known is None:
                return None
            self._peers[day] = Peers(merge(known))
            self._forget(day)
        return self._peers[day]

    def tails(self, kind: str, day: int) -> Records | None:
        """How near to alerts tenants came, as it counts on a day; None as for `peers`."""
        known = self.said[tails_of(kind)].at(day - 1)
        return None if known is None else total(known)

    def _forget(self, today: int) -> None:
        if sum(map(len, self.said[PEERS])) <= self._kept_rows:
            return
        # Shards that read their log again have said more already than they ask for.
        oldest = min(today, self.said[PEERS].slowest()) - _KEPT_DAYS
        for said in self.said.values():
            said.forget(oldest)
        for day in [day for day in self._peers if day < oldest]:
            del self._peers[day]

    def frontier(self, source: int, sources: int, max_skew: int) -> int | None:
        """The event time up to which a source may be read; None if there is no limit.

        Args:
            source: the partition's number.
            sources: how many source partitions there are.
            max_skew: how far it may be ahead of the others, ms.
        """
        others = [self.watermarks.get(number) for number in range(sources) if number != source]
        if None in others:
            return np.iinfo(np.int64).min
        moving = [mark.time for mark in others if mark is not None and not mark.idle]
        return min(moving) + max_skew if moving else None


class Control:
    """The board, kept in step with the topic.

    Args:
        options: of aiokafka's clients.
        topic: of one partition.
        sender: what is said goes through it.
        on_failure: told if the topic cannot be read any more.

    Attributes:
        board: what is known.
        own: the source partitions that are read here: what comes back of them is old.
        on_news: called when others have said something.
        on_newcomer: called when a worker has begun that may not have heard what was said.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        topic: str,
        sender: Sender,
        on_failure: Callable[[BaseException], None],
    ) -> None:
        self.board = Board()
        self.on_news: Callable[[], None] = lambda: None
        self.on_newcomer: Callable[[], None] = lambda: None
        self.own: frozenset[int] = frozenset()
        self._options = options
        self._place = TopicPartition(topic, 0)
        self._sender = sender
        self._on_failure = on_failure
        # What others believe of sources. A former owner may still have spoken after the present.
        self._told: dict[int, Watermark] = {}
        # Sources of which something was said since the last worker began.
        self._said: set[int] = set()
        self._hello = secrets.token_bytes(8)
        self._caught_up = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read what was said until now, and go on reading."""
        consumer = AIOKafkaConsumer(
            **self._options, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        await consumer.start()
        consumer.assign([self._place])
        # The end of a topic is where one's own word is: not every broker tells it.
        await self._say(_HELLO, self._hello)
        self._reader = asyncio.create_task(self._read(consumer))
        self._reader.add_done_callback(self._check)
        caught_up = asyncio.create_task(self._caught_up.wait())
        await asyncio.wait([caught_up, self._reader], return_when=asyncio.FIRST_COMPLETED)
        caught_up.cancel()
        if self._reader.done():
            self._reader.result()

    async def stop(self) -> None:
        """Read no more."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait([self._reader])

    async def announce(self, source: int, mark: Watermark) -> None:
        """Say how far a source partition has come."""
        self.board.watermarks[source] = mark
        if self._told.get(source) != mark or source not in self._said:
            self._told[source] = mark
            self._said.add(source)
            await self._say(b"%s/%d" % (_WATERMARK, source), msgspec.msgpack.encode(mark))

    async def contribute(self, said: Contribution) -> Sent:
        """Say what a shard knew as a day began."""
        self.board.put(said)
        value = _LAYOUT_OF[said.voice] + zstandard.compress(said.known.tobytes(), 1)
        return await self._say(f"{said.voice}/{said.shard}/{said.day}".encode(), value)

    async def _say(self, key: bytes, value: bytes) -> Sent:
        return await self._sender.send(self._place.topic, value, key=key, partition=0)

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        try:
            while True:
                batches = await consumer.getmany(timeout_ms=1_000)
                for records in batches.values():
                    self._hear(records)
        finally:
            await consumer.stop()

    def _hear(self, records: Iterable["ConsumerRecord[bytes, bytes]"]) -> None:
        for record in records:
            if not record.value:
                # A tombstone says nothing.
                continue
            try:
                self._note(record.key or b"", record.value or b"")
            except (ValueError, msgspec.DecodeError, zstandard.ZstdError) as error:
                raise SnapshotError(
                    f"{self._place.topic}: offset {record.offset} is not of this version"
                ) from error
        self.on_news()

    def _note(self, key: bytes, value: bytes) -> None:
        kind, *numbers = key.split(b"/")
        if kind == _WATERMARK:
            (source,) = map(int, numbers)
            self._told[source] = msgspec.msgpack.decode(value, type=Watermark)
            if source not in self.own:
                self.board.watermarks[source] = self._told[source]
        elif (voice := kind.decode()) in LAYOUTS:
            shard, day = map(int, numbers)
            self.board.put(Contribution(voice, shard, day, _rows_of(voice, value)))
        elif kind == _HELLO and value == self._hello:
            self._caught_up.set()
        elif kind == _HELLO and self._caught_up.is_set():
            # The topic forgets after a day: whoever is new may not have heard of us.
            self._said.clear()
            self.on_newcomer()

    def _check(self, reader: "asyncio.Task[None]") -> None:
        if not reader.cancelled() and (error := reader.exception()) is not None:
            _LOGGER.error("control topic: %r", error)
            self._on_failure(error)


def _rows_of(voice: str, value: bytes) -> Records:
    layout = _LAYOUT_OF[voice]
    if not value.startswith(layout):
        raise SnapshotError("a worker of another version is running; stop all before an upgrade")
    return np.frombuffer(zstandard.decompress(value[len(layout) :]), LAYOUTS[voice])
