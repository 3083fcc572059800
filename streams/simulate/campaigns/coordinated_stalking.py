"""Several accounts look the same person up again and again, none of them often.

Either one person has opened them, or a ring of acquaintances has found together. What one
person's accounts have in common is what operators of fake accounts were found out by, as
in SynchroTrap (Cao et al., CCS 2014): machines, addresses, sign-up days. How often they
search is as in `persistent_stalking`, shared out; five accounts come to fewer than one
look-up a day each. Rings are documented for staff who look a colleague or a neighbour up
together (state auditor of Minnesota, 2013); their sizes are assumptions:

| difficulty | accounts | look-ups a day | for           | one person's accounts share     |
|------------|----------|----------------|---------------|---------------------------------|
| blatant    | 3 to 6   | 4 to 9 in all  | 2 to 6 weeks  | machine, address, sign-up days  |
| moderate   | 4 to 6   | 1.5 to 4       | 3 to 10 weeks | machine or address              |
| stealthy   | 4 to 8   | 0.5 to 1.5     | 6 to 16 weeks | days of sign-up, at most        |
"""

from dataclasses import dataclass

import numpy as np

from detectors.alerts import PatternCode
from detectors.events import CaptureClass, Records

from ..almanac import DAY, HOUR, SECOND
from ..levels import Level
from ..population import ROLES
from ..randomness import I64, chance, some
from ..searches import albums, captures, copies, photos
from .misuse import Difficulty, Mask, Misuse, Setting

KNOWN_AFTER = 5
"""Searches of one's own that a member of a ring needs as cover."""

LEAST = 16
"""Look-ups below which nobody would speak of persistence."""

FIRST_HOUSEHOLD = 1 << 20
"""Pools of machines from here on are one person's."""

FOR_EVER = 1e6


@dataclass(frozen=True, slots=True)
class _Pace:
    """Accounts, look-ups a day in all, and days, lowest and highest.

    Attributes:
        alone: chance that one person is behind them all.
        machine: chance that one person's accounts share their machines.
        address: that they share their network.
        opened: days within which they were opened.
    """

    accounts: tuple[int, int]
    daily: tuple[float, float]
    days: tuple[float, float]
    alone: float
    machine: float
    address: float
    opened: float


_PACES = {
    Difficulty.BLATANT: _Pace((3, 6), (4.0, 9.0), (14, 42), 0.7, 0.9, 0.9, 2.0),
    Difficulty.MODERATE: _Pace((4, 6), (1.5, 4.0), (21, 70), 0.5, 0.6, 0.6, 10.0),
    Difficulty.STEALTHY: _Pace((4, 8), (0.5, 1.5), (42, 112), 0.4, 0.1, 0.2, 7.0),
}


def coordinated_stalking(
    rng: np.random.Generator, setting: Setting, difficulty: Difficulty
) -> Misuse | None:
    """A campaign by one person's accounts or by a ring, where the log shows subjects."""
    pace = _PACES[difficulty]
    almanac = setting.almanac
    length = min(rng.uniform(*pace.days), 0.9 * almanac.days)
    if length * pace.daily[0] < LEAST:
        return None
    first = almanac.start + int(rng.uniform(0, almanac.days - length) * DAY)
    fits = _fitting(setting, first)
    leader = setting.recruit(rng, fits)
    if leader is None:
        return None
    count = int(rng.integers(pace.accounts[0], pace.accounts[1] + 1))
    if chance(rng, pace.alone):
        accounts = _one_persons(rng, setting, leader, count, first, pace)
    else:
        accounts = _ring(rng, setting, leader, count, fits, first)

    table = setting.population.actors
    gallery = table["gallery"][leader]
    victim = int(rng.integers(setting.population.galleries[gallery].size))
    rows = _look_ups(rng, setting, leader, accounts, first, length, rng.uniform(*pace.daily))
    if not len(rows):
        return None
    rows["gallery"] = gallery
    rows["person"] = victim
    _show_photos(rng, setting.own(leader), rows)
    namespace = setting.population.galleries[gallery].namespace
    return Misuse(
        PatternCode.COORDINATED_STALKING, difficulty, rows, victims=((namespace, victim),)
    )


def _fitting(setting: Setting, first: int) -> Mask:
    table = setting.population.actors
    return np.asarray(
        (table["role"] != ROLES.index("service"))
        & (setting.levels() >= Level.L2)
        & (setting.counts() >= KNOWN_AFTER)
        & (table["created"] < first)
    )


def _one_persons(  # noqa: PLR0913, PLR0917 - whose, how many, since when
    rng: np.random.Generator, setting: Setting, leader: int, count: int, first: int, pace: _Pace
) -> list[int]:
    """Fresh accounts like the leader's, which the campaign does not use itself."""
    setting.taken.discard(leader)
    table = setting.population.actors
    accounts = []
    network = int(table["network"][leader][0])
    if chance(rng, pace.address):
        country = setting.population.networks.countries[network]
        network = setting.population.networks.add(country, 1)
    else:
        network = -1
    machines = FIRST_HOUSEHOLD + int(rng.integers(1 << 20)) if chance(rng, pace.machine) else -1
    begun = first - int(rng.exponential(6.0) * DAY) - HOUR
    for _ in range(count):
        created = begun - int(rng.uniform(0, pace.opened) * DAY)
        account = setting.open_account(rng, leader, created)
        row = setting.population.actors[account : account + 1]
        if network >= 0:
            row["network"][:, 0] = network
            row["shared"][:, 0] = True
            row["egress"][:, 0] = 1
            row["lease"][:, 0] = FOR_EVER
        if machines >= 0:
            row["station"][:, 0] = machines
        if network >= 0 or machines >= 0:
            row["slot"] = (0.9, 0.1, 0.0, 0.0)
        accounts.append(account)
    return accounts


def _ring(  # noqa: PLR0913, PLR0917 - who with whom, since when
    rng: np.random.Generator, setting: Setting, leader: int, count: int, fits: Mask, first: int
) -> list[int]:
    """Colleagues of the leader, or other accounts of the same gallery; the rest are new."""
    accounts = [leader]
    table = setting.population.actors
    fits = np.concatenate([fits, np.zeros(len(table) - len(fits), bool)])
    near = fits & (table["gallery"] == table["gallery"][leader])
    colleagues = near & (table["tenant"] == table["tenant"][leader])
    together = chance(rng, 0.6)
    while len(accounts) < count:
        member = setting.recruit(rng, colleagues if together else near)
        if member is None:
            member = setting.open_account(rng, leader, first - int(rng.uniform(5, 200) * DAY))
        accounts.append(member)
    return accounts


def _look_ups(  # noqa: PLR0913, PLR0917 - who, of whom, when and how often
    rng: np.random.Generator,
    setting: Setting,
    leader: int,
    accounts: list[int],
    first: int,
    days: float,
    daily: float,
) -> Records:
    """Visits of one to three look-ups, each by whoever's turn it is."""
    span = int(np.ceil(days))
    wave = rng.gamma(2.0, 0.5, span)
    per_visit = rng.uniform(1.0, 1.8)
    visits = rng.poisson(daily * wave / wave.mean() / per_visit)
    begin = first - first % DAY + DAY * np.repeat(np.arange(span), visits)
    zeal = rng.dirichlet(np.full(len(accounts), 4.0))
    turn = rng.choice(len(accounts), len(begin), p=zeal)
    parts = []
    for number, account in enumerate(accounts):
        mine = begin[turn == number]
        model = account if len(setting.own(account)) else leader
        starts = setting.usual_times(rng, model, mine)
        visit = np.repeat(np.arange(len(starts)), 1 + rng.poisson(per_visit - 1, len(starts)))
        step = np.arange(len(visit)) - np.searchsorted(visit, visit)
        times = starts[visit] + (step * rng.lognormal(4.3, 0.8, len(visit)) * SECOND).astype(int)
        rows = setting.searches(rng, account, times[setting.in_window(times, first)])
        if len(rows):
            rows["case"] = setting.false_case(rng, rows)
        parts.append(rows)
    return np.concatenate(parts)


def _show_photos(rng: np.random.Generator, own: Records, rows: Records) -> None:
    """Photos of the victim: those of one collection, or each account's own."""
    number = np.floor(rng.integers(2, 12) * rng.random(len(rows)) ** 1.5).astype(np.int64)
    holder: I64 = np.where(chance(rng, 0.5), rows["actor"].min(), rows["actor"])
    rows["photo"] = photos(albums(1 + holder, rows["person"]), number)
    rows["copy"] = copies(rng, len(rows), rng.beta(3, 3))
    kinds = np.bincount(own["capture"], minlength=len(CaptureClass)) / max(len(own), 1)
    kinds[CaptureClass.SOCIAL] += rng.choice([0.2, 1.0, 3.0])
    rows["capture"] = captures(rows["photo"], kinds[None], np.zeros(len(rows), np.int64))
    curious = some(rng, len(rows), 0.08)
    rows["threshold"][curious] *= 0.9
