"""What the pattern says of itself, as comparisons: none of its constants stands here."""

from collections.abc import Callable

import numpy as np
import pytest

from detectors.alerts import PatternCode
from tests.logs import Fields, at, batch, figures_of, in_order, pipeline, search

DAYS = 20

Manner = Callable[[int], Fields]


def office(day_of: Manner | None = None, accounts: int = 12) -> list[Fields]:
    """Three weeks in which each of some accounts reaches ten people a day."""
    return [
        search(
            at(day, 9 + i * 0.7, account),
            f"peer-{account}",
            f"person-{account}-{day}-{i}",
            **{"candidate_limit": 10, "score_threshold": 0.8, **(day_of(i) if day_of else {})},
        )
        for day in range(DAYS)
        for account in range(accounts)
        for i in range(10)
    ]


def most_evidence(searches: list[Fields], actor: str = "peer-0") -> float:
    """The most evidence against an account on the last day."""
    log = batch(in_order([*office(), *searches]))
    judge = pipeline()
    place = [p.code for p in judge.patterns].index(PatternCode.BULK_SCRAPING)
    figures = figures_of(log)
    evidence = judge.patterns[place].evidence(figures)
    own = batch([search(at(0), actor)]).rows["actor"][0]
    mine = (log.rows["actor"] == own).all(axis=1) & (log.rows["time"] >= at(DAYS))
    return float(np.nanmax(evidence[mine]))


def day_of(
    people: int, *, seconds: float = 30, hour: float = 9, person: str = "taken-{}", **fields: object
) -> list[Fields]:
    """The last day of an account: so many searches, so far apart."""
    about: Fields = {"candidate_limit": 10, "score_threshold": 0.8, **fields}
    return [
        search(at(DAYS, hour, second=seconds * i), "peer-0", person.format(i), **about)
        for i in range(people)
    ]


def test_more_people_are_more_evidence() -> None:
    """Among people never searched for before."""
    evidence = [most_evidence(day_of(people)) for people in (10, 60, 360)]

    assert evidence[0] < evidence[1] < evidence[2]


def test_the_same_people_again_are_none() -> None:
    """A load test with one probe, or a list that is run again, reaches nobody new."""
    again = most_evidence(day_of(360, person="person-0-3-1"))
    probes = [
        {**search(at(DAYS, 9, second=5 * i), "peer-0"), "probe_id": f"probe-{i % 3}"}
        for i in range(360)
    ]

    assert again == 0
    assert most_evidence(probes) == 0


def test_coming_back_to_known_people_takes_from_it() -> None:
    """Sixty new people among sixty known ones are less evidence than by themselves."""
    known = [
        {**event, "subject_id": f"person-0-{i % DAYS}-{i % 10}"}
        for i, event in enumerate(day_of(60, hour=9.004))
    ]

    assert 0 < most_evidence([*day_of(60), *known]) < most_evidence(day_of(60))


def test_a_gallery_taken_twice_is_taken() -> None:
    """What repetition takes is limited, since everybody on the list was new at first."""
    twice = [
        {**event, "event_time": at(DAYS, 9, second=12 * i)}
        for i, event in enumerate(event for event in day_of(360, seconds=24) for _ in range(2))
    ]

    assert most_evidence(twice) > 0.5 * most_evidence(day_of(360, seconds=24))


def test_deeper_pages_are_no_repetition() -> None:
    """Turning pages of the list of somebody new is no reason to suspect less."""
    pages = [
        {**event, "result_offset": 10 * page}
        for event in day_of(60, seconds=60)
        for page in range(3)
    ]
    pages = [{**event, "event_time": event["event_time"] + i} for i, event in enumerate(pages)]

    assert most_evidence(pages) >= most_evidence(day_of(60, seconds=60))


def test_searches_that_fail_are_none() -> None:
    """Nobody was reached."""
    assert most_evidence(day_of(360, outcome="failure")) == 0


@pytest.mark.parametrize(
    "manner",
    [{"candidate_limit": 1000}, {"score_threshold": 0.0}, {"result_offset": 100}],
    ids=lambda manner: next(iter(manner)),
)
def test_a_scrapers_manner_adds_evidence(manner: Fields) -> None:
    """Longer lists, a lower threshold, paging: beside volume."""
    assert most_evidence(day_of(60, **manner)) > most_evidence(day_of(60))


def test_manner_alone_is_little() -> None:
    """An account that changed its settings and searches as ever is no scraper."""
    changed = day_of(10, seconds=2400, candidate_limit=1000, score_threshold=0.0)

    assert most_evidence(changed) < most_evidence(day_of(60))


def test_staying_awake_adds_evidence() -> None:
    """The same people, spread around the clock."""
    assert most_evidence(day_of(60, seconds=1430, hour=0)) > most_evidence(
        day_of(60, seconds=530, hour=8)
    )


def test_what_colleagues_do_is_less_surprising() -> None:
    """The same day among peers who do the same is not as strange as among others."""
    busy = [
        search(at(day, 9, second=30 * i), f"busy-{account}", f"client-{account}-{day}-{i}")
        for day in range(DAYS)
        for account in range(12)
        for i in range(60)
    ]
    newcomer = [{**event, "actor_id": "newcomer"} for event in day_of(60)]
    crowd = [{**event, "actor_role": "busy"} for event in [*busy, *newcomer]]

    assert most_evidence(crowd, "newcomer") < most_evidence(newcomer, "newcomer")


def weeks_of(volumes: list[int]) -> list[Fields]:
    """Days of an account with so many people each, within working hours."""
    return [
        search(
            at(DAYS + day, 9, second=500 * i),
            "peer-0",
            f"taken-{day}-{i}",
            candidate_limit=10,
            score_threshold=0.8,
        )
        for day, people in enumerate(volumes)
        for i in range(people)
    ]


def test_a_kept_pace_adds_evidence() -> None:
    """Days as busy are more suspicious one after another than in spells."""
    assert most_evidence(weeks_of([40] * 12)) > most_evidence(weeks_of([12, 40] * 6))


def test_several_people_stay_awake_longer() -> None:
    """Around the clock by one client is more than by two that alternate, each in its network."""
    one = day_of(60, seconds=1430, hour=0, user_agent="one", source_ip="192.0.2.1")
    two = [
        {**event, "user_agent": f"client-{i // 20}", "source_ip": f"192.0.2.{i // 20}"}
        for i, event in enumerate(one)
    ]

    assert most_evidence(two) < most_evidence(one)
