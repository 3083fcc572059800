"""How different people use a consumer search engine."""

from collections.abc import Callable
from typing import Any

import numpy as np

from detectors.events import CaptureClass, Relation

from ..almanac import DAY
from ..randomness import F64, I64, chance, some
from ..rhythm import Hours, Rhythm, lived_days, spells
from ..searches import Stage
from ..taste import Choice, Lists, Taste

Life = Callable[[np.random.Generator, Stage, I64], tuple[Rhythm, Taste]]

FRIDAY = 4

# Uploads from a phone's gallery, mostly downloaded before.
PHOTOS = {
    CaptureClass.SOCIAL: 0.7,
    CaptureClass.UNKNOWN: 0.15,
    CaptureClass.LIVE: 0.11,
    CaptureClass.DOCUMENT: 0.03,
    CaptureClass.CCTV: 0.01,
}

AT_HOME = np.array([1.0, 1.0, 1.0, 1.0, 0.95, 1.15, 1.2, 1.1])


def _evenings(rng: np.random.Generator, stage: Stage, visits: F64, actors: I64) -> dict[str, Any]:
    """The columns of a rhythm that follow from living at home."""
    almanac = stage.almanac
    weekend = np.isin(almanac.weekday, (5, 6)) | (almanac.holiday > 0)
    return {
        "visits": visits,
        "hours": np.where(weekend, int(Hours.WEEKEND), int(Hours.HOME)),
        "phase": rng.normal(0.0, 2.0, len(actors)),
        "dispersion": rng.gamma(2.0, 0.6, len(actors)) + 0.4,
        "gap": rng.lognormal(4.0, 0.4, len(actors)),
        "gap_sigma": rng.uniform(0.7, 1.4, len(actors)),
    }


def _circle(rng: np.random.Generator, stage: Stage, actors: I64, least: int, most: int) -> Lists:
    """A few people whom each actor knows."""
    people = int(stage.population.gallery_sizes()[0])
    return Lists.of([rng.integers(0, people, rng.integers(least, most + 1)) for _ in actors])


def _curiosity(rng: np.random.Generator, n: int, own: float) -> dict[Choice, F64]:
    """Each actor's own mixture of reasons."""
    kinds = (
        Choice.OWN_FACE,
        Choice.INTEREST,
        Choice.POPULAR,
        Choice.NEWS,
        Choice.STRANGER,
        Choice.NOBODY,
    )
    drawn = rng.dirichlet((own, 0.4, 0.8, 0.3, 1.1, 0.7), n)
    return {kind: drawn[:, column] for column, kind in enumerate(kinds)}


def _casual(rng: np.random.Generator, stage: Stage, actors: I64) -> tuple[Rhythm, Taste]:
    almanac, n = stage.almanac, len(actors)
    total = rng.lognormal(0.5, 1.15, (n, 1))
    created = stage.population.actors["created"][actors][:, None]
    age = (almanac.start - created) / DAY + np.arange(almanac.span) - 1
    fading = np.exp(-np.maximum(age, 0) / (0.5 + rng.gamma(1.5, 6.0, (n, 1))))
    # Half the interest in a new account is gone within days; it may begin in mid-day.
    novelty = np.where(age > -1, fading + 0.01, 0.0)
    talk = 1.0 + 1.5 * (stage.news >= 0)
    weight = novelty * talk * lived_days(rng, almanac, n, AT_HOME)
    # Somebody may be away from the sign-up to the end.
    visits = total * weight / np.maximum(weight.sum(axis=1, keepdims=True), 0.01)
    return (
        Rhythm(**_evenings(rng, stage, visits, actors), size=1 + rng.gamma(1.2, 1.5, n)),
        Taste(_curiosity(rng, n, 0.35), _circle(rng, stage, actors, 3, 9), again=rng.beta(3, 4, n)),
    )


def _regular(rng: np.random.Generator, stage: Stage, actors: I64) -> tuple[Rhythm, Taste]:
    n = len(actors)
    visits = rng.lognormal(-1.6, 0.9, (n, 1)) * lived_days(rng, stage.almanac, n, AT_HOME)
    return (
        Rhythm(**_evenings(rng, stage, visits, actors), size=1 + rng.gamma(1.5, 2.0, n)),
        Taste(
            _curiosity(rng, n, 0.12),
            _circle(rng, stage, actors, 20, 90),
            again=rng.beta(3, 4, n),
            paging=rng.beta(1, 8, n),
            deep=rng.beta(1, 12, n),
        ),
    )


def _self_search(
    rng: np.random.Generator, stage: Stage, actors: I64, relation: Relation
) -> tuple[Rhythm, Taste]:
    """Mostly one's own face: every week on the same evening, or whenever."""
    n, almanac = len(actors), stage.almanac
    favourite = rng.integers(0, 7, (n, 1)) == almanac.weekday
    weekly = some(rng, (n, 1), 0.6)
    rate = rng.lognormal(-1.3, 0.7, (n, 1))
    visits = np.where(weekly, 0.9 * favourite, rate) * lived_days(rng, almanac, n, np.ones(8))
    own = rng.beta(12, 2, n)
    return (
        Rhythm(**_evenings(rng, stage, visits, actors), size=1 + rng.gamma(1.5, 0.8, n)),
        Taste(
            {
                Choice.OWN_FACE: own,
                Choice.STRANGER: 0.6 * (1 - own),
                Choice.NOBODY: 0.4 * (1 - own),
            },
            photos=rng.integers(1, 9, n).astype(float),
            again=0.6,
            own_relation=relation,
        ),
    )


def _verified(rng: np.random.Generator, stage: Stage, actors: I64) -> tuple[Rhythm, Taste]:
    return _self_search(rng, stage, actors, Relation.SELF)


def _unverified(rng: np.random.Generator, stage: Stage, actors: I64) -> tuple[Rhythm, Taste]:
    return _self_search(rng, stage, actors, Relation.UNKNOWN)


def _family_watch(rng: np.random.Generator, stage: Stage, actors: I64) -> tuple[Rhythm, Taste]:
    rhythm, _ = _self_search(rng, stage, actors, Relation.UNKNOWN)
    return rhythm, Taste(
        {Choice.INTEREST: 0.9, Choice.OWN_FACE: 0.1},
        _circle(rng, stage, actors, 1, 3),
        photos=rng.integers(2, 9, len(actors)).astype(float),
        list_relation=Relation.CONSENTED,
    )


def _date_check(rng: np.random.Generator, stage: Stage, actors: I64) -> tuple[Rhythm, Taste]:
    """Somebody met online: a handful of look-ups within days, then no more."""
    n, span = len(actors), stage.almanac.span
    visits = 0.01 + spells(rng, (n, span), 0.4, 2.5) * rng.lognormal(0.0, 0.3, (n, 1))
    columns = _evenings(rng, stage, visits, actors) | {"dispersion": np.full(n, 4.0)}
    return (
        Rhythm(**columns, size=1 + rng.gamma(2.0, 0.6, n)),
        Taste(
            {Choice.INTEREST: 0.85, Choice.STRANGER: 0.1, Choice.NOBODY: 0.05},
            _circle(rng, stage, actors, 1, 2),
            photos=rng.integers(1, 8, n).astype(float),
            again=0.7,
        ),
    )


def _celebrity_fans(rng: np.random.Generator, stage: Stage, actors: I64) -> tuple[Rhythm, Taste]:
    n = len(actors)
    visits = rng.lognormal(-0.6, 0.6, (n, 1)) * lived_days(rng, stage.almanac, n, AT_HOME)
    idols = Lists.of([(15 * rng.random(rng.integers(1, 4)) ** 2).astype(np.int64) for _ in actors])
    return (
        Rhythm(**_evenings(rng, stage, visits, actors), size=1 + rng.gamma(1.5, 1.5, n)),
        Taste(
            {Choice.INTEREST: 0.75, Choice.POPULAR: 0.15, Choice.NEWS: 0.1},
            idols,
            photos=30.0,
            public_list=True,
        ),
    )


def _client_watch(rng: np.random.Generator, stage: Stage, actors: I64) -> tuple[Rhythm, Taste]:
    """Reputation agencies go through their clients daily or weekly, some with consent."""
    n, almanac = len(actors), stage.almanac
    lists = _circle(rng, stage, actors, 8, 70)
    days = np.where(some(rng, (n, 1), 0.6), almanac.weekday <= FRIDAY, almanac.weekday == 0)
    rhythm = _evenings(rng, stage, days * lived_days(rng, almanac, n, np.ones(8)), actors)
    rhythm |= {"hours": np.full(almanac.span, int(Hours.OFFICE)), "phase": rng.normal(0, 0.5, n)}
    # One agency in a block decides whether the provider has seen its clients' consent.
    relation = Relation.CONSENTED if chance(rng, 0.5) else Relation.OTHER
    return (
        Rhythm(
            **rhythm | {"dispersion": np.full(n, 20.0)},
            size=1.1 * lists.lengths().astype(float),
            size_shape=30.0,
        ),
        Taste(
            {Choice.ROUND: 0.93, Choice.STRANGER: 0.04, Choice.NOBODY: 0.03},
            lists,
            again=0.08,
            photos=4.0,
            list_relation=relation,
        ),
    )


def _journalists(rng: np.random.Generator, stage: Stage, actors: I64) -> tuple[Rhythm, Taste]:
    n, span = len(actors), stage.almanac.span
    visits = 0.03 + spells(rng, (n, span), 1.5, 2.0) * rng.lognormal(0.6, 0.5, (n, 1))
    return (
        Rhythm(**_evenings(rng, stage, visits, actors), size=1 + rng.gamma(2.0, 8.0, n)),
        Taste(
            {
                Choice.INTEREST: 0.35,
                Choice.STRANGER: 0.3,
                Choice.NEWS: 0.15,
                Choice.NOBODY: 0.2,
            },
            _circle(rng, stage, actors, 3, 30),
            paging=0.2,
            deep=0.3,
        ),
    )


def _one_day(rng: np.random.Generator, stage: Stage, actors: I64) -> tuple[Rhythm, Taste]:
    """Everybody whom one ever knew, in one evening."""
    n, span = len(actors), stage.almanac.span
    visits = spells(rng, (n, span), 0.1, 1.15) * rng.lognormal(0.9, 0.4, (n, 1))
    return (
        Rhythm(**_evenings(rng, stage, visits, actors), size=5 + rng.gamma(2.0, 9.0, n)),
        Taste(_curiosity(rng, n, 0.2), _circle(rng, stage, actors, 5, 25), again=0.3),
    )


LIVES: dict[str, Life] = {
    "casual": _casual,
    "regular": _regular,
    "verified_self_search_weekly": _verified,
    "unverified_self_search": _unverified,
    "family_watch": _family_watch,
    "date_check": _date_check,
    "celebrity_fans": _celebrity_fans,
    "client_watch_agency": _client_watch,
    "journalist_binge": _journalists,
    "one_day_binge": _one_day,
}
ONCE = frozenset({"casual", "one_day_binge", "date_check"})
