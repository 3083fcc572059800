"""Between what is read and who receives it: what to pass on, in which order, how often to try."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec

from detectors.alerts import Alert, Status
from streams.settings.sinks import Sink

from .backlog import Backlog, Place, Waiting
from .dead_letters import DeadLetters
from .flooding import FloodWatch
from .messages import Message, Outcome, Receiver, message
from .metrics import SinkMetrics
from .retries import Result, insist
from .selection import Silence, wants
from .trouble import Trouble

_LOOK_SECONDS: Final = 0.5
_REMEMBERED: Final = 50_000
"""Alerts of which it is known that the receiver was told; some 8 MB."""

_DECODER: Final = msgspec.json.Decoder(Alert)


@dataclass(frozen=True, slots=True)
class Outlet:
    """One sink, and all that delivering to it takes.

    Attributes:
        sink: its settings.
        receiver: started by the caller.
        dead: where what cannot be delivered goes.
        metrics: of the sink.
        silence: what nobody wants to hear.
    """

    sink: Sink
    receiver: Receiver
    dead: DeadLetters
    metrics: SinkMetrics
    silence: Silence


class Dispatch:
    """The alerts of the partitions that this process has, on their way to one receiver.

    Args:
        outlet: the sink.
        clock: seconds since the epoch.
    """

    def __init__(self, outlet: Outlet, clock: Callable[[], float]) -> None:
        sink = outlet.sink
        self._outlet = outlet
        self._sink = sink
        self._receiver = outlet.receiver
        self._dead = outlet.dead
        self._metrics = outlet.metrics
        self._clock = clock
        self._trouble = Trouble(sink.name)
        self._backlog = Backlog(sink.queue)
        self._floods = FloodWatch(sink.name, sink.digest_interval.total_seconds())
        self._telling = dict[int, int]()
        self._told = dict[str, None]()
        self._news = asyncio.Event()
        self._couriers: list[asyncio.Task[None]] = []
        self._stopping = False

    @property
    def full(self) -> bool:
        """Whether nothing more should be read: only archives wait, the others count instead."""
        return not self._sink.pages and self._backlog.full

    @property
    def depth(self) -> int:
        """Revisions that wait."""
        return len(self._backlog)

    @property
    def flooding(self) -> bool:
        """Whether some alerts are only counted."""
        return self._floods.flooding

    def start(self) -> None:
        """Begin to deliver what is taken."""
        self._couriers = [asyncio.create_task(self._deliver()) for _ in range(self._sink.parallel)]
        self._couriers.append(asyncio.create_task(self._tell_of_floods()))

    async def stop(self, patience: float) -> None:
        """Deliver nothing more; what is on its way gets a moment to arrive."""
        self._stopping = True
        self._news.set()
        *deliver, tell = self._couriers
        tell.cancel()
        if deliver:
            await asyncio.wait(deliver, timeout=patience)
        for courier in self._couriers:
            courier.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await courier

    def check(self) -> None:
        """Raise what ended the delivery, if anything has.

        Raises:
            KafkaError: a dead letter could not be written.
        """
        for courier in self._couriers:
            if courier.done() and not courier.cancelled():
                courier.result()

    async def take(self, place: Place, record: bytes, written: float) -> None:
        """Take a record of the topic of alerts.

        Raises:
            KafkaError: it is no alert, and that could not be written down.
        """
        try:
            alert = _DECODER.decode(record)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            await self._dead.note(place, self._clock())
            self._metrics.count("dead")
            return
        if not wants(self._sink, alert, told=alert.alert_id in self._told):
            self._leave_out(alert, ended=alert.status is Status.CLOSED)
            self._metrics.count("filtered")
        elif self._outlet.silence.covers(alert) is not None:
            self._leave_out(alert, ended=True)
            self._metrics.count("suppressed")
        else:
            self._remember(alert.alert_id)
            before = self._backlog.overflow.total
            for alert_id in self._backlog.put(alert, place, record, written):
                self._receiver.forget(alert_id)
            self._metrics.count("digested", self._backlog.overflow.total - before)
            self._news.set()

    def open_places(self) -> dict[int, int]:
        """The first offset of each partition that is not yet done with."""
        first = self._backlog.open_places()
        for partition, offset in self._telling.items():
            first[partition] = min(offset, first.get(partition, offset))
        return first

    def _remember(self, alert_id: str) -> None:
        self._told.pop(alert_id, None)
        self._told[alert_id] = None
        if len(self._told) > _REMEMBERED:
            del self._told[next(iter(self._told))]

    def _leave_out(self, alert: Alert, *, ended: bool) -> None:
        if ended:
            self._receiver.forget(alert.alert_id)

    async def _deliver(self) -> None:
        while not self._stopping:
            taken = self._backlog.take()
            if taken is None:
                self._news.clear()
                await self._news.wait()
                continue
            alert_id, waiting = taken
            await self._see_through(waiting)
            self._backlog.done(alert_id)
            self._news.set()

    async def _see_through(self, waiting: Waiting) -> None:
        told = message(_DECODER.decode(waiting.record))
        if (await self._insist(told, waiting.place)).outcome.delivered:
            self._metrics.delivered(self._clock() - waiting.written)

    async def _tell_of_floods(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            now = self._clock()
            if not self._floods.look(self._backlog.overflow, now):
                continue
            counted = self._backlog.flush()
            self._telling = counted.first
            told = self._floods.tell(counted, now)
            await self._insist(told, None)
            self._telling = {}

    async def _insist(self, told: Message, place: Place | None) -> Result:
        """Deliver, or keep what cannot be as a dead letter."""
        result = await insist(self._receiver, told, self._sink, partial(self._retried, told))
        if result.outcome.delivered:
            self._trouble.delivered()
        else:
            now = self._clock()
            self._trouble.failed(told, result.outcome, now, "now a dead letter")
            await self._dead.give_up(told, place, result, now)
            self._metrics.count("dead")
        return result

    def _retried(self, told: Message, outcome: Outcome) -> None:
        self._trouble.failed(told, outcome, self._clock(), "tried again")
        self._metrics.count("retried")
