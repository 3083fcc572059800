"""One account does something that has no name among the other patterns.

Which of five is drawn by chance:

- **round**: one face is compared with person after person (`verify`), as a search of a gallery
  that may not be searched;
- **churn**: faces are entered and removed again, or a gallery is listed page by page;
- **extraction**: embeddings are taken, as for a copy of the model (PRADA, arXiv 1805.02628, counts
  hundreds to thousands of requests);
- **takeover**: somebody else works with the account: elsewhere, with another client, at other
  hours, and in another gallery where there is one (MITRE ATLAS AML.T0012);
- **sweep**: thresholds and limits are tried out, mostly on images that are none.

Paces are assumptions.

| difficulty | requests a day | days   | in the account's own hours, from its own places |
|------------|----------------|--------|--------------------------------------------------|
| blatant    | 200 to 800     | 1      | rarely                                           |
| moderate   | 60 to 200      | 1 to 2 | half                                             |
| stealthy   | 20 to 60       | 2 to 4 | mostly; a takeover never                         |
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from detectors.alerts import PatternCode
from detectors.events import CaptureClass, Operation, Records

from ..almanac import DAY, HOUR, SECOND
from ..population import Slot
from ..randomness import Dice, chance, fold
from ..searches import albums, photos
from .misuse import Difficulty, Misuse, Setting

KNOWN_AFTER = 15
"""Searches from which on an account has habits that it can leave."""

UNREADABLE = 0.006
"""A photo whose lot is below it is readable at no tenant whose images ever fail so often."""


class Kind(IntEnum):
    """What is done."""

    ROUND = 0
    CHURN = 1
    EXTRACTION = 2
    TAKEOVER = 3
    SWEEP = 4


@dataclass(frozen=True, slots=True)
class _Pace:
    """How one goes about it; pairs are lowest and highest.

    Attributes:
        requests: a day.
        days: on how many.
        hidden: chance of keeping to the account's hours and places.
        gap: seconds between requests, median.
    """

    requests: tuple[int, int]
    days: tuple[int, int]
    hidden: float
    gap: tuple[float, float]


_PACES = {
    Difficulty.BLATANT: _Pace((200, 800), (1, 1), 0.1, (0.5, 10.0)),
    Difficulty.MODERATE: _Pace((60, 200), (1, 2), 0.5, (5.0, 60.0)),
    Difficulty.STEALTHY: _Pace((20, 60), (2, 4), 0.9, (20.0, 400.0)),
}


def unusual_activity(
    rng: np.random.Generator, setting: Setting, difficulty: Difficulty
) -> Misuse | None:
    """A campaign of one of the kinds by one account with a past."""
    pace, almanac = _PACES[difficulty], setting.almanac
    kind = Kind(int(rng.integers(len(Kind))))
    actor = setting.recruit(rng, setting.counts() >= KNOWN_AFTER)
    if actor is None:
        return None
    span = almanac.end - almanac.start
    first = almanac.start + int(rng.uniform(0.35, 0.9) * span) // DAY * DAY
    if setting.opened(actor) > first:
        first = setting.opened(actor) // DAY * DAY + DAY
    hidden = kind is not Kind.TAKEOVER and chance(rng, pace.hidden)
    days = first + DAY * np.arange(rng.integers(pace.days[0], pace.days[1] + 1))
    starts = setting.usual_times(rng, actor, days)
    if not hidden:
        starts = starts + int(rng.uniform(7, 15) * HOUR)
    counts = rng.integers(pace.requests[0], pace.requests[1] + 1, len(starts))
    gap = rng.uniform(*pace.gap) * SECOND
    times = np.concatenate(
        [
            start + np.cumsum(gap * rng.lognormal(0.0, 0.8, count)).astype(np.int64)
            for start, count in zip(starts, counts, strict=True)
        ]
    )
    rows = setting.searches(rng, actor, times[setting.in_window(times, setting.opened(actor))])
    if len(rows) < pace.requests[0] // 2:
        return None
    if not hidden:
        # A place that the account hardly ever searched from.
        shares = setting.population.actors["slot"][actor]
        rows["slot"] = Slot.SCRIPT if chance(rng, 0.5) else int(np.argmin(shares))
    _strangers(rng, setting, rows)
    _DONE[kind](rng, setting, rows)
    return Misuse(PatternCode.UNUSUAL_ACTIVITY, difficulty, rows)


def _strangers(rng: np.random.Generator, setting: Setting, rows: Records) -> None:
    """A photo each of people of the gallery."""
    gallery = setting.population.galleries[int(rows["gallery"][0])]
    rows["person"] = rng.integers(gallery.size, size=len(rows))
    _photograph(rng, rows)


def _photograph(rng: np.random.Generator, rows: Records) -> None:
    rows["photo"] = photos(albums(1 + rows["actor"], rows["person"]), 0)
    rows["capture"] = rng.choice([CaptureClass.UNKNOWN, CaptureClass.SOCIAL, CaptureClass.LIVE])


def _round(rng: np.random.Generator, setting: Setting, rows: Records) -> None:  # noqa: ARG001
    rows["operation"] = Operation.VERIFY
    rows["photo"] = rows["photo"][0]
    rows["copy"] = 0


def _churn(rng: np.random.Generator, setting: Setting, rows: Records) -> None:  # noqa: ARG001
    if chance(rng, 0.5):
        rows["operation"] = Operation.LIST
        rows["person"] = -1
        rows["offset"] = rows["limit"] * np.arange(len(rows))
        return
    rows["operation"] = np.where(np.arange(len(rows)) % 2, Operation.DELETE, Operation.ENROL)
    rows["person"] = np.repeat(rows["person"], 2)[: len(rows)]
    _photograph(rng, rows)


def _extraction(rng: np.random.Generator, setting: Setting, rows: Records) -> None:  # noqa: ARG001
    rows["operation"] = Operation.EXTRACT


def _takeover(rng: np.random.Generator, setting: Setting, rows: Records) -> None:
    others = np.flatnonzero(np.arange(len(setting.population.galleries)) != int(rows["gallery"][0]))
    if len(others) and chance(rng, 0.7):
        rows["gallery"] = rng.choice(others)
        _strangers(rng, setting, rows)
    rows["operation"] = rng.choice(
        [Operation.IDENTIFY, Operation.VERIFY, Operation.LIST], len(rows), p=(0.7, 0.2, 0.1)
    )


def _sweep(rng: np.random.Generator, setting: Setting, rows: Records) -> None:
    """Every threshold, every limit; photos are drawn until some cannot be read."""
    count = len(rows)
    rows["threshold"] = np.round(rng.uniform(0.0, 1.0, count), 2)
    largest = setting.population.tenants[
        int(setting.population.actors["tenant"][rows["actor"][0]])
    ].max_limit
    rows["limit"] = np.minimum(rng.choice([0, 1, 2, 5, 10, 50, 100, 500], count), largest)
    drawn = rng.integers(1 << 63, size=200 * count, dtype=np.uint64)
    copy = np.zeros(len(drawn), np.uint8)
    broken = drawn[Dice(fold(drawn, copy)).uniform("readable") < UNREADABLE]
    rows["copy"] = 0
    bad = np.flatnonzero(rng.random(count) < rng.uniform(0.4, 0.9))[: len(broken)]
    rows["photo"][bad] = broken[: len(bad)]
    rows["person"][bad] = -1


_DONE: dict[Kind, Callable[[np.random.Generator, Setting, Records], None]] = {
    Kind.ROUND: _round,
    Kind.CHURN: _churn,
    Kind.EXTRACTION: _extraction,
    Kind.TAKEOVER: _takeover,
    Kind.SWEEP: _sweep,
}
