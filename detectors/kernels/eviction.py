"""Undoing what dropped rows hold elsewhere, before their tables close the gaps."""

import numpy as np
from numpy.typing import NDArray

from .cases import CaseState, forget_case
from .compile import kernel
from .hashing import FREE, PoolView, TableView, give_back
from .pairs import forget_pair
from .sketch import release


@kernel
def drop_pairs(
    kept: NDArray[np.bool_], pairs: TableView, actors: TableView, histories: PoolView
) -> None:
    """Forget the pairs that are not `kept`."""
    for number in range(len(kept)):
        if kept[number]:
            continue
        pair = pairs.rows[number]
        forget_pair(pair, actors.rows[pair.actor_row], histories)


@kernel
def drop_cases(kept: NDArray[np.bool_], state: CaseState, actors: TableView) -> None:
    """Forget the cases that are not `kept`."""
    for number in range(len(kept)):
        if not kept[number]:
            case = state.cases.rows[number]
            forget_case(case, actors.rows[case.actor_row], state.dossiers)


@kernel
def drop_actors(
    kept: NDArray[np.bool_],
    actors: TableView,
    sheets: PoolView,
    medleys: PoolView,
    baselines: PoolView,
    rhythms: PoolView,
    short: PoolView,
    dense: PoolView,
) -> None:
    """Give back all that actors that are not `kept` have drawn."""
    for row in range(len(kept)):
        if kept[row]:
            continue
        actor = actors.rows[row]
        for parity in range(2):
            if actor.sheets[parity] != FREE:
                medley = sheets.rows[actor.sheets[parity]].medley
                if medley != FREE:
                    give_back(medleys, medley)
                give_back(sheets, actor.sheets[parity])
        if actor.baseline != FREE:
            give_back(baselines, actor.baseline)
        if actor.rhythm != FREE:
            give_back(rhythms, actor.rhythm)
        release(actor.sketch, short, dense)
