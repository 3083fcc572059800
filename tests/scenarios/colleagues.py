"""Innocent traffic around a scenario, so that there are peers to compare with.

Everything is drawn from seeded generators in a fixed order: the same events every time.
"""

from functools import cache

import numpy as np

from tests.logs import HOUR, Fields, at, search

POLICE_DAYS = 130
SITE_DAYS = 130
FIRM_DAYS = 62

CHICAGO_BEHIND = 6 * HOUR
"""Behind UTC in winter; that the clocks change in March matters to nobody here."""

_WORKING_DAYS = 5
_SHIFTS = (7.0, 15.0, 22.0)
"""When day, evening and night shifts begin, local time; each lasts eight hours and a half."""


@cache
def police() -> tuple[Fields, ...]:
    """Forty officers of one department, 130 days.

    An officer works five days a week in one shift and makes about four searches a day: of
    people stopped (looked up once, no case) and of persons in its cases. A case is open for
    days to weeks, has one to three persons, each looked up on several days, nearly always
    with the case's number.
    """
    rng = np.random.default_rng(228)
    events: list[Fields] = []
    for officer in range(40):
        events += officer_at_work(f"officer-{officer}", rng)
    return tuple(events)


def officer_at_work(actor: str, rng: np.random.Generator) -> list[Fields]:
    """One officer's 130 days."""
    shift = _SHIFTS[rng.integers(3)]
    rest = rng.integers(7)
    stops = rng.uniform(1, 4)
    cases = _cases(actor, rng)
    events = []
    for day in range(POLICE_DAYS):
        if (day + rest) % 7 >= _WORKING_DAYS:
            continue
        wanted = [f"stopped-{actor}-{day}-{i}" for i in range(rng.poisson(stops))]
        events += [_police(actor, day, shift, person, rng) for person in wanted]
        for case, first, last, persons in cases:
            if first <= day <= last and rng.random() < 0.3:
                named = {"case_ref": case} if rng.random() < 0.9 else {}
                person = persons[rng.integers(len(persons))]
                looks = 1 + rng.poisson(0.4)
                events += [_police(actor, day, shift, person, rng, **named) for _ in range(looks)]
    return events


def _cases(actor: str, rng: np.random.Generator) -> list[tuple[str, int, int, list[str]]]:
    """Number, first and last day, and persons of each case of an officer."""
    cases = []
    for number in range(30):
        first = int(rng.integers(-20, POLICE_DAYS))
        last = first + round(rng.gamma(2, 6))
        persons = [f"wanted-{actor}-{number}-{i}" for i in range(rng.integers(1, 4))]
        cases.append((f"case-{actor}-{number}", first, last, persons))
    return cases


def _police(
    actor: str, day: int, shift: float, person: str, rng: np.random.Generator, **fields: str
) -> Fields:
    return search(
        at(day, shift + rng.uniform(0, 8.5)) + CHICAGO_BEHIND,
        actor,
        person,
        tenant_id="police",
        actor_role="officer",
        actor_tz="America/Chicago",
        gallery_id="mugshots",
        purpose="investigation",
        candidate_limit=20,
        score_threshold=0.8,
        capture_class="cctv",
        **fields,
    )


@cache
def site() -> tuple[Fields, ...]:
    """A hundred subscribers of a face-search site, 130 days.

    A subscriber looks its own face up now and then (unverified), and other people about
    once a week: strangers once, an acquaintance on a second day at times.
    """
    rng = np.random.default_rng(25)
    events: list[Fields] = []
    for subscriber in range(100):
        actor = f"subscriber-{subscriber}"
        known = [f"known-{actor}-{i}" for i in range(4)]
        for day in range(SITE_DAYS):
            if rng.random() < 0.03:
                events.append(subscribed(actor, at(day, rng.uniform(8, 24)), f"face-of-{actor}"))
            for i in range(rng.poisson(0.15)):
                stranger = rng.random() < 0.7
                person = f"stranger-{actor}-{day}-{i}" if stranger else known[rng.integers(4)]
                events.append(subscribed(actor, at(day, rng.uniform(8, 24)), person))
    return tuple(events)


def subscribed(actor: str, time: int, person: str, **fields: str | int) -> Fields:
    """A search on the site."""
    about: Fields = {"tenant_id": "site", "actor_role": "consumer", "gallery_id": "web"}
    return search(time, actor, person, **{**about, "capture_class": "social", **fields})


@cache
def firm() -> tuple[Fields, ...]:
    """Forty analysts of a firm that checks identities, two months.

    An analyst checks ten to sixty people on a working day, all different.
    """
    rng = np.random.default_rng(40)
    events: list[Fields] = []
    for analyst in range(40):
        events += analyst_at_work(f"analyst-{analyst}", rng)
    return tuple(events)


def analyst_at_work(actor: str, rng: np.random.Generator) -> list[Fields]:
    """One analyst's two months."""
    usual = rng.uniform(10, 60)
    return [
        checked(actor, at(day, rng.uniform(8, 17)), f"customer-{actor}-{day}-{i}")
        for day in range(FIRM_DAYS)
        if day % 7 < _WORKING_DAYS
        for i in range(rng.poisson(usual * rng.uniform(0.6, 1.4)))
    ]


def checked(actor: str, time: int, person: str, **fields: str | float) -> Fields:
    """A check by the firm."""
    about: Fields = {
        "tenant_id": "firm",
        "actor_role": "analyst",
        "gallery_id": "customers",
        "candidate_limit": 5,
        "score_threshold": 0.85,
    }
    return search(time, actor, person, **{**about, **fields})
