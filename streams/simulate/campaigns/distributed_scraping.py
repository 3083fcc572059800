"""One operator's accounts share a gallery out, so that none of them stands out.

Voyager Labs had 38,000 accounts for 600,000 profiles, some 16 each (Meta v. Voyager Labs,
2023); Clearview's customers searched on free trials. Sizes are the spread that is written of
such rings; volumes are drawn from what the innocent accounts of the same tenant do on the days
on which they search. What is shared, and how much is left to chance, are assumptions:

| difficulty | accounts  | opened within  | searches a day        | come from            |
|------------|-----------|----------------|-----------------------|----------------------|
| blatant    | 8 to 200  | a day          | 60 to 150, in step    | a cloud, one library |
| moderate   | 10 to 150 | 3 to 30 days   | 60 to 100 % of a p95  | homes, two browsers  |
| stealthy   | 15 to 200 | 40 to 150 days | as the busier half do | homes, any browser   |

Nobody is searched for twice, whichever account does it.
"""

from dataclasses import dataclass

import numpy as np

from detectors.alerts import PatternCode
from detectors.events import CaptureClass, Records

from ..almanac import DAY, HOUR, SECOND
from ..clients import FIRST_SCRIPT, SCRIPTS
from ..population import ROLES
from ..randomness import I64, chance, some
from ..searches import captures, photos
from .misuse import Difficulty, Mask, Misuse, Setting

KNOWN_AFTER = 5
LEAST_COLLEAGUES = 3
"""Innocent accounts that a tenant has at least, so that there is something to be like."""

MOST = 5_000
"""Searches of a campaign at most."""

LEAST = 60


@dataclass(frozen=True, slots=True)
class _Pace:
    """How one kind of operator goes about it; pairs are lowest and highest.

    Attributes:
        accounts: of the operator.
        opened: days within which they were opened.
        days: from the first search to the last.
        active: share of these days on which each account searches.
    """

    accounts: tuple[int, int]
    opened: tuple[float, float]
    days: tuple[float, float]
    active: tuple[float, float]


_PACES = {
    Difficulty.BLATANT: _Pace((8, 200), (0.1, 1.0), (1, 4), (0.9, 1.0)),
    Difficulty.MODERATE: _Pace((10, 150), (3, 30), (5, 25), (0.5, 0.9)),
    Difficulty.STEALTHY: _Pace((15, 200), (40, 150), (14, 45), (0.2, 0.6)),
}


def distributed_scraping(
    rng: np.random.Generator, setting: Setting, difficulty: Difficulty
) -> Misuse | None:
    """A campaign by fresh accounts of one tenant, at most about as many as it had before."""
    pace = _PACES[difficulty]
    almanac = setting.almanac
    days = int(min(rng.uniform(*pace.days), 0.6 * almanac.days))
    leader = _leader(rng, setting)
    if days < 1 or leader is None:
        return None
    setting.taken.discard(leader)
    first = almanac.start + int(rng.uniform(0.1 * almanac.days, almanac.days - days) * DAY)
    least, most = pace.accounts
    most = max(min(most, _colleagues(setting, leader)), least + 2)
    count = int(np.exp(rng.uniform(np.log(least), np.log(most + 1))))
    daily = _volumes(rng, setting, leader, difficulty, (count, days))
    daily[rng.random(daily.shape) > rng.uniform(*pace.active)] = 0
    daily[np.cumsum(daily.sum(axis=1)) > MOST] = 0
    if daily.sum() < LEAST:
        return None
    parts = []
    opened = rng.uniform(*pace.opened) * DAY
    for account, searches in zip(
        _accounts(rng, setting, leader, difficulty, (count, first, int(opened))), daily, strict=True
    ):
        times = _times(rng, setting, leader, difficulty, first, searches)
        rows = setting.searches(rng, account, times[setting.in_window(times, first)])
        if len(rows):
            rows["case"] = setting.false_case(rng, rows)
            parts.append(rows)
    if not parts:
        return None
    rows = np.concatenate(parts)
    _share_out(rng, setting, rows, difficulty)
    return Misuse(PatternCode.DISTRIBUTED_SCRAPING, difficulty, rows)


def _leader(rng: np.random.Generator, setting: Setting) -> int | None:
    """An account whose organisation has many, like which the new ones are."""
    table = setting.population.actors
    active = _active(setting)
    colleagues = np.bincount(table["tenant"][active], minlength=len(setting.population.tenants))
    return setting.recruit(rng, active & (colleagues[table["tenant"]] >= LEAST_COLLEAGUES))


def _active(setting: Setting) -> Mask:
    """People, no programs, who search now and then."""
    roles = setting.population.actors["role"]
    return np.asarray((setting.counts() >= KNOWN_AFTER) & (roles != ROLES.index("service")))


def _colleagues(setting: Setting, leader: int) -> int:
    tenants = setting.population.actors["tenant"]
    return int((_active(setting) & (tenants == tenants[leader])).sum())


def _volumes(
    rng: np.random.Generator,
    setting: Setting,
    leader: int,
    difficulty: Difficulty,
    shape: tuple[int, int],
) -> I64:
    """Searches of each account (rows) on each day."""
    if difficulty is Difficulty.BLATANT:
        return np.asarray(rng.poisson(rng.uniform(60, 150), shape))
    table, rows = setting.population.actors, setting.innocent
    mine = table["tenant"][rows["actor"]] == table["tenant"][leader]
    person = table["role"][rows["actor"]] == table["role"][leader]
    own = rows[mine & person]
    _, usual = np.unique(
        own["actor"].astype(np.int64) << 20 | own["time"] // DAY, return_counts=True
    )
    if difficulty is Difficulty.STEALTHY:
        busier = usual[usual >= np.median(usual)]
        return np.asarray(rng.choice(busier, shape))
    level = max(float(np.quantile(usual, 0.95)) * rng.uniform(0.6, 1.0), 3.0)
    return np.asarray(np.rint(level * rng.lognormal(0.0, rng.uniform(0.1, 0.4), shape)), np.int64)


def _accounts(
    rng: np.random.Generator,
    setting: Setting,
    leader: int,
    difficulty: Difficulty,
    when: tuple[int, int, int],
) -> list[int]:
    """So many fresh accounts, opened within a span before a time."""
    count, first, opened = when
    networks, table = setting.population.networks, setting.population.actors
    cloud = networks.add(str(rng.choice(["US", "NL", "SG", "DE"])), int(rng.integers(1, 32)))
    script = FIRST_SCRIPT + int(rng.integers(len(SCRIPTS)))
    people = np.flatnonzero((table["role"] != ROLES.index("service")) & (setting.counts() > 0))
    browsers = table["client"][rng.choice(people, int(rng.integers(1, 3))), 0]
    homes, clients = table["network"][people][:, 0].copy(), table["client"][people][:, 0].copy()
    begun = first - int(rng.exponential(3.0) * DAY) - HOUR
    accounts = []
    for _ in range(count):
        account = setting.open_account(rng, leader, begun - int(rng.uniform(0, 1) * opened))
        row = setting.population.actors[account : account + 1]
        row["slot"] = (1.0, 0.0, 0.0, 0.0)
        row["station"] = -1
        if difficulty is Difficulty.BLATANT:
            row["network"], row["client"], row["egress"] = cloud, script, 4
        else:
            # Another exit of a residential proxy each session, out of four that it prefers.
            row["network"] = rng.choice(homes, 4)
            row["slot"] = (0.25, 0.25, 0.25, 0.25)
            row["lease"], row["shared"], row["egress"] = 0.0, False, 1
            fresh = difficulty is Difficulty.STEALTHY
            row["client"] = rng.choice(clients if fresh else browsers)
        accounts.append(account)
    return accounts


def _times(  # noqa: PLR0913, PLR0917 - whose, how, from when, how many
    rng: np.random.Generator,
    setting: Setting,
    leader: int,
    difficulty: Difficulty,
    first: int,
    searches: I64,
) -> I64:
    """When an account makes so many searches on each day."""
    start = first - first % DAY
    day = start + DAY * np.repeat(np.arange(len(searches)), searches)
    if difficulty is Difficulty.BLATANT:
        # A scheduler hands the work out: all accounts search in the same hours.
        return np.sort(day + 6 * HOUR + (14 * HOUR * rng.random(len(day))).astype(np.int64))
    size = int(rng.integers(3, 15))
    visit = np.cumsum(np.diff(day, prepend=0) != 0) * 1000
    step = np.arange(len(day)) - np.searchsorted(day, day)
    visits, where = np.unique(visit + step // size, return_inverse=True)
    begins = np.zeros(len(visits), np.int64)
    begins[where] = day
    begins = setting.usual_times(rng, leader, begins)
    gap = SECOND * rng.lognormal(3.3, 0.5)
    gaps = gap * rng.lognormal(0.0, 0.8, len(day)) * (step % size)
    return np.sort((begins[where] + gaps).astype(np.int64))


def _share_out(
    rng: np.random.Generator, setting: Setting, rows: Records, difficulty: Difficulty
) -> None:
    """Somebody else each time; some photos are of people whom the gallery does not know."""
    count = len(rows)
    size = int(setting.population.gallery_sizes()[rows["gallery"][0]])
    persons = (int(rng.integers(size)) + np.arange(count) * max(size // (count + 1), 1)) % size
    rows["person"] = rng.permutation(persons)
    rows["person"][some(rng, count, rng.uniform(0.03, 0.4))] = -1
    rows["photo"] = photos(rng.integers(1 << 63, size=count, dtype=np.uint64), 0)
    if difficulty is not Difficulty.STEALTHY and chance(rng, 0.5):
        rows["threshold"] *= rng.choice([0.5, 0.8, 0.9])
    if difficulty is Difficulty.BLATANT and chance(rng, 0.5):
        tenant = setting.population.actors["tenant"][rows["actor"][0]]
        rows["limit"] = setting.population.tenants[tenant].max_limit
    kinds = np.eye(len(CaptureClass))[rng.choice([CaptureClass.SOCIAL, CaptureClass.UNKNOWN])]
    rows["capture"] = captures(rows["photo"], kinds[None], np.zeros(count, np.int64))
