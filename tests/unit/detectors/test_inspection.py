from functools import cache

import numpy as np
import pytest

from detectors.alerts import Alert, PatternCode, Status
from detectors.base import Figures
from detectors.inspection import Finding, Made, changes, inspect
from detectors.levers import LEVERS, usable
from detectors.patterns import Pattern, Patterns
from tests.logs import at, batch, figures_of, in_order, misuse_log, name_of, pipeline, search

PATTERNS = Patterns().all()
LATE = 3_000
"""Events of the log after which each is inspected: by then most misuse has begun."""


@cache
def inspected() -> list[tuple[tuple[Finding, ...], list[Alert]]]:
    """The last events of a log with all kinds of misuse, one by one."""
    log, judge = misuse_log(), pipeline()
    judge.observe(log.take(0, LATE))
    return [
        inspect(judge, log.take(number, number + 1), name_of) for number in range(LATE, len(log))
    ]


def test_looking_changes_nothing() -> None:
    """Events that are inspected one by one raise the alerts that they raise in a batch."""
    log, judge = misuse_log(), pipeline()
    before = judge.observe(log.take(0, LATE)).alerts
    looked_at = [alert for _, alerts in inspected() for alert in alerts]

    assert [*before, *looked_at] == pipeline().observe(log).alerts


def test_every_pattern_says_something_of_every_event() -> None:
    """Nine findings in the order of judging, each with a reason why if it was not judged."""
    for findings, _ in inspected():
        assert [finding.pattern for finding in findings] == [p.code for p in PATTERNS]
        unjudged = [finding for finding in findings if finding.made is Made.NOT_JUDGED]
        assert all(finding.why and finding.evidence is None for finding in unjudged)


def test_an_alert_is_found_where_it_was_raised() -> None:
    """What an event raised is told of it, and of no other event, with its alert."""
    for findings, alerts in inspected():
        raised = {a.alert_id for a in alerts if a.status is not Status.CLOSED}
        told = {f.alert_id for f in findings if f.made is Made.ALERT}
        assert told == raised


def test_what_is_made_of_evidence_follows_from_it() -> None:
    """An alert from the threshold on, kept from half of it, else nothing; and a budget for each."""
    for findings, _ in inspected():
        for finding in findings:
            if finding.evidence is None or finding.made in {Made.YIELDED, Made.ALERT}:
                continue
            enough = finding.evidence >= finding.threshold
            assert (finding.made is Made.ENOUGH) == enough
            assert (finding.severity is not None) == enough
            assert (finding.budget or 0.0) <= 1.0 + 1e-9 if enough else (finding.budget or 2) > 1.0


def test_each_change_would_have_changed_the_outcome() -> None:
    """What is told as a change takes the evidence to the other side; some is told of most."""
    told = 0
    for findings, _ in inspected():
        for finding in findings:
            raised = (finding.evidence or 0.0) >= finding.threshold
            told += bool(finding.changes)
            for change in finding.changes:
                assert (change.evidence >= finding.threshold) != raised
                assert change.then != change.now

    assert told > 20


@pytest.fixture(scope="module")
def figures() -> Figures:
    """Figures of every event of the log."""
    return figures_of(misuse_log())


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.code.value)
def test_a_smaller_change_is_not_enough(figures: Figures, pattern: Pattern) -> None:
    """Of whole numbers the nearest is told that has the other outcome."""
    evidence = np.nan_to_num(pattern.evidence(figures))
    (strongest,) = np.argsort(evidence)[-1:]
    one = figures.at(np.array([strongest]))
    threshold = float(evidence[strongest]) * 0.9
    by_feature = {lever.feature: lever for lever, _ in usable(one)}
    for change in changes(pattern.evidence, one, threshold):
        if change.unit in {"share", "flag", "nats"} or abs(change.then - change.now) < 2:
            continue
        step = np.sign(change.now - change.then)
        tried = by_feature[change.feature].tried(one, np.array([change.then + step]))
        assert pattern.evidence(tried)[0] >= threshold


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.code.value)
def test_reasons_are_told_of_whatever_is_judged(figures: Figures, pattern: Pattern) -> None:
    """A pattern has words for every event that it judges, be there no evidence at all."""
    judged = np.flatnonzero(~np.isnan(pattern.evidence(figures)))
    for number in judged[:: max(len(judged) // 40, 1)]:
        assert isinstance(pattern.reasons(figures.at(np.array([number]))), tuple)


def test_a_lever_leaves_the_figures_as_they_were(figures: Figures) -> None:
    """What is tried is tried on copies."""
    one = figures.at(np.array([len(figures) // 2]))
    before = one.at(np.zeros(1, np.intp))
    for lever, _ in usable(one):
        lever.tried(one, lever.values(one))
    for part in ("events", "actors", "subjects", "networks", "groups"):
        assert getattr(one, part).tobytes() == getattr(before, part).tobytes()


def test_levers_have_names_of_their_own() -> None:
    """A change can be told from others by its feature."""
    assert len({lever.feature for lever in LEVERS}) == len(LEVERS)


@pytest.mark.parametrize(
    ("fields", "pattern", "why"),
    [
        ({"operation": "enrol"}, PatternCode.BULK_SCRAPING, "it is no search"),
        ({}, PatternCode.PERSISTENT_STALKING, "it names no person"),
        ({}, PatternCode.CASE_LAUNDERING, "it has no case reference"),
        ({}, PatternCode.PROBE_HILL_CLIMBING, "it has no probe"),
        (
            {"subject_id": "me", "subject_relation": "self"},
            PatternCode.PERSISTENT_STALKING,
            "it is a verified search for oneself",
        ),
        (
            {"outcome": "failure", "subject_id": "her"},
            PatternCode.SUBJECT_PILE_ON,
            "the search did not succeed",
        ),
    ],
)
def test_what_was_not_judged_says_why(
    fields: dict[str, str], pattern: PatternCode, why: str
) -> None:
    """What an event lacks for a pattern is named."""
    log = batch(in_order([search(at(0), **fields)]))
    findings, _ = inspect(pipeline(), log, name_of)

    assert {f.pattern: f.why for f in findings if f.made is Made.NOT_JUDGED}[pattern] == why


def test_a_repetition_is_judged_by_none() -> None:
    """The same event again is told to be that."""
    log, judge = batch([search(at(0), event_id="twice")] * 2), pipeline()
    judge.observe(log.take(0, 1))
    findings, _ = inspect(judge, log.take(1, 2), name_of)

    assert {finding.made for finding in findings} <= {Made.NOT_JUDGED, Made.NOTHING}
    assert "it was there before" in findings[0].why
