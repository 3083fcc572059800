import re
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.events import ABSENT_TIME
from streams.ingest.schema import LATEST_MS
from streams.ingest.times import to_millis

GRAMMAR = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))",
    re.ASCII,
)
EPOCH = date(1970, 1, 1)


def reference(text: str) -> int:
    """RFC 3339 by a regular expression and the standard library's calendar."""
    match = GRAMMAR.fullmatch(text)
    if match is None:
        return ABSENT_TIME
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    east = int(match[9] or 0), int(match[10] or 0)
    try:
        days = (date(year, month, day) - EPOCH).days
    except ValueError:
        return ABSENT_TIME
    if hour > 23 or minute > 59 or second > 60 or east[0] > 23 or east[1] > 59:
        return ABSENT_TIME
    offset = (east[0] * 60 + east[1]) * (-1 if match[8] == "-" else 1)
    minutes = days * 1_440 + hour * 60 + minute - offset
    if second == 60 and minutes % 1_440 != 1_439:
        return ABSENT_TIME
    millis = int(((match[7] or "") + "000")[:3])
    time = minutes * 60_000 + second * 1_000 + millis
    return time if 0 <= time <= LATEST_MS else ABSENT_TIME


@st.composite
def stamps(draw: st.DrawFn) -> str:
    """Texts that are time stamps, or nearly."""
    moment = draw(st.datetimes(datetime(1969, 12, 30), datetime(9999, 12, 31, 23, 59, 59)))  # noqa: DTZ001
    text = f"{moment:%m-%d}{draw(st.sampled_from('Tt '))}{moment:%H:%M}"
    second = draw(st.sampled_from([f"{moment:%S}", "59", "60", "61"]))
    fraction = draw(st.sampled_from(["", ".", ".5", ".123", ".123999", "." + "9" * 40]))
    offset = draw(st.sampled_from(["Z", "z", "+00:00", "-00:00", "+05:30", "-23:59", "+24:00", ""]))
    return f"{moment.year:04}-{text}:{second}{fraction}{offset}"


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A time stamp with something put in, taken out or exchanged."""
    text = draw(stamps())
    at = draw(st.integers(0, len(text)))
    return text[:at] + draw(st.text(max_size=3)) + text[at + draw(st.integers(0, 2)) :]


@given(st.lists(stamps() | damaged() | st.text(max_size=40), max_size=20))
def test_kernel_equals_reference(texts: list[str]) -> None:
    """One time stamp has no effect on the next, valid or not."""
    assert to_millis(texts).tolist() == [reference(text) for text in texts]


@given(st.datetimes(datetime(1970, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_every_valid_moment_is_read(moment: datetime) -> None:
    """What the standard library writes comes back to the millisecond."""
    assert to_millis([moment.isoformat()]).tolist() == [
        (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    ]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ("2016-12-31T15:59:60.5-08:00", 1_483_228_800_500),
        ("2024-02-29t12:00:00z", 1_709_208_000_000),
        ("9999-12-31T23:59:59.999999Z", LATEST_MS),
        ("2016-12-31T22:59:60Z", ABSENT_TIME),
        ("2100-02-29T12:00:00Z", ABSENT_TIME),
        ("2024-02-29T12:00:00", ABSENT_TIME),
        ("1969-12-31T23:59:59.999Z", ABSENT_TIME),
        ("0000-01-01T00:00:00Z", ABSENT_TIME),
    ],
)
def test_edges_of_the_calendar(text: str, time: int) -> None:
    """Leap seconds and days, and the first and last instant."""
    assert to_millis([text]).tolist() == [time]


def test_kinds_may_be_mixed() -> None:
    """Texts, integers and nothing at all in one column."""
    column: list[str | int | None] = [
        "1970-01-01T00:00:01Z",
        2_000,
        None,
        "",
        -1,
        LATEST_MS,
        LATEST_MS + 1,
    ]

    times = to_millis(column)

    assert times.tolist() == [
        *(1_000, 2_000, ABSENT_TIME, ABSENT_TIME, ABSENT_TIME),
        *(LATEST_MS, ABSENT_TIME),
    ]


def test_integers_are_milliseconds() -> None:
    """A column of nothing else takes the short way to the same result."""
    assert to_millis([0, 5, LATEST_MS + 1]).tolist() == [0, 5, ABSENT_TIME]
    assert to_millis([]).dtype == np.int64
