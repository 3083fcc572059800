from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.ingest import zones
from streams.ingest.schema import LATEST_MS
from streams.ingest.zones import UtcOffsets

NAMES = ["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]


@given(st.sampled_from(NAMES), st.integers(0, 4_102_444_800_000))
def test_offset_is_the_zones_own_at_that_time(name: str, time: int) -> None:
    """Daylight saving included, whatever the minute at which it begins."""
    offsets, unknown = UtcOffsets().minutes([name], np.array([time]))

    expected = datetime.fromtimestamp(time // 1_000, ZoneInfo(name)).utcoffset()
    assert expected is not None
    assert offsets.tolist() == [expected.total_seconds() // 60]
    assert not unknown.any()


def test_no_zone_and_unknown_zones_are_utc() -> None:
    """Only the latter are counted; a path into the file system is no zone."""
    names = ["Asia/Tokyo", None, "", "Mars/Olympus", "../../etc/passwd", "America", "\ud800"]

    offsets, unknown = UtcOffsets().minutes(names, np.full(len(names), 1_700_000_000_000))

    assert offsets.tolist() == [540, 0, 0, 0, 0, 0, 0]
    assert unknown.tolist() == [False] * 3 + [True] * 4


def test_last_hours_of_the_calendar_have_an_offset() -> None:
    """Where local time would lie in the year 10000."""
    offsets, _ = UtcOffsets().minutes(["Asia/Tokyo"], np.array([LATEST_MS]))

    assert offsets.tolist() == [540]


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Old days are forgotten."""
    monkeypatch.setattr(zones, "MOST_OFFSETS", 100)
    offsets = UtcOffsets()
    for day in range(20):
        offsets.minutes(["UTC"], np.array([day * zones.STEPS_PER_DAY * zones.STEP_MS]))

    assert len(offsets) <= 100 + zones.STEPS_PER_DAY
