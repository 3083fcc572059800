"""What happens in each scenario, on top of colleagues' innocent traffic.

`<name>/README.md` tells each story and its source; here are its searches.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from detectors.alerts import PatternCode
from tests.logs import DAY, SECOND, Fields, at, search
from tests.scenarios import colleagues


@dataclass(frozen=True)
class Story:
    """A scenario.

    Attributes:
        name: its directory.
        background: innocent traffic by others.
        searches: by those whom it is about.
        about: entities of the alerts that are due, `()` if it is innocent.
        pattern: what they are alerts of.
        actors: whom no other alert may name.
    """

    name: str
    background: Callable[[], tuple[Fields, ...]]
    searches: Callable[[], list[Fields]]
    actors: tuple[str, ...]
    pattern: PatternCode = PatternCode.PERSISTENT_STALKING
    about: tuple[str, ...] = ()


def spread(total: int, days: range, rng: np.random.Generator) -> list[int]:
    """`total` searches over days, each with the same chance: the day of each, in order."""
    return sorted(rng.choice(days, total).tolist())


def look_ups(
    actor: str, person: str, days: list[int], hours: tuple[float, float], seed: int, **fields: str
) -> list[Fields]:
    """A police account's look-ups of one person, between two hours of the local day."""
    rng = np.random.default_rng(seed)
    about = {
        "tenant_id": "police",
        "actor_role": "officer",
        "actor_tz": "America/Chicago",
        "gallery_id": "mugshots",
        "candidate_limit": 20,
        "score_threshold": 0.8,
    }
    return [
        search(at(day, 6 + rng.uniform(*hours)), actor, person, **{**about, **fields})
        for day in days
    ]


def sedgwick() -> list[Fields]:
    """A chief, its work, and a woman looked up 228 times in 120 days, at any hour."""
    rng = np.random.default_rng(1)
    days = spread(228, range(10, 130), rng)
    reasons = ("investigation", "missing_person", "narcotics")
    looks = [
        {**look, "purpose": reasons[i % 3], "capture_class": "social"}
        for i, look in enumerate(look_ups("chief", "ex", days, (7, 23.9), 2))
    ]
    return [*colleagues.officer_at_work("chief", np.random.default_rng(3)), *looks]


def milwaukee() -> list[Fields]:
    """An officer, its work, and two people looked up on duty, all for "investigation"."""
    events = colleagues.officer_at_work("mpd", np.random.default_rng(4))
    for person, total, seed in (("dated", 124, 5), ("her-ex", 55, 6)):
        days = spread(total, range(60, 121), np.random.default_rng(seed))
        events += look_ups("mpd", person, days, (15, 23), seed, purpose="investigation")
    return events


def orange_city() -> list[Fields]:
    """An officer, its work, and a woman, her mother and her father over four months."""
    events = colleagues.officer_at_work("ocpd", np.random.default_rng(7))
    for person, total, seed in (("woman", 69, 8), ("mother", 24, 9), ("father", 15, 10)):
        days = spread(total, range(8, 130), np.random.default_rng(seed))
        events += look_ups("ocpd", person, days, (8, 23), seed, purpose="investigation")
    return events


def long_case() -> list[Fields]:
    """A detective who looks a suspect up on most working days of four months, for one case."""
    events = colleagues.officer_at_work("detective", np.random.default_rng(11))
    days = [day for day in range(5, 130) if day % 7 < 5 and day % 3]
    looks = look_ups("detective", "suspect", days, (7, 15), 12, case_ref="homicide-17")
    return [*events, *({**look, "capture_class": "cctv"} for look in looks)]


def self_search() -> list[Fields]:
    """A subscriber who looks after its own face every week, its identity verified."""
    return [
        colleagues.subscribed("careful", at(day, 19), "careful-face", subject_relation="self")
        for day in range(2, 130, 7)
    ]


def celebrity() -> list[Fields]:
    """Sixty subscribers look a star up; five of them are fans and do so every few days."""
    rng = np.random.default_rng(13)
    events = [
        colleagues.subscribed(f"subscriber-{i}", at(day, rng.uniform(8, 24)), "star")
        for i in range(60)
        for day in rng.choice(colleagues.SITE_DAYS, rng.integers(1, 4), replace=False).tolist()
    ]
    for fan in range(5):
        days = rng.choice(colleagues.SITE_DAYS, 25, replace=False).tolist()
        events += [
            colleagues.subscribed(f"fan-{fan}", at(day, rng.uniform(8, 24)), "star")
            for day in days
        ]
    return events


def fast() -> list[Fields]:
    """An analyst's account takes 3,000 people in an evening: longest lists, no threshold."""
    usual = colleagues.analyst_at_work("insider", np.random.default_rng(14))
    manner: dict[str, str | float] = {"candidate_limit": 100, "score_threshold": 0.0}
    start = at(43, 19)
    taken = [
        colleagues.checked("insider", start + 2 * i * SECOND, f"taken-{i}", **manner)
        for i in range(3000)
    ]
    return [*usual, *taken]


def slow() -> list[Fields]:
    """An analyst's account takes four people an hour, around the clock, for six weeks."""
    rng = np.random.default_rng(15)
    usual = colleagues.analyst_at_work("patient", rng)
    taken = [
        colleagues.checked("patient", at(20, hour, rng.uniform(0, 60)), f"taken-{hour}-{i}")
        for hour in range(42 * 24)
        for i in range(4)
    ]
    return [*usual, *taken]


def steady() -> list[Fields]:
    """A business that checks some 400 people a day, by one account, since its first day."""
    rng = np.random.default_rng(16)
    return [
        {
            **colleagues.checked("batch-job", at(day, rng.uniform(0, 24)), f"customer-{day}-{i}"),
            "tenant_id": "business",
            "actor_role": "service",
        }
        for day in range(colleagues.FIRM_DAYS)
        for i in range(rng.poisson(400))
    ]


BULK = PatternCode.BULK_SCRAPING
STORIES = (
    Story("sedgwick_228", colleagues.police, sedgwick, ("chief",), about=("chief+ex",)),
    Story(
        "milwaukee_179",
        colleagues.police,
        milwaukee,
        ("mpd",),
        about=("mpd+dated", "mpd+her-ex"),
    ),
    Story("orange_city_family", colleagues.police, orange_city, ("ocpd",), about=("ocpd+woman",)),
    Story("long_case_detective", colleagues.police, long_case, ("detective",)),
    Story("weekly_self_search", colleagues.site, self_search, ("careful",)),
    Story("celebrity", colleagues.site, celebrity, tuple(f"fan-{i}" for i in range(5))),
    Story("fast_scraper", colleagues.firm, fast, ("insider",), BULK, ("insider",)),
    Story("slow_scraper", colleagues.firm, slow, ("patient",), BULK, ("patient",)),
    Story("steady_business", colleagues.firm, steady, ("batch-job",), BULK),
)
