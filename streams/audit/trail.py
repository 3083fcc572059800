"""The trail in its topic: opened by one writer at a time, who fences the one before.

What was read of other topics and what was written of it are one transaction: the positions are
offsets of the group `<application>.audit`. So nothing is told of twice or left out, whenever the
writer dies.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from typing import Any, Final, Self

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import InvalidProducerEpoch, KafkaError, ProducerFenced

from detectors.errors import BrokerError, FencedError, InputError

from .chain import Happened, Head, Link, link

_TRANSACTION_MS: Final = 60_000
_AT_LEAST: Final = 64
"""Offsets before the end that are looked at for the last record; marks of transactions do count."""

_QUIET_MS: Final = 2_000


class Trail:
    """The chain, open for writing.

    A call that fails leaves it unusable: close it. One call at a time.

    Attributes:
        head: the last record that is known to be there.
    """

    def __init__(
        self, place: TopicPartition, group: str, producer: AIOKafkaProducer, stack: AsyncExitStack
    ) -> None:
        self._place = place
        self._group = group
        self._producer = producer
        self._stack = stack
        self.head = Head()

    @classmethod
    async def open(cls, options: Mapping[str, Any], topic: str, name: str) -> Self:
        """Own the chain, and find its end.

        Args:
            options: of aiokafka's clients.
            topic: of the trail.
            name: of the group and of the transactions.

        Raises:
            BrokerError: the broker fails or refuses.
            InputError: the last record is none of this version.
        """
        place = TopicPartition(topic, 0)
        async with AsyncExitStack() as stack:
            with _told_apart(topic):
                producer = AIOKafkaProducer(
                    **options,
                    acks="all",
                    transactional_id=name,
                    transaction_timeout_ms=_TRANSACTION_MS,
                )
                stack.push_async_callback(producer.stop)
                await producer.start()
                # What the writer before left open is over, and it can write no more: now the end
                # stays where it is.
                trail = cls(place, name, producer, stack)
                trail.head = await _head(options, place)
            trail._stack = stack.pop_all()
        return trail

    async def close(self) -> None:
        """Let go of the broker's connections."""
        await self._stack.aclose()

    async def read_to(
        self, options: Mapping[str, Any], places: Sequence[TopicPartition]
    ) -> dict[TopicPartition, int]:
        """From where each of other topics' partitions is to be read; none is not there yet.

        Raises:
            BrokerError: the broker fails or refuses.
        """
        with _told_apart(self._place.topic):
            admin = AIOKafkaAdminClient(**options)
            try:
                await admin.start()
                found = await admin.list_consumer_group_offsets(
                    self._group, partitions=list(places)
                )
            finally:
                await admin.close()
        return {place: known.offset for place, known in found.items() if known.offset >= 0}

    async def write(
        self, happened: Sequence[Happened], read: Mapping[TopicPartition, int]
    ) -> Sequence[Link]:
        """Record what happened, and how far other topics have been read, together.

        Raises:
            FencedError: another writer owns the chain now; nothing was written.
            BrokerError: the broker fails or refuses; it may have been written or not.
        """
        links = list(_links(self.head, happened))
        with _told_apart(self._place.topic):
            async with self._producer.transaction():
                for each in links:
                    await self._producer.send(
                        self._place.topic, each.line(), partition=self._place.partition
                    )
                if read:
                    await self._producer.send_offsets_to_transaction(dict(read), self._group)
        if links:
            self.head = Head(links[-1].seq, links[-1].hash)
        return links


def _links(head: Head, happened: Sequence[Happened]) -> Iterator[Link]:
    for each in happened:
        made = link(head, each)
        head = Head(made.seq, made.hash)
        yield made


async def _head(options: Mapping[str, Any], place: TopicPartition) -> Head:
    """The last record; those before it are looked for ever further back."""
    consumer = AIOKafkaConsumer(
        **options,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    try:
        await consumer.start()
        consumer.assign([place])
        begin = (await consumer.beginning_offsets([place]))[place]
        end = (await consumer.end_offsets([place]))[place]
        back = _AT_LEAST
        while end > begin:
            start = max(begin, end - back)
            last = await _last(consumer, place, start, end)
            if last is not None:
                return last
            if start == begin:
                break
            back *= 8
    finally:
        await consumer.stop()
    return Head()


async def _last(
    consumer: AIOKafkaConsumer, place: TopicPartition, start: int, end: int
) -> Head | None:
    """The last record between two offsets."""
    consumer.seek(place, start)
    last: bytes | None = None
    quiet = False
    while not quiet and await consumer.position(place) < end:
        batches = await consumer.getmany(timeout_ms=_QUIET_MS)
        quiet = not batches
        for batch in batches.values():
            last = batch[-1].value
    if last is None:
        return None
    try:
        found = msgspec.json.decode(last, type=Link)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{place.topic}: its last record is none of a trail: {error}") from error
    return Head(found.seq, found.hash)


@contextmanager
def _told_apart(topic: str) -> Iterator[None]:
    """What aiokafka raises, as errors of our own."""
    try:
        yield
    except (ProducerFenced, InvalidProducerEpoch) as error:
        raise FencedError(f"{topic}: another worker writes the trail now") from error
    except KafkaError as error:
        raise BrokerError(f"{topic}: {error!r}") from error
