"""What the days before leave: evidence that adds up while each day is bearable by itself."""

import math

import numpy as np
from numpy.typing import NDArray

from ..events import Row
from ..state.actors import VOLUMES, Trait
from .bits import ones
from .compile import kernel
from .medley import LEAST_SPREADS

REACH_DAY = int(Trait.REACH_DAY)
AWAKE = int(Trait.AWAKE)
PARTIES = int(Trait.PARTIES)
PARALLEL = int(Trait.PARALLEL)
UNREST = int(Trait.UNREST)

SHIFT = 2.0
"""The lasting shift, in spreads, that `carried` evidence is a likelihood ratio for."""

SLEEPLESS_HOURS = 18
"""Hours of a day with a search that no one person keeps up."""

DOUBTFUL = 4.0
"""From so many carried nats on an account's days are not learned: a slow scraper would become
usual before it is found."""

UNLIKE = 1.0
"""What a day with less takes from the evidence of a kept pace, in nats."""

BUSY = math.log1p(12.0)
"""ln(1 + people reached) of a day whose pace is compared with that of the days before."""

EVEN = 0.3
"""Standard deviation of that for whoever works off a quota of some 25 people a day: by chance it
is 0.2, and as much is for what gets in the way."""

RECENT = 1.0 / 3.0
"""A busy day's share in the pace that the next one is compared with."""

_LEAST, _MOST = -3.0, 4.0  # one day counts for no more, however far out it is
_LEAST_EVEN, _MOST_EVEN = -2.0, 1.5
_MOST_CROWD = 2.5  # a weekend away with a third device is four days, and sharing is weeks
_MOST_CARRIED = 40.0
_MOST_STEADY = 20.0


@kernel
def carry(actor: Row, sheet: Row) -> None:
    """Add the day that is over to what is carried."""
    reach = math.log1p(float(sheet.reach))
    actor.carried, actor.steady = carried_on(actor, sheet)
    if reach >= BUSY:
        actor.pace += (reach - actor.pace) * (RECENT if actor.pace > 0 else 1.0)


@kernel
def carried_on(actor: Row, sheet: Row) -> tuple[float, float]:
    """What is carried with a day, which may not be over: CUSUMs (Page 1954), in nats.

    Of the volume or the waking hours, as far as they are beyond both the actor's own days and its
    peers'. And of how much likelier such a day's volume is for whoever keeps a pace than for
    whoever's days vary as usual.
    """
    reach = math.log1p(float(sheet.reach))
    more = _beyond(sheet, reach, REACH_DAY)
    beyond = more
    awake = ones(np.uint64(sheet.awake))
    if awake >= SLEEPLESS_HOURS:
        beyond = max(beyond, _beyond(sheet, awake, AWAKE) * human(sheet.expected[AWAKE]))
    beyond = min(max(beyond, _LEAST), _MOST)
    carried = actor.carried + SHIFT * beyond - SHIFT * SHIFT / 2
    steady = actor.steady - UNLIKE
    if reach >= BUSY and more >= SHIFT / 2:
        usual = min(sheet.spread[REACH_DAY], sheet.peer_spread[REACH_DAY])
        off = reach - actor.pace
        steady = actor.steady + (evenness(off, usual) if actor.pace > 0 else 0.0)
    return min(max(carried, 0.0), _MOST_CARRIED), min(max(steady, 0.0), _MOST_STEADY)


@kernel
def evenness(off: float, usual: float) -> float:
    """Nats by which a day so far off the pace is likelier at a kept pace than as days vary.

    `usual` is the standard deviation of the latter.
    """
    if usual <= EVEN:
        return 0.0
    nats = math.log(usual / EVEN) - off * off / 2 * (1 / (EVEN * EVEN) - 1 / (usual * usual))
    return float(min(max(nats, _LEAST_EVEN), _MOST_EVEN))


@kernel
def _beyond(sheet: Row, found: float, k: int) -> float:
    own = (found - sheet.expected[k]) / sheet.spread[k]
    peers = (found - sheet.peer_expected[k]) / sheet.peer_spread[k]
    return float(min(own, peers))


@kernel
def carry_crowd(actor: Row, sheet: Row, found: NDArray[np.float32]) -> None:
    """CUSUM likewise of how many people seem to be behind the account."""
    restless = _beyond_least(sheet, found, UNREST, 2) * human(sheet.expected[AWAKE])
    beyond = max(
        _beyond_least(sheet, found, PARTIES, 0), _beyond_least(sheet, found, PARALLEL, 1), restless
    )
    beyond = min(max(beyond, _LEAST), _MOST_CROWD)
    crowded = actor.crowded + SHIFT * beyond - SHIFT * SHIFT / 2
    actor.crowded = min(max(crowded, 0.0), _MOST_CARRIED)


@kernel
def _beyond_least(sheet: Row, found: NDArray[np.float32], k: int, place: int) -> float:
    """Spreads beyond what was expected, with spreads of no less than a trait's `LEAST_SPREADS`."""
    if math.isnan(found[k]):
        return 0.0
    least = LEAST_SPREADS[place]
    place += VOLUMES
    own = (found[k] - sheet.expected[k]) / max(sheet.spread[k], least)
    peers = (found[k] - sheet.peer_expected[place]) / max(sheet.peer_spread[place], least)
    return float(min(own, peers))


@kernel
def human(hours: float) -> float:
    """How like a person's so many hours awake a day are: 1 up to 6, 0 from 14."""
    return float(min(max((14.0 - hours) / 8.0, 0.0), 1.0))
