"""Where requests come from: providers, carriers, VPNs and clouds, and who uses which."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..almanac import COUNTRIES, ZONES
from ..clients import (
    DESKTOP_SHARES,
    DESKTOPS,
    PHONE_SHARES,
    PHONES,
    SCRIPT_SHARES,
    SCRIPTS,
    client_codes,
)
from ..networks import Networks
from ..randomness import F64, I64, chance, some

Columns = dict[str, Any]

FOR_EVER = 1e6
"""Hours that a fixed address is kept."""


@dataclass(frozen=True, slots=True)
class Places:
    """The networks of a world, by country where that matters."""

    homes: dict[str, list[int]]
    carriers: dict[str, list[int]]
    vpns: list[int]
    clouds: list[int]


def open_places(rng: np.random.Generator, networks: Networks) -> Places:
    """Home providers and carriers in each country, VPNs and clouds wherever."""
    homes: dict[str, list[int]] = {}
    carriers: dict[str, list[int]] = {}
    for country in COUNTRIES:
        homes[country] = [
            networks.add(country, int(rng.integers(200, 1200)), six=chance(rng, 0.2))
            for _ in range(int(rng.integers(2, 6)))
        ]
        carriers[country] = [
            networks.add(country, int(rng.integers(4, 24)), six=chance(rng, 0.4))
            for _ in range(int(rng.integers(2, 4)))
        ]
    exits = rng.choice(["NL", "CH", "US", "SE", "GB"], size=5)
    return Places(
        homes=homes,
        carriers=carriers,
        vpns=[networks.add(str(country), int(rng.integers(2, 12))) for country in exits],
        clouds=[networks.add(country, 64) for country in ("US", "IE", "DE", "SG")],
    )


def people_at_home(rng: np.random.Generator, places: Places, zone: I64) -> Columns:
    """Consumers: a computer at home, a phone on the move, sometimes a VPN, hardly ever code."""
    n = len(zone)
    home, carrier = _local(rng, places.homes, zone), _local(rng, places.carriers, zone)
    kind = rng.choice(5, n, p=(0.42, 0.39, 0.12, 0.055, 0.015))
    use = np.array(
        [
            (0.85, 0.12, 0.03, 0.0),
            (0.35, 0.62, 0.03, 0.0),
            (1.0, 0.0, 0.0, 0.0),
            (0.15, 0.10, 0.75, 0.0),
            (0.10, 0.00, 0.00, 0.9),
        ]
    )
    phone_only = kind == 1
    main = np.where(
        phone_only,
        client_codes(rng, n, PHONES, PHONE_SHARES),
        client_codes(rng, n, DESKTOPS, DESKTOP_SHARES),
    )
    mobile = np.where(phone_only, main, client_codes(rng, n, PHONES, PHONE_SHARES))
    return {
        "slot": use[kind],
        "network": np.stack(
            [home, carrier, rng.choice(places.vpns, n), _clouds(rng, places, n)], 1
        ),
        "lease": np.stack([rng.lognormal(5.0, 1.2, n), *np.zeros((2, n)), np.full(n, 200.0)], 1),
        "client": np.stack([main, mobile, main, client_codes(rng, n, SCRIPTS, SCRIPT_SHARES)], 1),
    }


def people_at_work(  # noqa: PLR0913, PLR0917 - an office, and who is how much in it
    rng: np.random.Generator,
    places: Places,
    zone: I64,
    office: I64,
    field_work: F64,
    station: I64 | int = -1,
) -> Columns:
    """Employees: behind the office's few addresses, on a phone or terminal, at home.

    Args:
        rng: where chance comes from.
        places: of the world.
        zone: time zone of each.
        office: network of each one's office.
        field_work: how much of the work is done from a vehicle or phone.
        station: pool of shared computers of each, -1 for a computer of one's own.
    """
    n = len(zone)
    home, carrier = _local(rng, places.homes, zone), _local(rng, places.carriers, zone)
    remote = rng.beta(0.5, 6, n)
    desktop = client_codes(rng, n, ("edge", "chrome_windows", "firefox"), (0.5, 0.45, 0.05))
    outside = client_codes(rng, n, PHONES[:2], PHONE_SHARES[:2])
    pool = np.full((n, 4), -1)
    pool[:, 0] = station
    return {
        "slot": np.stack([(1 - field_work) * (1 - remote), field_work, remote, np.zeros(n)], 1),
        "network": np.stack([office, carrier, home, _clouds(rng, places, n)], 1),
        "lease": np.stack([np.full(n, FOR_EVER), np.zeros(n), np.full(n, 150.0), np.zeros(n)], 1),
        "egress": np.stack([1 + office % 3, *np.ones((3, n), int)], 1),
        "shared": np.stack([np.ones(n, bool), *np.zeros((3, n), bool)], 1),
        "client": np.stack(
            [desktop, outside, desktop, client_codes(rng, n, SCRIPTS, SCRIPT_SHARES)], 1
        ),
        "station": pool,
    }


def machines(rng: np.random.Generator, places: Places, network: I64 | None, n: int) -> Columns:
    """Service accounts: a few fixed addresses in a cloud, or (`network`) of their own."""
    where = _clouds(rng, places, n) if network is None else network
    script = client_codes(rng, n, SCRIPTS, SCRIPT_SHARES)
    return {
        "network": np.repeat(np.asarray(where)[:, None], 4, 1),
        "lease": np.where(some(rng, (n, 1), 0.75), FOR_EVER, rng.lognormal(5, 1, (n, 1))),
        "egress": rng.choice([1, 1, 2, 3, 8], (n, 1)),
        "client": np.repeat(script[:, None], 4, 1),
    }


def _local(rng: np.random.Generator, by_country: dict[str, list[int]], zone: I64) -> I64:
    chosen = np.zeros(len(zone), np.int64)
    for code, (_, country) in enumerate(ZONES):
        here = zone == code
        # The first providers of a country are the large ones.
        ranks = (rng.random(int(here.sum())) ** 1.6 * len(by_country[country])).astype(int)
        chosen[here] = np.array(by_country[country])[ranks]
    return chosen


def _clouds(rng: np.random.Generator, places: Places, n: int) -> I64:
    return np.asarray(rng.choice(places.clouds, n), np.int64)
