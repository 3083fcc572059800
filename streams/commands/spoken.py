"""What the commands that publish decisions have in common: how one says when, who and why."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from detectors.alerts import rfc3339
from detectors.state.actors import DAY
from detectors.units import NEVER
from streams.decisions.desk import whoever
from streams.decisions.records import LAST_DAY, Record, line_of
from streams.settings.suppressions import CODE, PERSON

LAST = (LAST_DAY + 1) * DAY
"""Before it, ms, everything must be that is said: there is a day after it that can be written."""


class Matching(click.ParamType):
    """Text of a form.

    Args:
        name: what it is.
        form: a pattern that all of it must match.
        expected: the form in words.
    """

    def __init__(self, name: str, form: Any, expected: str) -> None:
        self.name = name
        self._form = form
        self._expected = expected

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text."""
        if self._form.fullmatch(value) is None:
            self.fail(f"expected {self._expected}", param, ctx)
        return value


class Time(click.ParamType):
    """A time with its offset, as milliseconds."""

    name = "time"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Milliseconds since the epoch."""
        if isinstance(value, int):
            return value
        try:
            time = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f'{value!r} is no time such as "2026-03-31T00:00:00Z"', param, ctx)
        if time.tzinfo is None:
            self.fail(f'{value!r} lacks its offset, as in "2026-03-31T00:00:00Z"', param, ctx)
        milliseconds = round(time.timestamp() * 1000)
        if not 0 <= milliseconds < LAST:
            self.fail(f"{value!r}: expected a time from 1970 to 9999-12-30", param, ctx)
        return milliseconds


CODE_OF_ONES_OWN = Matching("code", CODE, "a code of at most 32 characters, as in case-closed")
SOMEBODY = Matching("who", PERSON, "a name without spaces, at most 64 characters")

BY = click.option(
    "--by", type=SOMEBODY, metavar="WHO", default=whoever, help="Who says so. [default: you]"
)


def day_of(event_time: int) -> str:
    """The first day that begins after a time, as in `2026-03-31`; 9999-12-31 if there is none."""
    return rfc3339((min(max(event_time, 0), LAST - 1) // DAY + 1) * DAY)[:10]


def reached(day: int) -> int:
    """The event time that is known to have been reached, ms: the beginning of a day, if any."""
    return 0 if day == NEVER else day * DAY


def to_the_second(time: int) -> str:
    """As in `2026-03-31 08:00:00`, UTC."""
    return f"{datetime.fromtimestamp(min(max(time, 0), LAST) / 1000, UTC):%Y-%m-%d %H:%M:%S}"


def write(path: Path, records: Iterable[Record]) -> None:
    """Write records as JSON lines."""
    path.write_bytes(b"".join(line_of(record) + b"\n" for record in records))
