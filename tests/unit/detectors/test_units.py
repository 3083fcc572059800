from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from detectors.config import Detection
from detectors.errors import SnapshotError
from detectors.shards.tables import Arrays, Held
from detectors.stages import ActorStage
from detectors.units import MOST_EMPTY_DAYS, NEVER, Unit, days_to_begin
from tests.logs import misuse_log, name_of, pipeline

DAY = 20_000


class Diary:
    """A shard that notes the days that begin."""

    def __init__(self) -> None:
        self.days: list[int] = []
        self.tracked: dict[str, Held] = {}
        self.untracked: dict[str, int] = {}

    def begin(self, day: int) -> None:
        """Note it."""
        self.days.append(day)

    def arrays(self) -> Arrays:
        """The days."""
        return {"days": np.array(self.days)}

    def load(self, kept: Mapping[str, NDArray[np.generic]]) -> None:
        """Take the days over."""
        self.days = kept["days"].tolist()


@given(st.lists(st.integers(DAY, DAY + 20), min_size=1))
def test_a_day_begins_once_and_days_do_not_go_back(days: list[int]) -> None:
    """The first of all only says what day it is: there is none before it to be ended."""
    diary = Diary()
    unit = Unit(diary, {}, {})
    for day in days:
        assert unit.begin(day) == []

    expected = sorted({day for i, day in enumerate(days) if day >= max(days[: i + 1])})
    assert [days[0], *diary.days] == expected
    assert unit.today == max(days)


@given(st.integers(DAY, DAY + 1000), st.integers(DAY, DAY + 1000))
def test_every_day_in_between_begins(today: int, day: int) -> None:
    """Up to so many that nothing is left of what was before them."""
    days = days_to_begin(today, day)

    assert [*days] == [d for d in range(today + 1, day + 1) if d >= day - MOST_EMPTY_DAYS]
    assert [*days_to_begin(NEVER, day)] == [day]


def test_a_unit_goes_on_from_its_arrays() -> None:
    """With its shard, its episodes, and its day."""
    judge, other = pipeline(), pipeline()
    judge.observe(misuse_log())
    for name, unit in judge.units().items():
        other.units()[name].load({k: a.copy() for k, a in unit.arrays().items()}, unit.today)
    later = judge.today + 60

    closed = judge.advance(later)
    assert closed
    found = [
        alert
        for day in range(judge.today - 59, later + 1)
        for stage in other.stages()
        for alert in stage.begin(day)
    ]
    assert sorted(alert.alert_id for alert in found) == sorted(alert.alert_id for alert in closed)


def test_arrays_of_another_version_are_refused() -> None:
    """Whether rows have another layout or something is not there."""
    stage = ActorStage(Detection(), "test", name_of, [0])
    unit = stage.units[0]
    whole = unit.arrays()
    books = {code.value for code in unit.books}
    assert {key.partition(".")[0] for key in whole} == {"shard", "tails", *books}

    with pytest.raises(SnapshotError, match="laid out"):
        unit.load(whole | {"shard.actors.rows": np.zeros(1, np.int64)}, DAY)
    with pytest.raises(KeyError):
        unit.load({k: a for k, a in whole.items() if k != "shard.evicted"}, DAY)
