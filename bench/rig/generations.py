"""State in a Faust Table: two generations in turn, a record that says which one counts."""

import asyncio
import struct
from collections.abc import Callable, Iterator, Mapping
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, cast

import faust
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from faust.transport.producer import ProducerBuffer

from detectors.shards.tables import Arrays

from .candidates import FETCH_BYTES, HELD, Recovered
from .paged import Paged

_STAMP = struct.Struct(">II")  # epoch of the owner, generation
_COMMIT = b"commit"
_PAGE_BYTES = 4096


class Generations:
    """Pages under keys that bear the generation's parity, through the table's changelog.

    A generation has the pages that changed since the one before the last, since it is written
    over that. It counts once a record says so, sent after all of its pages have arrived.
    Every value bears the epoch, which each owner raises: what an earlier owner adds later can
    be told by it, but not kept away.
    """

    name = "Faust Table, 4 KiB"
    config: ClassVar[Mapping[str, str]] = HELD

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._paged = (Paged(_PAGE_BYTES), Paged(_PAGE_BYTES))
        self._taken: list[Callable[[], Iterator[tuple[bytes, bytes]]]] = []
        self._epoch = self._generation = 0
        self._directory = TemporaryDirectory()
        # Faust's own, 100, stalls and warns at every message beyond (faust-streaming #173).
        ProducerBuffer.max_messages = 20_000

    async def open(self) -> None:
        """Begin with the topic that the table's owner is found by."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        await admin.start()
        await admin.create_topics([NewTopic(f"{self._topic}-source", 1, 1)])
        await admin.close()
        await self._own()

    async def _own(self) -> None:
        """Have Faust recover the table, and raise the epoch."""
        app = faust.App(
            self._topic,
            broker=f"kafka://{self._bootstrap}",
            store="memory://",
            datadir=self._directory.name,
            web_enabled=False,
            topic_disable_leader=True,
            topic_allow_declare=False,
            table_standby_replicas=0,
            topic_partitions=1,
            key_serializer="raw",
            value_serializer="raw",
            consumer_max_fetch_size=FETCH_BYTES,
            broker_max_poll_records=20_000,
            stream_recovery_delay=0.0,
            loghandlers=[],
        )
        options: dict[str, Any] = {"key_serializer": "raw", "value_serializer": "raw"}
        # As Faust makes one, but for the name.
        changelog = app.topic(
            self._topic,
            partitions=1,
            compacting=True,
            acks=False,
            internal=True,
            maxsize=131_072,
            allow_empty=True,
            **options,
        )
        self._table = app.Table(
            "state", partitions=1, key_type=bytes, value_type=bytes, changelog_topic=changelog
        )
        # A table belongs to who is given the source's partition of the same number.
        app.agent(app.topic(f"{self._topic}-source", **options))(_ignore)
        self._app = app
        app.finalize()
        await app.start()
        await cast("Any", app.tables).recovery.completed.wait()
        if _COMMIT in self._table.data:
            self._epoch, self._generation = _STAMP.unpack(self._table.data[_COMMIT])
        self._epoch += 1
        await self._commit()

    def take(self, unit: str, arrays: Arrays) -> None:
        """The pages that changed since the generation before the last."""
        self._taken.append(self._paged[(self._generation + 1) % 2].take(unit, arrays))

    async def write(self) -> None:
        """A generation, and then the record that makes it count."""
        taken, self._taken = self._taken, []
        self._generation += 1
        stamp = _STAMP.pack(self._epoch, self._generation)
        parity = b"%d" % (self._generation % 2)
        sent = []
        for encoded in taken:
            records = await asyncio.to_thread(_listed, encoded)
            sent += [self._put(parity + key, stamp + value) for key, value in records]
        await asyncio.gather(*sent)
        await self._commit()

    async def _commit(self) -> None:
        await self._put(_COMMIT, _STAMP.pack(self._epoch, self._generation))

    def _put(self, key: bytes, value: bytes) -> Any:
        # `table[key] = value` is for agents only, and forgets whether the broker has it.
        self._table.data[key] = value
        return self._table.send_changelog(0, key, value)

    async def recover(self) -> Recovered:
        """Start the application anew."""
        await self._app.stop()
        await self._own()
        committed, parity = self._generation, b"%d" % (self._generation % 2)
        kept = {}
        nbytes = 0
        for key, value in self._table.data.items():
            nbytes += len(key) + len(value)
            if key.startswith(parity) and key != _COMMIT:
                if _STAMP.unpack_from(value)[1] > committed:
                    raise SystemExit("a generation is torn")
                kept[key[1:]] = value[_STAMP.size :]
        return Recovered(self._paged[committed % 2].assemble(kept), nbytes)

    async def close(self) -> None:
        """Leave the group."""
        await self._app.stop()
        self._directory.cleanup()


async def _ignore(stream: Any) -> None:
    async for _ in stream:
        pass


def _listed(encoded: Callable[[], Iterator[tuple[bytes, bytes]]]) -> list[tuple[bytes, bytes]]:
    return list(encoded())
