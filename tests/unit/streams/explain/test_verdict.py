"""That somebody has decided is told with the alert."""

from io import StringIO

from rich.console import Console

from detectors.config import Detection
from streams.explain.episode import explain_alert
from streams.explain.words import print_alert
from tests.alerts import an_alert
from tests.decisions import ruled


def printed(*, decided: bool) -> str:
    """What people read of an alert."""
    out = StringIO()
    verdict = ruled() if decided else None
    explained = explain_alert([an_alert()], Detection(), "c", verdict)
    print_alert(explained, Console(file=out, width=300))
    return " ".join(out.getvalue().split())


def test_a_verdict_is_told_with_who_gave_it() -> None:
    """And no other is asked for."""
    text = printed(decided=True)

    assert "verdict false, by anna on 2025-01-06" in text
    assert "probewatch verdict" not in text


def test_without_a_verdict_the_command_is_named() -> None:
    """With the alert's id, as it can be typed."""
    assert "`probewatch verdict a1 true`" in printed(decided=False)
