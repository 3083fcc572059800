"""What the founding of every world shares: its hands full of named chance, and cohorts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..almanac import Almanac
from ..levels import OFTEN_OMITTED, Level
from ..networks import Networks
from ..population import PURPOSES, Gallery, Population, Tenant, gallery_size
from ..randomness import F64, I64, Dice, Parameters, fold, stream
from ..rhythm import Rhythm, day_shapes
from ..searches import Stage
from ..taste import Taste

OMITTED = 0.15
"""Chance that a tenant does not log one of `OFTEN_OMITTED`."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """Actors that live alike.

    Attributes:
        name: what they do; for look-alikes the name of their group in the labels.
        actors: indexes into the population.
        rhythm: when they search.
        taste: whom they search for.
        lookalike: whether they are innocent and look like misuse.
    """

    name: str
    actors: I64
    rhythm: Rhythm
    taste: Taste
    lookalike: bool = False


class World(NamedTuple):
    """A founded world: what all share, and who lives in it (drawn as it is read)."""

    stage: Stage
    cohorts: Iterator[Cohort]


@dataclass(frozen=True, slots=True)
class Founding:
    """A world in the making.

    Attributes:
        world: its kind.
        seed: its number.
        actors: how many shall live in it.
        almanac: its calendar.
        parameters: what makes it differ from others of its kind.
        population: everybody so far.
        shapes: of its days.
    """

    world: str
    seed: int
    actors: int
    almanac: Almanac
    parameters: Parameters
    population: Population
    shapes: F64

    @classmethod
    def begin(cls, world: str, seed: int, actors: int, almanac: Almanac) -> "Founding":
        """An empty world."""
        key = fold(stream(seed, world, "key").integers(1 << 62, size=1))
        return cls(
            world=world,
            seed=seed,
            actors=actors,
            almanac=almanac,
            parameters=Parameters(seed, world),
            population=Population(Dice(key), Networks()),
            shapes=day_shapes(stream(seed, world, "shapes")),
        )

    def stream(self, *path: str | int) -> np.random.Generator:
        """The generator for what `path` names in this world."""
        return stream(self.seed, self.world, *path)

    def add_tenant(
        self, rng: np.random.Generator, level: Level, purposes: dict[str, float], max_limit: int
    ) -> int:
        """A tenant that logs what it logs, and gives a purpose by these weights; its index."""
        given = sum(purposes.values())
        self.population.tenants.append(
            Tenant(
                level=level,
                omits=frozenset(
                    name
                    for name, drawn in zip(
                        OFTEN_OMITTED, rng.random(len(OFTEN_OMITTED)), strict=True
                    )
                    if drawn < OMITTED
                ),
                purposes=(*(purposes.get(code, 0.0) for code in PURPOSES), max(1.0 - given, 0.0)),
                failure=float(rng.beta(2, 50)),
                throttle=float(rng.beta(1, 12)),
                max_limit=max_limit,
            )
        )
        return len(self.population.tenants) - 1

    def add_gallery(self, people: float, *, shared: bool = False) -> int:
        """A gallery of about so many people, of one tenant or of the host for all; its index."""
        galleries = self.population.galleries
        index = len(galleries)
        galleries.append(Gallery(namespace=index, size=gallery_size(people)))
        if shared:
            self.population.shared_namespaces.add(index)
        return index


def head_count(total: int, shares: dict[str, float]) -> dict[str, int]:
    """At least one of each, in all `total`, else by largest remainders."""
    total -= len(shares)
    exact = {name: total * share / sum(shares.values()) for name, share in shares.items()}
    counts = {name: 1 + int(value) for name, value in exact.items()}
    missing = total + len(shares) - sum(counts.values())
    for name in sorted(exact, key=lambda name: counts[name] - exact[name])[:missing]:
        counts[name] += 1
    return counts


def arrivals(founding: Founding, news_per_month: float, people: int, exponent: float) -> I64:
    """Whom everybody talks about on each planned day, -1 for nobody.

    Stories come at random, last 1 to 6 days, and are of people of any renown.
    """
    rng = founding.stream("news")
    span = founding.almanac.span
    news = np.full(span, -1)
    for _ in range(int(rng.poisson(news_per_month * span / 30))):
        day = int(rng.integers(span))
        person = int(people ** (rng.random() ** (1 / max(exponent, 0.5)))) - 1
        news[day : day + int(rng.integers(1, 7))] = person
    return news
