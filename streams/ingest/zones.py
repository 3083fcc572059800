"""How far east of UTC the clock on an actor's wall is."""

import struct
import zoneinfo
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

STEP_MS = 1_800_000
"""Half an hour: daylight saving begins on a full hour of UTC, on Lord Howe Island between."""

STEPS_PER_DAY = 48

MOST_OFFSETS = 65_536

UNKNOWN = -32_768
"""Stands for a name that is no zone; zones lie within ±16 hours of UTC."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_STEP = (datetime(9999, 12, 30, tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=STEP_MS)


class UtcOffsets(dict[tuple[str | None, int], int]):
    """Minutes east of UTC by zone and half hour of the epoch, filled as they are asked for."""

    def minutes(
        self, zones: Sequence[str | None], times: NDArray[np.int64]
    ) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
        """The offset of each zone at its time, and which names are no zone, both of shape (n,).

        Where no zone is given, or none of that name is known, the offset is 0.
        """
        if len(self) > MOST_OFFSETS:
            self.clear()
        steps = (times // STEP_MS).tolist()
        minutes = map(self.__getitem__, zip(zones, steps, strict=True))
        offsets = np.frombuffer(struct.pack(f"{len(steps)}h", *minutes), np.int16)
        unknown = offsets == UNKNOWN
        return np.where(unknown, 0, offsets), unknown

    def __missing__(self, key: tuple[str | None, int]) -> int:
        name, step = key
        if not name:
            return 0
        if name not in _zone_names():
            return UNKNOWN
        # No zone changes its clocks twice within a day: what holds at both ends holds between.
        first = step - step % STEPS_PER_DAY
        minutes = _minutes(name, first)
        if _minutes(name, first + STEPS_PER_DAY) == minutes:
            self.update(((name, each), minutes) for each in range(first, first + STEPS_PER_DAY))
        else:
            self[key] = minutes = _minutes(name, step)
        return minutes


def _minutes(name: str, step: int) -> int:
    at = _EPOCH + timedelta(milliseconds=min(step, _LAST_STEP) * STEP_MS)
    offset = at.astimezone(zoneinfo.ZoneInfo(name)).utcoffset() or timedelta()
    return round(offset / timedelta(minutes=1))


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
