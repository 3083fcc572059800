"""Durations as people write them: a whole number and a unit, as in 90s, 15m, 1h, 30d."""

import re
from datetime import timedelta

EXPECTED = 'a duration such as "90s", "15m", "1h" or "30d"'
"""What to say to somebody who wrote something else."""

_UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
# Nine digits: 999,999,999 days is the longest that a timedelta holds.
_FORM = re.compile(r"(\d{1,9})(ms|[smhd])", re.ASCII)


def parse_duration(text: str) -> timedelta | None:
    """The duration that the text says, or None if it says none.

    >>> parse_duration("15m")
    datetime.timedelta(seconds=900)
    >>> parse_duration("15 minutes") is None
    True
    """
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    return int(match[1]) * _UNITS[match[2]]


def format_duration(duration: timedelta) -> str:
    """The shortest text that `parse_duration` reads back, to the millisecond.

    >>> format_duration(timedelta(minutes=90)), format_duration(timedelta(0))
    ('90m', '0s')
    """
    if not duration:
        return "0s"
    for name, unit in _UNITS.items():
        if not duration % unit:
            return f"{duration // unit}{name}"
    return f"{round(duration / _UNITS['ms'])}ms"
