"""Undoing what dropped rows hold elsewhere, before their tables close the gaps."""

import numpy as np
from numpy.typing import NDArray

from .bits import count_days
from .compile import kernel
from .hashing import FREE, PoolView, TableView, give_back
from .sketch import release


@kernel
def drop_pairs(
    kept: NDArray[np.bool_], pairs: TableView, actors: TableView, histories: PoolView
) -> None:
    """Give back the histories of pairs that are not `kept` and uncount them at their actors."""
    for number in range(len(kept)):
        if kept[number]:
            continue
        pair = pairs.rows[number]
        actor = actors.rows[pair.actor_row]
        if pair.person:
            actor.pairs -= np.uint32(1)
            actor.named -= pair.searches
            actor.explained -= pair.explained
            actor.social -= pair.social
        if pair.history == FREE:
            continue
        if pair.person:
            days = count_days(histories.rows[pair.history].days)
            actor.returning -= np.uint32(days > 1)
            actor.return_days -= np.uint32(days - 1)
        give_back(histories, pair.history)
        pair.history = FREE


@kernel
def drop_actors(
    kept: NDArray[np.bool_],
    actors: TableView,
    sheets: PoolView,
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
                give_back(sheets, actor.sheets[parity])
        if actor.baseline != FREE:
            give_back(baselines, actor.baseline)
        if actor.rhythm != FREE:
            give_back(rhythms, actor.rhythm)
        release(actor.sketch, short, dense)
