"""Of which patterns an event's explanation tells at length."""

from io import StringIO

from rich.console import Console

from detectors.alerts import Mode, PatternCode, Reason
from detectors.inspection import Finding, Made
from streams.explain.event import EventExplained, EventFacts
from streams.explain.words import print_event

EVENT = EventFacts(
    event_id="e1",
    event_time="2026-03-05T10:00:00.000Z",
    record=0,
    tenant_id="t",
    operation="identify",
    outcome="success",
    actor="ada",
    subject=None,
    case=None,
)


def finding(pattern: PatternCode, evidence: float | None) -> Finding:
    """What a pattern made of it that gives an alert from 8 nats on, and keeps what has 4."""
    return Finding(
        pattern=pattern,
        mode=Mode.LIVE,
        made=Made.NOT_JUDGED if evidence is None else Made.NOTHING,
        evidence=evidence,
        threshold=8.0,
        kept_from=4.0,
        rarity=None if evidence is None else 100.0 - evidence,
        reasons=(Reason("x", 1, 0, "", f"because of {pattern}"),),
    )


def printed(*findings: Finding) -> str:
    """What people read."""
    out = StringIO()
    explained = EventExplained(
        event=EVENT, findings=findings, alerts=(), events_before=9, config_hash="c"
    )
    print_event(explained, Console(file=out, width=300))
    return out.getvalue()


def test_patterns_without_evidence_are_only_named() -> None:
    """What they would have said of it is noise, or false."""
    text = printed(
        finding(PatternCode.BULK_SCRAPING, 5.0),
        finding(PatternCode.PERSISTENT_STALKING, 0.3),
        finding(PatternCode.SUBJECT_PILE_ON, 0.0),
        finding(PatternCode.CASE_LAUNDERING, None),
    )

    assert text.count("because of") == 1
    assert "because of bulk_scraping" in text
    rest = "persistent stalking, subject pile on, case laundering"
    assert f"Little or nothing speaks for: {rest}." in text


def test_the_strongest_is_told_if_none_is_worth_keeping() -> None:
    """It is asked why there was no alert, so what came nearest is told."""
    text = printed(
        finding(PatternCode.BULK_SCRAPING, 0.2), finding(PatternCode.PERSISTENT_STALKING, 3.0)
    )

    assert "because of persistent_stalking" in text
    assert "because of bulk_scraping" not in text
