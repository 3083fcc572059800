"""What happens in each scenario, on top of colleagues' innocent traffic.

`<name>/README.md` tells each story and its source; here are its searches.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.alerts import PatternCode
from tests.logs import SECOND, Fields, at, search
from tests.scenarios import colleagues

Searches = Callable[[], Sequence[Fields]]


@dataclass(frozen=True)
class Story:
    """A scenario.

    Attributes:
        name: its directory.
        background: innocent traffic by others.
        actors: those whom it is about.
        work: their innocent searches.
        misuse: their others; none in the story of a look-alike.
        pattern: what these are.
        due: entities of the alerts that must come.
    """

    name: str
    background: Searches
    actors: tuple[str, ...]
    work: Searches
    misuse: Searches = tuple
    pattern: PatternCode | None = None
    due: tuple[str, ...] = ()


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
        search(
            at(day, rng.uniform(*hours)) + colleagues.CHICAGO_BEHIND,
            actor,
            person,
            **{**about, **fields},
        )
        for day in days
    ]


def officer(actor: str, seed: int) -> Searches:
    """An officer's ordinary work."""
    return lambda: colleagues.officer_at_work(actor, np.random.default_rng(seed))


def analyst(actor: str, seed: int) -> Searches:
    """An analyst's ordinary work."""
    return lambda: colleagues.analyst_at_work(actor, np.random.default_rng(seed))


def sedgwick() -> list[Fields]:
    """A woman looked up 228 times in 120 days, at any hour, with ever another purpose."""
    days = spread(228, range(10, 130), np.random.default_rng(1))
    looks = look_ups("chief", "ex", days, (7, 23.9), 2, capture_class="social")
    reasons = ("investigation", "missing_person", "narcotics")
    return [{**look, "purpose": reasons[i % 3]} for i, look in enumerate(looks)]


def milwaukee() -> list[Fields]:
    """Two people looked up on duty in 61 days, always for "investigation"."""
    events = []
    for person, total, seed in (("dated", 124, 5), ("her-ex", 55, 6)):
        days = spread(total, range(60, 121), np.random.default_rng(seed))
        events += look_ups("mpd", person, days, (15, 23), seed, purpose="investigation")
    return events


def orange_city() -> list[Fields]:
    """A woman, her mother and her father, looked up over four months."""
    events = []
    for person, total, seed in (("woman", 69, 8), ("mother", 24, 9), ("father", 15, 10)):
        days = spread(total, range(8, 130), np.random.default_rng(seed))
        events += look_ups("ocpd", person, days, (8, 23), seed, purpose="investigation")
    return events


def long_case() -> list[Fields]:
    """A detective's work, and its suspect, looked up on 60 days of four months for one case."""
    usual = officer("detective", 11)()
    days = [day for day in range(5, 130) if day % 7 < 5 and day % 3]
    case = {"case_ref": "homicide-17", "capture_class": "cctv", "purpose": "investigation"}
    return [*usual, *look_ups("detective", "suspect", days, (7, 15), 12, **case)]


def self_search() -> list[Fields]:
    """A subscriber who looks after its own face every week, its identity verified."""
    return [
        colleagues.subscribed("careful", at(day, 19), "careful-face", subject_relation="self")
        for day in range(2, 130, 7)
    ]


def celebrity() -> list[Fields]:
    """Sixty subscribers look a star up; five fans do so on 25 days each."""
    rng = np.random.default_rng(13)
    looks = [(f"subscriber-{i}", int(rng.integers(1, 4))) for i in range(60)]
    looks += [(f"fan-{i}", 25) for i in range(5)]
    return [
        colleagues.subscribed(actor, at(day, rng.uniform(8, 24)), "star")
        for actor, often in looks
        for day in rng.choice(colleagues.SITE_DAYS, often, replace=False).tolist()
    ]


def fast() -> list[Fields]:
    """3,000 people in an evening: the longest lists, no threshold, every two seconds."""
    manner = {"candidate_limit": 100, "score_threshold": 0.0}
    start = at(43, 19)
    return [
        colleagues.checked("insider", start + 2 * i * SECOND, f"taken-{i}", **manner)
        for i in range(3000)
    ]


def slow() -> list[Fields]:
    """Four people an hour, around the clock, for six weeks."""
    rng = np.random.default_rng(15)
    return [
        colleagues.checked("patient", at(20, hour, rng.uniform(0, 60)), f"taken-{hour}-{i}")
        for hour in range(42 * 24)
        for i in range(4)
    ]


def steady() -> list[Fields]:
    """Some 400 people a day, at any hour, by one account of a business, since its first day."""
    rng = np.random.default_rng(16)
    about = {"tenant_id": "business", "actor_role": "service"}
    return [
        {**colleagues.checked("job", at(day, rng.uniform(0, 24)), f"client-{day}-{i}"), **about}
        for day in range(colleagues.FIRM_DAYS)
        for i in range(rng.poisson(400))
    ]


STALKING = PatternCode.PERSISTENT_STALKING
BULK = PatternCode.BULK_SCRAPING
POLICE, SITE, FIRM = colleagues.police, colleagues.site, colleagues.firm
FANS = tuple(f"fan-{i}" for i in range(5))

MISUSE = (
    Story(
        "sedgwick_228", POLICE, ("chief",), officer("chief", 3), sedgwick, STALKING, ("chief+ex",)
    ),
    Story(
        "milwaukee_179",
        POLICE,
        ("mpd",),
        officer("mpd", 4),
        milwaukee,
        STALKING,
        ("mpd+dated", "mpd+her-ex"),
    ),
    Story(
        "orange_city_family",
        POLICE,
        ("ocpd",),
        officer("ocpd", 7),
        orange_city,
        STALKING,
        ("ocpd+woman",),
    ),
    Story("fast_scraper", FIRM, ("insider",), analyst("insider", 14), fast, BULK, ("insider",)),
    Story("slow_scraper", FIRM, ("patient",), analyst("patient", 17), slow, BULK, ("patient",)),
)
LOOK_ALIKES = (
    Story("long_case_detective", POLICE, ("detective",), long_case),
    Story("weekly_self_search", SITE, ("careful",), self_search),
    Story("celebrity", SITE, FANS, celebrity),
    Story("steady_business", FIRM, ("job",), steady),
)
