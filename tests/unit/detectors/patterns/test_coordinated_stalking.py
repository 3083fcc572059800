"""What a ring is worth, in figures made by hand."""

from typing import Any

import numpy as np
import pytest

from detectors.patterns import CoordinatedStalking, Figures
from detectors.state.actors import ACTOR_FIGURES
from detectors.state.groups import GROUP_FIGURES
from detectors.state.subjects import NETWORK_FIGURES, SUBJECT_FIGURES
from tests.logs import batch, search

PATTERN = CoordinatedStalking()

RING: dict[str, Any] = {
    "searches": 40,
    "actors": 6,
    "ring_accounts": 5,
    "ring_groups": 5,
    "ring_searches": 30,
    "ring_days": 12,
    "ring_nats": 16.0,
    "ring_alone": 16.0,
    "ring_choice": 2.0,
}
"""Five accounts with nothing in common, among six who searched, on twelve days."""


def figures(**changed: Any) -> Figures:
    """A ring's figures on one event, but for what is `changed`."""
    actors, subjects = np.zeros(1, ACTOR_FIGURES), np.zeros(1, SUBJECT_FIGURES)
    for name, value in (RING | changed).items():
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


def test_a_ring_is_worth_its_surprise_less_its_choice() -> None:
    """Once it has lasted."""
    assert evidence() == pytest.approx(14.0)


def test_a_few_days_are_worth_less_unless_accounts_are_linked() -> None:
    """Colleagues may check somebody out; nobody opens five accounts for that."""
    linked = {"ring_groups": 1, "ring_alone": 0.0, "ring_links": 8.0}

    assert evidence(ring_days=3) < 0.5 * evidence()
    assert evidence(ring_days=3, **linked) == pytest.approx(14.0)


def test_two_independent_accounts_are_no_ring() -> None:
    """That two people know the same person is nothing; one person's two accounts are something."""
    assert evidence(ring_accounts=2, ring_groups=2) == 0
    assert evidence(ring_accounts=2, ring_groups=1) > 0


def test_one_account_is_for_another_pattern() -> None:
    """However often it comes back."""
    assert evidence(ring_accounts=1, ring_groups=1) == 0


def test_a_search_without_a_person_is_not_judged() -> None:
    """There is nobody to judge."""
    assert np.isnan(evidence(row=-1))


def test_reasons_say_how_many_are_independent() -> None:
    """And the days, and whose searches they were."""
    told = PATTERN.reasons(figures(ring_groups=1, ring_links=7.0))

    assert [reason.feature for reason in told] == [
        "days_with_a_search",
        "independent_accounts",
        "exclusivity",
    ]
    assert told[0].text.startswith("5 accounts looked the same person up 30 times, on 12 days")
    assert told[1].text.startswith("5 accounts are 1 independent one at most")
    assert told[2].observed == pytest.approx(0.75)


def test_reasons_leave_out_links_that_are_not_there() -> None:
    """A ring of acquaintances has nothing to show."""
    assert "independent_accounts" not in {r.feature for r in PATTERN.reasons(figures())}
