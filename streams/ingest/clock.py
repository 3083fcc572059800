"""Which time of an event is to be believed, judged event by event.

A source's clock is the newest time that was believed. An event far behind it is late. One
far ahead of it may be the first after a quiet night or come from a machine whose clock is
wrong, and believing the latter would make everything behind it late. The record's own
timestamp in Kafka settles it, less what the source was behind its records at the time: a log of
yesterday that is sent today is a day behind. Without a timestamp the events that follow settle it.
"""

import numpy as np
from numpy.typing import NDArray

from detectors.events import ABSENT_TIME
from detectors.kernels.compile import kernel

BELIEVED, AHEAD, LATE = 0, 1, 2
"""Verdicts on an event's time: as it is, set back to the clock, not to be used."""

NO_TIMESTAMP = -1
"""Kafka's own value for a record without one."""

FOLLOWERS = 32
"""Events that are asked whether a jump was real. Of so many, most are right even where one
machine in ten is wrong, or where one that is wrong sends a dozen events in a row."""

PLAUSIBLE_JUMP_MS = 31 * 86_400_000
"""How long a silence is believed if the followers are divided, or if there are none."""

_UNDECIDED = ABSENT_TIME + 1
"""Stands for a time that is not known yet."""


@kernel
def _credible_time(
    times: NDArray[np.int64],
    i: int,
    newest: int,
    lateness: int,
    last: bool,  # noqa: FBT001
) -> int:
    """What time to believe of event `i`, which jumps ahead, by a vote of those that follow."""
    known = newest != ABSENT_TIME
    agreeing = 0
    denying = 0
    denier = newest
    for j in range(i + 1, min(i + 1 + FOLLOWERS, len(times))):
        if times[j] >= times[i] - lateness:
            agreeing += 1
        elif not known or times[j] >= newest - lateness:
            # Whoever is late either way knows nothing of it.
            denying += 1
            denier = newest if known else times[j]
    if not last and i + FOLLOWERS >= len(times):
        return _UNDECIDED
    if not known:
        # One event that is older than the first of all is late, two show the first to be wrong.
        wrong = denying > max(agreeing, 1)
    elif agreeing == denying:
        wrong = times[i] > newest + PLAUSIBLE_JUMP_MS
    else:
        wrong = denying > agreeing
    return int(denier if wrong else times[i])


@kernel
def _time_by_record(timestamp: int, written: int, newest: int) -> int:
    """When an event happened whose record says `timestamp`, and whose own time cannot be."""
    if newest == ABSENT_TIME or written == NO_TIMESTAMP or timestamp <= newest:
        return timestamp
    return max(timestamp - max(written - newest, 0), newest)


@kernel
def judge_times(  # noqa: PLR0913, PLR0917 - a kernel takes every array it touches
    times: NDArray[np.int64],
    timestamps: NDArray[np.int64],
    newest: int,
    written: int,
    limits: tuple[int, int],
    verdicts: NDArray[np.uint8],
    last: bool,  # noqa: FBT001
) -> tuple[int, int]:
    """Judge the times of consecutive events of one source.

    Args:
        times: int64, shape (n,), milliseconds; times that are ahead are set back in place.
        timestamps: int64, shape (n,): when Kafka got each event, or `NO_TIMESTAMP`.
        newest: the source's clock, `ABSENT_TIME` before its first event.
        written: timestamp of the event before these, or `NO_TIMESTAMP`.
        limits: milliseconds behind the clock that still count, and milliseconds ahead of
            clock or timestamp that need no proof.
        verdicts: uint8, shape (n,), to be filled.
        last: whether no more events follow.

    Returns:
        How many events could be judged; those behind wait for what follows. And the clock.
    """
    lateness, tolerance = limits
    for i in range(len(times)):
        believed = int(times[i])
        if timestamps[i] != NO_TIMESTAMP:
            if times[i] > timestamps[i] + tolerance:
                believed = _time_by_record(int(timestamps[i]), written, newest)
        elif newest == ABSENT_TIME or times[i] > newest + tolerance:
            believed = _credible_time(times, i, newest, lateness, last)
            if believed == _UNDECIDED:
                return i, newest
        written = int(timestamps[i])
        verdicts[i] = BELIEVED if believed == times[i] else AHEAD
        times[i] = believed
        if newest != ABSENT_TIME and believed < newest - lateness:
            verdicts[i] = LATE
        else:
            newest = max(newest, believed)
    return len(times), newest
