"""A provider's API gateway: many customer companies, most of their traffic from machines.

Origins: the operations are those of Rekognition, Azure Face and CompreFace; what their
customers' traffic looks like is not published, so rates and shares are drawn wide.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from detectors.events import Records

from ..almanac import ZONES
from ..levels import Level
from ..population import ROLES, accounts, opened_before
from ..randomness import I64, chance
from ..searches import Stage
from ..taste import NoCases
from .founding import Cohort, Founding, World, arrivals
from .gateway_episodes import load_test, onboarding
from .gateway_lives import LIVES, Clientele
from .places import Columns, Places, machines, open_places, people_at_work

# The group in the labels of each kind of business, where it looks like misuse.
GROUPS = {
    "identity_platform": "steady_business",
    "dating": "steady_business",
    "access_control": "access_control",
    "retail_watch": "retail_watch",
    "nightly_batch": "nightly_batch",
    "roster": "nightly_roster",
    "developer": "test_suite",
}


@dataclass(frozen=True, slots=True)
class _Customer:
    """A company before its accounts are opened."""

    business: str
    services: int
    staff: int


def found(founding: Founding) -> World:
    """Customers, their galleries, service accounts and dashboard users."""
    clientele = Clientele(founding)
    customers = _sign_contracts(founding)
    places = open_places(founding.stream("places"), founding.population.networks)
    hired = [
        _open_accounts(founding, clientele, places, number, customer)
        for number, customer in enumerate(customers)
    ]
    clientele.stage = Stage(
        almanac=founding.almanac,
        shapes=founding.shapes,
        population=founding.population,
        popularity=founding.parameters.uniform("popularity_exponent", 1.05, 1.6),
        news=arrivals(founding, 0.0, 1000, 1.1),
        caseload=NoCases(),
    )
    by_life: dict[str, list[I64]] = {}
    for customer, (services, staff) in zip(customers, hired, strict=True):
        by_life.setdefault(customer.business, []).append(services)
        by_life.setdefault("staff", []).append(staff)
    lives = {name: np.concatenate(actors) for name, actors in sorted(by_life.items())}
    return World(clientele.stage, _cohorts(founding, clientele, lives))


def _sign_contracts(founding: Founding) -> list[_Customer]:
    """Companies until everybody who shall live in the world has an account."""
    shares = founding.parameters.shares(
        "business",
        25,
        identity_platform=0.18,
        dating=0.07,
        access_control=0.14,
        retail_watch=0.12,
        nightly_batch=0.10,
        roster=0.09,
        developer=0.30,
    )
    with_staff = founding.parameters.uniform("share_with_dashboard", 0.25, 0.6)
    rng = founding.stream("contracts")
    customers: list[_Customer] = []
    left = founding.actors
    while left:
        services = min(left, 1 + int(chance(rng, 0.2)) + int(chance(rng, 0.06)))
        staff = min(left - services, int((rng.random() < with_staff) * (1 + rng.poisson(4))))
        business = str(
            rng.choice(list(shares), p=np.array(list(shares.values())) / sum(shares.values()))
        )
        customers.append(_Customer(business, services, staff))
        left -= services + staff
    founding.parameters.values["customers"] = len(customers)
    return customers


def _open_accounts(
    founding: Founding, clientele: Clientele, places: Places, number: int, customer: _Customer
) -> tuple[I64, I64]:
    """A customer's service accounts and its people."""
    rng = founding.stream("customer", number)
    almanac = founding.almanac
    midway = founding.parameters.uniform("share_signed_in_window", 0.1, 0.35)
    level = Level(rng.choice(4, p=(0.07, 0.18, 0.53, 0.22)))
    codes = ("onboarding", "fraud_check", "access_control", "customer_support")
    given = rng.beta(4, 1) * rng.dirichlet(np.full(len(codes), 0.4))
    purposes = dict(zip(codes, given.tolist(), strict=True)) if level is Level.L3 else {}
    most = int(rng.choice([20, 50, 100, 500]))
    tenant = founding.add_tenant(rng, level, purposes, most)
    gallery = founding.add_gallery(float(np.clip(rng.lognormal(10, 1.8), 300, 5e6)))
    zone = int(rng.choice(len(ZONES)))
    joined = int(rng.integers(almanac.start, almanac.end)) if rng.random() < midway else 0
    clientele.joined.append(joined)
    clientele.growth.append(float(rng.normal(0.004, 0.006)))
    signed = joined or int(opened_before(rng, almanac.start, 1, 500.0)[0])
    network = founding.population.networks.add(ZONES[zone][1], 1)
    usual = {
        "tenant": tenant,
        "zone": zone,
        "gallery": gallery,
        "limit": min(int(rng.choice([1, 3, 5, 10, 20, 100])), most),
        "threshold": round(float(rng.uniform(0.6, 0.85)), 2),
        "discipline": float(rng.beta(2, 3)),
        "locality": int(rng.integers(300)),
    }
    n, m = customer.services, customer.staff
    egress = np.full(n, network) if chance(rng, 0.4) else None
    clouds: Columns = machines(rng, places, egress, n)
    services = accounts(n, role=ROLES.index("service"), created=signed, **usual, **clouds)
    _open_late(rng, founding, services, 0.06)
    services["key_days"] = rng.choice([30.0, 90.0, 365.0], n)
    office = np.full(m, network)
    desks = people_at_work(rng, places, np.full(m, zone), office, rng.beta(1, 9, m))
    hired = np.maximum(signed, opened_before(rng, almanac.start, m, 400.0))
    staff = accounts(m, role=ROLES.index("staff"), created=hired, **usual, **desks)
    _open_late(rng, founding, staff, 0.12)
    return founding.population.admit(services), founding.population.admit(staff)


def _open_late(rng: np.random.Generator, founding: Founding, rows: Records, share: float) -> None:
    """Some accounts of old customers are opened in the window too."""
    late = rng.integers(founding.almanac.start, founding.almanac.end, len(rows))
    chosen = rng.random(len(rows)) < share
    rows["created"] = np.where(chosen, np.maximum(late, rows["created"]), rows["created"])


def _cohorts(founding: Founding, clientele: Clientele, lives: dict[str, I64]) -> Iterator[Cohort]:
    for name, actors in lives.items():
        if len(actors):
            rhythm, taste = LIVES[name](founding.stream(name), clientele, actors)
            group = GROUPS.get(name)
            yield Cohort(group or name, actors, rhythm, taste, lookalike=group is not None)
    services = np.concatenate([actors for name, actors in lives.items() if name != "staff"])
    yield from load_test(founding, clientele, lives.get("developer", services[:0]), services)
    yield from onboarding(founding, clientele, services)
