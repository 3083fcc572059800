"""What the pattern says of itself, as comparisons: none of its constants stands here."""

import numpy as np
import pytest

from detectors.alerts import PatternCode
from tests.logs import Fields, at, batch, figures_of, in_order, pipeline, search

DAYS = 15


def office(photos: int = 1, accounts: int = 12) -> list[Fields]:
    """Weeks in which each of some accounts looks three people up, with so many photos each."""
    rng = np.random.default_rng(8)
    return [
        search(
            at(day, 9 + person, account, 20 * photo),
            f"peer-{account}",
            f"person-{account}-{day}-{person}",
            probe_id=f"file-{account}-{day}-{person}-{photo}",
            probe_cluster_id=f"photo-{account}-{day}-{person}-{photo}",
            top_score=round(float(rng.normal(0.9, 0.02)), 4),
        )
        for day in range(DAYS)
        for account in range(accounts)
        for person in range(3)
        for photo in range(photos)
    ]


def tries(
    scores: list[float], *, alike: bool = True, minutes: float = 2, **fields: object
) -> list[Fields]:
    """One account's probes at one person on the day after, with these scores."""
    return [
        search(
            at(DAYS, 9, minutes * i),
            "peer-0",
            "target",
            probe_id=f"made-{i}",
            probe_cluster_id="made" if alike else f"made-{i}",
            top_score=score,
            **fields,
        )
        for i, score in enumerate(scores)
    ]


def evidence(probes: list[Fields], photos: int = 1) -> list[float]:
    """Nats after each of the probes."""
    log = batch(in_order([*office(photos), *probes]))
    judge = pipeline()
    (pattern,) = [p for p in judge.patterns if p.code is PatternCode.PROBE_HILL_CLIMBING]
    nats = pattern.evidence(figures_of(log))
    found: list[float] = np.asarray(nats)[log.rows["time"] >= at(DAYS)].tolist()
    return found


def rising(count: int) -> list[float]:
    """Scores on the way up."""
    return [round(0.5 + 0.4 * i / count, 4) for i in range(count)]


def shuffled(count: int) -> list[float]:
    """The same in no order."""
    return [float(s) for s in np.random.default_rng(3).permutation(rising(count))]


def test_more_probes_are_more_evidence() -> None:
    """From none at all at first."""
    nats = evidence(tries(shuffled(40)))

    assert nats[:3] == [0, 0, 0]
    assert 0 < nats[9] < nats[39]


@pytest.mark.parametrize("operation", ["identify", "verify"])
def test_a_climb_is_more_evidence_than_the_same_scores_in_no_order(operation: str) -> None:
    """Of searches and of comparisons."""
    up, mixed = (
        evidence(tries(scores, operation=operation))[-1] for scores in (rising(12), shuffled(12))
    )

    assert up > mixed


def test_near_duplicates_are_more_evidence_than_different_photos() -> None:
    """Of one person, with scores as they usually are."""
    usual = [0.9, 0.91, 0.89] * 3
    alike, different = (evidence(tries(usual, alike=alike))[-1] for alike in (True, False))

    assert alike > different


def test_composites_are_more_evidence_than_photos() -> None:
    """Not alike, in no order: low scores tell them from photos of the person."""
    usual = [0.9, 0.91, 0.89] * 4
    low = [0.6, 0.61, 0.59] * 4

    assert evidence(tries(low, alike=False))[-1] > evidence(tries(usual, alike=False))[-1]


def test_what_is_usual_is_little_evidence() -> None:
    """Where everybody tries eight photos of each person, eight of one person are no news."""
    scores = [0.9, 0.91, 0.89, 0.9, 0.88, 0.9, 0.91, 0.9]
    rare, usual = (evidence(tries(scores, alike=False), photos)[-1] for photos in (1, 8))

    assert usual < 0.5 * rare


@pytest.mark.parametrize(
    "fields", [{"outcome": "failure"}, {"subject_relation": "self"}], ids=["failed", "self"]
)
def test_what_shows_nothing_or_oneself_is_not_judged(fields: Fields) -> None:
    """A failed search tells no score; a verified own face may be tried as often as one likes."""
    assert np.isnan(evidence(tries(rising(30), **fields))).all()


def test_the_same_probe_again_is_no_evidence() -> None:
    """A load test."""
    same = [{**event, "probe_id": "made-0"} for event in tries([0.7] * 40)]

    assert max(evidence(same)) == 0


def test_probes_over_many_days_are_little_evidence() -> None:
    """A photo a day of somebody is no climbing."""
    assert max(evidence(tries(shuffled(10), alike=False, minutes=24 * 60))) == 0


def test_who_tries_again_at_everybody_is_no_climber() -> None:
    """A kiosk's long run is less evidence after a morning of short ones."""
    morning = [
        search(
            at(DAYS, 7, 4 * person + tried / 12),
            "peer-0",
            f"traveller-{person}",
            operation="verify",
            probe_id=f"live-{person}-{tried}",
            top_score=0.5 + 0.05 * tried,
        )
        for person in range(12)
        for tried in range(6)
    ]
    run = tries(rising(9), operation="verify")

    assert evidence([*morning, *run])[-1] < 0.5 * evidence(run)[-1]


def test_the_order_of_matches_scores_is_no_climb() -> None:
    """Photos of the person, each by chance a little better than the last."""
    matches = [round(0.9 + 0.005 * i, 4) for i in range(12)]
    mixed = [matches[i] for i in np.random.default_rng(3).permutation(12)]
    up, none = (evidence(tries(scores, alike=False))[-1] for scores in (matches, mixed))

    assert up == pytest.approx(none, rel=0.05)


def test_a_patient_climb_below_the_threshold_is_seen() -> None:
    """Nobody is named; the scores rise over a fortnight, with others' photos between them."""
    rng = np.random.default_rng(2)
    probes = [
        search(
            at(DAYS + day, 9, 5 * i),
            "peer-0",
            None if i % 3 else f"decoy-{day}-{i}",
            probe_id=f"slow-{day}-{i}",
            top_score=round(float((0.35 + 0.03 * day if i % 3 else 0.9) + rng.normal(0, 0.04)), 4),
        )
        for day in range(14)
        for i in range(12)
    ]
    alerts = pipeline().observe(batch(in_order([*office(), *probes]))).alerts
    (first, *_) = [a for a in alerts if a.pattern is PatternCode.PROBE_HILL_CLIMBING]

    assert {reason.feature for reason in first.reasons} == {"rising_scores"}


def test_an_alert_says_what_was_seen() -> None:
    """How many probes, and how many best scores."""
    log = batch(in_order([*office(), *tries(rising(40))]))
    (alert, *_) = [
        alert
        for alert in pipeline().observe(log).alerts
        if alert.pattern is PatternCode.PROBE_HILL_CLIMBING
    ]
    reasons = {reason.feature: reason for reason in alert.reasons}

    assert alert.entity.id == "peer-0"
    assert reasons["near_duplicates"].observed > reasons["near_duplicates"].expected
    assert reasons["best_scores"].observed > reasons["best_scores"].expected
