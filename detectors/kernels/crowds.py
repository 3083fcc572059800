"""Crowds: how many accounts search for a person for the first time, and how usual that is."""

import math

import numpy as np

from ..events import Records, Relation, Row
from ..state.actors import DAY
from ..state.subjects import CROWD_LIFETIME, CROWD_PURPOSES, PURPOSE_CELLS
from .company import fade_company, learn_company
from .compile import kernel, signed
from .hashing import mix
from .marks import find_partners, learn_panel
from .newcomers import (
    begin_newcomers,
    describe_newcomers,
    fade_newcomers,
    learn_kin,
    observe_newcomer,
)

CONSENTED = int(Relation.CONSENTED)

SURE_SEARCHES = 4.0

CURIOUS = 0.2
"""The curious have a reason a fifth as often as they have for others."""

MOST_TAUGHT = 32
"""A person teaches what is usual by its first so many searchers."""

PRIOR_ALIKE = 0.3
SURE_STATED = 20.0
"""Chance that two searches of a tenant of which nothing is known state the same purpose, and the
searches that count as much."""

COMMON_CAUSE = 0.85
"""Of those who would state another purpose by chance so many state the common one, where there is a
cause that all know: an appeal, a training, a public case."""

_PURPOSE = np.uint64(0x505552)

SURE_FIRSTS = 50.0
PRIOR_CROWD = 0.4
"""Mean ln(searchers) of a tenant of which nothing is known; that of simulated police."""


@kernel
def begin_custom(custom: Row, time: int) -> None:
    """Nothing is known of a tenant."""
    custom.since = time
    custom.alike = PRIOR_ALIKE


@kernel
def learn_custom(custom: Row, event: Row, pair: Row, subject: Row) -> None:
    """Take an event in as an example of what is usual at its tenant."""
    actors = signed(subject.actors)
    custom.since = min(custom.since, event.time)
    custom.last = max(custom.last, event.time)
    if event.purpose != 0:
        custom.today_purposes[mix(event.purpose, _PURPOSE) % np.uint64(PURPOSE_CELLS)] += 1.0
    if pair.pair_is_new and actors <= MOST_TAUGHT:
        custom.today_firsts += 1.0
        custom.today_crowds += math.log(float(max(actors, 1)))
    if pair.pair_is_new:
        learn_kin(custom, event, subject)
    learn_company(custom, signed(pair.pair_returned), signed(subject.returning))
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
        custom.met = memory * custom.met + custom.today_met
        custom.kin = memory * custom.kin + custom.today_kin
        custom.today_met = 0.0
        custom.today_kin = 0.0
        custom.today_firsts = 0.0
        custom.today_crowds = 0.0
        fade_company(custom, memory)
        _learn_purposes(custom, memory)
        find_partners(custom)


@kernel
def _learn_purposes(custom: Row, memory: float) -> None:
    total = 0.0
    squares = 0.0
    for cell in range(PURPOSE_CELLS):
        custom.purposes[cell] = memory * custom.purposes[cell] + custom.today_purposes[cell]
        custom.today_purposes[cell] = 0.0
        total += custom.purposes[cell]
        squares += custom.purposes[cell] ** 2
    alike = squares / max(total, 1.0)
    custom.alike = (SURE_STATED * PRIOR_ALIKE + alike) / (SURE_STATED + total)


@kernel
def begin_crowd(circle: Row, others: int, age: float, today: int, first: int) -> None:
    """Let the crowd begin with those who searched before.

    Args:
        circle: of a person; changed in place.
        others: accounts that searched for the person before.
        age: ms since the first of them.
        today: the person's newest day.
        first: time of the first of them.
    """
    circle.crowd_since = first
    circle.crowd_before = 0
    circle.stated = 0.0
    circle.stated_alike = 0.0
    for k in range(CROWD_PURPOSES):
        circle.purposes[k] = 0
        circle.purpose_counts[k] = 0.0
    circle.fresh = others * math.exp(-age / CROWD_LIFETIME)
    circle.fresh_explained = 0.0
    circle.fresh_usual = 0.0
    circle.fresh_nats = 0.0
    circle.fresh_day = today
    circle.fresh_today = others if age < DAY else 0.0
    circle.fresh_peak = circle.fresh_today
    begin_newcomers(circle)


@kernel
def observe_crowd(
    circle: Row, event: Row, pair: Row, elapsed: float, actors: int, alike: float
) -> None:
    """Count the account if it searches for the person for the first time.

    Args:
        circle: of the person; changed in place.
        event: the search.
        pair: what the actor's shard says of it.
        elapsed: from the person's newest search before to this one, ms.
        actors: who searched for the person so far, with this one.
        alike: chance that two searches of the tenant state the same purpose.
    """
    if elapsed > 0:
        left = math.exp(-elapsed / CROWD_LIFETIME)
        circle.fresh *= left
        circle.fresh_explained *= left
        circle.fresh_usual *= left
        circle.fresh_nats *= left
        circle.fresh_peak *= left
        fade_newcomers(circle, left)
        circle.stated *= left
        circle.stated_alike *= left
        for k in range(CROWD_PURPOSES):
            circle.purpose_counts[k] *= left
    if not pair.pair_is_new:
        return
    weight = math.exp(min(elapsed, 0.0) / CROWD_LIFETIME)
    if circle.fresh < 1.0:
        circle.crowd_since = event.time
        circle.crowd_before = max(actors - 1, 0)
    if event.purpose != 0:
        circle.stated += weight
        circle.stated_alike += weight * alike
        _count_purpose(circle, event, weight)
    observe_newcomer(circle, event, pair, weight)
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
def _count_purpose(circle: Row, event: Row, weight: float) -> None:
    """Space-Saving (Metwally et al., 2005): what is most common is never counted for too little."""
    least = 0
    for k in range(CROWD_PURPOSES):
        if circle.purposes[k] == event.purpose:
            circle.purpose_counts[k] += weight
            return
        if circle.purpose_counts[k] < circle.purpose_counts[least]:
            least = k
    circle.purposes[least] = event.purpose
    circle.purpose_counts[least] += weight


@kernel
def shown_reasons(pair: Row) -> float:
    """Share of searches that have a reason, both of the account's others and of its peers'.

    Few searches show little: that reasons are missed takes that they were given.
    """
    own: float = pair.other_explained / (pair.other_named + SURE_SEARCHES)
    return min(own, float(pair.peer_explained))


@kernel
def describe_crowd(circle: Row, custom: Row, subject: Row, out: Row) -> None:
    """Fill the crowd's figures.

    Newcomers of the last month, who came as evenly as they may, have decayed by now; what
    they do not account for came before.
    """
    actors, first, last = signed(subject.actors), subject.first, subject.last
    age = float(last - first) / CROWD_LIFETIME
    month = min(max(age, 1e-6), 1.0)
    before = max(actors - circle.fresh * month / (1.0 - math.exp(-month)), 0.0)
    expected = before / max(age - 1.0, 1.0)
    out.crowd = max(circle.fresh - circle.fresh_peak - expected, 0.0)
    out.crowd_expected = expected
    out.crowd_explained = circle.fresh_explained / max(circle.fresh, 1e-9)
    out.crowd_usual = circle.fresh_usual / max(circle.fresh, 1e-9)
    out.crowd_nats = out.crowd * max(circle.fresh_nats, 0.0) / max(circle.fresh, 1e-9)
    lasted = max(float(last - circle.crowd_since), DAY)
    quiet = max(float(circle.crowd_since - custom.since), 0.0) / (1.0 + circle.crowd_before)
    out.crowd_sudden = out.crowd * math.log(1.0 + quiet / lasted)
    describe_newcomers(circle, custom, out)
    _describe_purposes(circle, out)


@kernel
def _describe_purposes(circle: Row, out: Row) -> None:
    """Fill what the newcomers' purposes tell.

    By chance each states the most common one with the chance a, where there is a common cause
    with a + (1 - a) c.
    """
    stated = max(circle.stated, 1e-9)
    common = 0.0
    for k in range(CROWD_PURPOSES):
        common = max(common, circle.purpose_counts[k])
    common = min(common, stated)
    alike = min(max(circle.stated_alike / stated, 0.01), 0.99)
    out.crowd_stated = stated / max(circle.fresh, 1e-9)
    out.crowd_common = common / stated
    out.crowd_alike = alike
    out.crowd_apart = common * math.log(alike / (alike + (1.0 - alike) * COMMON_CAUSE))
    out.crowd_apart -= (stated - common) * math.log(1.0 - COMMON_CAUSE)
