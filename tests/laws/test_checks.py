"""The laws are worth something: a pattern that breaks one is found out."""

from collections import Counter
from typing import ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from detectors.alerts import PatternCode, Reason
from detectors.checks import Law, Trial, check_pattern, laws
from detectors.config import Detection
from detectors.events import ABSENT, EventBatch
from detectors.patterns import BulkScraping, Figures, Patterns
from tests.logs import MONDAY, at, batch, search

CERTAIN = 100.0
"""Nats that raise an alert whatever the calibration."""


def log() -> EventBatch:
    """Six days with six searches each, by three accounts of two tenants."""
    return batch(
        search(
            at(day, 9, minute),
            f"actor-{day % 3}",
            f"person-{minute}",
            tenant_id=f"tenant-{day % 2}",
            candidate_limit=10,
        )
        for day in range(6)
        for minute in range(6)
    )


class Infinite(BulkScraping, frozen=True):
    """Divides by what may be nothing."""

    def evidence(self, figures: Figures) -> NDArray[np.float64]:
        """Infinite where nothing was reached."""
        return np.where(figures.actors["searches_today"] < 3, np.inf, 0.0)


class Scribbling(BulkScraping, frozen=True):
    """Uses its input as scratch paper."""

    def evidence(self, figures: Figures) -> NDArray[np.float64]:
        """Zero."""
        figures.events["limit"] += 1
        return np.zeros(len(figures))


class Ranking(BulkScraping, frozen=True):
    """Compares the events of a batch with each other."""

    def evidence(self, figures: Figures) -> NDArray[np.float64]:
        """The event's place in the batch."""
        return np.arange(len(figures), dtype=np.float64)


class Counting(BulkScraping, frozen=True):
    """Keeps state of its own, which no snapshot holds."""

    calls: ClassVar[Counter[str]] = Counter()

    def evidence(self, figures: Figures) -> NDArray[np.float64]:
        """More with each call."""
        self.calls["evidence"] += 1
        return np.full(len(figures), float(self.calls["evidence"]))


class Dated(BulkScraping, frozen=True):
    """Was tuned on one season."""

    def evidence(self, figures: Figures) -> NDArray[np.float64]:
        """Something only until two weeks after the first Monday of 2025."""
        return np.where(figures.events["time"] < MONDAY + 14 * 86_400_000, 1.0, 0.0)


class Forgetful(BulkScraping, frozen=True):
    """Judges events that the shards say are repeated."""

    def evidence(self, figures: Figures) -> NDArray[np.float64]:
        """Never unknown."""
        return np.zeros(len(figures))


class Neighbourly(BulkScraping, frozen=True):
    """Takes the number of a row for a figure."""

    def evidence(self, figures: Figures) -> NDArray[np.float64]:
        """By how many accounts came before."""
        rows: NDArray[np.float64] = figures.subjects["row"] + figures.actors["row"] + 0.0
        return rows


class Eager(BulkScraping, frozen=True):
    """Needs no evidence."""

    def evidence(self, figures: Figures) -> NDArray[np.float64]:
        """Certainty."""
        return np.where(figures.actors["row"] >= 0, CERTAIN, np.nan)


class Silent(Eager, frozen=True):
    """Raises alerts and does not say why."""

    def reasons(self, figures: Figures) -> tuple[Reason, ...]:  # noqa: ARG002
        """None."""
        return ()


class Dependent(BulkScraping, frozen=True):
    """Takes an optional field for granted."""

    def evidence(self, figures: Figures) -> NDArray[np.float64]:
        """Infinite where no limit was given."""
        return np.where(figures.events["limit"] == ABSENT, np.inf, 0.0)


def trial(planted: BulkScraping) -> Trial:
    """A trial of the planted pattern."""
    detection = Detection(patterns=Patterns(bulk_scraping=planted))
    return Trial(log(), (PatternCode.BULK_SCRAPING,), detection)


@pytest.mark.parametrize(
    ("law", "planted", "message"),
    [
        (laws.evidence_is_a_function_of_the_figures, Infinite(), "infinite evidence"),
        (laws.evidence_is_a_function_of_the_figures, Scribbling(), "written to"),
        (laws.evidence_is_a_function_of_the_figures, Ranking(), "more than the event's"),
        (laws.alerts_explain_themselves, Silent(), "no reasons"),
        (laws.the_log_is_left_alone, Scribbling(), "written to"),
        (laws.the_same_log_gives_the_same, Counting(), "differ"),
        (laws.cutting_the_log_changes_nothing, Ranking(), "differ"),
        (laws.restoring_changes_nothing, Counting(), "differ"),
        (laws.shifting_time_moves_only_times, Dated(), "differ"),
        (laws.repeating_events_changes_nothing, Forgetful(), "repeated event is judged"),
        (laws.other_tenants_change_nothing, Neighbourly(), "differ"),
        (laws.the_first_search_is_no_alert, Eager(), "an alert on event 0 alone"),
        (laws.absent_fields_are_survived, Dependent(), "infinite evidence"),
    ],
)
def test_planted_defect_is_found(law: Law, planted: BulkScraping, message: str) -> None:
    """The law that a planted pattern breaks says so."""
    with pytest.raises(AssertionError, match=message):
        law(trial(planted))


def test_check_pattern_tries_the_laws() -> None:
    """One call finds a defect, and passes a pattern without."""
    check_pattern(PatternCode.BULK_SCRAPING, log())

    with pytest.raises(AssertionError, match="no reasons"):
        check_pattern(PatternCode.BULK_SCRAPING, log(), trial(Silent()).detection)
