"""One actor who looks the same person up again and again, over weeks and months.

Origins of the difficulties. The chief of Sedgwick, Kansas, tracked his former partner and
one more person with 164 + 64 = 228 look-ups in four months, 1.9 a day, and gave false
reasons (The Wichita Eagle). A Milwaukee officer made 55 + 124 = 179 in 61 days, on duty,
every one for "investigation" (Fox 6). An officer in Orange City, Florida, looked up his
former partner 69 times, her mother 24 and her father 15. The slowest pace is an assumption,
the least that a log of some months can show at all:

| difficulty | look-ups         | for           |
|------------|------------------|---------------|
| blatant    | 3 to 7 a day     | 2 to 8 weeks  |
| moderate   | 0.7 to 1.9 a day | 1 to 4 months |
| stealthy   | 2 to 4 a week    | 2 to 4 months |

They come amid the actor's own work and from the actor's own desk, sometimes in the evening
from a phone. Reasons are given as with every other search. Interest comes in waves, and
rests now and then. One victim in four is somebody whom others search for as well.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.alerts import PatternCode
from detectors.events import CaptureClass, Records

from ..almanac import DAY, HOUR, SECOND
from ..levels import Level
from ..population import ROLES, Slot
from ..randomness import F64, I64, chance, some
from ..searches import albums, captures, copies, photos
from .misuse import Difficulty, Misuse, Setting

# Orange City: 69, 24 and 15 look-ups.
CLOSENESS = (0.64, 0.22, 0.14)
"""Shares of the victim and of up to two people close to them."""

KNOWN_AFTER = 8
"""Searches of one's own that a campaign needs as cover."""

LEAST = 8
"""Look-ups below which nobody would speak of persistence."""


@dataclass(frozen=True, slots=True)
class _Pace:
    """Look-ups a day, and days, lowest and highest."""

    daily: tuple[float, float]
    days: tuple[float, float]


_PACES = {
    Difficulty.BLATANT: _Pace((3.0, 7.0), (14, 60)),
    Difficulty.MODERATE: _Pace((0.7, 1.9), (30, 120)),
    Difficulty.STEALTHY: _Pace((2 / 7, 4 / 7), (56, 120)),
}


def persistent_stalking(
    rng: np.random.Generator, setting: Setting, difficulty: Difficulty
) -> Misuse | None:
    """A campaign by somebody with innocent searches besides, where the log shows subjects."""
    pace = _PACES[difficulty]
    almanac = setting.almanac
    length = min(rng.uniform(*pace.days), 0.9 * almanac.days)
    if length * pace.daily[0] < LEAST:
        return None
    first = almanac.start + int(rng.uniform(0, almanac.days - length) * DAY)
    table = setting.population.actors
    actor = setting.recruit(
        rng,
        (table["role"] != ROLES.index("service"))
        & (setting.levels() >= Level.L2)
        & (setting.counts() >= KNOWN_AFTER)
        & (table["created"] < first),
    )
    if actor is None:
        return None

    times, evening = _times(rng, setting, actor, first, _intensity(rng, pace, length))
    if len(times) < LEAST:
        return None
    rows = setting.searches(rng, actor, times)
    rows["slot"][evening] = Slot.MOBILE
    victims = _victims(rng, setting, actor)
    shares = np.array(CLOSENESS[: len(victims)])
    rows["person"] = victims[rng.choice(len(victims), len(rows), p=shares / shares.sum())]
    _show_photos(rng, setting.own(actor), rows)
    rows["case"] = setting.false_case(rng, rows)
    namespace = setting.population.galleries[table["gallery"][actor]].namespace
    return Misuse(
        PatternCode.PERSISTENT_STALKING,
        difficulty,
        rows,
        victims=tuple((namespace, int(victim)) for victim in victims),
    )


def _victims(rng: np.random.Generator, setting: Setting, actor: int) -> I64:
    """Somebody of the gallery and up to two people close to them."""
    gallery = setting.population.actors["gallery"][actor]
    people = rng.integers(0, setting.population.galleries[gallery].size, 3)
    if chance(rng, 0.25):
        searched = setting.innocent["person"][
            (setting.innocent["gallery"] == gallery) & (setting.innocent["actor"] != actor)
        ]
        searched = searched[searched >= 0]
        if len(searched):
            people[0] = rng.choice(np.unique(searched))
    return people[: rng.choice([1, 2, 3], p=(0.55, 0.25, 0.2))]


def _intensity(rng: np.random.Generator, pace: _Pace, days: float) -> F64:
    """Expected look-ups on each day: in waves, with some days or weeks of rest."""
    count = int(np.ceil(days))
    wave = rng.gamma(1.3, 1 / 1.3, count)
    for _ in range(int(rng.poisson(days / 35))):
        rest = int(rng.integers(count))
        wave[rest : rest + int(rng.integers(3, 11))] = 0.0
    if wave.sum() == 0:
        wave[:] = 1.0
    return np.asarray(rng.uniform(*pace.daily) * count * wave / wave.sum())


def _times(
    rng: np.random.Generator, setting: Setting, actor: int, first: int, intensity: F64
) -> tuple[I64, NDArray[np.bool_]]:
    """When, and which of it from home in the evening.

    Most visits are beside one's own searches of the day, the others when one might as well
    have worked; each is of one to three look-ups.
    """
    per_visit = rng.uniform(1.0, 2.2)
    day = np.repeat(np.arange(len(intensity)), rng.poisson(intensity / per_visit))
    begin = first - first % DAY + DAY * day
    starts = setting.usual_times(rng, actor, begin)
    own = setting.own(actor)["time"]
    for index in np.flatnonzero(some(rng, len(begin), 0.7)):
        low, high = np.searchsorted(own, [begin[index], begin[index] + DAY])
        if high > low:
            starts[index] = own[rng.integers(low, high)] + int(rng.exponential(0.3) * HOUR)
    at_home = rng.random(len(begin)) < rng.choice([0.0, 0.1, 0.35])
    midnight = setting.almanac.midnights[setting.population.actors["zone"][actor]]
    local_day = np.searchsorted(midnight, begin, side="right") - 1
    evening = midnight[local_day] + (rng.normal(21.5, 1.3, len(begin)) * HOUR).astype(np.int64)
    starts = np.where(at_home, evening, starts)

    visit = np.repeat(np.arange(len(starts)), 1 + rng.poisson(per_visit - 1, len(starts)))
    turn = np.arange(len(visit)) - np.searchsorted(visit, visit)
    pauses = turn * rng.lognormal(4.3, 0.8, len(visit)) * SECOND
    times = starts[visit] + pauses.astype(np.int64)
    order = setting.in_window(times, first)
    return times[order], at_home[visit][order]


def _show_photos(rng: np.random.Generator, own: Records, rows: Records) -> None:
    """A collection of photos of each victim, some sent again, some new."""
    collection = rng.integers(2, 16)
    number = np.floor(collection * rng.random(len(rows)) ** 1.5).astype(np.int64)
    rows["photo"] = photos(albums(1 + rows["actor"], rows["person"]), number)
    rows["copy"] = copies(rng, len(rows), rng.beta(3, 3))
    # Some are like those of the actor's work, the others from the victim's social media.
    kinds = np.bincount(own["capture"], minlength=len(CaptureClass)) / len(own)
    kinds[CaptureClass.SOCIAL] += rng.choice([0.0, 1.0, 3.0])
    rows["capture"] = captures(rows["photo"], kinds[None], np.zeros(len(rows), np.int64))
    curious = rng.random(len(rows)) < rng.beta(1, 12)
    rows["threshold"][curious] *= 0.9
