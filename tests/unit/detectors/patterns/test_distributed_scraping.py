"""What a group is worth, in figures made by hand."""

from typing import Any

import numpy as np

from detectors.patterns import DistributedScraping, Figures
from detectors.state.actors import ACTOR_FIGURES
from detectors.state.groups import GROUP_FIGURES, Common
from detectors.state.subjects import NETWORK_FIGURES, SUBJECT_FIGURES
from tests.logs import batch, search

PATTERN = DistributedScraping()

GROUP: dict[str, Any] = {
    "kind": Common.TLS,
    "accounts": 40.0,
    "mean": 2.5,
    "expected": -0.3,
    "spread": 0.4,
    "nats": 14.0,
}


def figures(**changed: Any) -> Figures:
    """A group's figures on one event, but for what is `changed`."""
    actors, groups = np.zeros(1, ACTOR_FIGURES), np.zeros(1, GROUP_FIGURES)
    actors["looks_today"], actors["reach_today"] = 8, 7
    for name, value in (GROUP | changed).items():
        groups[name] = value
    return Figures(
        batch([search(0, subject="a")]).rows,
        actors,
        np.zeros(1, SUBJECT_FIGURES),
        np.zeros(1, NETWORK_FIGURES),
        groups,
    )


def evidence(**changed: Any) -> float:
    """Nats of it."""
    return float(PATTERN.evidence(figures(**changed))[0])


def test_evidence_is_that_of_the_group() -> None:
    """And none of it, if too few accounts are active on one day."""
    assert evidence() == 14.0
    assert evidence(accounts=4.0) == 0


def test_a_search_that_climbs_no_rung_is_not_judged() -> None:
    """It says nothing that was not said before."""
    assert np.isnan(evidence(row=-1))


def test_reasons_say_what_the_accounts_have_in_common() -> None:
    """With what was expected of them."""
    days, group, account = PATTERN.reasons(figures())

    assert "2.5 nats on average; -0.3 were expected" in days.text
    assert group.text == "40 accounts on the busiest day have in common: the same TLS fingerprint"
    assert "7 new people in 8 searches" in account.text


def test_every_kind_of_group_has_its_words() -> None:
    """None is left without."""
    texts = {PATTERN.reasons(figures(kind=kind))[1].text for kind in Common}

    assert len(texts) == len(Common)
