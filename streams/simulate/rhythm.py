"""When actors search: days, hours, visits, and the gaps within a visit.

A visit (session) starts by a Poisson process whose rate changes by day and by hour; the
day-to-day factor is gamma distributed, so counts are over-dispersed; the searches of a
visit follow at lognormal gaps. Machines start by the clock instead.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from detectors.events import Records

from .almanac import DAY, HOUR, Almanac
from .randomness import F64, I64

PerActor = float | F64
"""One number for all actors of a cohort, or one for each."""

HOURS_PLANNED = 36
"""A day's profile runs on to noon of the next, for those who work past midnight."""


class Hours(IntEnum):
    """Shapes of a day."""

    HOME = 0
    WEEKEND = 1
    OFFICE = 2
    DAY_SHIFT = 3
    EVENING_SHIFT = 4
    NIGHT_SHIFT = 5
    SERVICE = 6
    CLOCK = 7


# Bumps of each shape: local hour, width in hours, weight; and the even share besides.
_SHAPES: dict[Hours, tuple[tuple[tuple[float, float, float], ...], float]] = {
    Hours.HOME: (((8.5, 1.5, 0.3), (12.7, 1.3, 0.5), (20.7, 2.3, 1.6)), 0.10),
    Hours.WEEKEND: (((11.5, 2.5, 1.0), (16.5, 3.0, 1.0), (21.5, 2.0, 1.1)), 0.12),
    Hours.OFFICE: (((10.2, 1.4, 1.0), (14.6, 1.7, 1.0)), 0.02),
    Hours.DAY_SHIFT: (((9.5, 2.0, 1.0), (13.5, 2.0, 0.9)), 0.01),
    Hours.EVENING_SHIFT: (((17.0, 1.8, 0.9), (20.8, 1.8, 1.1)), 0.01),
    Hours.NIGHT_SHIFT: (((24.2, 1.7, 1.1), (28.0, 1.8, 0.7)), 0.01),
    Hours.SERVICE: (((11.0, 3.0, 1.0), (19.0, 3.0, 1.2)), 0.35),
    Hours.CLOCK: ((), 1.0),
}


def day_shapes(rng: np.random.Generator) -> F64:
    """This world's version of `Hours`, as cumulative shares, shape (8, 36)."""
    hour = np.arange(HOURS_PLANNED) + 0.5
    rows = []
    for bumps, even in _SHAPES.values():
        density = np.where(hour < DAY / HOUR, even, 0.0)
        for centre, width, weight in bumps:
            middle = centre + rng.normal(0, 0.4)
            spread = width * rng.lognormal(0, 0.12)
            height = weight * rng.lognormal(0, 0.2)
            density = density + height * np.exp(-0.5 * ((hour - middle) / spread) ** 2)
        rows.append(np.cumsum(density) / density.sum())
    return np.array(rows)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When the actors of a cohort search.

    Attributes:
        visits: expected visits per actor and local day, shape (n, span).
        hours: code of `Hours`, of a shape that broadcasts to (n, span).
        phase: hours by which an actor's day is later than the shape; for machines the local
            hour at which they start.
        dispersion: shape of the gamma factor from day to day; small is bursty.
        size: searches per visit, mean.
        size_shape: shape of the gamma behind the size; small is heavy-tailed.
        gap: median seconds between searches of a visit.
        gap_sigma: standard deviation of the gap's logarithm.
        by_clock: visits are a job's: one if `visits` says so (a chance), within minutes of
            `phase`.
    """

    visits: F64
    hours: NDArray[np.int64] | Hours
    phase: PerActor = 0.0
    dispersion: PerActor = 3.0
    size: PerActor = 2.0
    size_shape: PerActor = 1.0
    gap: PerActor = 60.0
    gap_sigma: PerActor = 1.0
    by_clock: bool = False


@dataclass(frozen=True, slots=True)
class Visits:
    """Searches in time, n of them, visit by visit.

    Attributes:
        owner: row in the cohort.
        visit: number of the visit, ascending.
        day: planned local day on which the visit began.
        time: milliseconds since the epoch.
    """

    owner: I64
    visit: I64
    day: I64
    time: I64


def per(value: PerActor, owner: I64) -> F64:
    """The number that applies to each entry of `owner`."""
    numbers = np.asarray(value, np.float64)
    return np.broadcast_to(numbers, len(owner)) if numbers.ndim == 0 else numbers[owner]


def visits(
    rng: np.random.Generator, rhythm: Rhythm, accounts: Records, almanac: Almanac, shapes: F64
) -> Visits:
    """All searches of a cohort that fall into the window, on accounts that are open by then.

    Args:
        rng: where chance comes from.
        rhythm: the cohort's.
        accounts: of the cohort, n rows of `ACTOR`.
        almanac: the calendar.
        shapes: from `day_shapes`.
    """
    owner, day = _starts(rng, rhythm)
    hour = _hour(rng, rhythm, owner, day, shapes) + per(rhythm.phase, owner)
    start = almanac.midnights[accounts["zone"][owner], day] + (hour * HOUR).astype(np.int64)

    shape = per(rhythm.size_shape, owner)
    more = rng.poisson(rng.gamma(shape) * np.maximum(per(rhythm.size, owner) - 1, 0) / shape)
    visit = np.repeat(np.arange(len(owner)), 1 + more)
    owner, day, start = owner[visit], day[visit], start[visit]

    sigma = per(rhythm.gap_sigma, owner)
    gap = per(rhythm.gap, owner) * np.exp(sigma * rng.standard_normal(len(visit)))
    first = np.searchsorted(visit, visit)
    elapsed = np.cumsum(gap)
    time = start + (1000 * (elapsed - elapsed[first])).astype(np.int64)
    opened = np.maximum(accounts["created"][owner], almanac.start)
    inside = (time >= opened) & (time < almanac.end)
    return Visits(owner[inside], visit[inside], day[inside], time[inside])


def lived_days(rng: np.random.Generator, almanac: Almanac, n: int, week: F64) -> F64:
    """Day factors of people around 1: weekly habit, holidays, vacations, drift.

    Args:
        rng: where chance comes from.
        almanac: the calendar.
        n: how many people.
        week: factor per weekday, Monday first, then that of holidays; shape (8,).

    Returns:
        Shape (n, span).
    """
    habit = week * rng.lognormal(0.0, 0.15, (n, 8))
    factor = habit[:, almanac.weekday]
    factor = np.where(almanac.holiday > 0, np.minimum(factor, habit[:, [7]]), factor)
    return factor * vacations(rng, n, almanac.span) * drift(rng, n, almanac.span, 0.10)


def vacations(rng: np.random.Generator, n: int, span: int) -> F64:
    """0 on days away, 1 else: about 1.3 absences of 2 to 16 days per 90 days; (n, span)."""
    away = np.zeros((n, span), bool)
    days = np.arange(span)
    for _ in range(max(1, round(span / 45))):
        begins = rng.uniform(-16, span * 1.5, (n, 1))
        away |= (days >= begins) & (days < begins + rng.gamma(2.0, 3.5, (n, 1)) + 1)
    return np.asarray(~away, np.float64)


def drift(rng: np.random.Generator, n: int, span: int, weekly: float) -> F64:
    """Slow change of a rate, a random walk in its logarithm; mean square `weekly` a week."""
    steps = rng.normal(0.0, weekly / np.sqrt(7), (n, span))
    walk = np.cumsum(steps, axis=1)
    return np.asarray(np.exp(walk - walk.mean(axis=1, keepdims=True)))


def spells(rng: np.random.Generator, shape: tuple[int, int], mean: float, days: float) -> F64:
    """1 on the days of each actor's spells of interest, 0 else.

    Args:
        rng: where chance comes from.
        shape: (n, span).
        mean: spells per actor, beyond the first.
        days: mean length of a spell.
    """
    inside = np.zeros(shape, bool)
    count = 1 + rng.poisson(mean, (shape[0], 1))
    day = np.arange(shape[1])
    for spell in range(int(count.max(initial=0))):
        begins = rng.integers(0, shape[1], (shape[0], 1))
        length = rng.geometric(1 / days, (shape[0], 1))
        inside |= (day >= begins) & (day < begins + length) & (spell < count)
    return np.asarray(inside, np.float64)


def _starts(rng: np.random.Generator, rhythm: Rhythm) -> tuple[I64, I64]:
    n, span = rhythm.visits.shape
    if rhythm.by_clock:
        counts = (rng.random((n, span)) < rhythm.visits).astype(np.int64)
    else:
        shape = np.broadcast_to(np.asarray(rhythm.dispersion, np.float64), n)[:, None]
        counts = rng.poisson(rhythm.visits * rng.gamma(shape, 1.0, (n, span)) / shape)
    cells = np.repeat(np.arange(n * span), counts.ravel())
    return cells // span, cells % span


def _hour(rng: np.random.Generator, rhythm: Rhythm, owner: I64, day: I64, shapes: F64) -> F64:
    if rhythm.by_clock:
        return rng.gamma(1.5, 0.03, len(owner))
    codes = np.broadcast_to(np.asarray(rhythm.hours, np.int64), rhythm.visits.shape)[owner, day]
    drawn = rng.random(len(owner))
    whole = np.empty(len(owner), np.int64)
    for code in np.unique(codes):
        of_code = codes == code
        whole[of_code] = np.searchsorted(shapes[code], drawn[of_code])
    return np.minimum(whole, HOURS_PLANNED - 1) + rng.random(len(owner))
