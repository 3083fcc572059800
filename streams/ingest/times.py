# ruff: noqa: PLR2004 - the numbers are the calendar's.
"""Time stamps to milliseconds since the epoch, a whole column at once."""

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from detectors.events import ABSENT_TIME
from detectors.kernels.compile import kernel

from .packed import Packed, pack
from .schema import LATEST_MS


def to_millis(column: Sequence[str | int | None]) -> NDArray[np.int64]:
    """Read RFC 3339 texts and integer milliseconds, mixed as they come.

    A text needs its offset and may have any number of fraction digits, of which three are
    kept; `t`, `z` and a space between date and time are read too (RFC 3339, 5.6). A leap
    second is read where there can be one, at 23:59:60 UTC, and is the midnight after it,
    as in POSIX.

    Returns:
        int64, shape (n,); `ABSENT_TIME` where there is no time, or none between the epoch
        and the end of the year 9999.
    """
    try:
        return parse_rfc3339(pack(cast("Sequence[str | None]", column)))
    except TypeError:
        pass
    if set(map(type, column)) == {int}:
        numbers = np.fromiter(column, np.int64, len(column))
        return np.where((numbers >= 0) & (numbers <= LATEST_MS), numbers, ABSENT_TIME)
    out = parse_rfc3339(pack([value if isinstance(value, str) else None for value in column]))
    for i, value in enumerate(column):
        if isinstance(value, int) and 0 <= value <= LATEST_MS:
            out[i] = value
    return out


def parse_rfc3339(packed: Packed) -> NDArray[np.int64]:
    """Read n time stamps; `ABSENT_TIME` where a text is none."""
    out = np.empty(packed.count, np.int64)
    _parse_texts(packed.buffer, packed.separator, out)
    return out


_NOT = -1_000_000
"""No number, or no day: below all that can be one, whatever is added to it here."""

_DAY_MINUTES = 1_440

_PLUS, _MINUS, _POINT, _COLON = b"+-.:"
_ZERO, _NINE = b"09"
_UTC = (ord("Z"), ord("z"))
_BEFORE_TIME = (ord("T"), ord("t"), ord(" "))

# Unsigned indices below spare compiled code the check for negative ones, a third of its time.


@kernel
def _number(buffer: NDArray[np.uint8], at: int, digits: int) -> int:
    """The decimal number of so many digits."""
    number = 0
    for i in range(digits):
        digit = int(buffer[np.uint64(at + i)]) - _ZERO
        if not 0 <= digit <= 9:
            return _NOT
        number = number * 10 + digit
    return number


@kernel
def _days(year: int, month: int, day: int) -> int:
    """Days since the epoch, or `_NOT` if there is no such day.

    Source: Howard Hinnant, "chrono-compatible low-level date algorithms", days_from_civil.
    """
    longest = 31
    if month in (4, 6, 9, 11):
        longest = 30
    elif month == 2:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        longest = 29 if leap else 28
    if year < 0 or month < 1 or month > 12 or day < 1 or day > longest:
        return _NOT
    shifted = year - 1 if month <= 2 else year
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


@kernel
def _offset(buffer: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """Minutes east of UTC, and the place behind the offset."""
    sign = buffer[np.uint64(at)]
    if sign in _UTC:
        return 0, at + 1
    hours = _number(buffer, at + 1, 2)
    minutes = _number(buffer, at + 4, 2)
    if buffer[np.uint64(at + 3)] != _COLON or not (0 <= hours <= 23 and 0 <= minutes <= 59):
        return _NOT, at
    if sign == _PLUS:
        return hours * 60 + minutes, at + 6
    if sign == _MINUS:
        return -(hours * 60 + minutes), at + 6
    return _NOT, at


@kernel
def _fraction(buffer: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """Milliseconds of a fraction, if there is one, and the place behind it."""
    if buffer[np.uint64(at)] != _POINT:
        return 0, at
    millis = 0
    unit = 100
    at += 1
    first = at
    while _ZERO <= buffer[np.uint64(at)] <= _NINE:
        millis += unit * (int(buffer[np.uint64(at)]) - _ZERO)
        unit //= 10
        at += 1
    return (millis, at) if at > first else (_NOT, at)


@kernel
def _parse_one(buffer: NDArray[np.uint8], at: int, separator: int) -> tuple[int, int]:
    """The time of the text that begins here, and a place at or before its end."""
    day = _days(_number(buffer, at, 4), _number(buffer, at + 5, 2), _number(buffer, at + 8, 2))
    hour = _number(buffer, at + 11, 2)
    minute = _number(buffer, at + 14, 2)
    second = _number(buffer, at + 17, 2)
    if (
        day == _NOT
        or buffer[np.uint64(at + 4)] != _MINUS
        or buffer[np.uint64(at + 7)] != _MINUS
        or buffer[np.uint64(at + 10)] not in _BEFORE_TIME
        or buffer[np.uint64(at + 13)] != _COLON
        or buffer[np.uint64(at + 16)] != _COLON
        or not (0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second <= 60)
    ):
        return ABSENT_TIME, at
    millis, behind = _fraction(buffer, at + 19)
    offset, end = _offset(buffer, behind)
    if _NOT in (millis, offset) or buffer[np.uint64(end)] != separator:
        return ABSENT_TIME, at
    minutes = day * _DAY_MINUTES + hour * 60 + minute - offset
    if second == 60 and minutes % _DAY_MINUTES != _DAY_MINUTES - 1:
        return ABSENT_TIME, at
    time = minutes * 60_000 + second * 1_000 + millis
    if time < 0 or time > LATEST_MS:
        return ABSENT_TIME, at
    return time, end


@kernel
def _parse_texts(buffer: NDArray[np.uint8], separator: int, out: NDArray[np.int64]) -> None:
    # No character of a time stamp is the separator, so reading ends at it by itself.
    at = 0
    for k in range(len(out)):
        out[k], at = _parse_one(buffer, at, separator)
        while buffer[np.uint64(at)] != separator:
            at += 1
        at += 1
