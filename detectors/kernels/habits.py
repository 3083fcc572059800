"""What an account does in a day, against what it and its peers do: surprise by habit."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..events import Row
from ..state.conduct import HABITS, Habit
from .bits import cells_to_count
from .compile import kernel

SWEEP = int(Habit.SWEEP)
FANOUT = int(Habit.FANOUT)
GALLERIES = int(Habit.GALLERIES)
SEARCHES = int(Habit.SEARCHES)
FIRST_OF_VOLUME = int(Habit.FAILURES)
FIRST_STRANGE = int(Habit.STRANGE_GALLERY)

TROUBLES = (int(Habit.FAILURES), int(Habit.DENIALS))

PAIRS = (
    (int(Habit.VERIFIES), int(Habit.FANOUT)),
    (int(Habit.ENROLS), int(Habit.DELETES)),
    (int(Habit.FAILURES), int(Habit.DENIALS)),
    (int(Habit.GALLERIES), int(Habit.STRANGE_GALLERY)),
    (int(Habit.STRANGE_CLIENT), int(Habit.STRANGE_NETWORK)),
    (int(Habit.STRANGE_CLIENT), int(Habit.STRANGE_ORIGIN)),
    (int(Habit.STRANGE_NETWORK), int(Habit.STRANGE_ORIGIN)),
    (int(Habit.SWEEP), int(Habit.STRANGE_DEMAND)),
)
"""Habits that mostly have one cause: the one that surprises less says nothing."""

LEAST_COUNT = 3.0
"""Once or twice in a day is a slip, not a habit."""

LEAST_TROUBLE = 0.1
"""Share of a day's events whose failure, or refusal, is more than what any network loses."""

LEAST_SWEEP = 3.5
"""Different thresholds and limits of a day that are a sweep, from between three and four on."""

LEAST_GALLERIES = 2.5
"""Different galleries of a day that are more than the usual one and another, from three on."""

LEAST_FANOUT = 3.0
"""Different persons per different probe that are more than one photo of each, tried again."""

SURE_DAYS = 8.0
"""An account's own days count as much as its peers' from so many on."""

LEAST_SPREAD = 0.4
"""In ln(number): a job that always does as much may do half as much again."""

MOST_NATS = 16.0
"""One habit surprises by no more."""

_FREEDOM = 8.0  # as in `kernels.sheets`


class HabitView(NamedTuple):
    """What peers do, by habit: one row per cohort, the shipped prior last.

    Attributes:
        any: share of days that have it at all.
        mean: of the accounts' means of ln(number) on such days.
        between: the standard deviation of these means.
        within: that of an account's days.
        days: clean actor-days of the cohort's tenant that this was learned from.
    """

    any: NDArray[np.float64]
    mean: NDArray[np.float64]
    between: NDArray[np.float64]
    within: NDArray[np.float64]
    days: NDArray[np.float64]


@kernel
def describe(deeds: Row, found: NDArray[np.float32]) -> None:
    """ln(number) by habit; NaN where the day has none."""
    for k in range(HABITS):
        count, least = float(deeds.counts[k]), LEAST_COUNT
        if k in TROUBLES:
            least = max(least, LEAST_TROUBLE * deeds.events)
        elif k == SWEEP:
            count, least = cells_to_count(deeds.demands), LEAST_SWEEP
        elif k == GALLERIES:
            count, least = cells_to_count(deeds.galleries), LEAST_GALLERIES
        elif k == FANOUT:
            least = LEAST_FANOUT
            count = cells_to_count(deeds.persons) / max(cells_to_count(deeds.probes), 1.0)
        found[k] = math.log(count) if count >= least else np.nan


@kernel
def surprise(
    found: NDArray[np.float32],
    own: Row,
    known: bool,
    peers: HabitView,
    peer_row: int,
    nats: NDArray[np.float64],
    usual: NDArray[np.float64],
) -> None:
    """Nats by habit: of having it at all on a day, and of so much of it.

    Having it is a hurdle: minus the logarithm of the share of days that do, the account's
    own and, like so many days more, its peers'. How much is then a Student-t around the own
    mean of such days, shrunk to the peers'; up to what was expected is no surprise. Amounts
    have one cause, a day with much work, so only the largest counts; of what is strange, such
    as a client, all of a day's events are, or none. With e^v times the searches of a usual day
    failures and the like are as many as on e^v days together; what the account does anyway is
    e^v times as much.

    Args:
        found: the day so far, from `describe`.
        own: the account's past; not read unless `known`.
        known: whether it has one.
        peers: what peers do.
        peer_row: the account's row in it.
        nats: filled.
        usual: filled with the number that a day like the others has.
    """
    more, largest, busiest = 0.0, 0.0, SEARCHES
    for k in range(HABITS):
        share = peers.any[peer_row, k]
        center = peers.mean[peer_row, k]
        within = peers.within[peer_row, k] ** 2
        sure = 1.0 / peers.between[peer_row, k] ** 2
        freedom = _FREEDOM
        if known:
            days = own.days[k]
            share = (days + SURE_DAYS * share) / (own.total + SURE_DAYS)
            sure += days / within
            center += (own.mean[k] - center) * (days / within) / sure
            freedom += days
        usual[k] = share * math.exp(center)
        nats[k] = 0.0
        if math.isnan(found[k]):
            continue
        if k == SEARCHES:
            more = max(found[k] - center, 0.0)
            continue
        if k < FIRST_OF_VOLUME and known and own.days[k] >= 1.0:
            center += more
        elif FIRST_OF_VOLUME <= k < FIRST_STRANGE:
            center = max(center, math.log(usual[k]) + more)
            share = 1.0 - (1.0 - share) ** math.exp(more)
        z = max(found[k] - center, 0.0) / max(math.sqrt(within + 1.0 / sure), LEAST_SPREAD)
        amount = (freedom + 1.0) / 2.0 * math.log1p(z * z / freedom)
        nats[k] = -math.log(share)
        amount = min(amount, MOST_NATS - nats[k])
        if k < FIRST_STRANGE and amount > largest:
            nats[k] += amount
            nats[busiest] -= largest
            largest, busiest = amount, k
    for one, other in PAIRS:
        nats[one if nats[one] < nats[other] else other] = 0.0
