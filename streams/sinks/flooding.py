"""When there are too many alerts: what is told of those that were only counted.

No I/O; the clock is the caller's.
"""

from collections import Counter
from typing import Final

from detectors.alerts import Severity

from .backlog import Overflow
from .messages import Flood, Message, moment

SETTLE_SECONDS: Final = 5.0
"""From the first alert that is only counted to telling of it: by then it is more than one."""


class _Current:
    """The flood that goes on."""

    def __init__(self, since: float, first_told: float) -> None:
        self.since = since
        self.next = first_told
        self.name = ""
        self.number = 0
        self.patterns = Counter[str]()
        self.severities = Counter[str]()

    def add(self, overflow: Overflow) -> None:
        """Count more, to be told for the next time."""
        self.number += 1
        # The first record that was only counted names it: the same one after a restart.
        self.name = self.name or "-".join(map(str, min(overflow.first.items(), default=(0, 0))))
        self.patterns += overflow.patterns
        self.severities += overflow.severities


class FloodWatch:
    """One sink's floods, one after another.

    A flood begins with the first alert that is only counted, and is over when an interval has
    passed without another.

    Args:
        sink: its name, which is in the keys of what is told.
        interval: seconds between two times that it is told.
    """

    def __init__(self, sink: str, interval: float) -> None:
        self._sink = sink
        self._interval = interval
        self._current: _Current | None = None

    @property
    def flooding(self) -> bool:
        """Whether there is one."""
        return self._current is not None

    def look(self, overflow: Overflow, now: float) -> bool:
        """Whether something is to be told.

        Args:
            overflow: what has been counted since the last time.
            now: seconds since the epoch.
        """
        if self._current is None:
            if overflow.total:
                self._current = _Current(now, now + min(SETTLE_SECONDS, self._interval))
            return False
        return now >= self._current.next

    def tell(self, overflow: Overflow, now: float) -> Message:
        """What to tell, where `look` said so; if nothing more was counted, it is over."""
        current = self._current
        if current is None:
            raise RuntimeError("there is no flood")
        current.add(overflow)
        current.next = now + self._interval
        flood = Flood(
            number=current.number,
            since=moment(current.since),
            until=moment(now),
            over=not overflow.total,
            counted=current.patterns.total(),
            fresh=overflow.total,
            patterns=dict(current.patterns.most_common()),
            severities={
                severity.value: current.severities[severity.value]
                for severity in reversed(Severity)
                if current.severities[severity.value]
            },
        )
        if flood.over:
            self._current = None
        return Message(f"flood:{self._sink}:{current.name}:{current.number}", flood)
