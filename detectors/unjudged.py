"""Why a pattern says nothing of an event."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from .alerts import PatternCode
from .base import Figures, Pattern
from .events import Operation, Outcome, Relation
from .kernels.hashing import FREE
from .state.actors import Trait


def why_not(pattern: Pattern, figures: Figures) -> str:
    """Why a pattern does not judge an event, in words."""
    for holds, text in (*_ANYWHERE, *_BY_PATTERN.get(pattern.code, ())):
        if holds(figures):
            return text
    return "its fields do not say what the pattern looks at"


Holds = Callable[[Figures], bool]


def _event(name: str, *values: int) -> Holds:
    return lambda figures: int(figures.events[name][0]) in values


def _without(name: str) -> Holds:
    return lambda figures: not np.any(figures.events[name][0])


def _unknown(trait: Trait) -> Holds:
    return lambda figures: bool(np.isnan(figures.actors["spread"][0, trait]))


_SEARCHES: Final = (Operation.IDENTIFY, Operation.LIST)
_ANYWHERE: Final[tuple[tuple[Holds, str], ...]] = (
    (
        lambda figures: figures.actors["row"][0] == FREE and figures.actors["deed"][0] == FREE,
        "it was there before, or there was no room for its account",
    ),
)
_NO_SEARCH: Final[tuple[Holds, str]] = (
    lambda figures: int(figures.events["operation"][0]) not in _SEARCHES,
    "it is no search",
)
_NOBODY: Final[tuple[tuple[Holds, str], ...]] = (
    _NO_SEARCH,
    (_event("outcome", Outcome.FAILURE, Outcome.DENIED), "the search did not succeed"),
    (_event("relation", Relation.SELF), "it is a verified search for oneself"),
    (_without("subject"), "it names no person"),
)
_TOO_OLD: Final = "its day has been over for too long to be compared"
_BY_PATTERN: Final[Mapping[PatternCode, tuple[tuple[Holds, str], ...]]] = {
    PatternCode.BULK_SCRAPING: (_NO_SEARCH, (_unknown(Trait.REACH_DAY), _TOO_OLD)),
    PatternCode.PERSISTENT_STALKING: _NOBODY,
    PatternCode.COORDINATED_STALKING: _NOBODY,
    PatternCode.SUBJECT_PILE_ON: _NOBODY,
    PatternCode.CASE_LAUNDERING: (
        _NO_SEARCH,
        (_without("case"), "it has no case reference"),
        (_without("subject"), "it names no person"),
    ),
    PatternCode.PROBE_HILL_CLIMBING: (
        _NO_SEARCH,
        (_without("probe"), "it has no probe"),
        (_unknown(Trait.SHOTS), _TOO_OLD),
    ),
    PatternCode.CREDENTIAL_SHARING: (_NO_SEARCH, (_unknown(Trait.PARTIES), _TOO_OLD)),
    PatternCode.DISTRIBUTED_SCRAPING: (
        _NO_SEARCH,
        (
            lambda _: True,
            "it takes its account to no new step of the day",
        ),
    ),
    PatternCode.UNUSUAL_ACTIVITY: (
        (lambda _: True, "too little is known of the tenant, or the event's day has been over"),
    ),
}
"""In the order in which they are looked at; what is always true comes last."""
