"""The end of an actor's day: learn it, unless it was suspect, and give its sheet back."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..events import Row
from ..state.actors import HOURS_PER_DAY, HOURS_PER_WEEK, TRAITS, VOLUMES
from .carry import DOUBTFUL, PARTIES, carry, carry_crowd
from .cohorts import learn_traits, row_of
from .compile import kernel, signed
from .hashing import FREE, PoolView, TableView, draw, give_back
from .sheets import REACH_DAY, describe_day

MEMORY_DAYS = 40.0
"""A baseline remembers about so many days; older ones fade."""

KNOWN_DAYS = 2.0
"""A past of so many days is one that a lasting change is told from."""

SHARED_DAYS = 7.0
"""Likewise for how many people there seem to be: whoever shares a desk shows it within a week."""

_RHYTHM_AFTER = 3.0  # whole days before a rhythm is kept
_RHYTHM_FULL = 240
_WEEKDAY_OF_EPOCH = 3  # 1970-01-01 was a Thursday; Monday is 0


class DayState(NamedTuple):
    """The arrays that closing a day touches."""

    actors: TableView
    sheets: PoolView
    medleys: PoolView
    baselines: PoolView
    rhythms: PoolView
    cohorts: TableView


@kernel
def needed(day: int, actors: TableView, sheets: PoolView, baselines: PoolView) -> tuple[int, int]:
    """How many baselines, and how many rhythms, closing `day` draws at most."""
    fresh, steady = 0, 0
    for row in range(actors.used[0]):
        actor = actors.rows[row]
        number = actor.sheets[day & 1]
        if number == FREE or sheets.rows[number].day > day:
            continue
        if actor.baseline == FREE:
            fresh += 1
        elif actor.rhythm == FREE:
            days = baselines.rows[actor.baseline].days[REACH_DAY]
            steady += days + 1.0 >= _RHYTHM_AFTER
    return fresh, steady


@kernel
def close_day(
    day: int,
    release_after: int,
    state: DayState,
    found: NDArray[np.float32],
    residuals: NDArray[np.float64],
) -> None:
    """Close every sheet of `day` or before.

    Args:
        day: the day that is complete.
        release_after: suspect days in a row after which a lasting change is learned.
        state: the shard; changed in place.
        found: room for one day's traits.
        residuals: room for their deviations.
    """
    for row in range(state.actors.used[0]):
        actor = state.actors.rows[row]
        number = actor.sheets[day & 1]
        if number == FREE or state.sheets.rows[number].day > day:
            continue
        sheet = state.sheets.rows[number]
        describe_day(sheet, state.medleys, found)
        carry(actor, sheet)
        carry_crowd(actor, sheet, found)
        if sheet.suspect:
            actor.suspect_days += 1
        else:
            actor.suspect_days = 0
        if actor.suspect_days == 0 or actor.suspect_days > release_after:
            if actor.baseline == FREE:
                actor.baseline = draw(state.baselines)
                fresh = state.baselines.rows[actor.baseline]
                fresh.days[:] = 0.0
                fresh.mean[:] = 0.0
                fresh.squares[:] = 0.0
            own = state.baselines.rows[actor.baseline]
            doubtful = actor.carried >= DOUBTFUL and own.days[REACH_DAY] >= KNOWN_DAYS
            actor.doubtful_days = actor.doubtful_days + 1 if doubtful else 0
            crowded = actor.crowded >= DOUBTFUL and own.days[PARTIES] >= SHARED_DAYS
            actor.crowded_days = actor.crowded_days + 1 if crowded else 0
            lasting = not doubtful or actor.doubtful_days > release_after
            settled = not crowded or actor.crowded_days > release_after
            _learn(own, found, residuals, lasting, settled)
            learn_traits(state.cohorts.rows[row_of(state.cohorts, actor)], found, residuals)
            if own.days[REACH_DAY] >= _RHYTHM_AFTER:
                _keep_rhythm(actor, sheet, state.rhythms)
        if sheet.medley != FREE:
            give_back(state.medleys, sheet.medley)
        give_back(state.sheets, number)
        actor.sheets[day & 1] = FREE


@kernel
def _learn(
    own: Row,
    found: NDArray[np.float32],
    residuals: NDArray[np.float64],
    lasting: bool,
    settled: bool,
) -> None:
    """Welford's update, with the number of days capped so that old days fade.

    Volumes are learned only if they are `lasting`, and how many people there seem to be only if
    that is `settled`.

    `residuals` is filled with the squared deviations from the actor's own mean, scaled to
    be unbiased for the variance within actors; NaN without an own mean.
    """
    for k in range(TRAITS):
        residuals[k] = np.nan
        if math.isnan(found[k]):
            continue
        days = own.days[k]
        off = found[k] - own.mean[k]
        if days >= 1:
            residuals[k] = off * off * days / (days + 1)
        if (k < VOLUMES and not lasting) or (k >= PARTIES and not settled):
            residuals[k] = np.nan
            continue
        if days >= MEMORY_DAYS:
            own.squares[k] *= (MEMORY_DAYS - 1) / MEMORY_DAYS
            days = MEMORY_DAYS - 1
        own.days[k] = days + 1
        own.mean[k] += off / own.days[k]
        own.squares[k] += off * (found[k] - own.mean[k])


@kernel
def _keep_rhythm(actor: Row, sheet: Row, rhythms: PoolView) -> None:
    """Add the day's searches to the actor's hour-of-week histogram, in local time."""
    if actor.rhythm == FREE:
        actor.rhythm = draw(rhythms)
        rhythms.rows[actor.rhythm].hours[:] = 0
    week = rhythms.rows[actor.rhythm].hours
    full = False
    for hour in range(HOURS_PER_DAY):
        if sheet.hours[hour] == 0:
            continue
        since_monday = (sheet.day + _WEEKDAY_OF_EPOCH) % 7 * HOURS_PER_DAY + hour
        local = (since_monday + round(actor.utc_offset / 60)) % HOURS_PER_WEEK
        week[local] = min(255, signed(week[local]) + min(8, signed(sheet.hours[hour])))
        full = full or week[local] >= _RHYTHM_FULL
    if full:
        for hour in range(HOURS_PER_WEEK):
            week[hour] = week[hour] // 2
