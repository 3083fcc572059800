import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.alerts import Severity
from detectors.calibration import PER, Calibration, calibrate, score
from detectors.config import Detection
from detectors.patterns import Pattern

scales = st.builds(
    Calibration,
    intercept=st.floats(-5, 5),
    rate=st.floats(0.1, 3),
    allowed=st.floats(0.001, 100),
)
nats = st.floats(0, 1e6)


@given(scale=scales, evidence=st.lists(st.one_of(nats, st.just(math.nan)), min_size=1))
def test_scores_are_bounded_and_grow_with_evidence(
    scale: Calibration, evidence: list[float]
) -> None:
    """From 0 to 1, never less for more evidence, unknown for what is unknown."""
    ordered = np.sort(np.array(evidence))
    scores = scale.scores(ordered)
    known = ~np.isnan(ordered)

    assert (np.isnan(scores) == ~known).all()
    assert ((scores[known] >= 0) & (scores[known] <= 1)).all()
    assert (np.diff(scores[known]) >= 0).all()


@given(scale=scales, evidence=nats)
def test_a_score_is_a_function_of_rarity(scale: Calibration, evidence: float) -> None:
    """The same rarity gives the same score, whatever the pattern."""
    (found,) = scale.scores(np.array([evidence]))

    assert found == pytest.approx(score(scale.rarity(evidence)), rel=1e-6)
    assert 0 < scale.rarity(evidence) <= PER


@given(scale=scales)
def test_the_threshold_is_where_the_budget_ends(scale: Calibration) -> None:
    """What just earns an alert is as rare as the budget pays for, and earns medium severity."""
    if scale.threshold > 0:
        assert scale.rarity(scale.threshold) == pytest.approx(min(scale.allowed, PER), rel=1e-6)
    assert scale.severity(scale.threshold) is Severity.MEDIUM
    assert scale.severity(math.nextafter(scale.threshold, -math.inf)) is Severity.LOW


@given(scale=scales)
def test_severities_need_ever_more_evidence(scale: Calibration) -> None:
    """Each begins where the one before has ended."""
    needed = [scale.evidence_for(severity) for severity in list(Severity)[1:]]

    assert needed == sorted(set(needed))
    assert [scale.severity(evidence) for evidence in needed] == list(Severity)[1:]


@pytest.mark.parametrize("pattern", Detection().patterns.all(), ids=lambda p: p.code.value)
def test_a_larger_budget_lowers_the_threshold(pattern: Pattern) -> None:
    """And nothing else about the scale."""
    tight, loose = calibrate(pattern, 1.0), calibrate(pattern, 10.0)

    assert loose.threshold < tight.threshold
    assert loose.rarity(5.0) == tight.rarity(5.0)


def test_the_budget_is_shared_out_once() -> None:
    """The shares of the shipped patterns add up to at most the whole budget."""
    assert sum(pattern.budget_share for pattern in Detection().patterns.all()) <= 1 + 1e-9
