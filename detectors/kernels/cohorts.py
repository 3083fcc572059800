"""A shard's part in what is known of cohorts."""

import math

import numpy as np
from numpy.typing import NDArray

from ..events import Row
from ..state.actors import TRAITS
from .compile import kernel
from .hashing import FREE, TableView, add_row, find_row

MOST_PAIRS = 10.0
"""One actor with many persons counts as so many pairs, lest it speaks for all its peers."""

MOST_RETURNS = 3.0
"""And with so many return days a pair at most: monitors do not make returning normal."""

DAILY_MEMORY = 0.98
"""What is left of a cohort's moments after a day: a half-life of 34 days."""


@kernel
def fade(cohorts: TableView, days: int) -> None:
    """Let `days` pass, and begin counting actors and pairs anew."""
    left = DAILY_MEMORY**days
    for row in range(cohorts.used[0]):
        cohort = cohorts.rows[row]
        for k in range(TRAITS):
            cohort.days[k] *= left
            cohort.sums[k] *= left
            cohort.squares[k] *= left
            cohort.own_days[k] *= left
            cohort.own_squares[k] *= left
        cohort.actors = 0.0
        cohort.pairs = 0.0
        cohort.returns = 0.0
        cohort.searches = 0.0
        cohort.explained = 0.0


@kernel
def row_of(cohorts: TableView, key: np.uint64) -> int:
    """The cohort's row, new if it has none."""
    row = find_row(cohorts, key)
    if row == FREE:
        row = add_row(cohorts, key)
        cohorts.rows[row].cohort = key
    return row


@kernel
def learn_traits(
    cohort: Row, traits: NDArray[np.float32], residuals: NDArray[np.float64]
) -> None:
    """Add one actor-day; NaN is unknown."""
    for k in range(TRAITS):
        if not math.isnan(traits[k]):
            cohort.days[k] += 1.0
            cohort.sums[k] += traits[k]
            cohort.squares[k] += float(traits[k]) * float(traits[k])
        if not math.isnan(residuals[k]):
            cohort.own_days[k] += 1.0
            cohort.own_squares[k] += residuals[k]


@kernel
def count_actors(actors: TableView, cohorts: TableView) -> None:
    """Add every actor and its way of coming back to persons to its cohort."""
    for row in range(actors.used[0]):
        actor = actors.rows[row]
        cohort = cohorts.rows[row_of(cohorts, actor.cohort)]
        cohort.actors += 1.0
        cohort.searches += actor.searches
        cohort.explained += actor.explained
        if actor.pairs > 0:
            pairs = min(float(actor.pairs), MOST_PAIRS)
            cohort.pairs += pairs
            cohort.returns += pairs * min(actor.return_days / actor.pairs, MOST_RETURNS)
