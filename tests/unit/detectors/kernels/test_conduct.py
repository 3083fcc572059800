"""An account's day, whatever its operations, against plain counts over the day's events."""

import math
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.events import CaptureClass, Operation, Outcome
from detectors.kernels.conduct import keep
from detectors.kernels.habits import LEAST_SPREAD, MOST_NATS, PAIRS, SURE_DAYS, HabitView, surprise
from detectors.state.actors import DAY
from detectors.state.conduct import CONDUCT, ENOUGH, HABITS, MARKS_KEPT, Habit
from tests.logs import Fields, at, batch, figures_of, in_order, one_in, pipeline, search, stories

COUNTED = {
    Habit.SEARCHES: lambda row: row["operation"] == Operation.IDENTIFY,
    Habit.VERIFIES: lambda row: row["operation"] == Operation.VERIFY,
    Habit.ENROLS: lambda row: row["operation"] == Operation.ENROL,
    Habit.DELETES: lambda row: row["operation"] == Operation.DELETE,
    Habit.LISTS: lambda row: row["operation"] == Operation.LIST,
    Habit.EMBEDDINGS: lambda row: (
        row["embedding_returned"] == 1 or row["operation"] == Operation.EXTRACT
    ),
    Habit.FAILURES: lambda row: row["outcome"] == Outcome.FAILURE,
    Habit.DENIALS: lambda row: row["outcome"] == Outcome.DENIED,
    Habit.SOCIAL: lambda row: row["capture"] == CaptureClass.SOCIAL,
}


@given(events=stories(days=3))
@one_in(5)
def test_a_day_is_what_was_done_in_it(events: list[Fields]) -> None:
    """Counts of the last two days, which are open, are those of plain sums."""
    log = batch(events)
    judge = pipeline()
    judge.observe(log)
    done: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for row in log.rows:
        done[int(row["actor"][0]), int(row["time"]) // DAY].append(row)
    for (actor, day), rows in done.items():
        if day < judge.today - 1:
            continue
        tables = [shard.conduct.deeds[day & 1] for shard in judge.actors.shards.values()]
        (deeds,) = [
            t.rows[row] for t in tables for row in np.flatnonzero(t.keys[: len(t)] == actor)
        ]

        assert deeds["events"] == len(rows)
        for habit, counts in COUNTED.items():
            assert deeds["counts"][habit] == sum(map(bool, map(counts, rows)))


Numbers = list[float]


def plainly(found: Numbers, own: tuple[float, Numbers, Numbers] | None, peers: Numbers) -> Numbers:
    """Nats by habit, as the docstring has it."""
    nats, amounts = [0.0] * HABITS, [0.0] * HABITS
    more = 0.0
    for habit in Habit:
        share, center, between, within = peers
        sure, freedom = between**-2, 8.0
        if own:
            total, days, mean = own[0], own[1][habit], own[2][habit]
            share = (days + SURE_DAYS * share) / (total + SURE_DAYS)
            weight = days / within**2
            center = (sure * center + weight * mean) / (sure + weight)
            sure, freedom = sure + weight, freedom + days
        if habit is Habit.SEARCHES and not math.isnan(found[habit]):
            more = max(found[habit] - center, 0)
        usual_work = habit < Habit.FAILURES and own is not None and own[1][habit] >= 1
        strange = habit >= Habit.STRANGE_GALLERY
        if usual_work:
            center += more
        elif habit >= Habit.FAILURES and not strange:
            center = max(center, math.log(share) + center + more)
            share = 1 - (1 - share) ** math.exp(more)
        z = max(found[habit] - center, 0) / max(math.sqrt(within**2 + 1 / sure), LEAST_SPREAD)
        amount = (freedom + 1) / 2 * math.log(1 + z * z / freedom)
        if not math.isnan(found[habit]) and habit is not Habit.SEARCHES:
            nats[habit] = -math.log(share)
            amounts[habit] = 0.0 if strange else min(amount, MOST_NATS - nats[habit])
    busiest = amounts.index(max(amounts))
    nats[busiest] += amounts[busiest]
    for one, other in PAIRS:
        nats[one if nats[one] < nats[other] else other] = 0.0
    return nats


def numbers(low: float, high: float) -> st.SearchStrategy[Numbers]:
    """One per habit."""
    return st.lists(st.floats(low, high, width=32), min_size=HABITS, max_size=HABITS)


@given(
    found=st.lists(st.just(math.nan) | st.floats(0, 9, width=32), min_size=HABITS, max_size=HABITS),
    own=st.none() | st.tuples(st.sampled_from([1.0, 8.0, 40.0]), numbers(0, 1), numbers(0, 6)),
    peers=st.tuples(st.floats(1e-4, 1), st.floats(0, 5), st.floats(0.1, 2), st.floats(0.1, 2)),
)
def test_surprise_is_that_of_a_hurdle_and_of_an_amount(
    found: Numbers, own: tuple[float, Numbers, Numbers] | None, peers: tuple[float, ...]
) -> None:
    """The kernel gives what the formula gives."""
    past = np.zeros(1, CONDUCT)
    if own:
        past["total"], past["days"], past["mean"] = own[0], own[0] * np.array(own[1]), own[2]
        own = own[0], past["days"][0].tolist(), past["mean"][0].tolist()
    share, mean, between, within = (np.full((1, HABITS), part) for part in peers)
    view = HabitView(share, mean, between, within, np.zeros(1))
    nats, usual = np.zeros(HABITS), np.zeros(HABITS)

    surprise(np.array(found, np.float32), past[0], own is not None, view, 0, nats, usual)

    assert nats.sum() == pytest.approx(sum(plainly(found, own, list(peers))), rel=1e-9, abs=1e-9)


@given(st.lists(st.integers(0, 9), max_size=20))
def test_the_least_marks_are_kept_in_order(seen: list[int]) -> None:
    """In whatever order they come."""
    marks = np.zeros(MARKS_KEPT, np.uint32)
    for value in seen:
        keep(marks, np.uint32(value))

    least = sorted(set(seen) - {0})[:MARKS_KEPT]
    assert marks.tolist() == least + [0] * (MARKS_KEPT - len(least))


def office(days: int) -> list[Fields]:
    """Ten accounts that search six times a day."""
    return [
        search(at(day, 9 + i, actor), f"actor-{actor}", f"person-{actor}-{day}-{i}")
        for day in range(days)
        for actor in range(10)
        for i in range(6)
    ]


def test_nothing_is_judged_before_enough_is_known() -> None:
    """Unknown is NaN, which is not zero; later a day is looked at as its events double."""
    log = batch(in_order(office(20)))
    odd = figures_of(log).actors["odd"]
    days = (log.rows["time"] - at(0)) // DAY

    assert np.isnan(odd[days <= 3]).all()
    assert not np.isnan(odd[days >= 16]).any()


def test_a_day_is_looked_at_when_its_events_have_doubled() -> None:
    """The third event of ten comparisons, and the sixth."""
    burst = [search(at(20, 10, i), "actor-0", f"p-{i}", operation="verify") for i in range(10)]
    log = batch(in_order([*office(20), *burst]))
    odd = figures_of(log).actors["odd"][-10:]

    assert (np.flatnonzero(odd > 0) + 1).tolist() == [ENOUGH, 2 * ENOUGH]
