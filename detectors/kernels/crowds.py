"""Crowds: how many accounts search for a person for the first time, and how usual that is."""

import math

from ..events import Records, Relation, Row
from ..state.actors import DAY
from ..state.subjects import CROWD_LIFETIME
from .compile import kernel
from .marks import find_partners, learn_panel

CONSENTED = int(Relation.CONSENTED)

SURE_SEARCHES = 4.0

CURIOUS = 0.2
"""The curious have a reason a fifth as often as they have for others."""

MOST_TAUGHT = 32
"""A person teaches what is usual by its first so many searchers."""

SURE_FIRSTS = 50.0
PRIOR_CROWD = 0.4
"""Mean ln(searchers) of a tenant of which nothing is known; that of simulated police."""


@kernel
def learn_custom(custom: Row, event: Row, pair: Row, actors: int) -> None:
    """Take an event in as an example of what is usual at its tenant."""
    custom.last = max(custom.last, event.time)
    if pair.pair_is_new and actors <= MOST_TAUGHT:
        custom.today_firsts += 1.0
        custom.today_crowds += math.log(float(max(actors, 1)))
    learn_panel(custom, event)


@kernel
def usual_crowd(custom: Row) -> float:
    """Mean ln(searchers) of the persons whom a tenant's accounts search for."""
    mean: float = (SURE_FIRSTS * PRIOR_CROWD + custom.crowds) / (SURE_FIRSTS + custom.firsts)
    return mean


@kernel
def fade_customs(customs: Records, count: int, memory: float) -> None:
    """Let a day pass: what it taught holds from now on."""
    for row in range(count):
        custom = customs[row]
        custom.firsts = memory * custom.firsts + custom.today_firsts
        custom.crowds = memory * custom.crowds + custom.today_crowds
        custom.today_firsts = 0.0
        custom.today_crowds = 0.0
        find_partners(custom)


@kernel
def begin_crowd(circle: Row, others: int, age: float, today: int) -> None:
    """Let the crowd begin with those who searched before.

    Args:
        circle: of a person; changed in place.
        others: accounts that searched for the person before.
        age: ms since the first of them.
        today: the person's newest day.
    """
    circle.fresh = others * math.exp(-age / CROWD_LIFETIME)
    circle.fresh_explained = 0.0
    circle.fresh_usual = 0.0
    circle.fresh_nats = 0.0
    circle.fresh_day = today
    circle.fresh_today = others if age < DAY else 0.0
    circle.fresh_peak = circle.fresh_today


@kernel
def observe_crowd(circle: Row, event: Row, pair: Row, elapsed: float) -> None:
    """Count the account if it searches for the person for the first time.

    `elapsed` is from the person's newest search before to this one, in ms.
    """
    if elapsed > 0:
        left = math.exp(-elapsed / CROWD_LIFETIME)
        circle.fresh *= left
        circle.fresh_explained *= left
        circle.fresh_usual *= left
        circle.fresh_nats *= left
        circle.fresh_peak *= left
    if not pair.pair_is_new:
        return
    weight = math.exp(min(elapsed, 0.0) / CROWD_LIFETIME)
    reason = event.case[0] != 0 or event.relation == CONSENTED
    circle.fresh += weight
    circle.fresh_explained += weight * reason
    usual = shown_reasons(pair)
    circle.fresh_usual += weight * usual
    likelier = (1.0 - CURIOUS * usual) / (1.0 - usual)
    circle.fresh_nats += weight * math.log(CURIOUS if reason else likelier)
    day = event.time // DAY
    if day > circle.fresh_day:
        circle.fresh_day = day
        circle.fresh_today = 0.0
    if day == circle.fresh_day:
        circle.fresh_today += 1.0
        circle.fresh_peak = max(circle.fresh_peak, circle.fresh_today)


@kernel
def shown_reasons(pair: Row) -> float:
    """Share of searches that have a reason, both of the account's others and of its peers'.

    Few searches show little: that reasons are missed takes that they were given.
    """
    own: float = pair.other_explained / (pair.other_named + SURE_SEARCHES)
    return min(own, float(pair.peer_explained))


@kernel
def describe_crowd(circle: Row, actors: int, first: int, last: int, out: Row) -> None:
    """Fill the crowd's figures.

    Newcomers of the last month, who came as evenly as they may, have decayed by now; what
    they do not account for came before.
    """
    age = float(last - first) / CROWD_LIFETIME
    month = min(max(age, 1e-6), 1.0)
    before = max(actors - circle.fresh * month / (1.0 - math.exp(-month)), 0.0)
    expected = before / max(age - 1.0, 1.0)
    out.crowd = max(circle.fresh - circle.fresh_peak - expected, 0.0)
    out.crowd_expected = expected
    out.crowd_explained = circle.fresh_explained / max(circle.fresh, 1e-9)
    out.crowd_usual = circle.fresh_usual / max(circle.fresh, 1e-9)
    out.crowd_nats = out.crowd * max(circle.fresh_nats, 0.0) / max(circle.fresh, 1e-9)
