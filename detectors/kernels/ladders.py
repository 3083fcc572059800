"""Ladders: how far an account's day climbs, how new its people are, and how usual that is."""

import math

import numpy as np
from numpy.typing import NDArray

from ..events import Outcome, Records, Row
from ..state.actors import DAY, Trait
from ..state.groups import LIVES, NEWNESS, NEWNESS_OF_LIFE, PASTS, RUNGS
from .compile import kernel, signed
from .hashing import FREE

SUCCESS = int(Outcome.SUCCESS)
REACH_DAY = int(Trait.REACH_DAY)

CLIMBS = 0.85
"""Chance of a scraper's day to come to the next rung: it goes on."""

SCRAPES_NEW = (0.85, 0.12, 0.03)
"""And that nearly all, at least half, fewer of its searches reach somebody new."""

USUALLY_CLIMBS = 0.45
USUALLY_NEW = (0.6, 0.2, 0.2)
SURE_DAYS = 30.0
"""The same of days of which nothing is known, which count as so many account-days. Orders of
magnitude: a ladder's own days replace them within the first day of a busy gallery."""

SURE_LIVES = 10.0
"""And of lives, of which there are fewer, as so many accounts."""

LEAST_NATS = -2.0
MOST_NATS = (6.0, 1.0, 0.0)
"""What one account-day can say at most, against and for; who mostly repeats takes no gallery."""

YOUNG = 42 * DAY
"""Up to this age its life is told by how far it climbs: lives are compared at like ages."""

OLD = 28 * DAY
"""From this age on an account's own habit is no sign of anything."""


@kernel
def rung_of(event: Row, figures: Row) -> int:
    """The rung that the event's account comes to with it; -1 if to none."""
    if not _is_look(event, figures):
        return -1
    for k in range(len(RUNGS)):
        if figures.looks_today == RUNGS[k]:
            return k
    return -1


@kernel
def life_rung_of(event: Row, figures: Row) -> int:
    """The rung that the event's account comes to in its life with it; -1 if to none."""
    if not _is_look(event, figures) or event.time - figures.first > YOUNG:
        return -1
    for k in range(len(LIVES)):
        if figures.looks == LIVES[k]:
            return k
    return -1


@kernel
def _is_look(event: Row, figures: Row) -> bool:
    return bool(figures.row != FREE and event.outcome == SUCCESS and event.offset <= 0)


@kernel
def mark_climbs(events: Records, actor_figures: Records, climbs: NDArray[np.bool_]) -> None:
    """Say of every event whether its account comes to a rung with it, of its day or its life."""
    for i in range(len(events)):
        climbs[i] = (
            rung_of(events[i], actor_figures[i]) >= 0
            or life_rung_of(events[i], actor_figures[i]) >= 0
        )


@kernel
def past_of(actor: Row) -> int:
    """How much the account had searched before today: a number of `PASTS`, or one more."""
    before = signed(actor.searches) - signed(actor.searches_today)
    past = 0
    while past < len(PASTS) and before >= PASTS[past]:
        past += 1
    return past


@kernel
def newness_of(actor: Row) -> int:
    """How many of today's searches reached somebody new: a number of `NEWNESS`, or one more."""
    return _newness(actor.reach_today / actor.looks_today, NEWNESS)


@kernel
def life_newness_of(actor: Row) -> int:
    """The same of all its searches: a number of `NEWNESS_OF_LIFE`, or one more."""
    return _newness(actor.reached / actor.looks, NEWNESS_OF_LIFE)


@kernel
def _newness(share: float, of: tuple[float, float]) -> int:
    new = 0
    while new < len(of) and share < of[new]:
        new += 1
    return new


@kernel
def is_habit(event: Row, actor: Row, rung: int) -> bool:
    """Whether an old account comes no higher than it usually does."""
    if event.time - actor.first < OLD or math.isnan(actor.expected[REACH_DAY]):
        return False
    return bool(actor.expected[REACH_DAY] >= math.log1p(float(RUNGS[rung])))


@kernel
def nats_of_day(ladder: Row, past: int, rung: int, new: int, habit: bool) -> float:
    """How much likelier a scraper's day comes to this rung like that than a peer's, in nats.

    Days with as long a past are expected to be like all of the role's, as far as they are not
    known; what a role that nobody knows yet does is worth nothing.
    """
    nats = _nats_of(ladder, past, rung, new, SURE_DAYS)
    return min(max(nats, LEAST_NATS), 0.0 if habit else MOST_NATS[new])


@kernel
def nats_of_life(ladder: Row, rung: int, new: int) -> float:
    """The same of an account's life."""
    return min(max(_nats_of(ladder, 0, rung, new, SURE_LIVES), LEAST_NATS), MOST_NATS[new])


@kernel
def _nats_of(ladder: Row, past: int, rung: int, new: int, sure: float) -> float:
    here, all_days, all_here = 0.0, 0.0, 0.0
    for k in range(len(USUALLY_NEW)):
        here += ladder.past[past, 0, k]
    for other in range(len(PASTS) + 1):
        all_here += ladder.past[other, rung, new]
        for k in range(len(USUALLY_NEW)):
            all_days += ladder.past[other, 0, k]
    usual = USUALLY_CLIMBS**rung * USUALLY_NEW[new]
    usual = (all_here + sure * usual) / (all_days + sure)
    share = (ladder.past[past, rung, new] + sure * usual) / (here + sure)
    nats = math.log(CLIMBS**rung * SCRAPES_NEW[new] / share) * all_days / (all_days + sure)
    return float(nats)


@kernel
def fade_ladder(ladder: Row, memory: float, lag: float) -> None:
    """Let a day pass: what it taught holds from now on; or `lag` days later, in the mean."""
    for past in range(len(PASTS) + 1):
        for rung in range(len(RUNGS)):
            for new in range(len(NEWNESS) + 1):
                recent = ladder.recent[past, rung, new] + ladder.today[past, rung, new]
                known = recent / max(lag, 1.0)
                ladder.recent[past, rung, new] = recent - known
                ladder.past[past, rung, new] = memory * (ladder.past[past, rung, new] + known)
                ladder.today[past, rung, new] = 0.0
