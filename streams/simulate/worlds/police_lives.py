"""How the different jobs of a police agency search."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from detectors.events import CaptureClass

from ..randomness import F64, I64, some, zipf_rank
from ..rhythm import Hours, Rhythm, lived_days, vacations
from ..searches import Stage
from ..taste import Choice, Lists, Taste
from .founding import Founding

WEEKDAYS = np.array([1.0, 1.05, 1.05, 1.0, 0.9, 0.12, 0.08, 0.15])

STREET = {CaptureClass.LIVE: 0.6, CaptureClass.DOCUMENT: 0.25, CaptureClass.SOCIAL: 0.15}
EVIDENCE = {
    CaptureClass.CCTV: 0.5,
    CaptureClass.SOCIAL: 0.27,
    CaptureClass.LIVE: 0.13,
    CaptureClass.UNKNOWN: 0.1,
}


@dataclass(slots=True)
class Force:
    """The agencies of a world, as columns; filled while the world is founded."""

    founding: Founding
    sizes: list[int]
    gallery: list[int] = field(default_factory=list)
    threshold: list[float] = field(default_factory=list)
    limit: list[int] = field(default_factory=list)
    discipline: list[float] = field(default_factory=list)
    zone: list[int] = field(default_factory=list)
    office: list[int] = field(default_factory=list)
    # Days after which shifts rotate (0: they do not), and whether four days on, four off.
    rotation: list[int] = field(default_factory=list)
    four_on: list[bool] = field(default_factory=list)
    locality: list[int] = field(default_factory=list)
    stage: Stage = field(init=False)


Life = Callable[[np.random.Generator, Force, I64], tuple[Rhythm, Taste]]


def _office(rng: np.random.Generator, force: Force, actors: I64, rate: F64) -> dict[str, Any]:
    n = len(actors)
    days = rate[:, None] * lived_days(rng, force.stage.almanac, n, WEEKDAYS)
    return {
        "visits": days,
        "hours": Hours.OFFICE,
        "phase": rng.normal(0.0, 0.6, n),
        "dispersion": rng.gamma(2.0, 0.8, n) + 0.2,
        "gap": rng.lognormal(4.4, 0.4, n),
        "gap_sigma": rng.uniform(0.8, 1.5, n),
    }


def shifts(rng: np.random.Generator, force: Force, actors: I64) -> tuple[I64, F64]:
    """The shift and presence of each actor on each planned day, shape (n, span)."""
    agency = force.stage.population.actors["tenant"][actors]
    n, day = len(actors), np.arange(force.stage.almanac.span)
    first = rng.choice(3, (n, 1), p=(0.42, 0.34, 0.24))
    period = np.array(force.rotation)[agency][:, None]
    turns = np.where(period > 0, (day + rng.integers(0, 28, (n, 1))) // np.maximum(period, 1), 0)
    begun = rng.integers(0, 56, (n, 1))
    four = (day + begun) % 8 // 4 == 0
    five = (day + begun) % 7 // 5 == 0
    on = np.where(np.array(force.four_on)[agency][:, None], four, five)
    return int(Hours.DAY_SHIFT) + (first + turns) % 3, on * vacations(rng, n, len(day))


def _locals(rng: np.random.Generator, force: Force, actors: I64, least: int, most: int) -> Lists:
    """People of the area that an officer knows; colleagues know some of the same."""
    population = force.stage.population
    lists = []
    for actor in actors.tolist():
        row = population.actors[actor]
        size = population.galleries[row["gallery"]].size
        count = int(rng.integers(least, most + 1))
        known = row["locality"] + zipf_rank(rng.random(count), size, force.stage.popularity)
        others = rng.integers(0, size, count)
        people = np.unique(np.where(some(rng, count, 0.5), known % size, others))
        lists.append(rng.permutation(people))
    return Lists.of(lists)


def _patrol(rng: np.random.Generator, force: Force, actors: I64) -> tuple[Rhythm, Taste]:
    n = len(actors)
    hours, duty = shifts(rng, force, actors)
    visits = rng.lognormal(-0.5, 0.8, (n, 1)) * duty
    rhythm = Rhythm(
        visits=visits,
        hours=hours,
        phase=rng.normal(0, 0.4, n),
        dispersion=rng.gamma(2.0, 0.8, n) + 0.2,
        size=1 + rng.gamma(1.0, 0.6, n),
        gap=rng.lognormal(4.0, 0.4, n),
        gap_sigma=1.1,
    )
    return rhythm, Taste(
        {
            Choice.STRANGER: 0.34,
            Choice.POPULAR: 0.16,
            Choice.INTEREST: rng.beta(1.0, 9.0, n),
            Choice.NOBODY: force.founding.parameters.uniform("street_nobody", 0.15, 0.5),
        },
        _locals(rng, force, actors, 5, 16),
        again=0.35,
        capture=STREET,
        incidents=0.5,
    )


def _detective(
    rng: np.random.Generator, force: Force, actors: I64, usual: float = 0.1
) -> tuple[Rhythm, Taste]:
    n = len(actors)
    columns = _office(rng, force, actors, rng.lognormal(usual, 0.6, n))
    return Rhythm(**columns, size=1 + rng.gamma(1.3, 1.4, n)), Taste(
        {Choice.CASE: 0.8, Choice.STRANGER: 0.06, Choice.NOBODY: 0.1, Choice.INTEREST: 0.04},
        _locals(rng, force, actors, 4, 10),
        again=rng.beta(4, 5, n),
        photos=rng.integers(2, 9, n).astype(float),
        paging=0.06,
        deep=0.05,
        capture=EVIDENCE,
        incidents=0.3,
    )


def _long_case(rng: np.random.Generator, force: Force, actors: I64) -> tuple[Rhythm, Taste]:
    """One case for months; which one it is, `Cases` knows."""
    return _detective(rng, force, actors, usual=0.5)


def _repeat_suspects(rng: np.random.Generator, force: Force, actors: I64) -> tuple[Rhythm, Taste]:
    """An area with its usual suspects: the same few people come up for months, without a case."""
    n = len(actors)
    rhythm, taste = _detective(rng, force, actors)
    return rhythm, Taste(
        {Choice.INTEREST: rng.uniform(0.3, 0.7, n), Choice.CASE: 0.35, Choice.NOBODY: 0.1},
        _locals(rng, force, actors, 3, 10),
        again=taste.again,
        photos=6.0,
        capture=EVIDENCE,
        incidents=0.4,
    )


def _supervisor(rng: np.random.Generator, force: Force, actors: I64) -> tuple[Rhythm, Taste]:
    n = len(actors)
    columns = _office(rng, force, actors, rng.lognormal(-1.8, 0.7, n))
    return Rhythm(**columns, size=1.5), Taste(
        {Choice.CASE: 0.2, Choice.STRANGER: 0.4, Choice.POPULAR: 0.2, Choice.NOBODY: 0.2},
        capture=EVIDENCE,
        incidents=0.3,
    )


def _wanted_list(rng: np.random.Generator, force: Force, actors: I64) -> tuple[Rhythm, Taste]:
    """The same list every working day, most of the way through."""
    n = len(actors)
    lists = _locals(rng, force, actors, 12, 60)
    columns = _office(rng, force, actors, np.full(n, 1.0)) | {"dispersion": np.full(n, 15.0)}
    size = lists.lengths() * rng.uniform(0.6, 1.1, n)
    return Rhythm(**columns, size=size, size_shape=20.0), Taste(
        {Choice.ROUND: 0.85, Choice.CASE: 0.05, Choice.STRANGER: 0.05, Choice.NOBODY: 0.05},
        lists,
        again=0.05,
        photos=3.0,
        resend=0.8,
        capture={CaptureClass.DOCUMENT: 0.7, CaptureClass.CCTV: 0.3},
    )


def _roster(rng: np.random.Generator, force: Force, actors: I64) -> tuple[Rhythm, Taste]:
    """A job that compares a watch list with the gallery, nightly or weekly."""
    n, almanac = len(actors), force.stage.almanac
    lists = _locals(rng, force, actors, 30, int(rng.integers(80, 300)))
    weekly = (some(rng, (n, 1), 0.3)) & (rng.integers(0, 7, (n, 1)) != almanac.weekday)
    rhythm = Rhythm(
        visits=np.where(weekly, 0.0, 0.97),
        hours=Hours.CLOCK,
        phase=rng.integers(0, 6, n) + rng.choice([0.0, 0.25, 0.5], n),
        size=lists.lengths().astype(float),
        size_shape=400.0,
        gap=rng.lognormal(0.5, 0.8, n),
        gap_sigma=0.3,
        by_clock=True,
    )
    return rhythm, Taste(
        {Choice.ROUND: 1.0}, lists, again=0.0, photos=2.0, resend=0.95, paging=0.0, deep=0.0
    )


LIVES: dict[str, Life] = {
    "patrol": _patrol,
    "detective": _detective,
    "long_case_detective": _long_case,
    "repeat_suspect_investigator": _repeat_suspects,
    "supervisor": _supervisor,
    "wanted_list_analyst": _wanted_list,
    "nightly_roster": _roster,
}
