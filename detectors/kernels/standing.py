"""How a group stands: beside its own past, and beside how much groups of its kind differ."""

import math

import numpy as np

from ..events import Row
from .compile import kernel

USUAL_NATS = -0.5
USUAL_SQUARES = 2.0
SURE_OF_SCENE = 50.0
"""Mean and mean square of account-days of a gallery of which nothing is known, which count as so
many. Orders of magnitude from simulated traffic (seeds 11-13)."""

SURE_OF_GROUP = 30.0
"""With so many account-days a group's own past counts as much as its gallery's."""

APART_SQUARES = (0.16, 0.2)
SURE_APART = 2.0
"""The means of groups of a kind of which nothing is known are 0.4 nats apart, and so are means
of lives; counts as so many groups."""

FREEDOM = 12.0
"""Degrees of freedom of the prediction for a group, to which each group adds one: the spread is
known from few. A group's own accounts limit them too."""

LEAST_ACCOUNTS = 4.0
FULL_NATS = 1.0
"""From this mean on evidence counts in full; below 0 the group is no more like scrapers than
like anybody."""

SPEAKS = 0.8
"""An account speaks for a group if its day is at least this share of the group's mean."""

CLEARLY = 1.1
"""Of groups with about the same accounts the first kind speaks, lest chance decides which."""


@kernel
def judge(scene: Row, group: Row, key: np.uint64, own: float, out: Row) -> None:
    """Say what the group comes to, if the account speaks for it and for no more telling one.

    `own` are the nats of the account's day.
    """
    accounts = accounts_of(group)
    if accounts < LEAST_ACCOUNTS:
        return
    mean = mean_of(group)
    expected = expected_of(scene, group)
    if mean <= max(expected, 0.0):
        return
    spread = math.sqrt(_apart_of(scene, group) + variance_of(scene) / accounts)
    freedom = 1.0 / (1.0 / (FREEDOM + scene.groups[group.kind]) + 1.0 / accounts)
    nats = surprise_of_group((mean - expected) / spread, freedom) * min(mean / FULL_NATS, 1.0)
    # At most what its accounts say together.
    nats = min(nats, accounts * mean)
    group.today_best = max(group.today_best, nats)
    if nats > CLEARLY * out.nats and own >= SPEAKS * mean:
        out.key[0] = key
        out.key[1] = group.scene
        out.kind = group.kind
        out.life = group.life
        out.accounts = accounts
        out.mean = mean
        out.expected = expected
        out.spread = spread
        out.nats = nats


@kernel
def accounts_of(group: Row) -> float:
    """Accounts that the group's mean is of: of their days, those of the busiest."""
    if group.life:
        return float(group.days + group.today_days)
    return float(max(group.peak, group.today_days))


@kernel
def surprise_of_group(z: float, freedom: float) -> float:
    """Nats of a mean that lies z spreads beyond its Student-t prediction."""
    nats: float = (freedom + 1.0) / 2.0 * math.log1p(z * z / freedom)
    return nats


@kernel
def mean_of(group: Row) -> float:
    """Mean nats of the group's last account-days, or of its accounts."""
    days = group.days + group.today_days
    mean: float = (group.nats + group.today_nats) / max(days, 1.0)
    return mean


@kernel
def expected_of(scene: Row, group: Row) -> float:
    """What that was before, as far as it is known; else what the gallery's is."""
    usual = (SURE_OF_SCENE * USUAL_NATS + scene.nats) / (SURE_OF_SCENE + scene.days)
    expected: float = (SURE_OF_GROUP * usual + group.past_nats) / (SURE_OF_GROUP + group.past_days)
    return expected


@kernel
def variance_of(scene: Row) -> float:
    """The variance of one account-day's nats in the gallery, or of one account's."""
    days = SURE_OF_SCENE + scene.days
    mean = (SURE_OF_SCENE * USUAL_NATS + scene.nats) / days
    squares = (SURE_OF_SCENE * USUAL_SQUARES + scene.squares) / days
    variance: float = max(squares - mean * mean, 0.1)
    return variance


@kernel
def _apart_of(scene: Row, group: Row) -> float:
    """The square of the spread of groups' means."""
    known = scene.groups[group.kind]
    prior = SURE_APART * APART_SQUARES[group.life]
    apart: float = (prior + scene.apart[group.kind]) / (SURE_APART + known)
    return apart
