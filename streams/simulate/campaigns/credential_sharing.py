"""One account that several people use, or that is sold on.

Shared accounts are among the search anomalies of a plate-reader network (haveibeenflocked.com);
a Telegram bot passed its users' searches on to PimEyes (netzpolitik.org, 2022). How many people,
for how long, and how often are assumptions.

| difficulty | who                                   | how often               | for           |
|------------|---------------------------------------|-------------------------|---------------|
| blatant    | 8 to 25 strangers in other time zones | 0.3 to 1.5 visits a day | 5 to 30 days  |
| moderate   | a team of 2 to 5 more, anywhere       | 0.5 to 2 visits a day   | 14 to 50 days |
| moderate   | a bot with 10 to 60 customers         | 30 to 400 a day in all  | 14 to 50 days |
| stealthy   | one or two more in the same time zone | as often as the owner   | 21 to 60 days |

Keys of services are shared among services: each host with an address and a program of its own. A
bot searches around the clock, from one machine.
"""

from dataclasses import dataclass

import numpy as np

from detectors.alerts import PatternCode
from detectors.events import Records

from ..almanac import DAY, HOUR, SECOND
from ..population import ROLES, Slot
from ..randomness import I64, chance
from ..searches import albums, copies, photos
from .misuse import Difficulty, Mask, Misuse, Setting

KNOWN_AFTER = 5
"""Searches from which on an account has habits that sharing can change."""

SELDOM = 0.3
"""Visits a day that a guest makes at least, however quiet the owner."""

KNOWN = 0.6
"""Share of visits that are about somebody of a few whom one keeps looking for."""

SERVICE = ROLES.index("service")


@dataclass(frozen=True, slots=True)
class _Party:
    """Who joins in; pairs are lowest and highest.

    Attributes:
        guests: how many.
        visits: of each guest a day; None for as often as the owner.
        days: how long it goes on.
        near: whether guests live in the owner's time zone; None for anywhere.
        bot: chance of a bot with customers instead.
    """

    guests: tuple[int, int]
    visits: tuple[float, float] | None
    days: tuple[float, float]
    near: bool | None
    bot: float = 0.0


_PARTIES = {
    Difficulty.BLATANT: _Party((8, 25), (0.3, 1.5), (5, 30), near=False),
    Difficulty.MODERATE: _Party((2, 5), (0.5, 2.0), (14, 50), near=None, bot=0.5),
    Difficulty.STEALTHY: _Party((1, 2), None, (21, 60), near=True),
}


def credential_sharing(
    rng: np.random.Generator, setting: Setting, difficulty: Difficulty
) -> Misuse | None:
    """A campaign with an account that its owner goes on using."""
    party = _PARTIES[difficulty]
    almanac = setting.almanac
    table = setting.population.actors
    length = min(rng.uniform(*party.days), 0.6 * almanac.days)
    first = almanac.start + int(rng.uniform(0.15 * almanac.days, almanac.days - length) * DAY)
    bot = chance(rng, party.bot)
    fits = (setting.counts() >= KNOWN_AFTER) & (table["created"] < first - DAY)
    if bot:
        fits &= table["role"] != SERVICE
    owner = setting.recruit(rng, fits)
    if owner is None:
        return None
    if bot:
        rows = _sold(rng, setting, owner, first, length)
    else:
        guests = _guests(rng, setting, owner, party)
        if not len(guests):
            return None
        rows = _joined(rng, setting, owner, guests, first, length, party)
    rows = rows[setting.in_window(rows["time"], first)]
    if not len(rows):
        return None
    rows["case"] = setting.false_case(rng, rows)
    return Misuse(PatternCode.CREDENTIAL_SHARING, difficulty, rows)


def _guests(rng: np.random.Generator, setting: Setting, owner: int, party: _Party) -> I64:
    """Others, whose places and machines the guests have."""
    table = setting.population.actors
    alike: Mask = (table["role"] == SERVICE) == (table["role"][owner] == SERVICE)
    alike &= setting.counts() > 0
    alike[owner] = False
    same = table["zone"] == table["zone"][owner]
    if party.near is not None and (alike & (same == party.near)).any():
        alike &= same == party.near
    others = np.flatnonzero(alike)
    count = int(rng.integers(party.guests[0], party.guests[1] + 1))
    return np.asarray(rng.choice(others, min(count, len(others)), replace=False))


def _joined(  # noqa: PLR0913, PLR0917 - an account, who joins it, when and how
    rng: np.random.Generator,
    setting: Setting,
    owner: int,
    guests: I64,
    first: int,
    length: float,
    party: _Party,
) -> Records:
    """Each guest's visits at hours of its own, to people of its own."""
    size = rng.uniform(1.0, 5.0)
    usual = max(float(setting.daily_rate()[owner]) / size, SELDOM)
    parts = []
    for guest in guests.tolist():
        rate = rng.uniform(*party.visits) if party.visits else usual * rng.uniform(0.5, 1.5)
        visits = max(int(rng.poisson(min(rate, 40.0) * length)), 1)
        days = first - first % DAY + DAY * rng.integers(0, max(int(length), 1), visits)
        starts = setting.usual_times(rng, guest, days)
        rows = _visited(rng, setting, owner, starts, 1 + rng.poisson(size, visits))
        rows["guest"] = guest + 1
        use = setting.population.actors["slot"][guest].astype(float)
        slots = rng.choice(4, visits, p=use / use.sum())
        rows["slot"] = slots[np.unique(rows["visit"], return_inverse=True)[1]]
        _look_up(rng, setting, rows, int(rng.integers(1, 8)))
        parts.append(rows)
    return np.concatenate(parts)


def _sold(
    rng: np.random.Generator, setting: Setting, owner: int, first: int, length: float
) -> Records:
    """A bot's customers, at any hour, each with a person or two to look for."""
    daily = float(np.exp(rng.uniform(np.log(30), np.log(400))))
    size = rng.uniform(1.0, 5.0)
    visits = max(int(rng.poisson(daily / (1 + size) * length)), 1)
    starts = np.sort(first + rng.uniform(0, length * DAY, visits)).astype(np.int64)
    # Customers sleep too, not all at the same time.
    hour = (starts % DAY) / DAY
    quiet = rng.uniform(0.0, 0.6) * (1 + np.cos(2 * np.pi * (hour - rng.random()))) / 2
    starts = starts[rng.random(visits) >= quiet]
    rows = _visited(rng, setting, owner, starts, 1 + rng.poisson(size, len(starts)))
    rows["slot"] = Slot.SCRIPT if chance(rng, 0.6) else Slot.MAIN
    _look_up(rng, setting, rows, int(rng.integers(10, 60) * rng.uniform(1, 4)))
    return rows


def _visited(
    rng: np.random.Generator, setting: Setting, owner: int, starts: I64, sizes: I64
) -> Records:
    """Searches at human gaps from each start on, a visit each."""
    visit = np.repeat(np.arange(len(starts)), sizes)
    gaps = SECOND * rng.lognormal(3.3, 0.9, len(visit))
    elapsed = np.cumsum(gaps)
    heads = np.cumsum(sizes) - sizes
    times = (starts[visit] + elapsed - elapsed[heads][visit]).astype(np.int64)
    rows = setting.searches(rng, owner, np.sort(times))
    order = np.argsort(times, kind="stable")
    numbers = rng.integers(1 << 63, size=len(starts) + 1, dtype=np.uint64)
    rows["visit"] = numbers[visit][order]
    rows["hasty"] = np.diff(rows["time"], prepend=rows["time"][:1] - HOUR) < SECOND
    return rows


def _look_up(rng: np.random.Generator, setting: Setting, rows: Records, few: int) -> None:
    """Somebody of a few in each visit; a stranger every now and then."""
    size = int(setting.population.gallery_sizes()[rows["gallery"][0]])
    visit = np.unique(rows["visit"], return_inverse=True)[1]
    count = int(visit.max(initial=-1)) + 1
    known = rng.integers(0, size, few)
    person = np.where(
        rng.random(count) < KNOWN, known[rng.integers(0, few, count)], rng.integers(0, size, count)
    )
    rows["person"] = person[visit]
    rows["photo"] = photos(albums(1 + rows["guest"], rows["person"]), rng.integers(0, 3, len(rows)))
    rows["copy"] = copies(rng, len(rows), 0.5)
