"""How the customers of an API gateway use it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from detectors.events import CaptureClass, Operation

from ..almanac import DAY
from ..randomness import F64, I64, some
from ..rhythm import Hours, PerActor, Rhythm, drift, lived_days
from ..searches import Stage
from ..taste import Choice, Lists, Taste
from .founding import Founding

OFFICE_WEEK = np.array([1.0, 1.05, 1.05, 1.0, 0.9, 0.05, 0.03, 0.1])
SHOP_WEEK = np.array([0.9, 0.85, 0.9, 1.0, 1.2, 1.4, 0.8, 0.6])
ONLINE_WEEK = np.array([1.05, 1.0, 1.0, 1.0, 0.95, 0.9, 1.0, 0.95])

CAMERA = {CaptureClass.CCTV: 0.77, CaptureClass.LIVE: 0.18, CaptureClass.UNKNOWN: 0.05}
SELFIE = {CaptureClass.LIVE: 0.66, CaptureClass.DOCUMENT: 0.28, CaptureClass.UNKNOWN: 0.06}
DESK = {
    CaptureClass.CCTV: 0.4,
    CaptureClass.UNKNOWN: 0.2,
    CaptureClass.SOCIAL: 0.2,
    CaptureClass.DOCUMENT: 0.12,
    CaptureClass.LIVE: 0.08,
}


@dataclass(slots=True)
class Clientele:
    """The customers of a world, as columns by tenant; filled while the world is founded."""

    founding: Founding
    # Milliseconds at which a customer signed in the window, 0 if before it.
    joined: list[int] = field(default_factory=list)
    # Growth of its business, logarithm per day.
    growth: list[float] = field(default_factory=list)
    stage: Stage = field(init=False)


Life = Callable[[np.random.Generator, Clientele, I64], tuple[Rhythm, Taste]]


def in_business(clientele: Clientele, actors: I64) -> F64:
    """A day factor: 0 before the contract, a fortnight's ramp after it, growth; (n, span)."""
    almanac = clientele.stage.almanac
    tenant = clientele.stage.population.actors["tenant"][actors]
    joined = np.array(clientele.joined)[tenant][:, None]
    begins = almanac.start + DAY * (np.arange(almanac.span) - 1)
    age = (begins - joined) / DAY
    ramp = np.where(joined > 0, np.clip((age + 3) / 17, 0.1, 1.0), 1.0)
    trend = np.exp(np.array(clientele.growth)[tenant][:, None] * np.arange(almanac.span))
    return np.asarray(np.where(age > -1, ramp, 0.0) * trend)


def _service(
    rng: np.random.Generator,
    clientele: Clientele,
    actors: I64,
    week: F64,
    median: float,
) -> F64:
    """Requests a day: lognormal over customers around `median`, by weekday and growth."""
    n, almanac = len(actors), clientele.stage.almanac
    volume = clientele.founding.parameters.log_uniform("volume", 0.6, 1.7)
    rate = np.minimum(rng.lognormal(np.log(median * volume), 1.0, (n, 1)), 10 * median)
    habit = (week * rng.lognormal(0, 0.1, (n, 8)))[:, almanac.weekday]
    shape = habit * drift(rng, n, almanac.span, 0.05)
    return rate * shape * in_business(clientele, actors)


def _machine(rng: np.random.Generator, visits: F64, hours: Hours, size: PerActor = 1.3) -> Rhythm:
    n = len(visits)
    return Rhythm(
        visits=visits,
        hours=hours,
        phase=rng.normal(0, 1.0, n),
        dispersion=rng.gamma(3.0, 4.0, n) + 1.0,
        size=size,
        gap=rng.lognormal(0.5, 1.0, n),
        gap_sigma=1.0,
    )


def _identity_platform(
    rng: np.random.Generator, clientele: Clientele, actors: I64
) -> tuple[Rhythm, Taste]:
    """Everybody who opens an account somewhere is compared once: new people, all day long."""
    visits = _service(rng, clientele, actors, ONLINE_WEEK, 18.0)
    n = len(actors)
    return _machine(rng, visits, Hours.SERVICE), Taste(
        {Choice.STRANGER: rng.uniform(0.3, 0.8, n), Choice.NOBODY: rng.uniform(0.2, 0.7, n)},
        again=0.6,
        operations={
            Operation.IDENTIFY: rng.uniform(0.3, 1.0, n),
            Operation.VERIFY: rng.uniform(0.0, 0.5, n),
            Operation.ENROL: rng.uniform(0.05, 0.3, n),
            Operation.DETECT: 0.05,
        },
        capture=SELFIE,
        photos=2.0,
        deep=0.002,
        paging=0.0,
    )


def _dating(rng: np.random.Generator, clientele: Clientele, actors: I64) -> tuple[Rhythm, Taste]:
    visits = _service(rng, clientele, actors, ONLINE_WEEK, 15.0)
    return _machine(rng, visits, Hours.HOME), Taste(
        {Choice.STRANGER: 0.5, Choice.NOBODY: 0.4, Choice.POPULAR: 0.1},
        again=0.3,
        operations={Operation.IDENTIFY: 0.6, Operation.VERIFY: 0.35, Operation.DELETE: 0.05},
        capture={CaptureClass.SOCIAL: 0.5, CaptureClass.LIVE: 0.5},
        deep=0.002,
    )


def _access_control(
    rng: np.random.Generator, clientele: Clientele, actors: I64
) -> tuple[Rhythm, Taste]:
    """Doors: the same employees every working day, each time on a new photo."""
    n = len(actors)
    visits = _service(rng, clientele, actors, OFFICE_WEEK, 24.0)
    return _machine(rng, visits, Hours.OFFICE), Taste(
        {Choice.INTEREST: 0.9, Choice.NOBODY: 0.1},
        regulars(rng, clientele, actors, 20, 250),
        again=0.2,
        photos=5000.0,
        resend=0.0,
        operations={Operation.VERIFY: rng.random(n), Operation.IDENTIFY: 0.5},
        capture=CAMERA,
        deep=0.002,
        paging=0.0,
    )


def _retail_watch(
    rng: np.random.Generator, clientele: Clientele, actors: I64
) -> tuple[Rhythm, Taste]:
    """Cameras at shop doors: nearly nobody is on the list, and some of the same people often."""
    visits = _service(rng, clientele, actors, SHOP_WEEK, 20.0)
    return _machine(rng, visits, Hours.SERVICE), Taste(
        {Choice.NOBODY: 0.9, Choice.INTEREST: 0.07, Choice.STRANGER: 0.03},
        regulars(rng, clientele, actors, 5, 60),
        again=0.3,
        photos=5000.0,
        resend=0.0,
        capture=CAMERA,
        deep=0.002,
    )


def _nightly_batch(
    rng: np.random.Generator, clientele: Clientele, actors: I64
) -> tuple[Rhythm, Taste]:
    """The day's new entries are searched for duplicates, by night."""
    n = len(actors)
    rhythm = Rhythm(
        visits=np.where(in_business(clientele, actors) > 0, 0.97, 0.0),
        hours=Hours.CLOCK,
        phase=rng.integers(0, 6, n) + rng.choice([0.0, 0.5], n),
        size=np.minimum(rng.lognormal(3.3, 0.9, n), 600),
        size_shape=6.0,
        gap=rng.lognormal(0.0, 0.8, n),
        gap_sigma=0.4,
        by_clock=True,
    )
    return rhythm, Taste(
        {Choice.STRANGER: 0.3, Choice.NOBODY: 0.7}, again=0.0, capture=SELFIE, deep=0.0
    )


def _roster(rng: np.random.Generator, clientele: Clientele, actors: I64) -> tuple[Rhythm, Taste]:
    """A list is compared with the gallery, nightly or weekly."""
    n, almanac = len(actors), clientele.stage.almanac
    lists = regulars(rng, clientele, actors, 20, 120)
    weekly = (some(rng, (n, 1), 0.5)) & (rng.integers(0, 7, (n, 1)) != almanac.weekday)
    rhythm = Rhythm(
        visits=np.where(~weekly & (in_business(clientele, actors) > 0), 0.98, 0.0),
        hours=Hours.CLOCK,
        phase=rng.integers(0, 24, n) + rng.choice([0.0, 0.5], n),
        size=lists.lengths().astype(float),
        size_shape=500.0,
        gap=rng.lognormal(0.0, 0.8, n),
        gap_sigma=0.3,
        by_clock=True,
    )
    return rhythm, Taste({Choice.ROUND: 1.0}, lists, again=0.0, photos=1.0, resend=1.0, deep=0.0)


def _developer(rng: np.random.Generator, clientele: Clientele, actors: I64) -> tuple[Rhythm, Taste]:
    """Start-ups: little traffic, by hand and by test suites."""
    visits = _service(rng, clientele, actors, OFFICE_WEEK, 2.0)
    return _machine(rng, visits, Hours.OFFICE, 3.0), Taste(
        {Choice.INTEREST: 0.4, Choice.STRANGER: 0.4, Choice.NOBODY: 0.2},
        regulars(rng, clientele, actors, 2, 12),
        resend=0.8,
        operations={
            Operation.IDENTIFY: 0.7,
            Operation.DETECT: 0.15,
            Operation.ENROL: 0.1,
            Operation.LIST: 0.05,
        },
        capture=DESK,
        deep=0.1,
    )


def _staff(rng: np.random.Generator, clientele: Clientele, actors: I64) -> tuple[Rhythm, Taste]:
    """People at a dashboard: fraud, support, shop security."""
    n, almanac = len(actors), clientele.stage.almanac
    days = rng.lognormal(-0.4, 0.8, (n, 1)) * lived_days(rng, almanac, n, OFFICE_WEEK)
    rhythm = Rhythm(
        visits=days * in_business(clientele, actors),
        hours=Hours.OFFICE,
        phase=rng.normal(0, 0.7, n),
        dispersion=rng.gamma(2.0, 0.8, n) + 0.2,
        size=1 + rng.gamma(1.2, 1.5, n),
        gap=rng.lognormal(4.2, 0.4, n),
        gap_sigma=1.1,
    )
    return rhythm, Taste(
        {
            Choice.STRANGER: 0.45,
            Choice.INTEREST: rng.beta(1, 9, n),
            Choice.POPULAR: 0.15,
            Choice.NOBODY: 0.2,
        },
        regulars(rng, clientele, actors, 8, 50),
        again=0.4,
        capture=DESK,
        incidents=0.5,
    )


def regulars(
    rng: np.random.Generator, clientele: Clientele, actors: I64, least: int, most: int
) -> Lists:
    """People of the customer's gallery that come up again and again."""
    population = clientele.stage.population
    galleries = population.actors["gallery"][actors].tolist()
    return Lists.of(
        [
            rng.integers(0, population.galleries[gallery].size, rng.integers(least, most + 1))
            for gallery in galleries
        ]
    )


LIVES: dict[str, Life] = {
    "identity_platform": _identity_platform,
    "dating": _dating,
    "access_control": _access_control,
    "retail_watch": _retail_watch,
    "nightly_batch": _nightly_batch,
    "roster": _roster,
    "developer": _developer,
    "staff": _staff,
}
