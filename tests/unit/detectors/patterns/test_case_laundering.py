"""What the pattern says of itself, as comparisons: none of its constants stands here."""

import numpy as np
import pytest

from detectors.alerts import PatternCode, Status
from tests.logs import Fields, at, batch, figures_of, in_order, pipeline, search

DAYS = 100


def office(accounts: int = 10) -> list[Fields]:
    """Accounts with a new case a fortnight, of three persons who are searched for again."""
    rng = np.random.default_rng(9)
    return [
        search(
            at(int(day), rng.uniform(8, 17)),
            f"peer-{account}",
            f"person-{account}-{case}-{rng.integers(3)}",
            case_ref=f"case-{account}-{case}",
            capture_class="cctv",
        )
        for account in range(accounts)
        for case in range(DAYS // 14)
        for day in 14 * case + rng.integers(0, 25, 9)
    ]


def excuse(persons: int, every: int = 8, **fields: object) -> list[Fields]:
    """One account's searches of ever new persons under its first case, after a while."""
    return [
        search(
            at(20 + every * i, 18),
            "peer-0",
            f"noticed-{i}",
            event_id=f"excuse-{i}",
            **{"case_ref": "case-0-0", "capture_class": "cctv", **fields},
        )
        for i in range(persons)
    ]


def evidence(misuse: list[Fields], others: list[Fields] | None = None) -> list[float]:
    """Nats after each search of the misuse."""
    log = batch(in_order([*(office() if others is None else others), *misuse]))
    judge = pipeline()
    (pattern,) = [p for p in judge.patterns if p.code is PatternCode.CASE_LAUNDERING]
    nats = np.asarray(pattern.evidence(figures_of(log)))
    ids = {event["event_id"] for event in misuse if "event_id" in event}
    found: list[float] = nats[[event_id in ids for event_id in log.event_ids]].tolist()
    return found


def test_every_new_person_is_more_evidence() -> None:
    """Under a case that has been worked on; there is none at first."""
    nats = evidence(excuse(9))

    assert nats[0] < 1
    assert nats[2] < nats[5] < nats[8]


def test_photos_from_social_media_add() -> None:
    """Where the account's others are from cameras; at most as much again."""
    plain, social = evidence(excuse(9))[-1], evidence(excuse(9, capture_class="social"))[-1]

    assert plain < social <= 2 * plain + 1e-6


def test_photos_alone_are_evidence_of_many_persons() -> None:
    """Where every case brings some persons by the way, so that days show nothing."""
    brought = [
        search(at(day, 10), account, f"{account}-by-the-way-{day}", case_ref=f"case-{number}-{k}")
        | {"capture_class": "cctv"}
        for number in range(10)
        for account in (f"peer-{number}",)
        for k in range(7)
        for day in range(14 * k, 14 * k + 28, 2)
    ]
    others = [*office(), *brought]

    assert evidence(excuse(30, every=2), others)[-1] < 2
    assert evidence(excuse(30, every=2, capture_class="social"), others)[-1] > 5


def test_coming_back_is_no_evidence() -> None:
    """An inquiry that gets new persons and goes on with the old ones is none."""
    back = [
        search(at(21 + 8 * i + day, 18), "peer-0", f"noticed-{j}", case_ref="case-0-0")
        for i in range(2, 9)
        for day in range(2)
        for j in range(i - 2, i)
    ]
    nats = evidence([*excuse(9), *back])

    assert nats[-1] < evidence(excuse(9))[-1] / 2


def test_looking_again_at_the_newest_is_no_excuse() -> None:
    """A second look at whoever came last takes nothing away."""
    again = [
        search(at(22 + 8 * i, 18), "peer-0", f"noticed-{i}", case_ref="case-0-0") for i in range(9)
    ]

    assert evidence([*excuse(9), *again])[-1] == pytest.approx(evidence(excuse(9))[-1], rel=0.05)


def test_a_number_that_many_file_under_is_no_evidence() -> None:
    """Peers who do the same under the same case, or under cases of their own."""
    alone = evidence(excuse(9))[-1]
    for case in ("case-0-0", None):
        others = [
            {**event, "actor_id": f"peer-{k}", "subject_id": f"{event['subject_id']}-{k}"}
            | {"event_id": f"{event['event_id']}-{k}", "case_ref": case or f"case-{k}-0"}
            for k in range(1, 8)
            for event in excuse(9)
        ]
        assert evidence(excuse(9), [*office(), *others])[-1] < 0.6 * alone


def test_an_account_with_one_number_says_nothing() -> None:
    """Or next to nothing, where no account has another one."""
    assert max(evidence(excuse(9), [])) < evidence(excuse(9))[-1] / 5


def test_without_a_case_there_is_no_judgement() -> None:
    """Nor where nobody was found."""
    plain = [{k: v for k, v in event.items() if k != "case_ref"} for event in excuse(5)]

    assert np.isnan(evidence(plain)).all()


def test_alert_names_account_case_and_persons() -> None:
    """The entity is the case; who searched, and for whom, stands beside it."""
    events = [*office(), *excuse(10, every=7, capture_class="social")]
    tenant = {"tenant_id": "tenant"}
    alerts = pipeline().observe(batch(in_order({**tenant, **e} for e in events))).alerts
    opened = [a for a in alerts if a.pattern is PatternCode.CASE_LAUNDERING]
    assert {a.entity.id for a in opened} == {"case-0-0"}
    first = next(a for a in opened if a.status is Status.OPEN)

    assert first.entity.type == "case"
    assert first.actors == ("peer-0",)
    assert first.subjects[0].startswith("noticed-")
    assert first.reasons[0].feature == "days_with_new_persons_only"
