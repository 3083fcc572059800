"""Accounts in one person's hands and in many: who searches from where, on which device.

Everything is drawn from seeded generators in a fixed order: the same events every time.
"""

from collections.abc import Sequence

import numpy as np

from tests.logs import DAY, HOUR, Fields, at, search
from tests.scenarios import colleagues

COUNTRIES = ("BR", "DE", "FR", "IN", "JP", "NG", "PL", "US")

_COMMUTE = ((7.0, "home"), (9.0, "bus"), (17.0, "office"), (18.5, "bus"), (24.0, "home"))
"""Until which hour somebody with a job is where."""


def place(name: str, system: int, country: str = "US", **fields: str) -> Fields:
    """Where a request comes from."""
    return {"source_ip": name, "source_asn": system, "source_country": country, **fields}


def connected(events: Sequence[Fields]) -> list[Fields]:
    """Innocent searches from home on a computer, and by day on a phone, of each account."""
    found = []
    for event in events:
        actor, hour = event["actor_id"], int(event["event_time"]) % DAY // HOUR
        carrier = sum(actor.encode()) % 3
        home = place(f"home-{actor}", 64500 + carrier, device_id=f"computer-{actor}")
        day = int(event["event_time"]) // DAY
        phone = place(f"carrier-{carrier}-{day % 5}", 64510 + carrier, device_id=f"phone-{actor}")
        found.append({**event, **(phone if 9 <= hour < 17 else home)})
    return found


def site() -> list[Fields]:
    """The face-search site's subscribers, with their computers and phones."""
    return connected(colleagues.site())


def owner(actor: str, seed: int) -> list[Fields]:
    """A subscriber's own searches, about one a day."""
    rng = np.random.default_rng(seed)
    return connected(
        [
            colleagues.subscribed(actor, at(day, rng.uniform(8, 24)), f"met-{actor}-{day}-{i}")
            for day in range(colleagues.SITE_DAYS)
            for i in range(rng.poisson(1.0))
        ]
    )


def posted() -> list[Fields]:
    """Fifteen people in eight countries find a password, and each searches about once a day."""
    rng = np.random.default_rng(81)
    events = []
    for guest in range(15):
        country = COUNTRIES[guest % len(COUNTRIES)]
        spot = place(f"guest-{guest}", 64600 + guest, country, device_id=f"guest-{guest}")
        hour = rng.uniform(0, 24)
        for day in range(60, 75):
            for visit in range(rng.poisson(1.0)):
                start = at(day, (hour + rng.normal(0, 3)) % 24)
                person = f"sought-{guest}-{day}-{visit}"
                events += [
                    colleagues.subscribed("posted", start + 40_000 * i, person) | spot
                    for i in range(1 + rng.poisson(2))
                ]
    return events


def fronted() -> list[Fields]:
    """A bot passes its customers' searches on, some sixty a day, at any hour."""
    rng = np.random.default_rng(82)
    spot = place("rack", 64700, "NL", user_agent="requests")
    events = []
    for day in range(60, 100):
        for customer in range(rng.poisson(22)):
            start = at(day, rng.uniform(0, 24))
            events += [
                colleagues.subscribed("fronted", start + 30_000 * i, f"asked-{day}-{customer}")
                | spot
                for i in range(1 + rng.poisson(2))
            ]
    return events


def control_room() -> list[Fields]:
    """Three shifts at two desks with one role account each, day and night, from the first day."""
    rng = np.random.default_rng(83)
    about = {"tenant_id": "dispatch", "actor_role": "service", "gallery_id": "watch"}
    return [
        search(at(day, rng.uniform(0, 24)), room, f"seen-{room}-{day}-{i}", **about)
        | place("dispatch", 64720, device_id=f"desk-{room}-{rng.integers(2)}")
        for room in ("room-0", "room-1", "room-2")
        for day in range(60)
        for i in range(rng.poisson(30))
    ]


def commuter() -> list[Fields]:
    """A phone on the way, a computer at the office, another at home, ten searches a day."""
    rng = np.random.default_rng(84)
    spots = {
        "home": place("home", 64730, device_id="laptop"),
        "bus": place("bus", 64731, device_id="phone"),
        "office": place("office", 64732, device_id="desktop"),
    }
    events = []
    for day in range(colleagues.SITE_DAYS):
        for i in range(rng.poisson(10)):
            hour = rng.choice([rng.uniform(6.5, 9), rng.uniform(9, 18), rng.uniform(18, 23)])
            spot = next(name for until, name in _COMMUTE if hour < until)
            # Carriers hand out another network every now and then.
            moved = {"source_ip": f"bus-{rng.integers(5)}"} if spot == "bus" else {}
            events.append(
                colleagues.subscribed("commuter", at(day, hour), f"friend-{day}-{i}")
                | spots[spot]
                | moved
            )
    return events


def roamer() -> list[Fields]:
    """A computer behind a VPN whose exit is in another country every hour or so."""
    rng = np.random.default_rng(85)
    events = []
    for day in range(colleagues.SITE_DAYS):
        for i in range(rng.poisson(6)):
            hour = rng.uniform(8, 24)
            exit_ = int(rng.integers(len(COUNTRIES)))
            spot = place(f"exit-{exit_}", 64740 + exit_, COUNTRIES[exit_], device_id="private")
            events.append(
                colleagues.subscribed("roamer", at(day, hour), f"looked-{day}-{i}") | spot
            )
    return events
