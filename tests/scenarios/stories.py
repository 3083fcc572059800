"""What happens in each scenario, on top of colleagues' innocent traffic.

`<name>/README.md` tells each story and its source; here are its searches.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.alerts import PatternCode
from tests.logs import DAY, SECOND, Fields, at, search
from tests.scenarios import accounts, colleagues

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


def parting() -> list[Fields]:
    """At three in the morning, 90 embeddings taken out and 40 persons deleted, from home."""
    start = at(44, 3)
    deeds = ["extract"] * 90 + ["delete"] * 40
    changed = {"outcome": "success", "source_ip": "198.51.100.7", "user_agent": "curl/8.4.0"}
    return [
        colleagues.checked("leaver", start + 20 * i * SECOND, f"taken-{i}")
        | changed
        | {"operation": deed, "embedding_returned": deed == "extract"}
        for i, deed in enumerate(deeds)
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


def agencies() -> list[Fields]:
    """Two months of 110 users at 59 agencies that share a gallery; reasons as in `police`."""
    rng = np.random.default_rng(59)
    events = []
    for user in range(110):
        work = colleagues.officer_at_work(f"user-{user}", rng)
        of_agency = {"tenant_id": f"agency-{user % 59}", "subject_namespace": "state"}
        events += [{**event, **of_agency} for event in work if event["event_time"] < at(100)]
    return events


def crowd(person: str, seed: int, **fields: str) -> list[Fields]:
    """158 queries for one person by 110 users at 59 agencies within a month."""
    rng = np.random.default_rng(seed)
    users = [*range(110), *rng.choice(110, 48)]
    return [
        {**look, "tenant_id": f"agency-{user % 59}", "subject_namespace": "state"}
        for user in users
        for look in look_ups(
            f"user-{user}", person, [int(60 + 30 * rng.beta(1, 2))], (8, 22), seed + user, **fields
        )
    ]


def murdered() -> list[Fields]:
    """Everybody wants to see the victim, and hardly anybody works on the case."""
    looks = crowd("murdered", 60)
    return [
        {**look, "case_ref": "homicide-3"} if i % 20 == 0 else look for i, look in enumerate(looks)
    ]


def wanted() -> list[Fields]:
    """As many look for a fugitive, nine of ten with the number of the case."""
    looks = crowd("fugitive", 61)
    return [{**look, "case_ref": "manhunt-1"} if i % 10 else look for i, look in enumerate(looks)]


def five_accounts() -> list[Fields]:
    """A subscriber's five accounts, opened in one week on one laptop, and one person."""
    rng = np.random.default_rng(62)
    laptop = {"source_ip": "192.0.2.0", "device_id": "laptop", "user_agent": "browser"}
    return [
        colleagues.subscribed(
            f"puppet-{rng.integers(5)}", at(day, rng.uniform(18, 24)), "ex", **laptop
        )
        for day in range(40, 90)
        for _ in range(rng.poisson(1.2))
    ]


def two_parents() -> list[Fields]:
    """Mother and father look for pictures of their child, each now and then, at home."""
    rng = np.random.default_rng(63)
    return [
        colleagues.subscribed(
            parent,
            at(day, rng.uniform(18, 23)),
            "child",
            source_ip="198.51.100.0",
            device_id=parent,
        )
        for parent in ("mother", "father")
        for day in range(10, 130, 20)
    ]


def evansville() -> list[Fields]:
    """Two suspects of a robbery, and nine people under its number who have nothing to do with it.

    Nine months are told as four.
    """
    rng = np.random.default_rng(74)
    case = {"case_ref": "robbery-4", "purpose": "investigation"}
    events = []
    for suspect in range(2):
        days = spread(8, range(2, 24), np.random.default_rng(75 + suspect))
        looks = look_ups("evpd", f"robber-{suspect}", days, (7, 15), 77 + suspect, **case)
        events += [{**look, "capture_class": "cctv"} for look in looks]
    for person in range(9):
        day = 12 + 13 * person + int(rng.integers(6))
        days = [day] * int(rng.integers(1, 4))
        looks = look_ups("evpd", f"noticed-{person}", days, (8, 22), 80 + person, **case)
        events += [{**look, "capture_class": "social"} for look in looks]
    return events


def large_inquiry() -> list[Fields]:
    """Three detectives, and sixteen persons of one case, who come in one by one and come back."""
    events = []
    for detective in range(3):
        name = f"inquirer-{detective}"
        rng = np.random.default_rng(90 + detective)
        events += colleagues.officer_at_work(name, rng)
        for day in range(5, 130):
            if day % 7 < 5 and rng.random() < 0.4:
                known = 3 + (day - 5) // 9
                for person in rng.choice(known, 3, replace=False).tolist():
                    case = {"case_ref": "homicide-9", "capture_class": "cctv"}
                    events += look_ups(name, f"known-{person}", [day], (8, 16), day, **case)
    return events


def patrol_number() -> list[Fields]:
    """Twelve officers of a unit file all whom they stop under the unit's number."""
    return [
        {**event, "case_ref": "PATROL"} if "case_ref" not in event else event
        for i in range(12)
        for event in colleagues.officer_at_work(f"patrol-{i}", np.random.default_rng(100 + i))
    ]


def contracted() -> list[Fields]:
    """The firm's checks, all under the month's contract."""
    return [
        {**check, "case_ref": f"contract-{(check['event_time'] - at(0)) // DAY // 30}"}
        for check in colleagues.firm()
    ]


def scored() -> list[Fields]:
    """The firm's checks with their photos, one of each person, and scores."""
    return with_photos(colleagues.firm(), 70)


def with_photos(checks: Sequence[Fields], seed: int) -> list[Fields]:
    """Checks with a photo each, and the scores that photos of the right person have."""
    scores = np.random.default_rng(seed).normal(0.9, 0.03, len(checks)).clip(0, 1).round(4)
    return [
        {**check, "probe_id": check["subject_id"], "top_score": score}
        for check, score in zip(checks, scores.tolist(), strict=True)
    ]


def composites() -> list[Fields]:
    """A hundred composites are compared with one reference, one after the other."""
    rng = np.random.default_rng(64)
    return [
        _probe("forger", at(45, 14, second=12 * i), "reference", f"composite-{i}", f"face-{i}")
        | {"operation": "verify", "top_score": round(float(rng.normal(0.62, 0.07)), 4)}
        for i in range(100)
    ]


def climb() -> list[Fields]:
    """One photo is changed two hundred times, and what scores better is kept."""
    rng = np.random.default_rng(65)
    best, events = 0.5, []
    for i in range(200):
        score = best + rng.normal(0.0, 0.02)
        best = max(best, min(score, 0.97))
        probe = _probe("climber", at(45, 14, second=20 * i), "reference", f"step-{i}", "face")
        events.append(probe | {"top_score": round(float(np.clip(score, 0.0, 0.97)), 4)})
    return events


def still() -> list[Fields]:
    """An analyst's work, and a still enhanced five times, three days in all, ever better."""
    probes = [
        _probe("enhancer", at(day, 14, 6 * i), f"suspect-{day}", f"still-{day}-{i}", f"still-{day}")
        | {"top_score": 0.7 + 0.03 * i}
        for day in (44, 46, 50)
        for i in range(5)
    ]
    return [*with_photos(analyst("enhancer", 66)(), 73), *probes]


def album() -> list[Fields]:
    """Five photos of each of a family's four members are tried on one evening."""
    rng = np.random.default_rng(67)
    return [
        _probe("parent", at(40, 20, 4 * (5 * member + i)), f"member-{member}", name, name)
        | {"top_score": round(float(rng.normal(0.9, 0.03)), 4)}
        for member in range(4)
        for i in range(5)
        for name in [f"photo-{member}-{i}"]
    ]


def shared_out() -> list[Fields]:
    """Fifty accounts of one operator, opened within days, take sixteen profiles each."""
    rng = np.random.default_rng(80)
    return [
        colleagues.subscribed(
            f"sock-{sock}",
            at(60 + day, rng.uniform(8, 24)),
            f"profile-{sock}-{day}-{i}",
            source_ip=f"192.0.{rng.integers(250)}.0",
            actor_created_at=at(56, sock % 40),
        )
        for sock in range(50)
        for day in sorted(rng.choice(6, 4, replace=False).tolist())
        for i in range(4)
    ]


def onboarding() -> list[Fields]:
    """Thirty officers of a station that joins within a week: one office, one browser build."""
    rng = np.random.default_rng(81)
    station = {"source_ip": "198.51.100.0", "source_asn": 64500, "user_agent": "browser 140"}
    return [
        {**event, **station, "tls_ja4": "browser", "actor_created_at": at(63 + recruit % 5)}
        for recruit in range(30)
        for event in colleagues.officer_at_work(f"recruit-{recruit}", rng)
        if event["event_time"] > at(64 + recruit % 5)
    ]


def _probe(actor: str, time: int, person: str, probe: str, cluster: str) -> Fields:
    return colleagues.checked(actor, time, person, probe_id=probe, probe_cluster_id=cluster)


STALKING = PatternCode.PERSISTENT_STALKING
TOGETHER = PatternCode.COORDINATED_STALKING
PILE_ON = PatternCode.SUBJECT_PILE_ON
LAUNDERING = PatternCode.CASE_LAUNDERING
BULK = PatternCode.BULK_SCRAPING
PROBING = PatternCode.PROBE_HILL_CLIMBING
SHARING = PatternCode.CREDENTIAL_SHARING
POLICE, SITE, FIRM = colleagues.police, colleagues.site, colleagues.firm
SHARED_OUT = PatternCode.DISTRIBUTED_SCRAPING
ODD = PatternCode.UNUSUAL_ACTIVITY
FANS = tuple(f"fan-{i}" for i in range(5))
USERS = tuple(f"user-{i}" for i in range(110))
INQUIRERS = tuple(f"inquirer-{i}" for i in range(3))
PATROL = tuple(f"patrol-{i}" for i in range(12))
ANALYSTS = tuple(f"analyst-{i}" for i in range(40))
PUPPETS = tuple(f"puppet-{i}" for i in range(5))
SOCKS = tuple(f"sock-{i}" for i in range(50))
RECRUITS = tuple(f"recruit-{i}" for i in range(30))

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
    Story("parting_gift", FIRM, ("leaver",), analyst("leaver", 21), parting, ODD, ("leaver",)),
    Story("slow_scraper", FIRM, ("patient",), analyst("patient", 17), slow, BULK, ("patient",)),
    Story("murder_victim_158", agencies, USERS, tuple, murdered, PILE_ON, ("murdered",)),
    Story("five_accounts", SITE, PUPPETS, tuple, five_accounts, TOGETHER, ("ex",)),
    Story(
        "evansville_9",
        POLICE,
        ("evpd",),
        officer("evpd", 73),
        evansville,
        LAUNDERING,
        ("robbery-4",),
    ),
    Story(
        "composites_100",
        scored,
        ("forger",),
        lambda: with_photos(analyst("forger", 68)(), 71),
        composites,
        PROBING,
        ("forger",),
    ),
    Story(
        "hill_climber",
        scored,
        ("climber",),
        lambda: with_photos(analyst("climber", 69)(), 72),
        climb,
        PROBING,
        ("climber",),
    ),
    Story(
        "posted_password",
        accounts.site,
        ("posted",),
        lambda: accounts.owner("posted", 86),
        accounts.posted,
        SHARING,
        ("posted",),
    ),
    Story(
        "fronting_bot",
        accounts.site,
        ("fronted",),
        lambda: accounts.owner("fronted", 87),
        accounts.fronted,
        SHARING,
        ("fronted",),
    ),
    Story("voyager_socks", SITE, SOCKS, tuple, shared_out, SHARED_OUT),
)
LOOK_ALIKES = (
    Story("long_case_detective", POLICE, ("detective",), long_case),
    Story("weekly_self_search", SITE, ("careful",), self_search),
    Story("celebrity", SITE, FANS, celebrity),
    Story("steady_business", FIRM, ("job",), steady),
    Story("referenced_manhunt", agencies, USERS, wanted),
    Story("two_parents", SITE, ("mother", "father"), two_parents),
    Story("large_inquiry", POLICE, INQUIRERS, large_inquiry),
    Story("patrol_number", POLICE, PATROL, patrol_number),
    Story("monthly_contract", contracted, ANALYSTS, tuple),
    Story("enhanced_still", scored, ("enhancer",), still),
    Story("family_album", scored, ("parent",), album),
    Story("control_room", accounts.site, ("room-0", "room-1", "room-2"), accounts.control_room),
    Story("commuter", accounts.site, ("commuter",), accounts.commuter),
    Story("vpn_roamer", accounts.site, ("roamer",), accounts.roamer),
    Story("new_station", POLICE, RECRUITS, onboarding),
)
