"""How surprising a day is, beside an account's own past and beside its peers."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .events import Records
from .state.actors import TRAITS


def surprise(
    actors: Records, expected: str, spread: str, traits: int = TRAITS
) -> NDArray[np.float64]:
    """Nats by which each trait exceeds its Student-t prediction, shape (n, traits), ≥ 0.

    The log-likelihood ratio of the prediction's mode to what was observed.

    Args:
        actors: `ACTOR_FIGURES` records.
        expected: the field with the predictions' centres.
        spread: the field with their spreads.
        traits: how many, from the first on.
    """
    beyond = actors["observed"][:, :traits] - actors[expected][:, :traits]
    beyond = beyond.astype(np.float64) / actors[spread][:, :traits]
    return _nats(beyond, actors["freedom"].astype(np.float64)[:, None])


def of_volume(actors: Records, observed: NDArray[np.float64], volume: int) -> NDArray[np.float64]:
    """Nats by which another value of a volume exceeds the same predictions, as `either` has it.

    Args:
        actors: `ACTOR_FIGURES` records, shape (n,).
        observed: the values, shape (n,).
        volume: which one.
    """
    freedom = actors["freedom"].astype(np.float64)
    own, peers = (
        _nats((observed - actors[expected][:, volume]) / actors[spread][:, volume], freedom)
        for expected, spread in (("expected", "spread"), ("peer_expected", "peer_spread"))
    )
    return either(own, peers)


def _nats(beyond: NDArray[np.float64], freedom: NDArray[np.float64]) -> NDArray[np.float64]:
    """The log-likelihood ratio of so many spreads beyond, and 0 below or where not known."""
    beyond = np.nan_to_num(np.maximum(beyond, 0.0))
    nats: NDArray[np.float64] = (freedom + 1) / 2 * np.log1p(beyond**2 / freedom)
    return nats


LIKE_PEERS: Final = math.exp(-3)
"""How much less likely than a day like one's own past is one like one's peers': about 1 in 20."""


def either(own: NDArray[np.float64], peers: NDArray[np.float64]) -> NDArray[np.float64]:
    """The surprise of a day that may be like the own past or, less likely, like the peers'.

    Minus the logarithm of the two laws' mixture: the surprise of the own past, but at most
    some three nats more than that of the peers.
    """
    nats = math.log1p(LIKE_PEERS) - np.logaddexp(-own, math.log(LIKE_PEERS) - peers)
    return np.maximum(nats, 0.0)
