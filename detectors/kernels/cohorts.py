"""A shard's part in what is known of cohorts."""

import math

import numpy as np
from numpy.typing import NDArray

from ..events import Row
from ..state.actors import TRAITS
from ..state.conduct import HABITS
from .cases import MOST_LATE
from .compile import kernel
from .hashing import FREE, PoolView, TableView, add_row, find_row
from .pairs import LOG_UNIT

MOST_PAIRS = 10.0
"""One actor with many persons counts as so many pairs, lest it speaks for all its peers."""

MOST_RETURNS = 5.0
"""Of the pairs that it came back to, with so many."""

MOST_LOGS = 2.0
"""And with so much in the mean of ln(further days): monitors, who come back on more than some
seven, do not make that normal."""

MOST_NAMED = 50.0
"""And as so many searches that name a person."""

MOST_CASES = 10.0
"""And with so many cases."""

DAILY_MEMORY = 0.98
"""What is left of a cohort's moments after a day: a half-life of 34 days."""


@kernel
def fade(cohorts: TableView) -> None:
    """Let a day pass, and begin counting actors and pairs anew."""
    for row in range(cohorts.used[0]):
        cohort = cohorts.rows[row]
        for k in range(TRAITS):
            cohort.days[k] *= DAILY_MEMORY
            cohort.sums[k] *= DAILY_MEMORY
            cohort.squares[k] *= DAILY_MEMORY
            cohort.own_days[k] *= DAILY_MEMORY
            cohort.own_squares[k] *= DAILY_MEMORY
        cohort.actor_days *= DAILY_MEMORY
        cohort.acts *= DAILY_MEMORY
        for k in range(HABITS):
            cohort.habit_days[k] *= DAILY_MEMORY
            cohort.habit_sums[k] *= DAILY_MEMORY
            cohort.habit_squares[k] *= DAILY_MEMORY
            cohort.habit_own_days[k] *= DAILY_MEMORY
            cohort.habit_own_squares[k] *= DAILY_MEMORY
        cohort.habit_actors = 0.0
        cohort.actors = 0.0
        cohort.pairs = 0.0
        cohort.returning = 0.0
        cohort.return_pairs = 0.0
        cohort.return_logs = 0.0
        cohort.named = 0.0
        cohort.explained = 0.0
        cohort.social = 0.0
        cohort.cases = 0.0
        cohort.late = 0.0
        cohort.alone = 0.0
        cohort.case_late[:] = 0.0
        cohort.case_alone[:] = 0.0


@kernel
def row_of(cohorts: TableView, actor: Row) -> int:
    """The row of the actor's cohort, new if it has none."""
    row = find_row(cohorts, actor.cohort)
    if row == FREE:
        row = add_row(cohorts, actor.cohort)
        cohorts.rows[row].cohort = actor.cohort
        cohorts.rows[row].tenant = actor.tenant
    return row


@kernel
def learn_traits(cohort: Row, traits: NDArray[np.float32], residuals: NDArray[np.float64]) -> None:
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
        cohort = cohorts.rows[row_of(cohorts, actor)]
        cohort.actors += 1.0
        cohort.cases += min(float(actor.cases), MOST_CASES)
        if actor.late > 0:
            late = min(float(actor.late), MOST_LATE)
            cohort.late += late
            cohort.alone += late * actor.alone / actor.late
        if actor.pairs == 0 or actor.named == 0:
            continue
        pairs = min(float(actor.pairs), MOST_PAIRS)
        cohort.pairs += pairs
        cohort.returning += pairs * actor.returning / actor.pairs
        named = min(float(actor.named), MOST_NAMED)
        cohort.named += named
        cohort.explained += named * actor.explained / actor.named
        cohort.social += named * actor.social / actor.named
        if actor.returning > 0:
            returned = min(float(actor.returning), MOST_RETURNS)
            cohort.return_pairs += returned
            logs = actor.return_logs / LOG_UNIT / actor.returning
            cohort.return_logs += returned * min(logs, MOST_LOGS)


@kernel
def count_cases(
    cases: TableView, dossiers: PoolView, actors: TableView, cohorts: TableView
) -> None:
    """Add every case with late days to its cell at its actor's cohort."""
    for number in range(cases.used[0]):
        case = cases.rows[number]
        if case.dossier == FREE or dossiers.rows[case.dossier].late == 0:
            continue
        dossier = dossiers.rows[case.dossier]
        cohort = cohorts.rows[row_of(cohorts, actors.rows[case.actor_row])]
        late = min(float(dossier.late), MOST_LATE)
        cohort.case_late[dossier.cell] += late
        cohort.case_alone[dossier.cell] += late * dossier.alone / dossier.late
