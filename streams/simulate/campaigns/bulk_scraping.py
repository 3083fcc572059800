"""One account that copies the gallery: very many people, each looked up about once.

Origins of the difficulties. Voyager Labs collected 600,000 profiles with 38,000 accounts
between July and September 2022, some 16 each: a patient account is a small one. PimEyes
allowed subscribers 25 searches a day and reported 118,000 a day overall: what an account
may do unnoticed. Rekognition lets a caller ask for up to 4,096 faces at threshold 0: what
a greedy one does. The multiples of the own rate are assumptions:

| difficulty | rate                                         | for          | hours            |
|------------|----------------------------------------------|--------------|------------------|
| blatant    | 10 to 200 times the own, seconds apart       | up to 2 days | a program's      |
| moderate   | 10 to 30 times the own                       | 3 to 14 days | the actor's own  |
| stealthy   | 2 to 6 an hour, or 3 to 8 times the own rate | 2 to 6 weeks | all, or one's own |

Both old accounts that turn bad and fresh ones do it. Some raise the candidate limit, lower
the threshold, turn pages, or hide behind a VPN; many do nothing of the kind.
"""

from dataclasses import dataclass

import numpy as np

from detectors.alerts import PatternCode
from detectors.events import CaptureClass, Records

from ..almanac import DAY, HOUR, SECOND
from ..population import Slot
from ..randomness import I64, chance, some
from ..searches import captures, photos
from .misuse import Difficulty, Misuse, Setting

BUSY_ENOUGH = 1.5
"""Searches a day that the own rate counts as at least; ten times less would be no scraping."""

CRAWLED = (CaptureClass.SOCIAL, CaptureClass.SOCIAL, CaptureClass.DOCUMENT, CaptureClass.UNKNOWN)

KNOWN_AFTER = 5
"""Searches from which on an account has habits to imitate."""


@dataclass(frozen=True, slots=True)
class _Pace:
    """How one kind of scraper goes about it; pairs are lowest and highest.

    Attributes:
        multiple: of the own rate.
        days: from the first search to the last.
        least, most: searches in all, whatever the own rate; the least is at times four times
            as many.
        visit: searches in a row, at the actor's own hours.
        own_rate: of an account that would do it, searches a day at most.
        script: chance of a program's client instead of the usual one.
    """

    multiple: tuple[float, float]
    days: tuple[float, float]
    least: int
    most: int
    visit: tuple[int, int]
    own_rate: float
    script: float


_PACES = {
    Difficulty.BLATANT: _Pace((10, 200), (0.2, 2.0), 150, 6000, (1, 1), own_rate=200, script=0.7),
    Difficulty.MODERATE: _Pace((10, 30), (3, 14), 120, 5000, (5, 40), own_rate=120, script=0.25),
    Difficulty.STEALTHY: _Pace((3, 8), (14, 42), 120, 4000, (1, 6), own_rate=60, script=0.25),
}


def bulk_scraping(
    rng: np.random.Generator, setting: Setting, difficulty: Difficulty
) -> Misuse | None:
    """A campaign by an old or a fresh account."""
    pace = _PACES[difficulty]
    almanac = setting.almanac
    length = min(rng.uniform(*pace.days), 0.6 * almanac.days)
    if length < 0.5 * pace.days[0]:
        return None
    first = almanac.start + int(rng.uniform(0.02 * almanac.days, almanac.days - length) * DAY)
    rates = setting.daily_rate()
    active = (rates <= pace.own_rate) & (setting.counts() >= KNOWN_AFTER)
    model = setting.recruit(rng, active & (setting.population.actors["created"] < first))
    if model is None:
        return None
    actor = model
    if chance(rng, 0.4):
        setting.taken.discard(model)
        actor = setting.open_account(rng, model, first - int(rng.exponential(4.0) * DAY) - HOUR)

    rate = max(float(rates[model]), BUSY_ENOUGH) * rng.uniform(*pace.multiple)
    least = int(pace.least * np.exp(rng.uniform(0, np.log(4))))
    if difficulty is Difficulty.BLATANT:
        count = int(np.clip(rate * length, least, pace.most))
        times = _runs(rng, first, count, length)
    elif difficulty is Difficulty.STEALTHY and chance(rng, 0.5):
        times = _around_the_clock(rng, first, length)
    else:
        length = min(length, max(pace.most / rate, 2.0))
        count = max(int(rate * length), least)
        size = int(rng.integers(pace.visit[0], pace.visit[1] + 1))
        days = _busy_days(rng, first, length, max(count // size, 1))
        times = _visits(rng, setting.usual_times(rng, model, days), size)
    rows = setting.searches(rng, actor, times[setting.in_window(times, first)])
    if not len(rows):
        return None
    _harvest(rng, setting, rows)
    _greed(rng, setting, rows, setting.own(model), pace)
    return Misuse(PatternCode.BULK_SCRAPING, difficulty, rows)


def _runs(rng: np.random.Generator, first: int, count: int, days: float) -> I64:
    """A program's: one to four runs at nearly even gaps of some seconds."""
    runs = int(rng.integers(1, 5))
    begins = first + np.sort(rng.uniform(0, days * DAY, runs))
    begins[0] = first
    gap = np.exp(rng.uniform(np.log(0.4), np.log(12)))
    gaps = gap * rng.lognormal(0.0, rng.uniform(0.03, 0.6), count)
    run = np.sort(rng.integers(0, runs, count))
    elapsed = SECOND * np.cumsum(gaps)
    starts = np.searchsorted(run, np.arange(runs))
    since = elapsed - elapsed[np.minimum(starts, count - 1)][run]
    return np.sort((begins[run] + since).astype(np.int64))


def _around_the_clock(rng: np.random.Generator, first: int, days: float) -> I64:
    """A few an hour day and night, at random gaps: no burst, but no sleep."""
    hourly = rng.uniform(2, 6)
    count = int(hourly * 24 * days)
    shape = rng.uniform(0.8, 4.0)
    gaps = rng.gamma(shape, HOUR / hourly / shape, count)
    return first + np.cumsum(gaps).astype(np.int64)


def _busy_days(rng: np.random.Generator, first: int, days: float, visits: int) -> I64:
    """Beginnings of the UTC days of so many visits; some days see many, some hardly any."""
    day = np.arange(int(np.ceil(days)))
    weight = rng.gamma(2.0, 1.0, len(day))
    weight[some(rng, len(day), 0.15)] = 0.02
    return first - first % DAY + DAY * rng.choice(day, visits, p=weight / weight.sum())


def _visits(rng: np.random.Generator, starts: I64, size: int) -> I64:
    """So many searches from each start on, as fast as somebody clicks."""
    gap = SECOND * rng.lognormal(3.2, 0.5)
    gaps = gap * rng.lognormal(0.0, rng.uniform(0.6, 1.1), (len(starts), size))
    return np.sort((starts[:, None] + np.cumsum(gaps, axis=1)).astype(np.int64).ravel())


def _harvest(rng: np.random.Generator, setting: Setting, rows: Records) -> None:
    """New people nearly always; some photos are of people whom the gallery does not know."""
    count = len(rows)
    size = setting.population.gallery_sizes()[rows["gallery"]]
    persons = (rng.random(count) * size).astype(np.int64)
    again = some(rng, count, 0.015)
    persons[again] = persons[rng.integers(0, count, int(again.sum()))]
    persons[rng.random(count) < rng.uniform(0.03, 0.5)] = -1
    sources = rng.integers(1 << 63, size=count, dtype=np.uint64)

    pages = np.ones(count, np.int64)
    if chance(rng, 0.3):
        pages += rng.poisson(rng.uniform(0.3, 2.0), count)
    photo = np.repeat(np.arange(count), pages)[:count]
    rows["person"] = persons[photo]
    rows["photo"] = photos(sources[photo], 0)
    rows["offset"] = np.arange(count) - np.searchsorted(photo, photo)


def _greed(
    rng: np.random.Generator, setting: Setting, rows: Records, model: Records, pace: _Pace
) -> None:
    """How much is asked for at once, from where, and on what pretext."""
    actor = setting.population.actors[rows["actor"][0]]
    if chance(rng, 0.5):
        most = setting.population.tenants[actor["tenant"]].max_limit
        rows["limit"] = max(most, int(actor["limit"]))
    if chance(rng, 0.4):
        rows["threshold"] *= rng.choice([0.0, 0.5, 0.7, 0.85])
    # A page's number becomes its offset once the size of a page is known.
    rows["offset"] *= rows["limit"]
    if rng.random() < pace.script:
        rows["slot"] = Slot.SCRIPT
    elif chance(rng, 0.35):
        rows["slot"] = Slot.ELSEWHERE
        # The VPN's exit changes every now and then.
        exits = np.cumsum(rng.random(len(rows)) < 1 / rng.integers(5, 100))
        rows["visit"] = rng.integers(1 << 63, size=len(rows) + 1, dtype=np.uint64)[exits]
    # Crawled from one kind of place, or such photos as the account has always sent.
    kinds = np.eye(len(CaptureClass))[rng.choice(CRAWLED)]
    if chance(rng, 0.5):
        kinds = np.bincount(model["capture"], minlength=len(CaptureClass)).astype(float)
    rows["capture"] = captures(rows["photo"], kinds[None], np.zeros(len(rows), np.int64))
    rows["case"] = setting.false_case(rng, rows)
