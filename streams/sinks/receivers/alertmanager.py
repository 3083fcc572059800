"""Prometheus Alertmanager, which believes that an alert is over unless it is told again."""

import asyncio
import heapq
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import orjson

from detectors.alerts import Alert, Status
from streams.settings.sinks import Sink
from streams.sinks.formats.alertmanager import firing, flooding
from streams.sinks.messages import DELIVERED, Flood, Message, Outcome
from streams.sinks.posting import Poster

from .hooks import Clock

PATH: Final = "/api/v2/alerts"

MOST_OPEN: Final = 5_000
"""Alerts that are sent again and again; of more, the least important end by themselves."""

_LEASES: Final = 4
"""An alert ends by itself after so many intervals, as those of Prometheus do (its
`sendAlerts` in rules/manager.go): it outlives three failures."""

_AT_ONCE: Final = 64

_UNWRITABLE: Final = (ValueError, TypeError, OverflowError)
"""What comes of numbers and times that only others than Probewatch write into an alert."""

_LOGGER = logging.getLogger(__name__)
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Alert)

_Rank = tuple[int, str, str]
"""Severity, time and id; the least goes first."""

Current = Callable[[], AsyncIterator[Alert]]
"""Reads the last revision of every alert."""


class Alertmanager:
    """One Alertmanager, or what takes its API.

    Args:
        sink: its settings.
        poster: to its address, with `PATH`.
        current: what is open when this process begins.
        keeps: whether an alert may be sent, by the sink's filter and by what people decided.
        clock: an alert ends by it.
    """

    def __init__(
        self,
        sink: Sink,
        poster: Poster,
        current: Current,
        keeps: Callable[[Alert], bool],
        clock: Clock,
    ) -> None:
        self._sink = sink
        self._poster = poster
        self._current = current
        self._keeps = keeps
        self._clock = clock
        self._open = OpenAlerts(MOST_OPEN)
        self._flood: Flood | None = None
        self._telling: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Get ready to post."""
        await self._poster.start()

    async def stop(self) -> None:
        """Close connections."""
        await self._poster.stop()

    async def begin(self, mine: Callable[[str], bool]) -> None:
        """Find what is open, and begin to send it again."""
        async for alert in self._current():
            if mine(alert.alert_id):
                self._note(alert)
        self._telling = asyncio.create_task(self._tell_again())

    async def end(self) -> None:
        """Send nothing again: others do."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.wait([self._telling])
        self._telling = self._flood = None
        self._open = OpenAlerts(MOST_OPEN)

    def forget(self, alert_id: str) -> None:
        """Let it end by itself."""
        self._open.drop(alert_id)

    async def deliver(self, message: Message) -> Outcome:
        """Post an alert that is open until further notice, or one that is over."""
        content = message.content
        if isinstance(content, Flood):
            self._flood = None if content.over else content
            ends = self._now() if content.over else self._later()
            return await self._post([flooding(content, self._sink.name, ends)])
        outcome = await self._post(list(self._told(content)))
        if outcome.delivered:
            self._note(content)
        return outcome

    async def tell_again(self) -> Outcome:
        """Say of everything that is open that it still is; the first failure, if there is one."""
        outcomes = []
        ids = list(self._open)
        for first in range(0, len(ids), _AT_ONCE):
            # Looked up as late as this, since some may be over by now.
            again = [*self._still(ids[first : first + _AT_ONCE])]
            if again:
                outcomes.append(await self._post(again))
            await asyncio.sleep(0)
        if self._flood is not None:
            again = [flooding(self._flood, self._sink.name, self._later())]
            outcomes.append(await self._post(again))
        return next((each for each in outcomes if not each.delivered), DELIVERED)

    async def _tell_again(self) -> None:
        while True:
            await asyncio.sleep(self._sink.resend_interval.total_seconds())
            try:
                outcome = await self.tell_again()
            except Exception:
                # Open alerts would end by themselves if this did.
                _LOGGER.exception("sink %s: open alerts could not be sent again", self._sink.name)
                continue
            if not outcome.delivered:
                _LOGGER.warning(
                    "sink %s: open alerts could not be sent again: %s",
                    *(self._sink.name, outcome.reason),
                )

    def _still(self, ids: Iterable[str]) -> Iterator[dict[str, Any]]:
        for alert_id in ids:
            alert = self._open.get(alert_id)
            if alert is None:
                continue
            if not self._keeps(alert):
                self._open.drop(alert_id)
                continue
            try:
                yield self._firing(alert, self._later())
            except _UNWRITABLE as error:
                self._open.drop(alert_id)
                self._leave_out(error)

    def _leave_out(self, error: Exception) -> None:
        _LOGGER.warning(
            "sink %s: an alert in the topic is malformed, and is not sent again: %s",
            *(self._sink.name, type(error).__name__),
        )

    def _told(self, alert: Alert) -> Iterator[dict[str, Any]]:
        before = self._open.get(alert.alert_id)
        if before is not None and before.severity is not alert.severity:
            # With another label it is another alert there, and the old one would go on.
            yield self._firing(before, self._now())
        over = alert.status is Status.CLOSED
        yield self._firing(alert, self._now() if over else self._later())

    def _note(self, alert: Alert) -> None:
        if alert.status is Status.CLOSED or not self._keeps(alert):
            self._open.drop(alert.alert_id)
            return
        try:
            self._open.put(alert)
        except _UNWRITABLE as error:
            self._leave_out(error)

    def _firing(self, alert: Alert, end: datetime) -> dict[str, Any]:
        return firing(alert, self._sink.named_tenants, self._now(), end)

    async def _post(self, alerts: Sequence[dict[str, Any]]) -> Outcome:
        return await self._poster.post(orjson.dumps(alerts))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    def _later(self) -> datetime:
        return self._now() + _LEASES * self._sink.resend_interval


class OpenAlerts:
    """The last revisions of open alerts, packed, and not more than `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._packed = dict[str, bytes]()
        self._ranks = dict[str, _Rank]()
        self._least: list[_Rank] = []  # A heap; what is not in `_ranks` any more has no meaning.

    def __len__(self) -> int:
        """How many there are."""
        return len(self._packed)

    def __iter__(self) -> Iterator[str]:
        """Their ids."""
        return iter(self._packed)

    def get(self, alert_id: str) -> Alert | None:
        """One of them."""
        packed = self._packed.get(alert_id)
        return None if packed is None else _DECODER.decode(packed)

    def put(self, alert: Alert) -> None:
        """Add a revision, unless a later one is there.

        Raises:
            OverflowError: a number in it is none that an alert can hold.
        """
        known = self.get(alert.alert_id)
        if known is not None and known.revision > alert.revision:
            return
        self._packed[alert.alert_id] = _ENCODER.encode(alert)
        rank = (alert.severity.rank, alert.last_event_time, alert.alert_id)
        self._ranks[alert.alert_id] = rank
        heapq.heappush(self._least, rank)
        while len(self._packed) > self._most:
            self._drop_least()
        if len(self._least) > 2 * self._most:
            self._least = sorted(self._ranks.values())

    def drop(self, alert_id: str) -> None:
        """Take one out, if it is there."""
        self._packed.pop(alert_id, None)
        self._ranks.pop(alert_id, None)

    def _drop_least(self) -> None:
        rank = heapq.heappop(self._least)
        if self._ranks.get(rank[2]) == rank:
            self.drop(rank[2])
