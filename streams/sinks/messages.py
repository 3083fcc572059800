"""What a receiver is given, and what it makes of it."""

from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from detectors.alerts import Alert, rfc3339


class Flood(msgspec.Struct, frozen=True, kw_only=True):
    """More alerts than a sink can pass on: how many were only counted.

    Attributes:
        number: 1 for the first time that this flood is told of, then counting.
        since: when it began, RFC 3339 by the clock of whoever delivers.
        until: when this was written, or when the flood ended.
        over: whether it has ended.
        counted: alerts that were not passed on since the flood began.
        fresh: of these, those that were counted since it was last told of.
        patterns: `counted` by pattern, most first.
        severities: `counted` by severity, most severe first.
    """

    number: int
    since: str
    until: str
    over: bool
    counted: int
    fresh: int
    patterns: Mapping[str, int]
    severities: Mapping[str, int]


class Message(msgspec.Struct, frozen=True):
    """One thing to deliver.

    Attributes:
        key: the same for every attempt, and for every process that delivers it.
        content: an alert, or what is told instead of many.
    """

    key: str
    content: Alert | Flood

    @property
    def kind(self) -> str:
        """`alert.open`, `alert.updated`, `alert.closed`, `alert.reopened` or `flood`."""
        if isinstance(self.content, Flood):
            return "flood"
        return f"alert.{self.content.status.value}"


def moment(seconds: float) -> str:
    """Seconds since the epoch as an alert writes a time."""
    return rfc3339(round(seconds * 1000))


def message(alert: Alert) -> Message:
    """An alert's revision, under the key that tells a repetition."""
    return Message(f"{alert.alert_id}:{alert.revision}", alert)


class Outcome(msgspec.Struct, frozen=True):
    """What became of one attempt.

    Attributes:
        reason: why it failed, from a closed set of short words; empty if it did not.
        lasting: whether another attempt would fail alike.
        wait: seconds that the receiver asks to be left alone.
    """

    reason: str = ""
    lasting: bool = False
    wait: float = 0.0

    @property
    def delivered(self) -> bool:
        """Whether the receiver has it."""
        return not self.reason


DELIVERED = Outcome()


class Receiver(Protocol):
    """Somebody to deliver to. All but `deliver` may do nothing."""

    async def start(self) -> None:
        """Get ready; called once, first."""

    async def begin(self, mine: Callable[[str], bool]) -> None:
        """Take note of which alerts, by their ids, this process delivers from now on."""

    async def deliver(self, message: Message) -> Outcome:
        """Make one attempt; what goes wrong on the other side is an outcome, not an exception."""

    def forget(self, alert_id: str) -> None:
        """Take note that nothing more will be delivered of an alert, not even its end."""

    async def end(self) -> None:
        """Take note that others may deliver alerts from now on."""

    async def stop(self) -> None:
        """Let go of what was held; called once, last."""


class Plain:
    """A receiver that remembers nothing between two messages."""

    async def start(self) -> None:
        """Get ready."""

    async def begin(self, mine: Callable[[str], bool]) -> None:
        """Nothing depends on it."""

    def forget(self, alert_id: str) -> None:
        """Nothing was remembered."""

    async def end(self) -> None:
        """Nothing was remembered."""

    async def stop(self) -> None:
        """Let go of what was held."""
