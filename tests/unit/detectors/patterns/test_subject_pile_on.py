"""What a crowd is worth, in figures made by hand."""

from typing import Any

import numpy as np
import pytest

from detectors.patterns import Figures, SubjectPileOn
from detectors.state.actors import ACTOR_FIGURES
from detectors.state.groups import GROUP_FIGURES
from detectors.state.subjects import NETWORK_FIGURES, SUBJECT_FIGURES
from tests.logs import batch, search

PATTERN = SubjectPileOn()

CROWD: dict[str, Any] = {
    "crowd": 60.0,
    "crowd_expected": 2.0,
    "crowd_explained": 0.02,
    "crowd_usual": 0.5,
    "crowd_nats": 30.0,
    "usual_crowd": 0.4,
}
"""Sixty accounts within a month, hardly one with a reason, where every second search has one."""


def figures(**changed: Any) -> Figures:
    """A crowd's figures on the event of a newcomer, but for what is `changed`."""
    actors, subjects = np.zeros(1, ACTOR_FIGURES), np.zeros(1, SUBJECT_FIGURES)
    actors["pair_is_new"] = changed.pop("pair_is_new", 1)
    actors["peer_returning"] = changed.pop("peer_returning", 0.0)
    for name, value in (CROWD | changed).items():
        subjects[name] = value
    return Figures(
        batch([search(0, subject="a")]).rows,
        actors,
        subjects,
        np.zeros(1, NETWORK_FIGURES),
        np.zeros(1, GROUP_FIGURES),
    )


def evidence(**changed: Any) -> float:
    """Nats of it."""
    return float(PATTERN.evidence(figures(**changed))[0])


def test_curiosity_is_worth_no_more_than_the_crowd() -> None:
    """Many unexplained searches are as surprising as so many newcomers are rare."""
    volume = np.log(60) / 0.4

    assert evidence() == pytest.approx(volume * (1 + 0.05 * (1 - 0.8 * 0.02 / 0.5)), rel=1e-5)


def test_a_referenced_case_is_hardly_worth_anything() -> None:
    """Many officers with a case's number do their work."""
    assert evidence(crowd_explained=0.6, crowd_nats=0.0) < 0.05 * evidence()


def test_a_star_of_the_day_is_worth_little_where_nobody_gives_reasons() -> None:
    """The log cannot tell it from a mob; what is left is volume."""
    assert evidence(crowd_explained=0.0, crowd_usual=0.0, crowd_nats=0.0) < 0.15 * evidence()


def test_the_larger_the_usual_crowds_the_less_is_one_worth() -> None:
    """The tenant's own tail decides."""
    assert evidence(usual_crowd=1.0) < 0.5 * evidence(usual_crowd=0.4)


NO_REASONS: dict[str, Any] = {"crowd_explained": 0.0, "crowd_usual": 0.0, "crowd_nats": 0.0}
"""Where nobody gives any."""

WATCHED: dict[str, Any] = {"actors": 60, "active_days": 20, "peer_returning": 0.3}
"""By accounts that come back to three persons in ten."""


def test_who_does_not_come_back_is_curious() -> None:
    """Fans and colleagues do."""
    curious = evidence(**WATCHED, other_returning=2)

    assert curious > 1.3 * evidence(**WATCHED, other_returning=18)
    assert evidence(**WATCHED, other_returning=18) == evidence()


def test_whom_nobody_comes_back_to_may_be_in_the_news() -> None:
    """Where nobody gives reasons, that adds nothing: everybody is curious there."""
    assert evidence(**NO_REASONS, **WATCHED, other_returning=0) == evidence(**NO_REASONS)


def test_nobody_can_come_back_on_the_first_day() -> None:
    """So that nobody did says nothing."""
    fresh = WATCHED | {"active_days": 1}

    assert evidence(**fresh, other_returning=0) == evidence()


DIFFERENT: dict[str, Any] = {
    "crowd_stated": 0.9,
    "crowd_common": 0.3,
    "crowd_alike": 0.25,
    "crowd_apart": 50.0,
    "crowd_sudden": 80.0,
}
"""Purposes that differ as those of any searches do, of a crowd that came of a sudden."""


def test_who_has_no_cause_in_common_counts_in_full() -> None:
    """With reasons or without: each came by a way of its own."""
    excused = {"crowd_explained": 0.6, "crowd_nats": 0.0}

    assert evidence(**NO_REASONS, **DIFFERENT) == pytest.approx(np.log(60) / 0.4, rel=1e-5)
    assert evidence(**excused, **DIFFERENT) == pytest.approx(np.log(60) / 0.4, rel=1e-5)


def test_to_a_star_people_come_all_the_time() -> None:
    """Each for a purpose of its own; what counts is that they came of a sudden."""
    steady = DIFFERENT | {"crowd_sudden": 1.0}

    assert evidence(**NO_REASONS, **steady) < 0.1 * evidence(**NO_REASONS, **DIFFERENT)


def test_an_appeal_that_all_know_needs_no_reasons() -> None:
    """One purpose of all takes away most of what missing reasons say."""
    appeal = DIFFERENT | {"crowd_common": 1.0, "crowd_apart": -60.0}

    assert evidence(**appeal) < 0.3 * evidence()


@pytest.mark.parametrize("alike", [0.04, 1.0])
def test_purposes_that_tell_nothing_count_nothing(alike: float) -> None:
    """Where everybody states the same one, or writes words of one's own."""
    assert evidence(**DIFFERENT | {"crowd_alike": alike}) == evidence()


def test_few_purposes_count_nothing() -> None:
    """If a quarter of the crowd states one at most."""
    assert evidence(**DIFFERENT | {"crowd_stated": 0.2}) == evidence()


def test_purposes_are_told() -> None:
    """If they differ."""
    *_, purposes = PATTERN.reasons(figures(**DIFFERENT))

    assert purposes.feature == "common_purpose"
    assert purposes.observed == pytest.approx(0.3)
    assert "30% of those who stated a purpose" in purposes.text


def test_those_with_reasons_need_not_come_back() -> None:
    """A manhunt is over when somebody is found."""
    explained = {"crowd_explained": 0.6, "crowd_nats": 0.0}

    assert evidence(**explained, **WATCHED) < 0.2 * evidence(**NO_REASONS, **WATCHED)


def test_few_are_hardly_a_crowd() -> None:
    """Whatever their reasons; they lead up to one."""
    assert evidence(crowd=1.0) == 0
    assert 0 < evidence(crowd=3.0) < 0.1 * evidence(crowd=12.0)


def test_only_newcomers_are_judged() -> None:
    """Whoever comes back does not make the crowd larger."""
    assert evidence(pair_is_new=0) == 0


def test_a_search_without_a_person_is_not_judged() -> None:
    """There is nobody to judge."""
    assert np.isnan(evidence(row=-1))


def test_how_many_came_back_is_told() -> None:
    """If it counts."""
    *_, back = PATTERN.reasons(figures(**WATCHED, other_returning=3))

    assert (back.feature, back.observed) == ("came_back", 0.05)
    assert "3 of 60 accounts" in back.text


def test_reasons_are_the_crowd_and_its_reasons() -> None:
    """In numbers, against what was expected."""
    crowd, reasons = PATTERN.reasons(figures())

    assert (crowd.observed, crowd.expected) == (60, 2)
    assert "about 60 accounts" in crowd.text
    assert reasons.text.startswith("2% of them had a case or consent; 50%")


SILENT: dict[str, Any] = NO_REASONS | {
    "crowd_sudden": 80.0,
    "crowd_noted": 60.0,
    "crowd_settled": 0.9,
    "crowd_known": 50.0,
    "crowd_social": 0.6,
    "crowd_usual_social": 0.6,
    "crowd_home": 1.0,
    "crowd_kin": 1.0,
}
"""A sudden crowd of old accounts in a log without purposes: photos and tenants are as usual."""


def test_photos_of_another_source_are_not_of_work() -> None:
    """Staff that photographs whom it meets, and searches for this person from social media."""
    odd = evidence(**SILENT | {"crowd_social": 1.0, "crowd_usual_social": 0.05})

    assert odd > 8 * evidence(**SILENT)
    assert odd == pytest.approx(np.log(60) / 0.4, rel=1e-5)


def test_the_photos_of_stars_are_from_social_media() -> None:
    """Where others' mostly are, too, that tells no mob from the fans of somebody new."""
    star = SILENT | {"crowd_social": 1.0, "crowd_usual_social": 0.75}

    assert evidence(**star) == evidence(**SILENT)


def test_news_reach_all_tenants() -> None:
    """Whom those of one tenant look for, where others search for the same persons, is a mob's."""
    assert evidence(**SILENT | {"crowd_kin": 0.4}) > 8 * evidence(**SILENT)
    assert evidence(**SILENT | {"crowd_kin": 0.5, "crowd_home": 0.5}) == evidence(**SILENT)


def test_who_came_with_the_crowd_tells_nothing() -> None:
    """Guests of an event sign up for it."""
    guests = SILENT | {"crowd_kin": 0.4, "crowd_settled": 0.0}

    assert evidence(**guests) == evidence(**SILENT)


@pytest.mark.parametrize("told", [{"crowd_stated": 0.9}, {"crowd_usual": 1.0}])
def test_purposes_and_reasons_tell_more(told: dict[str, float]) -> None:
    """Where they are logged, nothing else is asked."""
    mob = SILENT | {"crowd_kin": 0.4} | told

    assert evidence(**mob) == evidence(**SILENT | told)


def test_what_tells_in_their_stead_is_said() -> None:
    """Photos and tenants are reasons where they count."""
    odd = figures(**SILENT | {"crowd_kin": 0.4, "crowd_social": 1.0, "crowd_usual_social": 0.05})
    named = {reason.feature for reason in PATTERN.reasons(odd)}

    assert {"social_media", "one_tenant"} <= named
    assert not {"social_media", "one_tenant"} & {
        reason.feature for reason in PATTERN.reasons(figures(**SILENT))
    }
