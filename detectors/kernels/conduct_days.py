"""The end of a day: learn what accounts did, unless they were suspect."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..events import Row
from ..state.actors import HOURS_PER_DAY
from ..state.conduct import ENOUGH, HABITS, MARKS_KEPT
from .cohorts import row_of
from .compile import kernel, signed
from .days import MEMORY_DAYS
from .habits import describe
from .hashing import FREE, TableView, add_row, find_row

_FULL = 240  # of an hour's byte


class ConductDay(NamedTuple):
    """The arrays that closing a day of conduct touches.

    Attributes:
        deeds: of the day that is complete.
        conducts: with room for as many more.
        cohorts: with room for as many more.
        learned: 1 for those of the day's accounts that are.
    """

    deeds: TableView
    conducts: TableView
    cohorts: TableView
    learned: NDArray[np.uint8]


@kernel
def close_conduct(
    day: int,
    release_after: int,
    state: ConductDay,
    found: NDArray[np.float32],
) -> None:
    """Learn the unsuspected days that have enough events.

    Args:
        day: the day that is complete.
        release_after: suspect days in a row after which a lasting change is learned.
        state: changed in place.
        found: room for one day's description.
    """
    for row in range(state.deeds.used[0]):
        deeds = state.deeds.rows[row]
        cohort = state.cohorts.rows[row_of(state.cohorts, deeds)]
        cohort.actor_days += 1.0
        if deeds.events < ENOUGH:
            continue
        key = state.deeds.keys[row]
        past = find_row(state.conducts, key)
        known = past != FREE
        if deeds.suspect and not known:
            continue
        own = state.conducts.rows[past if known else add_row(state.conducts, key)]
        if not known:
            _begin(own, deeds)
        own.suspect_days = own.suspect_days + 1 if deeds.suspect else 0
        if 0 < own.suspect_days <= release_after:
            continue
        describe(deeds, found)
        state.learned[row] = 1
        _learn(own, cohort, found)
        own.day = day
        _learn_manner(own, deeds)


@kernel
def count_conducts(conducts: TableView, cohorts: TableView) -> None:
    """Add every account with a past to its cohort."""
    for row in range(conducts.used[0]):
        cohorts.rows[row_of(cohorts, conducts.rows[row])].habit_actors += 1.0


@kernel
def _begin(own: Row, deeds: Row) -> None:
    own.cohort = deeds.cohort
    own.tenant = deeds.tenant
    own.suspect_days = 0
    own.total = 0.0
    own.days[:] = 0.0
    own.mean[:] = 0.0
    own.hours[:] = 0
    own.gallery = 0
    own.clients[:] = 0
    own.networks[:] = 0
    own.asked[:] = 0


@kernel
def _learn(own: Row, cohort: Row, found: NDArray[np.float32]) -> None:
    """Add a day to the account's past and to its cohort's moments."""
    cohort.acts += 1.0
    if own.total >= MEMORY_DAYS:
        left = (MEMORY_DAYS - 1) / MEMORY_DAYS
        own.total *= left
        for k in range(HABITS):
            own.days[k] *= left
    own.total += 1.0
    for k in range(HABITS):
        if math.isnan(found[k]):
            continue
        days = own.days[k]
        off = found[k] - own.mean[k]
        cohort.habit_days[k] += 1.0
        cohort.habit_sums[k] += found[k]
        cohort.habit_squares[k] += float(found[k]) * float(found[k])
        if days >= 1:
            cohort.habit_own_days[k] += 1.0
            cohort.habit_own_squares[k] += off * off * days / (days + 1)
        own.days[k] = days + 1.0
        own.mean[k] += off / (days + 1.0)


@kernel
def _learn_manner(own: Row, deeds: Row) -> None:
    """Remember when, where and with what the account did it."""
    full = False
    for hour in range(HOURS_PER_DAY):
        if deeds.hours & np.uint32(1 << hour):
            own.hours[hour] = min(255, signed(own.hours[hour]) + 1)
            full = full or own.hours[hour] >= _FULL
    if full:
        for hour in range(HOURS_PER_DAY):
            own.hours[hour] = own.hours[hour] // 2
    if deeds.gallery != 0:
        own.gallery = deeds.gallery
    for k in range(MARKS_KEPT):
        _put_first(own.clients, deeds.clients[k])
        _put_first(own.networks, deeds.networks[k])
        _put_first(own.asked, deeds.asked[k])


@kernel
def _put_first(marks: NDArray[np.uint32], seen: np.uint32) -> None:
    """The mark in front, and what was before it one place back."""
    if seen == 0:
        return
    carried = seen
    for k in range(MARKS_KEPT):
        marks[k], carried = carried, marks[k]
        if carried in (seen, np.uint32(0)):
            return
