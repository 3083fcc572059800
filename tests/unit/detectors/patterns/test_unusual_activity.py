"""What the pattern says of itself, as comparisons: none of its constants stands here."""

from typing import Any

import numpy as np
import pytest

from detectors.alerts import PatternCode
from detectors.patterns import UnusualActivity
from tests.logs import Fields, at, batch, figures_of, in_order, pipeline, search

DAYS = 25
CODE = PatternCode.UNUSUAL_ACTIVITY


def office(**habit: Any) -> list[Fields]:
    """Weeks of twelve accounts that search six times a day; with `habit`, four times more."""
    rng = np.random.default_rng(5)
    usual = {"gallery_id": "ours", "source_ip": "office", "user_agent": "browser"}
    return [
        search(
            at(day, rng.uniform(8, 17)),
            f"actor-{actor}",
            f"person-{rng.integers(10_000)}",
            **{**usual, **(habit if i >= 6 else {})},
        )
        for day in range(DAYS)
        for actor in range(12)
        for i in range(10 if habit else 6)
    ]


def evidence(day: list[Fields], background: list[Fields]) -> float:
    """Highest nats of the day after."""
    log = batch(in_order([*background, *day]))
    found = UnusualActivity().evidence(figures_of(log))[log.rows["time"] >= at(DAYS)]
    return float(np.nanmax(found))


def burst(count: int = 64, hour: float = 10.0, **fields: Any) -> list[Fields]:
    """One account's events of the day after."""
    usual = {"gallery_id": "ours", "source_ip": "office", "user_agent": "browser"}
    return [
        search(at(DAYS, hour, i), "actor-0", f"new-{i}", **{**usual, **fields})
        for i in range(count)
    ]


KINDS: dict[str, dict[str, Any]] = {
    "one face against many": {"operation": "verify", "probe_id": "face"},
    "removals": {"operation": "delete"},
    "lists": {"operation": "list"},
    "embeddings": {"operation": "extract", "embedding_returned": True},
    "denials": {"outcome": "denied"},
    "another's hands": {"gallery_id": "theirs", "source_ip": "away", "user_agent": "script"},
}


@pytest.mark.parametrize("fields", KINDS.values(), ids=KINDS)
def test_what_nobody_does_is_strange(fields: dict[str, Any]) -> None:
    """Each kind, few and many, against as many ordinary searches."""
    for count in (8, 64):
        assert evidence(burst(count), office()) < evidence(burst(count, **fields), office())


def test_what_everybody_does_is_not_strange() -> None:
    """A tenant whose accounts compare every day."""
    habit: dict[str, Any] = {"operation": "verify"}

    assert evidence(burst(8, **habit), office(**habit)) < evidence(burst(8, **habit), office()) / 2


def test_once_or_twice_is_a_slip() -> None:
    """Two removals among eight searches are none."""
    slip = [*burst(8), *burst(2, hour=12, operation="delete")]

    assert evidence(slip, office()) == evidence([*burst(8), *burst(2, hour=12)], office())


def test_what_another_pattern_names_is_left_to_it() -> None:
    """A scraper is not alerted on twice, though its client is new as well."""
    taken = burst(600, user_agent="script", candidate_limit=500)
    log = batch(in_order([*office(), *taken]))
    judged = pipeline().observe(log)
    scraping, unusual = (judged.scores[code.value] for code in (PatternCode.BULK_SCRAPING, CODE))

    assert scraping[-1] > 0.99
    assert np.nanmax(unusual[scraping > 0.9]) < np.nanmax(scraping)


def test_an_estimator_that_there_is_not_is_refused() -> None:
    """When settings are read, not when the first day is judged."""
    with pytest.raises(ValueError, match=r"estimator: .Forest. is not in river"):
        UnusualActivity(estimator="Forest()")
