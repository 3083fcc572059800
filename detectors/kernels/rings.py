"""The ring around a person: those groups of accounts whose coming back together surprises most."""

import math

import numpy as np

from ..events import Row
from ..state.subjects import CIRCLE_SIZE
from .bits import ones
from .circles import EXPLAINED, gather
from .company import surprise_of_company
from .compile import kernel


@kernel
def _log_choices(n: int, m: int) -> float:
    """Nats of choosing m of n."""
    return math.lgamma(n + 1.0) - math.lgamma(m + 1.0) - math.lgamma(n - m + 1.0)


@kernel
def describe_ring(circle: Row, custom: Row, member: int, actors: int, out: Row) -> None:
    """Fill the figures of the ring, if the member is in it.

    The ring are the most surprising groups, as many as make the most of it with the nats of
    so many who come back to one person, after those that choosing them among all the
    person's searchers takes.
    """
    apart = gather(circle, custom, actors)
    merged = 0
    for i in range(CIRCLE_SIZE):
        merged += circle.members[i] != 0 and circle.group[i] != i
    among = max(actors - merged, 1)
    chosen, best_chosen, count, best_count = 0, 0, 0, 0
    nats, best, best_nats, best_choice, best_company = 0.0, 0.0, 0.0, 0.0, 0.0
    while True:
        top = -1
        for g in range(CIRCLE_SIZE):
            free = circle.nats[g] > 0.0 and not (chosen >> g) & 1
            if free and (top < 0 or circle.nats[g] > circle.nats[top]):
                top = g
        if top < 0:
            break
        chosen |= 1 << top
        count += 1
        nats += circle.nats[top]
        choice = _log_choices(max(among, count), count)
        company = surprise_of_company(custom, count) * apart * _unexplained(circle, chosen)
        if nats - choice + company > best:
            best, best_chosen, best_count = nats - choice + company, chosen, count
            best_nats, best_choice, best_company = nats, choice, company
    if not (best_chosen >> circle.group[member]) & 1:
        return
    days = np.uint64(0)
    for i in range(CIRCLE_SIZE):
        if circle.members[i] != 0 and (best_chosen >> circle.group[i]) & 1:
            days |= circle.days[i]
            out.ring_accounts += 1
            if circle.links[i] == 0:
                out.ring_alone += circle.nats[circle.group[i]]
            out.ring_searches += circle.pair_searches[i]
            if circle.links[i] != 0:
                out.ring_links = max(out.ring_links, circle.link_nats[i])
    out.ring_groups = best_count
    out.ring_days = ones(days)
    out.ring_nats = best_nats
    out.ring_choice = best_choice
    out.ring_company = best_company


@kernel
def _unexplained(circle: Row, chosen: int) -> float:
    """What reasons leave of the surprise that the chosen groups' members all come back."""
    members, reasoned = 0, 0.0
    for i in range(CIRCLE_SIZE):
        if circle.members[i] != 0 and (chosen >> circle.group[i]) & 1:
            members += 1
            reasoned += circle.reasoned[i]
    return 1.0 - EXPLAINED * reasoned / max(members, 1)
