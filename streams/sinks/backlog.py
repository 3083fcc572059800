"""What waits to be delivered: bounded, the most important first, each episode in order.

No I/O, no clock.
"""

from bisect import bisect_left, insort
from collections import Counter, deque
from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

from detectors.alerts import Alert, Status


class Place(NamedTuple):
    """Where a record is."""

    partition: int
    offset: int


class Waiting(NamedTuple):
    """A revision that waits, as the topic has it: decoded it would take ten times the memory.

    Attributes:
        place: where it is in the topic.
        record: what is there.
        written: when it came there, seconds since the epoch.
        pattern: the alert's.
        severity: the alert's.
        closes: whether it ends the episode.
    """

    place: Place
    record: bytes
    written: float
    pattern: str
    severity: str
    closes: bool


class _Rank(NamedTuple):
    """Sorts episodes, the most important last: by severity, then rarity, then age."""

    severity: int
    rareness: float
    earliness: int
    alert_id: str


class _Episode:
    def __init__(self, rank: _Rank) -> None:
        self.rank = rank
        self.revisions = deque[Waiting]()


class Overflow:
    """What was only counted, until somebody has been told.

    Attributes:
        patterns: how many, by pattern.
        severities: how many, by severity.
        first: the first offset of each partition that is among them.
    """

    def __init__(self) -> None:
        self.patterns = Counter[str]()
        self.severities = Counter[str]()
        self.first = dict[int, int]()

    @property
    def total(self) -> int:
        """How many in all."""
        return self.patterns.total()

    def add(self, revisions: Iterable[Waiting]) -> None:
        """Count more."""
        for each in revisions:
            self.patterns[each.pattern] += 1
            self.severities[each.severity] += 1
            _lower(self.first, each.place)


class Backlog:
    """Episodes with revisions that wait, and those that are on their way.

    Args:
        most: revisions that wait at most; beyond that whole episodes, the least important first,
            are only counted.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._ranks: list[_Rank] = []
        self._waiting = dict[str, _Episode]()
        self._sending = dict[str, Place]()
        self._arrivals = 0
        self._revisions = 0
        self.overflow = Overflow()

    def __len__(self) -> int:
        """Revisions that wait."""
        return self._revisions

    @property
    def full(self) -> bool:
        """Whether one more would be one too many."""
        return self._revisions >= self._most

    @property
    def ready(self) -> bool:
        """Whether `take` has something to give."""
        return bool(self._ranks)

    def put(self, alert: Alert, place: Place, record: bytes, written: float) -> list[str]:
        """Add a revision; it may be the one that is only counted.

        Returns:
            Ids of alerts whose end was only counted now, so that nobody will be told of it.
        """
        kind = alert.pattern.value, alert.severity.value
        waiting = Waiting(place, record, written, *kind, alert.status is Status.CLOSED)
        self._arrivals += 1
        rank = _Rank(alert.severity.rank, -alert.rarity, -self._arrivals, alert.alert_id)
        episode = self._waiting.get(alert.alert_id)
        if episode is None:
            episode = self._waiting[alert.alert_id] = _Episode(rank)
            self._show(alert.alert_id, episode)
        elif rank[:2] > episode.rank[:2]:
            self._hide(alert.alert_id, episode)
            episode.rank = rank
            self._show(alert.alert_id, episode)
        episode.revisions.append(waiting)
        self._revisions += 1
        ended = []
        while self._revisions > self._most:
            alert_id, dropped = self._drop()
            self.overflow.add(dropped)
            if dropped[-1].closes:
                ended.append(alert_id)
        return ended

    def take(self) -> tuple[str, Waiting] | None:
        """The next revision to send, and its alert's id; None if nothing is ready.

        The later revisions of its episode are not ready until this one is `done`.
        """
        if not self._ranks:
            return None
        alert_id = self._ranks.pop().alert_id
        episode = self._waiting[alert_id]
        waiting = episode.revisions.popleft()
        self._revisions -= 1
        self._sending[alert_id] = waiting.place
        if not episode.revisions:
            del self._waiting[alert_id]
        return alert_id, waiting

    def done(self, alert_id: str) -> None:
        """Say that what was taken has been delivered, or has been put elsewhere."""
        if self._sending.pop(alert_id, None) is not None and alert_id in self._waiting:
            self._show(alert_id, self._waiting[alert_id])

    def flush(self) -> Overflow:
        """What was only counted since the last time."""
        counted, self.overflow = self.overflow, Overflow()
        return counted

    def open_places(self) -> dict[int, int]:
        """The first offset of each partition that waits, is on its way or is only counted."""
        first = dict(self.overflow.first)
        waiting = (one.place for each in self._waiting.values() for one in each.revisions)
        for place in chain(self._sending.values(), waiting):
            _lower(first, place)
        return first

    def _show(self, alert_id: str, episode: _Episode) -> None:
        if alert_id not in self._sending:
            insort(self._ranks, episode.rank)

    def _hide(self, alert_id: str, episode: _Episode) -> None:
        if alert_id not in self._sending:
            del self._ranks[bisect_left(self._ranks, episode.rank)]

    def _drop(self) -> tuple[str, deque[Waiting]]:
        """Take out an episode with all that waits of it: the least important one."""
        if self._ranks:
            alert_id = self._ranks.pop(0).alert_id
        else:  # All that waits is behind what is on its way.
            alert_id = min(self._waiting, key=lambda each: self._waiting[each].rank)
        revisions = self._waiting.pop(alert_id).revisions
        self._revisions -= len(revisions)
        return alert_id, revisions


def _lower(first: dict[int, int], place: Place) -> None:
    first[place.partition] = min(place.offset, first.get(place.partition, place.offset))
