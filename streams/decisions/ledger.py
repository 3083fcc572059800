"""What the topic says by now. No I/O."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

import msgspec

from detectors.errors import ConfigError
from detectors.guidance import Change, Guidance, holding, lesson_of
from detectors.state.actors import DAY
from detectors.units import NEVER
from detectors.verdicts import Ruling, Verdict, in_effect
from streams.settings import Settings

from .changes import changed
from .records import Configuration, DayBegun, Decision, Record, Ruled, Snooze, Started, key_of
from .silences import Silences

_KEPT_DAYS: Final = 16
"""Guidance of so many days is kept: stations of one worker are hardly a day apart."""


class Ledger:
    """The records of the topic in their order, and what they come to for each day.

    A decision that was written after a day had begun does not count for it: its event time is
    raised to the beginning of that day. So what counts for a day that has begun is settled.

    Attributes:
        begun: the newest day that has begun, or `NEVER`.
        started: what the worker that started last said of itself.
        newest: the newest configuration that was taken, if any.
        refused: why the newest configuration was not taken; None if it was, or there is none.
        ruled: how many verdicts there are, by what they say.

    Args:
        settings: as they hold until a configuration is heard of.
    """

    def __init__(self, settings: Settings) -> None:
        self.begun = NEVER
        self.started: Started | None = None
        self.refused: str | None = None
        self.newest: Configuration | None = None
        self.ruled: Counter[str] = Counter()
        self._first = Change(settings.detection, settings.config_hash)
        self._settings = settings
        self._decisions: dict[bytes, Decision] = {}
        self._verdicts: dict[bytes, Verdict] = {}
        self._ruled: dict[str, Ruled] = {}
        self._snoozes: dict[bytes, Snooze] = {}
        self._silences: Silences | None = None
        self._changes: dict[bytes, tuple[Change, Settings]] = {}
        self._settings_now = settings
        self._guidance: dict[int, tuple[dict[str, Verdict], Guidance]] = {}

    def hear(self, record: Record) -> Record:
        """Take the next record; as it counts."""
        match record:
            case DayBegun():
                self.begun = max(self.begun, record.day)
                return record
            case Started():
                self.started = record
                return record
        record = self._due(record)
        key = key_of(record)
        # The last place is the newest's.
        self._decisions.pop(key, None)
        self._decisions[key] = record
        match record:
            case Ruled(verdict=verdict):
                self.ruled[verdict.verdict.value] += 1
                self._verdicts[key] = verdict
                self._ruled[verdict.alert_id] = record
            case Configuration():
                self._adopt(key, record)
                self._silences = None
            case Snooze():
                self._snoozes.pop(key, None)
                self._snoozes[key] = record
                self._silences = None
        return record

    def _due(self, decision: Decision) -> Decision:
        begun = max(self.begun, 0) * DAY
        match decision:
            case Ruled(verdict=verdict) if verdict.event_time < begun:
                due = msgspec.structs.replace(verdict, event_time=begun)
                return msgspec.structs.replace(decision, verdict=due)
            case Configuration() if decision.event_time < begun:
                return msgspec.structs.replace(decision, event_time=begun)
        return decision

    def _adopt(self, key: bytes, record: Configuration) -> None:
        try:
            settings = changed(self._settings, record.tables)
        except ConfigError as error:
            self.refused = str(error)
            return
        self.refused, self._settings_now = None, settings
        self.newest = record
        change = Change(settings.detection, settings.config_hash, record.event_time)
        self._changes[key] = (change, settings)

    def ruling(self, alert_id: str) -> Ruling | None:
        """What was said of an alert last."""
        last = self.ruled_last(alert_id)
        return None if last is None else last.verdict.verdict

    def ruled_last(self, alert_id: str) -> Ruled | None:
        """The last verdict on an alert, with who gave it."""
        return self._ruled.get(alert_id)

    def has_begun(self, day: int) -> bool:
        """Whether nothing that is written from now on counts for a day."""
        return day <= self.begun

    def at(self, day: int) -> Guidance:
        """What was decided for a day that has begun."""
        if day not in self._guidance:
            self._guidance[day] = self._found(day)
            if len(self._guidance) > _KEPT_DAYS:
                del self._guidance[next(iter(self._guidance))]
        return self._guidance[day][1]

    def _found(self, day: int) -> tuple[dict[str, Verdict], Guidance]:
        held, ruled = self.holding(day), in_effect(self._verdicts.values(), day)
        for known in self._guidance.values():
            if known[1].held == held and known[0] == ruled:
                # On most days nothing new is due, and nothing has to be learned anew.
                return known
        return ruled, Guidance(held, lesson_of(ruled.values(), held.detection))

    def holding(self, day: int) -> Change:
        """By which settings a day is judged, as far as is known by now."""
        return holding(self._first, [change for change, _ in self._changes.values()], day)

    @property
    def settings(self) -> Settings:
        """With what the newest configuration that was taken says, whether it is due or not."""
        return self._settings_now

    @property
    def silences(self) -> Silences:
        """What is not delivered for now. Who wakes people goes by the clock, so at once."""
        # It is asked of every alert, and there may be thousands of other decisions.
        if self._silences is None:
            self._silences = Silences(tuple(self._snoozes.values()), self.settings.suppressions)
        return self._silences

    def decisions(self) -> Iterator[Decision]:
        """All that hold or will hold, oldest first, each as it counts."""
        yield from self._decisions.values()
