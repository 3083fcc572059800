"""The circle around a person: which accounts keep coming back, and which of them are one.

Accounts that have a network, a device, a client, a sign-up day or a unit in common that few
others at their tenant have are linked: they may be one person. Linked accounts come back as
one, on all their days together. The surprise of coming back on d days is

    once + shape * ln(1 + ln(d - 1) / scale)

nats (Lomax's law, as in `patterns.persistent_stalking`), with figures of the account.
"""

import math

import numpy as np

from ..events import Row
from ..state.subjects import CIRCLE_SIZE, PANEL_SIZE
from .bits import ones
from .compile import kernel, signed
from .crowds import SURE_SEARCHES
from .marks import put_marks, shared

SURE_RETURNS = 10.0
"""How many persons the peers' way of coming back counts as; as in `persistent_stalking`."""

LEAST_LOGS = 0.4
LEAST_SHARE = 0.05

EXPLAINED = 0.8
"""Most that reasons take from an account's part."""

ONE_ALONE = 4.0
"""No account that is linked to none speaks for the ring with more nats: that it comes back is
for `persistent_stalking` to tell."""

LINKED = 5.0
"""From so many nats on accounts are linked: one pair in 150 has as much in common."""

LINK_NATS = 4.0
"""Most that one more account adds by being linked."""

LASTING_DAYS = 10.0
"""From so many days on an interest has lasted, as in `persistent_stalking`; for linked accounts
days of each, since nobody opens several to check somebody out."""

COMING_BACK = 2
"""Days on which who comes back has searched."""

_BITS = 64


@kernel
def clear_circle(circle: Row) -> None:
    """Make a circle drawn from its pool as if it were new."""
    circle.listed = 0.0
    for i in range(CIRCLE_SIZE):
        _clear_member(circle, i)


@kernel
def _clear_member(circle: Row, i: int) -> None:
    circle.members[i] = 0
    circle.pair_days[i] = 0
    circle.pair_searches[i] = 0
    circle.days[i] = 0
    circle.marks[i, :] = 0
    circle.links[i] = 0
    circle.link_nats[i] = 0.0
    circle.group[i] = i
    circle.nats[i] = 0.0
    for j in range(CIRCLE_SIZE):
        circle.links[j] &= ~(1 << i) & 0xFF


@kernel
def age_circle(circle: Row, by: int) -> None:
    """Let days pass; whoever has not searched for 64 days is no member any more."""
    for i in range(CIRCLE_SIZE):
        if circle.members[i] == 0:
            continue
        circle.days[i] = circle.days[i] << np.uint64(by) if by < _BITS else np.uint64(0)
        if circle.days[i] == 0:
            _clear_member(circle, i)


@kernel
def observe_member(circle: Row, custom: Row, event: Row, pair: Row, age: int) -> int:
    """Take the event's account in, if it is among those that come back most.

    `age` is in days before the person's newest day.

    Returns:
        Its number, -1 if it is no member.
    """
    if pair.pair_days >= COMING_BACK:
        circle.listed = max(circle.listed, float(pair.other_returning))
    i = _place(circle, event.actor[0], pair)
    if i < 0:
        return -1
    if circle.members[i] != event.actor[0]:
        _clear_member(circle, i)
        circle.members[i] = event.actor[0]
    circle.pair_days[i] = pair.pair_days
    circle.pair_searches[i] = pair.pair_searches
    if age < _BITS:
        circle.days[i] |= np.uint64(1) << np.uint64(age)
    _learn_law(circle, i, pair)
    put_marks(circle.marks[i], event)
    _link(circle, i, custom)
    return i


@kernel
def _place(circle: Row, actor: np.uint64, pair: Row) -> int:
    """The account's own place, a free one, or that of whoever comes back less; or -1."""
    least = -1
    for i in range(CIRCLE_SIZE):
        if circle.members[i] == actor:
            return i
        if least < 0 or _before(circle, i, least):
            least = i
    if circle.members[least] == 0:
        return least
    days, searches = signed(circle.pair_days[least]), signed(circle.pair_searches[least])
    if pair.pair_days != days:
        return least if pair.pair_days > days else -1
    if pair.pair_searches != searches:
        return least if pair.pair_searches > searches else -1
    return least if actor > circle.members[least] else -1


@kernel
def _before(circle: Row, i: int, j: int) -> bool:
    """Whether member i has to go before j. Ties are broken by pseudonyms, not by order."""
    if circle.pair_days[i] != circle.pair_days[j]:
        return bool(circle.pair_days[i] < circle.pair_days[j])
    if circle.pair_searches[i] != circle.pair_searches[j]:
        return bool(circle.pair_searches[i] < circle.pair_searches[j])
    return bool(circle.members[i] < circle.members[j])


@kernel
def _learn_law(circle: Row, i: int, pair: Row) -> None:
    own = (pair.other_returning + SURE_RETURNS * pair.peer_returning) / (
        pair.other_pairs + SURE_RETURNS
    )
    circle.once[i] = -math.log(min(max(own, pair.peer_returning, LEAST_SHARE), 1.0))
    circle.shape[i] = SURE_RETURNS + pair.other_returning
    circle.scale[i] = SURE_RETURNS * max(pair.peer_return_logs, LEAST_LOGS) + pair.other_return_logs
    share = pair.pair_explained / max(pair.pair_searches, 1)
    circle.reasoned[i] = min(share / max(usual_reasons(pair), LEAST_SHARE), 1.0)


@kernel
def usual_reasons(pair: Row) -> float:
    """Share of the account's other searches that had a reason, shrunk to its peers'."""
    given = pair.other_explained + SURE_SEARCHES * pair.peer_explained
    usual: float = given / (pair.other_named + SURE_SEARCHES)
    return usual


@kernel
def _link(circle: Row, i: int, custom: Row) -> None:
    """Link the member to those with whom it has something rare in common."""
    for j in range(CIRCLE_SIZE):
        if j == i or circle.members[j] == 0:
            continue
        nats = shared(circle, custom, i, j)
        if nats >= LINKED:
            circle.links[i] |= 1 << j
            circle.links[j] |= 1 << i
            circle.link_nats[i] = max(circle.link_nats[i], nats)
            circle.link_nats[j] = max(circle.link_nats[j], nats)


@kernel
def gather(circle: Row, custom: Row, actors: int) -> float:
    """Number the groups of linked members, and say how surprising each is.

    Returns:
        What is left of a single account's nats where many look.
    """
    for i in range(CIRCLE_SIZE):
        circle.group[i] = i
    for _ in range(CIRCLE_SIZE):
        changed = False
        for i in range(CIRCLE_SIZE):
            for j in range(CIRCLE_SIZE):
                if (circle.links[i] >> j) & 1 and circle.group[j] < circle.group[i]:
                    circle.group[i] = circle.group[j]
                    changed = True
        if not changed:
            break
    # Whom somebody comes back to who comes back to many is on a list: others have it too.
    unlisted = SURE_RETURNS / (SURE_RETURNS + circle.listed)
    # Where many look, that some come back is no secret: fans do.
    apart = (1.0 - _business(circle, custom)) * min(CIRCLE_SIZE / max(actors, 1), 1.0)
    for g in range(CIRCLE_SIZE):
        circle.nats[g] = _surprise_of_group(circle, g, apart) * unlisted
    return float(apart)


@kernel
def _surprise_of_group(circle: Row, g: int, apart: float) -> float:
    """Nats of a group, 0 if it did not come back; `apart` is what is left of a single account's."""
    days = np.uint64(0)
    most, each, size, links = 0, 0, 0, 0.0
    for i in range(CIRCLE_SIZE):
        if circle.members[i] != 0 and circle.group[i] == g:
            days |= circle.days[i]
            most = max(most, signed(circle.pair_days[i]))
            each += signed(circle.pair_days[i])
            links += min(circle.link_nats[i], LINK_NATS)
            size += 1
    most = max(most, ones(days))
    if most < COMING_BACK:
        return 0.0
    nats = math.inf
    for i in range(CIRCLE_SIZE):
        if circle.members[i] != 0 and circle.group[i] == g:
            nats = min(nats, _surprise(circle, i, most))
    if size == 1:
        return min(nats, ONE_ALONE) * apart
    left = 1.0 - EXPLAINED * _least_reasoned(circle, g)
    lasting = min(math.log(float(each)) / math.log(LASTING_DAYS), 1.0)
    return (nats + links * (size - 1) / size * left) * lasting


@kernel
def _surprise(circle: Row, i: int, days: int) -> float:
    """Nats of coming back on so many days, by member i's law."""
    if days < COMING_BACK:
        return 0.0
    further = circle.shape[i] * math.log1p(math.log(days - 1.0) / circle.scale[i])
    nats: float = (circle.once[i] + further) * (1.0 - EXPLAINED * circle.reasoned[i])
    return nats


@kernel
def _least_reasoned(circle: Row, g: int) -> float:
    least = 1.0
    for i in range(CIRCLE_SIZE):
        if circle.members[i] != 0 and circle.group[i] == g:
            least = min(least, circle.reasoned[i])
    return least


@kernel
def _business(circle: Row, custom: Row) -> float:
    """Share of the tenant's accounts, by its panel, that come back to the person.

    Whom most of them come back to is the tenant's business.
    """
    known, coming = 0.0, 0.0
    for k in range(PANEL_SIZE):
        if custom.panel[k] == 0:
            continue
        known += 1.0
        for i in range(CIRCLE_SIZE):
            coming += circle.members[i] == custom.panel[k] and circle.pair_days[i] >= COMING_BACK
    return coming / max(known, 1.0)
