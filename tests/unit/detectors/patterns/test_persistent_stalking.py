"""What the pattern says of itself, as comparisons: none of its constants stands here."""

import numpy as np
import pytest

from detectors.alerts import PatternCode, Severity
from tests.logs import Fields, at, batch, figures_of, in_order, pipeline, search

DAYS = 28
CODE = PatternCode.PERSISTENT_STALKING


def office(**fields: str) -> list[Fields]:
    """Four weeks in which a dozen accounts look people up once, and one in three again."""
    rng = np.random.default_rng(5)
    events = []
    for account in range(12):
        for number in range(60):
            first = int(rng.integers(DAYS))
            days = [first, first + 1] if number % 3 == 0 else [first]
            events += [
                search(
                    at(day, rng.uniform(8, 17)),
                    f"peer-{account}",
                    f"of-{account}-{number}",
                    **fields,
                )
                for day in days
            ]
    return [event for event in events if event["event_time"] < at(DAYS)]


def evidence(searches: list[Fields], background: list[Fields] | None = None) -> float:
    """The most evidence against the pair of ada and ann."""
    log = batch(in_order([*(office() if background is None else background), *searches]))
    judge = pipeline()
    place = [pattern.code for pattern in judge.patterns].index(CODE)
    nats = judge.patterns[place].evidence(figures_of(log))
    pair = batch([search(at(0), "ada", "ann")]).rows[0]
    mine = (log.rows["actor"] == pair["actor"]).all(axis=1)
    mine &= (log.rows["subject"] == pair["subject"]).all(axis=1)
    return float(np.nanmax(nats[mine], initial=0.0))


def looks(days: int, *, a_day: int = 1, actor: str = "ada", **fields: str) -> list[Fields]:
    """Ann is looked up on so many days, so many times."""
    return [
        search(at(1 + day, 10 + i), actor, "ann", **fields)
        for day in range(days)
        for i in range(a_day)
    ]


WORK = [search(at(day, 11), "ada", f"work-{day}-{i}") for day in range(DAYS) for i in range(2)]
"""What else ada does: two people a day, each once."""


def test_more_days_are_more_evidence() -> None:
    """Coming back once is nothing; every further day adds."""
    nats = [evidence([*WORK, *looks(days)]) for days in (1, 2, 4, 8, 16)]

    assert nats[0] == nats[1] == 0
    assert nats == sorted(nats)
    assert len(set(nats)) == 4


def test_one_day_is_not_stalking() -> None:
    """However often: a person is looked up twenty times when something happens to them."""
    assert evidence([*WORK, *looks(1, a_day=20)]) == 0


@pytest.mark.parametrize("reason", [{"case_ref": "case-7"}, {"subject_relation": "consented"}])
def test_a_reason_takes_evidence_but_not_all(reason: Fields) -> None:
    """Documented abusers gave one every time."""
    explained = evidence([*WORK, *looks(8, **reason)])

    assert 0 < explained < evidence([*WORK, *looks(8)])


def test_a_case_for_some_days_does_not_excuse_the_others() -> None:
    """However many searches of those days had it; cases are a little more usual by them."""
    few, many = (looks(4, a_day=a_day, case_ref="case-7") for a_day in (1, 5))
    plain = [event for event in looks(8) if event["event_time"] > at(5)]

    assert evidence([*WORK, *many, *plain]) >= 0.99 * evidence([*WORK, *few, *plain])


def test_a_fortnight_is_less_than_a_month() -> None:
    """On as many days: who works on a story is done with it."""
    spread = [search(at(1 + 3 * day, 10), "ada", "ann") for day in range(8)]

    assert evidence([*WORK, *looks(8)]) < evidence([*WORK, *spread])


def test_a_purpose_is_no_reason() -> None:
    """Everybody types "investigation"."""
    assert evidence([*WORK, *looks(8, purpose="investigation")]) == evidence([*WORK, *looks(8)])


def test_own_verified_face_is_none() -> None:
    """A self-search is what it says."""
    assert evidence([*WORK, *looks(20, subject_relation="self")]) == 0


def test_sharing_an_interest_takes_evidence() -> None:
    """A person whom many look for is less one account's own."""
    fans = [event for fan in range(9) for event in looks(8, actor=f"fan-{fan}")]

    assert evidence([*WORK, *looks(8), *fans]) < evidence([*WORK, *looks(8)])


def test_coming_back_to_everybody_takes_evidence() -> None:
    """An account with a watch list comes back to all of it."""
    watched = [
        search(at(1 + day, 12), "ada", f"watched-{i}") for day in range(12) for i in range(8)
    ]

    assert evidence([*watched, *looks(8)]) < evidence([*WORK, *looks(8)])


def test_no_reasons_where_they_are_usual_add_evidence() -> None:
    """In an office that logs its cases, searches without one stand out."""
    logged = office(case_ref="case")
    work = [{**event, "case_ref": "case"} for event in WORK]

    assert evidence([*work, *looks(8)], logged) > evidence([*WORK, *looks(8)])


def test_many_images_add_evidence() -> None:
    """On the same days, as many searches."""
    several = [{**event, "probe_id": f"image-{i}"} for i, event in enumerate(looks(8))]
    one = looks(8, probe_id="image")

    assert evidence([*WORK, *several]) > evidence([*WORK, *one])


def test_many_images_on_a_day_are_one_effort() -> None:
    """Another image day after day is; who takes ten pictures of one face sends ten."""
    nats = [
        evidence([*WORK, *({**look, "probe_id": f"image-{i}"} for i, look in enumerate(some))])
        for some in (looks(6), looks(6, a_day=4))
    ]

    assert nats[1] == pytest.approx(nats[0], rel=0.05)


def test_photos_from_social_media_add_evidence() -> None:
    """Where work has cameras'; where everybody's are from there, they say little."""
    cameras: Fields = {"capture_class": "cctv"}
    social: Fields = {"capture_class": "social"}
    nats = [
        evidence([*({**event, **usual} for event in WORK), *looks(8, **own)], office(**usual))
        for usual, own in ((cameras, cameras), (social, social), (cameras, social))
    ]

    assert nats[1] == pytest.approx(nats[0], rel=0.05)
    assert nats[2] > 1.2 * nats[0]


def test_a_log_without_sources_says_nothing_of_them() -> None:
    """A share of 0 may be a field that nobody fills."""
    cameras: Fields = {"capture_class": "cctv"}
    work = [{**event, **cameras} for event in WORK]

    assert evidence([*WORK, *looks(8)]) == evidence(
        [*work, *looks(8, **cameras)], office(**cameras)
    )


def test_two_others_excuse_nothing() -> None:
    """A mother and a father are looked up, too; ten others are a list."""
    nats = [
        evidence(
            [
                *looks(20),
                *WORK,
                *(search(at(1 + d, 12), "ada", f"kin-{i}") for i in range(n) for d in range(16)),
            ]
        )
        for n in (0, 2, 10)
    ]

    assert nats[1] == pytest.approx(nats[0], rel=0.01)
    assert nats[2] < 0.8 * nats[0]


def test_coming_back_to_few_is_not_coming_back_for_long() -> None:
    """That others were searched for on two days does not explain twenty."""
    twice = [
        search(at(1 + day + 4 * i, 12), "ada", f"case-{i}") for i in range(6) for day in (0, 1)
    ]
    often = [search(at(1 + day, 12), "ada", f"case-{i}") for i in range(6) for day in range(16)]

    assert evidence([*often, *looks(20)]) < evidence([*twice, *looks(20)])


def test_reasons_say_what_counted() -> None:
    """Days first, and what was taken as usual; reasons and effort only where they added."""
    logged = office(case_ref="case")
    work = [{**event, "case_ref": "case"} for event in WORK]
    shots = [{**look, "probe_id": f"image-{i}"} for i, look in enumerate(looks(25, a_day=3))]
    log = batch(in_order([*logged, *work, *shots]))
    (alert,) = [a for a in pipeline().observe(log).alerts if a.revision == 1][:1]
    told = {reason.feature: reason for reason in alert.reasons}

    assert list(told)[:2] == ["days_with_a_search", "exclusivity"]
    assert {"explained", "images"} <= told.keys()
    assert told["days_with_a_search"].observed > told["days_with_a_search"].expected
    assert told["explained"].observed == 0 < told["explained"].expected
    assert told["exclusivity"].observed == 1


def test_failed_searches_are_none() -> None:
    """Nobody was shown."""
    assert evidence([*WORK, *looks(8, outcome="denied")]) == 0


def test_an_account_with_one_person_is_at_most_medium() -> None:
    """It may be its own face, unverified."""
    logged = office(case_ref="case")
    work = [{**event, "case_ref": "case"} for event in WORK]
    alone = pipeline().observe(batch(in_order([*logged, *looks(25, a_day=3)])))
    worker = pipeline().observe(batch(in_order([*logged, *work, *looks(25, a_day=3)])))
    severities = [
        max((a.severity.rank for a in judged.alerts if a.entity.id == "ada+ann"), default=-1)
        for judged in (alone, worker)
    ]

    assert severities[0] == Severity.MEDIUM.rank
    assert severities[1] > Severity.MEDIUM.rank
