"""What is learned of whole days, against plain means and variances."""

import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.config import Detection, Learning
from detectors.events import Records
from detectors.kernels.days import MEMORY_DAYS
from detectors.pipeline import Pipeline
from detectors.state.actors import DAY, Trait
from tests.logs import Fields, at, batch, figures_of, in_order, one_in, pipeline, pseudonym, search

NOTHING_IS_SUSPECT = Detection(learning=Learning(suspect_score=1.0))
EVERYTHING_IS_SUSPECT = Detection(learning=Learning(suspect_score=0.0, release_after_days=5))


def after(events: list[Fields], detection: Detection = NOTHING_IS_SUSPECT) -> Pipeline:
    """A pipeline that has seen the events and learned all of their days."""
    judge = pipeline(detection)
    log = batch(events)
    judge.observe(log)
    last = int(log.rows["time"].max()) // DAY
    for day in (last + 1, last + 2):
        judge.advance(day)
    return judge


def row_of(judge: Pipeline, part: str, plain: str = "ada") -> np.void:
    """The actor's row in its shard, or in the pool `part` of it."""
    key = pseudonym("actor_id", "tenant", plain)[0]
    for shard in judge.actors.shards.values():
        found = np.flatnonzero(shard.actors.keys[: len(shard.actors)] == key)
        if len(found):
            actor: np.void = shard.actors.rows[found[0]]
            number = -1 if part == "actor" else int(actor[part])
            pool: Records = shard.pools[f"{part}s"].rows if part != "actor" else shard.actors.rows
            return actor if part == "actor" else pool[number]
    raise LookupError(plain)


def week(reach: list[int]) -> list[Fields]:
    """So many people reached on each day, a minute apart."""
    return [
        search(at(day, 8, i), subject=f"person-{day}-{i}")
        for day, people in enumerate(reach)
        for i in range(people)
    ]


@given(reach=st.lists(st.integers(1, 12), min_size=1, max_size=12))
@one_in(12)
def test_baseline_is_mean_and_variance(reach: list[int]) -> None:
    """While it remembers all days, a baseline has the mean and the squares about it."""
    own = row_of(after(week(reach)), "baseline")
    days = np.log1p(reach)

    assert own["days"][Trait.REACH_DAY] == len(reach)
    assert own["mean"][Trait.REACH_DAY] == pytest.approx(days.mean(), rel=1e-5)
    squares = ((days - days.mean()) ** 2).sum()
    assert own["squares"][Trait.REACH_DAY] == pytest.approx(squares, rel=1e-4, abs=1e-5)


def test_baseline_follows_a_lasting_change() -> None:
    """Old days fade: after a hundred days of another kind, they are all but forgotten."""
    own = row_of(after(week([1] * 50 + [9] * 100)), "baseline")

    assert own["days"][Trait.REACH_DAY] == MEMORY_DAYS
    assert own["mean"][Trait.REACH_DAY] == pytest.approx(math.log1p(9), abs=0.15)


def test_traits_that_say_too_little_are_not_learned() -> None:
    """A day with three searches has no mean limit, paging or regularity."""
    own = row_of(after(week([3, 3, 3])), "baseline")

    assert own["days"][[Trait.REACH_DAY, Trait.REACH_HOUR, Trait.AWAKE]].tolist() == [3, 3, 3]
    assert own["days"][[Trait.LIMIT, Trait.PAGING, Trait.REGULARITY]].tolist() == [0, 0, 0]


def test_suspect_days_are_not_learned() -> None:
    """Of suspect days neither the actor nor its cohort learns anything, up to the release."""
    judge = after(week([4] * 5), EVERYTHING_IS_SUSPECT)

    assert row_of(judge, "actor")["baseline"] == -1
    assert sum(float(shard.known()["days"].sum()) for shard in judge.actors.shards.values()) == 0


def test_a_lasting_change_is_released() -> None:
    """A change that stays suspect for longer than the release is learned after all."""
    own = row_of(after(week([4] * 8), EVERYTHING_IS_SUSPECT), "baseline")

    assert own["days"][Trait.REACH_DAY] == 8 - 5


def test_one_suspect_day_leaves_the_others() -> None:
    """Of a day that a pattern suspects nothing is learned, of those around it all."""
    judge = pipeline(NOTHING_IS_SUSPECT)
    events = in_order(week([4] * 20 + [600] + [4] * 5))
    for day in range(26):
        judge.observe(batch(e for e in events if at(day) <= e["event_time"] < at(day + 1)))
        if day == 20:
            shard = next(shard for shard in judge.actors.shards.values() if len(shard.actors))
            shard.suspect(np.zeros(1, np.int32), np.array([judge.today]))
    for _ in range(2):
        judge.advance(judge.today + 1)
    own = row_of(judge, "baseline")

    assert own["days"][Trait.REACH_DAY] == 25
    assert own["mean"][Trait.REACH_DAY] == pytest.approx(math.log1p(4), rel=1e-5)


def test_carried_evidence_grows_and_fades() -> None:
    """Days far beyond what is usual add up within bounds; usual days take it away again."""
    reach = [3] * 30 + [200] * 6 + [3] * 30
    events = [
        search(at(day, 6, second=200 * i), subject=f"person-{day}-{i}")
        for day, people in enumerate(reach)
        for i in range(people)
    ]
    log = batch(events)
    carried = figures_of(log).actors["carried"]
    days = log.rows["time"] // DAY - log.rows["time"][0] // DAY

    assert carried[days < 30].max() < 1
    assert carried[days == 36].min() > 5
    assert carried.max() <= 40
    assert carried[days == 65].max() == 0


def test_rhythm_is_kept_in_local_time() -> None:
    """Hours of the week are those of the actor's zone, once three days are known."""
    zone = "America/Chicago"
    events = [
        search(at(day, 3), subject=f"person-{day}", actor_tz=zone, actor_role="officer")
        for day in range(10)
    ]
    hours = row_of(after(events), "rhythm")["hours"]

    times = [datetime.fromtimestamp(e["event_time"] / 1000, UTC) for e in events]
    local = [time.astimezone(ZoneInfo(zone)) for time in times]
    expected = np.zeros(168, int)
    for time in local[2:]:
        expected[24 * time.weekday() + time.hour] += 1
    assert hours.tolist() == expected.tolist()


def test_sheets_are_given_back() -> None:
    """Two days after an actor's last search, none of its days is held open."""
    judge = after(week([4] * 10))

    assert sum(shard.pools["sheets"].live for shard in judge.actors.shards.values()) == 0
    assert row_of(judge, "actor")["sheets"].tolist() == [-1, -1]
