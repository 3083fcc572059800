"""One real case number as the reason for searches that have nothing to do with it.

In Evansville, Indiana, nine people were searched for under one real number from April to
December 2023, mainly with images from social media where real work had cameras'
(City-County Observer, ID Tech Wire). Scaled to the days of the log, that is moderate. The
other two are assumptions:

| difficulty | persons  | within, of the log | cases   | photos                       |
|------------|----------|--------------------|---------|------------------------------|
| blatant    | 20 to 60 | 20 % to 60 %       | 1       | social media, often at night |
| moderate   | 9        | 60 % to 95 %       | 1       | mainly social media          |
| stealthy   | 8 to 14  | 60 % to 95 %       | 1 to 3  | as in the real work          |

The case is one that the account works on, or did; real work on it goes on as it would. Each
person takes one sitting or two. Several cases are used one after the other.
"""

from dataclasses import dataclass

import numpy as np

from detectors.alerts import PatternCode
from detectors.events import CaptureClass, Records

from ..almanac import DAY, HOUR, SECOND
from ..levels import Level
from ..population import ROLES
from ..randomness import I64, some
from ..searches import FIRST_INCIDENT, albums, captures, copies, photos
from .misuse import Difficulty, Misuse, Setting

KNOWN_AFTER = 8
"""Searches of one's own that a campaign needs as cover."""

LEAST = 4
"""Persons below which nobody would speak of a habit."""


@dataclass(frozen=True, slots=True)
class _Habit:
    """Persons, cases, the share of the log that it takes: lowest and highest.

    Attributes:
        social: share of photos from social media, the others being like the real work's.
        nights: share of sittings at night.
    """

    persons: tuple[int, int]
    within: tuple[float, float]
    cases: int
    social: float
    nights: float


_HABITS = {
    Difficulty.BLATANT: _Habit((20, 60), (0.2, 0.6), 1, 0.9, 0.6),
    Difficulty.MODERATE: _Habit((9, 9), (0.6, 0.95), 1, 0.75, 0.1),
    Difficulty.STEALTHY: _Habit((8, 14), (0.6, 0.95), 3, 0.0, 0.0),
}


def case_laundering(
    rng: np.random.Generator, setting: Setting, difficulty: Difficulty
) -> Misuse | None:
    """A campaign by somebody who works on cases, where the log shows them."""
    habit = _HABITS[difficulty]
    almanac, table = setting.almanac, setting.population.actors
    length = rng.uniform(*habit.within) * almanac.days
    first = almanac.start + int(rng.uniform(0, almanac.days - length) * DAY)
    on_cases = setting.innocent[
        (setting.innocent["case"] >= 0) & (setting.innocent["case"] < FIRST_INCIDENT)
    ]
    works = np.bincount(on_cases["actor"], minlength=len(table)) > 0
    actor = setting.recruit(
        rng,
        works
        & (table["role"] != ROLES.index("service"))
        & (setting.levels() >= Level.L3)
        & (setting.counts() >= KNOWN_AFTER)
        & (table["created"] < first),
    )
    if actor is None:
        return None
    cases = np.unique(on_cases["case"][on_cases["actor"] == actor])
    count = min(int(rng.integers(1, habit.cases + 1)), len(cases))
    cases = rng.permutation(cases)[:count]

    persons = int(rng.integers(habit.persons[0], habit.persons[1] + 1))
    when = np.sort(rng.uniform(0, length, persons))
    who, times = _sittings(rng, setting, actor, first, when, habit)
    rows = setting.searches(rng, actor, times)
    gallery = setting.population.galleries[table["gallery"][actor]]
    victims = rng.integers(0, gallery.size, persons)
    rows["person"] = victims[who]
    rows["case"] = cases[who * count // persons]
    if len(np.unique(rows["person"])) < LEAST:
        return None
    _show_photos(rng, setting.own(actor), rows, habit.social)
    return Misuse(
        PatternCode.CASE_LAUNDERING,
        difficulty,
        rows,
        victims=tuple((gallery.namespace, int(victim)) for victim in np.unique(rows["person"])),
    )


def _sittings(  # noqa: PLR0913, PLR0917 - what, whose, when and how
    rng: np.random.Generator,
    setting: Setting,
    actor: int,
    first: int,
    when: np.ndarray,
    habit: _Habit,
) -> tuple[I64, I64]:
    """Whose number it is and when, in order of time: look-ups in one or two sittings each."""
    again = np.flatnonzero(some(rng, len(when), rng.beta(1.5, 3)))
    who = np.concatenate([np.arange(len(when)), again])
    day = np.concatenate([when, when[again] + rng.exponential(4.0, len(again)) + 1])
    begin = first - first % DAY + DAY * day.astype(np.int64)
    starts = setting.usual_times(rng, actor, begin)
    midnight = setting.almanac.midnights[setting.population.actors["zone"][actor]]
    local_day = np.searchsorted(midnight, begin, side="right") - 1
    late = midnight[local_day] + (rng.normal(23.5, 1.5, len(begin)) * HOUR).astype(np.int64)
    starts = np.where(some(rng, len(begin), habit.nights), late, starts)
    sitting = np.repeat(np.arange(len(starts)), 1 + rng.poisson(0.8, len(starts)))
    turn = np.arange(len(sitting)) - np.searchsorted(sitting, sitting)
    pauses = turn * rng.lognormal(4.3, 0.8, len(sitting)) * SECOND
    times = starts[sitting] + pauses.astype(np.int64)
    order = setting.in_window(times, setting.opened(actor))
    return who[sitting][order], times[order]


def _show_photos(rng: np.random.Generator, own: Records, rows: Records, social: float) -> None:
    """A photo or two of each person."""
    number = rng.integers(0, 2, len(rows))
    rows["photo"] = photos(albums(1 + rows["actor"], rows["person"]), number)
    rows["copy"] = copies(rng, len(rows), rng.beta(3, 3))
    kinds = np.bincount(own["capture"], minlength=len(CaptureClass)) / len(own)
    kinds *= 1 - social
    kinds[CaptureClass.SOCIAL] += social
    rows["capture"] = captures(rows["photo"], kinds[None], np.zeros(len(rows), np.int64))
