import asyncio

import pytest
from aiokafka.errors import KafkaError, KafkaTimeoutError

from detectors.errors import BrokerError
from streams.service.sender import Outstanding, Sender, Sent

from .brokers import Producer, settle


def test_records_are_handed_on_as_they_are() -> None:
    """With key and partition, in the order of the calls."""

    async def run() -> None:
        producer = Producer()
        sender = Sender(producer, _unexpected)
        await sender.send("topic", b"a", partition=3)
        await sender.send("topic", b"b", key=b"k")
        assert [tuple(record) for record in producer.produced] == [
            ("topic", b"a", None, 3),
            ("topic", b"b", b"k", None),
        ]

    asyncio.run(run())


def test_a_failure_that_comes_later_is_reported() -> None:
    """And whoever waits for the record gets the error."""

    async def run() -> None:
        failures: list[BaseException] = []
        producer = Producer(at_once=False)
        outstanding = Outstanding()
        outstanding.add([await Sender(producer, failures.append).send("topic", b"a")])
        error = KafkaTimeoutError()
        producer.arrive(error)
        await settle()
        assert failures == [error]
        with pytest.raises(KafkaTimeoutError):
            await outstanding.arrived()

    asyncio.run(run())


def test_a_record_that_is_cancelled_is_no_failure_to_report() -> None:
    """A producer that is stopped cancels what it has not sent; that is never taken for sent."""

    async def run() -> None:
        producer = Producer(at_once=False)
        outstanding = Outstanding()
        outstanding.add([await Sender(producer, _unexpected).send("topic", b"a")])
        producer.open[0].cancel()
        await settle()
        with pytest.raises(BrokerError):
            await outstanding.arrived()

    asyncio.run(run())


def test_to_wait_no_longer_leaves_records_alone() -> None:
    """They arrive all the same, and whoever waits next is told so."""

    async def run() -> None:
        producer = Producer(at_once=False)
        outstanding = Outstanding()
        outstanding.add([await Sender(producer, _unexpected).send("topic", b"a")])
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await outstanding.arrived()
        producer.arrive()
        await outstanding.arrived()

    asyncio.run(run())


def test_everything_sent_before_is_waited_for() -> None:
    """But not what is sent meanwhile."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        outstanding = Outstanding()
        first: Sent = loop.create_future()
        second: Sent = loop.create_future()
        later: Sent = loop.create_future()
        outstanding.add([first, second])
        waiting = asyncio.ensure_future(outstanding.arrived())
        await settle()
        outstanding.add([later])
        first.set_result(None)
        await settle()
        assert not waiting.done()
        second.set_result(None)
        await waiting
        assert not later.done()

    asyncio.run(run())


def test_nothing_outstanding_is_there() -> None:
    """No record is no reason to wait."""

    async def run() -> None:
        outstanding = Outstanding()
        await outstanding.arrived()
        outstanding.add([])
        await outstanding.arrived()

    asyncio.run(run())


def test_what_arrived_is_forgotten_and_what_failed_is_not() -> None:
    """However much is sent afterwards, a lost record is never passed over."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        outstanding = Outstanding()
        lost: Sent = loop.create_future()
        lost.set_exception(KafkaError())
        outstanding.add([lost])
        for _ in range(50):
            there: Sent = loop.create_future()
            there.set_result(None)
            outstanding.add([there])
        with pytest.raises(KafkaError):
            await outstanding.arrived()

    asyncio.run(run())


def _unexpected(error: BaseException) -> None:
    raise AssertionError(error)
