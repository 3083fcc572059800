"""Who a crowd's newcomers are: accounts from before it, of one tenant, with photos as usual."""

import numpy as np

from ..events import CaptureClass, Row
from ..state.actors import DAY
from .compile import kernel

UNKNOWN = int(CaptureClass.UNKNOWN)
SOCIAL = int(CaptureClass.SOCIAL)

SURE_SOCIAL = 4.0
"""Peers' share of photos from social media counts as so many of an account's own searches."""

PRIOR_KIN = 0.95
SURE_KIN = 10.0
"""How often two who search for the same person are of one tenant, where nothing is known: each
tenant has persons of its own. Counts as so many of them."""

FIRST_FEW = 4
"""Who comes to a person after so many others teaches nothing: crowds would teach most."""

_LOW = np.uint64(0xFFFFFFFF)


@kernel
def home_of(event: Row) -> np.uint32:
    """The event's tenant, as a person or a crowd remembers it."""
    return np.uint32(event.tenant & _LOW)


@kernel
def begin_newcomers(circle: Row) -> None:
    """Nobody of whom more is known has come yet."""
    circle.fresh_noted = 0.0
    circle.fresh_settled = 0.0
    circle.fresh_known = 0.0
    circle.fresh_social = 0.0
    circle.fresh_usual_social = 0.0
    circle.fresh_home = 0.0
    circle.home = 0


@kernel
def fade_newcomers(circle: Row, left: float) -> None:
    """Let time pass, after which so much is `left`."""
    circle.fresh_noted *= left
    circle.fresh_settled *= left
    circle.fresh_known *= left
    circle.fresh_social *= left
    circle.fresh_usual_social *= left
    circle.fresh_home *= left


@kernel
def observe_newcomer(circle: Row, event: Row, pair: Row, weight: float) -> None:
    """Count an account that searches for the crowd's person for the first time.

    Args:
        circle: of the person; changed in place.
        event: the search.
        pair: what the actor's shard says of it.
        weight: what it counts for, 1 if it is the newest.
    """
    circle.fresh_noted += weight
    # Who came with the crowd may have come for it: guests of an event, trainees, new customers.
    if pair.first < circle.crowd_since - DAY:
        circle.fresh_settled += weight
    if event.capture != UNKNOWN:
        circle.fresh_known += weight
        circle.fresh_social += weight * (event.capture == SOCIAL)
        circle.fresh_usual_social += weight * _usual_social(pair)
    # The majority vote of Boyer and Moore (1981).
    if circle.home == home_of(event):
        circle.fresh_home += weight
    elif circle.fresh_home < weight:
        circle.home = home_of(event)
        circle.fresh_home = weight - circle.fresh_home
    else:
        circle.fresh_home -= weight


@kernel
def _usual_social(pair: Row) -> float:
    """Share of photos from social media among the account's others, or its peers' if larger."""
    own: float = (pair.other_social + SURE_SOCIAL * pair.peer_social) / (
        pair.other_named + SURE_SOCIAL
    )
    return max(own, float(pair.peer_social))


@kernel
def learn_kin(custom: Row, event: Row, subject: Row) -> None:
    """Take a newcomer in as an example of who else searches for a tenant's persons."""
    if 1 < subject.actors <= FIRST_FEW:
        custom.today_met += 1.0
        custom.today_kin += subject.home == home_of(event)


@kernel
def usual_kin(custom: Row) -> float:
    """How often others who search for a tenant's persons are of the same tenant."""
    share: float = (SURE_KIN * PRIOR_KIN + custom.kin) / (SURE_KIN + custom.met)
    return share


@kernel
def describe_newcomers(circle: Row, custom: Row, out: Row) -> None:
    """Fill what is known of the newcomers beside their number.

    The majority vote counts one against each of another tenant, so that it tells how many of
    them there are if all others are of different ones, and no more.
    """
    noted = max(circle.fresh_noted, 1e-9)
    out.crowd_noted = circle.fresh_noted
    out.crowd_settled = circle.fresh_settled / noted
    known = max(circle.fresh_known, 1e-9)
    out.crowd_known = circle.fresh_known
    out.crowd_social = circle.fresh_social / known
    out.crowd_usual_social = circle.fresh_usual_social / known
    out.crowd_home = min(0.5 * (1.0 + circle.fresh_home / noted), 1.0)
    out.crowd_kin = usual_kin(custom)
