"""What a campaign is given, and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from detectors.alerts import PatternCode
from detectors.events import Records

from ..almanac import DAY, HOUR, SECOND, Almanac
from ..population import Population
from ..randomness import I64, some
from ..searches import FIRST_INCIDENT, blank, draw_purposes

Mask = NDArray[np.bool_]


class Difficulty(StrEnum):
    """How hard a campaign is to tell from innocent use."""

    BLATANT = "blatant"
    MODERATE = "moderate"
    STEALTHY = "stealthy"


@dataclass(frozen=True, slots=True)
class Misuse:
    """One labelled campaign.

    Attributes:
        pattern: what kind of misuse.
        difficulty: how well it hides.
        rows: its searches, of `SEARCH`.
        victims: namespace and person of each victim; empty if it is about nobody in particular.
        ambiguous: whether the log alone cannot say that it is misuse.
    """

    pattern: PatternCode
    difficulty: Difficulty
    rows: Records
    victims: tuple[tuple[int, int], ...] = ()
    ambiguous: bool = False


@dataclass(slots=True)
class Setting:
    """An innocent world, in which campaigns find their actors and their cover.

    Attributes:
        almanac: the calendar.
        population: everybody; campaigns may open accounts.
        innocent: all innocent searches, by actor and time.
        cases: number of cases that exist; their numbers are below.
        taken: actors that are in a campaign already.
    """

    almanac: Almanac
    population: Population
    innocent: Records
    cases_of: Callable[[int], list[int]]
    taken: set[int] = field(default_factory=set)

    def own(self, actor: int) -> Records:
        """The actor's innocent searches in order of time."""
        low, high = np.searchsorted(self.innocent["actor"], [actor, actor + 1])
        return self.innocent[low:high]

    def counts(self) -> I64:
        """Innocent searches per actor."""
        return np.bincount(self.innocent["actor"], minlength=len(self.population.actors))

    def daily_rate(self) -> NDArray[np.float64]:
        """Innocent searches per actor and day since the account was opened."""
        opened = np.maximum(self.population.actors["created"], self.almanac.start)
        days = np.maximum((self.almanac.end - opened) / DAY, 1.0)
        return np.asarray(self.counts() / days)

    def levels(self) -> I64:
        """What each actor's tenant logs."""
        of_tenant = np.array([int(tenant.level) for tenant in self.population.tenants])
        return np.asarray(of_tenant[self.population.actors["tenant"]])

    def recruit(self, rng: np.random.Generator, fits: Mask) -> int | None:
        """One of the fitting actors that is in no campaign yet, now taken; None if all are."""
        free = np.setdiff1d(np.flatnonzero(fits), list(self.taken))
        if not len(free):
            return None
        actor = int(rng.choice(free))
        self.taken.add(actor)
        return actor

    def open_account(self, rng: np.random.Generator, like: int, created: int) -> int:
        """A fresh account of the same organisation, role and habits as another's; now taken."""
        newcomer = self.population.actors[[like]].copy()
        newcomer["created"] = created
        newcomer["self"] = -1
        # Another household, or another office of the same provider.
        newcomer["lease"] *= rng.lognormal(0.0, 0.3)
        actor = int(self.population.admit(newcomer)[0])
        self.taken.add(actor)
        return actor

    def opened(self, actor: int) -> int:
        """From when on the account can search in the log's window."""
        return max(self.almanac.start, int(self.population.actors["created"][actor]))

    def usual_times(self, rng: np.random.Generator, model: int, days: I64) -> I64:
        """A time on each of these days (start of UTC day) when actor `model` might search.

        Hours of the day are those of the model's own searches, give or take minutes.
        """
        own = self.own(model)["time"]
        hour = own % DAY if len(own) else np.array([15 * HOUR])
        drawn = rng.choice(hour, len(days)) + rng.normal(0, 0.3 * HOUR, len(days))
        return days + np.clip(drawn, 0, DAY - 1).astype(np.int64)

    def in_window(self, times: I64, first: int) -> I64:
        """Indexes of the times from `first` to the end of the window, in order of time."""
        order = np.argsort(times, kind="stable")
        return order[(times[order] >= first) & (times[order] < self.almanac.end)]

    def searches(self, rng: np.random.Generator, actor: int, times: I64) -> Records:
        """Searches of nobody yet, as the actor would make them at these ascending times.

        Visits are runs without a pause of an hour, each from one of the actor's places.
        """
        rows = blank(self.population, np.full(len(times), actor), times)
        gaps = np.diff(rows["time"], prepend=0)
        visit = np.cumsum(gaps > HOUR) - 1
        row = self.population.actors[actor]
        numbers = rng.integers(1 << 63, size=len(rows) + 1, dtype=np.uint64)
        slots = rng.choice(4, len(rows) + 1, p=row["slot"] / row["slot"].sum())
        rows["visit"], rows["slot"] = numbers[visit], slots[visit]
        tenants = np.full(len(rows), row["tenant"])
        rows["purpose"] = draw_purposes(rng, self.population, tenants)
        rows["hasty"] = gaps < SECOND
        return rows

    def false_case(self, rng: np.random.Generator, rows: Records) -> I64:
        """Case numbers for searches without a case: mostly none, one that exists, invented ones.

        In Evansville one real number served for nine people (idtechwire.com). How many leave
        the number out instead is an assumption.
        """
        count, actor = len(rows), int(rows["actor"][0])
        kind = rng.choice(3, p=(0.55, 0.25, 0.2))
        none = np.full(count, -1)
        mine = self.cases_of(actor)
        if kind == 0 or (kind == 1 and not mine):
            return none
        if kind == 1:
            return np.full(count, int(rng.choice(mine)))
        # One number serves for a few searches in a row.
        block = np.cumsum(some(rng, count, 0.3))
        invented = FIRST_INCIDENT + rng.integers(1 << 40, size=count + 1)
        given = some(rng, count + 1, float(self.population.actors["discipline"][actor]))
        return np.where(given, invented, -1)[block]


Plan = Callable[[np.random.Generator, Setting, Difficulty], Misuse | None]
"""Plans one campaign; None where the world has no room for it."""
