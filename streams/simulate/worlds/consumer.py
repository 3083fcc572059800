"""A consumer face search engine: many accounts that search little, a few that search a lot.

Origins: PimEyes reported about 118,000 searches a day and 25 a day for a subscriber; its
users look for themselves, for others, or work for agencies that do. The rest of the shares
are not published anywhere; they are drawn wide.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..almanac import ZONES
from ..levels import Level
from ..population import ROLES, accounts, opened_before
from ..randomness import I64, chance, some
from ..searches import Stage
from ..taste import NoCases
from .consumer_lives import LIVES, ONCE, PHOTOS
from .founding import Cohort, Founding, World, arrivals, head_count
from .places import open_places, people_at_home

BLOCK = 4096
"""Accounts of a kind that are planned at once."""


def found(founding: Founding) -> World:
    """Tenants, gallery, and the kinds of people that search it."""
    draw = founding.parameters
    people = draw.log_uniform("gallery_people", 2e6, 4e7)
    exponent = draw.uniform("popularity_exponent", 1.05, 1.5)
    brands = founding.stream("brands")
    for _ in range(1 + int(chance(brands, 0.4)) + int(chance(brands, 0.15))):
        founding.add_tenant(brands, Level.L2, {}, int(brands.choice([50, 100, 200])))
    draw.values["tenants"] = len(founding.population.tenants)
    founding.add_gallery(people, shared=True)
    stage = Stage(
        almanac=founding.almanac,
        shapes=founding.shapes,
        population=founding.population,
        popularity=exponent,
        news=arrivals(founding, draw.uniform("news_per_month", 1.0, 6.0), int(people), exponent),
        caseload=NoCases(),
    )
    shares = draw.shares(
        "share",
        250,
        casual=0.735,
        regular=0.12,
        verified_self_search_weekly=0.03,
        unverified_self_search=0.02,
        family_watch=0.01,
        date_check=0.03,
        celebrity_fans=0.02,
        client_watch_agency=0.01,
        journalist_binge=0.01,
        one_day_binge=0.015,
    )
    return World(stage, _cohorts(founding, stage, head_count(founding.actors, dict(shares))))


def _cohorts(founding: Founding, stage: Stage, counts: dict[str, int]) -> Iterator[Cohort]:
    draw = founding.parameters
    newcomers = draw.uniform("share_opened_in_window", 0.15, 0.5)
    threshold = draw.uniform("threshold", 0.56, 0.76)
    limit = draw.integer("limit", 10, 40)
    places = open_places(founding.stream("places"), founding.population.networks)
    zones = founding.stream("zones").dirichlet(np.full(len(ZONES), 0.7))
    for name, count in counts.items():
        life = LIVES[name]
        for block in range(0, count, BLOCK):
            rng = founding.stream(name, block)
            n = min(BLOCK, count - block)
            zone = rng.choice(len(ZONES), n, p=zones)
            opened = opened_before(rng, stage.almanac.start, n, 300.0)
            # Who searches only once does so when the account is new.
            new = rng.random(n) < newcomers * (1.2 if name in ONCE else 0.8)
            inside = rng.integers(stage.almanac.start, stage.almanac.end, n)
            actors = founding.population.admit(
                accounts(
                    n,
                    tenant=_tenant(rng, founding, n),
                    role=ROLES.index("consumer"),
                    created=np.where(new, inside, opened),
                    zone=zone,
                    limit=np.where(some(rng, n, 0.1), 2 * limit, limit),
                    threshold=np.round(threshold + rng.choice([0, 0, 0, 0.05, -0.05], n), 2),
                    self=rng.integers(1000, stage.population.gallery_sizes()[0], n),
                    key_days=rng.choice([0.0, 14.0], n),
                    **people_at_home(rng, places, zone),
                )
            )
            rhythm, taste = life(rng, stage, actors)
            yield Cohort(
                name,
                actors,
                rhythm,
                replace(taste, capture=PHOTOS),
                lookalike=name not in ("casual", "regular"),
            )


def _tenant(rng: np.random.Generator, founding: Founding, n: int) -> I64:
    brands = len(founding.population.tenants)
    return np.floor(brands * rng.random(n) ** 1.7).astype(np.int64)
