"""What people have decided for a day: by which settings it is judged, and what verdicts teach.

It is a function of the day and of the records; so who reads the same records judges alike,
whenever they were read.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from .config import Detection
from .lessons import Lesson, learn
from .state.actors import DAY
from .verdicts import Verdict


class Change(msgspec.Struct, frozen=True):
    """Settings that hold from a time on.

    Attributes:
        detection: the settings.
        config_hash: of all settings that judge.
        event_time: ms; they hold from the first day on that begins after it.
    """

    detection: Detection
    config_hash: str
    event_time: int = 0


def holding(first: Change, changes: Iterable[Change], day: int) -> Change:
    """What holds on a day (since the epoch, UTC): the last change that was due before it.

    Of changes that were due at the same time it is the last one given.

    Args:
        first: what holds until the first of them.
        changes: in any order.
        day: days since the epoch, UTC.
    """
    held = first
    for change in sorted(changes, key=lambda change: change.event_time):
        if change.event_time // DAY < day:
            held = change
    return held


@dataclass(frozen=True, slots=True)
class Guidance:
    """How a day is judged.

    Attributes:
        held: by which settings.
        lesson: what verdicts have taught.
    """

    held: Change
    lesson: Lesson


def lesson_of(verdicts: Iterable[Verdict], detection: Detection) -> Lesson:
    """What verdicts teach the stages; they are given in the order of their event times."""
    # What pages nobody has no use for what others earned.
    patterns = [pattern for pattern in detection.patterns.all() if not pattern.shadow]
    return learn([*verdicts], {pattern.code: pattern.budget_share for pattern in patterns})
