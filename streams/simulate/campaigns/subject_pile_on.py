"""A crowd that looks one person up, for curiosity or for worse.

158 queries for a murder victim came from 110 users at 59 agencies within a month (Austin
Daily Herald, 2016), 1.4 each; some 25 of a hospital's staff looked at one patient's record
within a week (UCLA, 2008). Few had a reason. What a mob does to somebody whom it found on the
web is an assumption:

| difficulty | accounts  | within        | reasons, of what is usual |
|------------|-----------|---------------|---------------------------|
| blatant    | 60 to 200 | 3 to 14 days  | hardly any                |
| moderate   | 40 to 110 | 2 to 5 weeks  | a fifth                   |
| stealthy   | 25 to 60  | 3 to 8 weeks  | two fifths                |

No more than two fifths of those who could search take part, in small worlds; with fewer than
`LEAST` there is no crowd. Nobody is in a crowd who is in a campaign of another pattern, but
somebody may be in two crowds. Where hardly anybody states reasons the log cannot tell a mob from
the fans of somebody new: there, campaigns are labelled ambiguous.
"""

from dataclasses import dataclass

import numpy as np

from detectors.alerts import PatternCode
from detectors.events import CaptureClass, Records

from ..almanac import DAY, SECOND
from ..levels import Level
from ..population import ROLES
from ..randomness import chance
from ..searches import FIRST_INCIDENT, albums, captures, copies, photos
from .misuse import Difficulty, Misuse, Setting

KNOWN_AFTER = 3
LEAST = 15
MOST_OF_ALL = 0.4
EACH = 158 / 110

SAID = 0.05
"""Share of searches with a reason below which hardly anybody states one."""


@dataclass(frozen=True, slots=True)
class _Crowd:
    """Accounts, and days within which they come, lowest and highest.

    Attributes:
        reasons: how often a reason is given, as a share of how often the account otherwise does.
    """

    accounts: tuple[int, int]
    days: tuple[float, float]
    reasons: float


_CROWDS = {
    Difficulty.BLATANT: _Crowd((60, 200), (3, 14), 0.05),
    Difficulty.MODERATE: _Crowd((40, 110), (14, 35), 0.2),
    Difficulty.STEALTHY: _Crowd((25, 60), (21, 56), 0.4),
}


def subject_pile_on(
    rng: np.random.Generator, setting: Setting, difficulty: Difficulty
) -> Misuse | None:
    """A campaign by many accounts of one gallery, where the log shows subjects."""
    crowd = _CROWDS[difficulty]
    almanac = setting.almanac
    length = min(rng.uniform(*crowd.days), 0.8 * almanac.days)
    first = almanac.start + int(rng.uniform(0, almanac.days - length) * DAY)
    table = setting.population.actors
    fits = (
        (table["role"] != ROLES.index("service"))
        & (setting.levels() >= Level.L2)
        & (setting.counts() >= KNOWN_AFTER)
        & (table["created"] < first)
    )
    fits[list(setting.taken)] = False
    sizes = np.bincount(table["gallery"][fits], minlength=len(setting.population.galleries))
    gallery = int(sizes.argmax())
    able = np.flatnonzero(fits & (table["gallery"] == gallery))
    count = min(int(rng.integers(*crowd.accounts)), int(MOST_OF_ALL * len(able)))
    if count < LEAST:
        return None
    accounts = np.sort(rng.choice(able, count, replace=False))
    victim = int(rng.integers(setting.population.galleries[gallery].size))
    # News of it spreads fast, and is forgotten slowly.
    heard = np.sort(rng.beta(1.0, 2.0, count)) * length
    rng.shuffle(heard)
    parts = [
        _look_ups(rng, setting, int(account), first + int(day * DAY), crowd)
        for account, day in zip(accounts, heard, strict=True)
    ]
    rows = np.concatenate(parts)
    if len(np.unique(rows["actor"])) < LEAST:
        return None
    rows["person"] = victim
    _show_photos(rng, rows)
    namespace = setting.population.galleries[gallery].namespace
    usual = np.mean([_usual_reasons(setting, account) for account in accounts.tolist()])
    return Misuse(
        PatternCode.SUBJECT_PILE_ON,
        difficulty,
        rows,
        victims=((namespace, victim),),
        ambiguous=bool(usual < SAID),
    )


def _usual_reasons(setting: Setting, account: int) -> float:
    """Share of the account's innocent searches whose log shows a reason."""
    if setting.levels()[account] < Level.L3:
        return 0.0
    return float((setting.own(account)["case"] >= 0).mean())


def _look_ups(
    rng: np.random.Generator, setting: Setting, account: int, time: int, crowd: _Crowd
) -> Records:
    """One account's: mostly one, soon after it heard of the person."""
    looks = 1 + rng.poisson(EACH - 1)
    day = np.array([time - time % DAY])
    start = setting.usual_times(rng, account, day)[0]
    times = start + np.cumsum(rng.lognormal(4.3, 1.2, looks) * SECOND).astype(np.int64)
    order = setting.in_window(times, setting.opened(account))
    rows = setting.searches(rng, account, times[order])
    if len(rows) and chance(rng, crowd.reasons * _usual_reasons(setting, account)):
        rows["case"] = FIRST_INCIDENT + int(rng.integers(1 << 40))
    return rows


def _show_photos(rng: np.random.Generator, rows: Records) -> None:
    """Those that everybody has seen."""
    number = np.floor(rng.integers(1, 6) * rng.random(len(rows)) ** 2).astype(np.int64)
    rows["photo"] = photos(albums(np.zeros(len(rows), np.uint64), rows["person"]), number)
    rows["copy"] = copies(rng, len(rows), 0.5)
    kinds = np.zeros((1, len(CaptureClass)))
    kinds[0, [CaptureClass.SOCIAL, CaptureClass.UNKNOWN]] = 0.8, 0.2
    rows["capture"] = captures(rows["photo"], kinds, np.zeros(len(rows), np.int64))
