from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.settings.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0s", 0),
        ("90s", 90),
        ("15m", 900),
        ("1h", 3600),
        ("30d", 30 * 86400),
        ("250ms", 0.25),
        ("999999999d", 86399999913600),
    ],
)
def test_a_number_and_a_unit_are_a_duration(text: str, seconds: float) -> None:
    """Milliseconds, seconds, minutes, hours and days are understood."""
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "1", "h", "1.5h", "-1h", "1 h", "1H", "1h30m", "1w", "1h\n", "٣h", "1000000000d"]
)
def test_anything_else_is_no_duration(text: str) -> None:
    """No guess is made at what might have been meant."""
    assert parse_duration(text) is None


@given(st.integers(0, 10**9 - 1).map(lambda ms: timedelta(milliseconds=ms)))
def test_what_is_written_is_read_back(duration: timedelta) -> None:
    """Formatting a duration of whole milliseconds loses nothing."""
    assert parse_duration(format_duration(duration)) == duration
