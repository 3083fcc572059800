"""The calendar of a world: its days, its holidays, and where each time zone's day begins."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from .randomness import F64, I64, stream

SECOND = 1000
HOUR = 3600 * SECOND
DAY = 24 * HOUR

# Zone and the country that its addresses are in. Offsets on both sides of UTC, with and
# without daylight saving time, and one of half an hour.
ZONES = (
    ("America/New_York", "US"),
    ("America/Chicago", "US"),
    ("America/Denver", "US"),
    ("America/Los_Angeles", "US"),
    ("Europe/London", "GB"),
    ("Europe/Berlin", "DE"),
    ("Europe/Warsaw", "PL"),
    ("Europe/Madrid", "ES"),
    ("America/Sao_Paulo", "BR"),
    ("Asia/Kolkata", "IN"),
    ("Asia/Tokyo", "JP"),
    ("Australia/Sydney", "AU"),
)
COUNTRIES = tuple(sorted({country for _, country in ZONES}))


@dataclass(frozen=True, slots=True)
class Almanac:
    """The days of a world.

    People live by local days; one more is planned before the first, so that the window's
    first hours are as busy in the west as in the east.

    Attributes:
        start: first instant of the window, milliseconds since the epoch.
        end: first instant after it.
        midnights: start of local day in milliseconds, shape (zones, span).
        weekday: 0 for Monday, shape (span,).
        holiday: 1 where the day is one, shape (span,).
    """

    start: int
    end: int
    midnights: I64
    weekday: I64
    holiday: F64

    @property
    def days(self) -> int:
        """Days of the window."""
        return (self.end - self.start) // DAY

    @property
    def span(self) -> int:
        """Local days that are planned."""
        return len(self.weekday)


def almanac(seed: int, first: date, days: int) -> Almanac:
    """The calendar of `days` days from `first` on, with holidays about every three weeks."""
    start = int(datetime.combine(first, time(), UTC).timestamp()) * SECOND
    dates = [first + timedelta(days=day - 1) for day in range(days + 1)]
    midnights = [
        [int(datetime.combine(day, time(), ZoneInfo(name)).timestamp()) * SECOND for day in dates]
        for name, _ in ZONES
    ]
    holiday = stream(seed, "holidays").random(days + 1) < 1 / 21
    return Almanac(
        start=start,
        end=start + days * DAY,
        midnights=np.array(midnights, np.int64),
        weekday=np.array([day.weekday() for day in dates], np.int64),
        holiday=holiday.astype(np.float64),
    )
