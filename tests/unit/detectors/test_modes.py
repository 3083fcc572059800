from itertools import pairwise

import msgspec
import pytest

from detectors.alerts import Alert, Mode, PatternCode
from detectors.config import Detection
from detectors.modes import Modes
from detectors.patterns import BulkScraping, UnusualActivity
from tests.logs import misuse_log, pipeline

LIVE, QUIET = BulkScraping(), UnusualActivity(shadow=True)


@pytest.mark.parametrize(
    ("modes", "pattern", "tenants", "mode"),
    [
        (Modes(), LIVE, ("a",), Mode.LIVE),
        (Modes(), QUIET, ("a",), Mode.SHADOW),
        (Modes(shadow=("*@a",)), LIVE, ("a",), Mode.SHADOW),
        (Modes(shadow=("*@a",)), LIVE, ("b",), Mode.LIVE),
        (Modes(shadow=("bulk_scraping@a",)), LIVE, ("a",), Mode.SHADOW),
        (Modes(shadow=("case_laundering@a",)), LIVE, ("a",), Mode.LIVE),
        (Modes(live=("unusual_activity@a",)), QUIET, ("a",), Mode.LIVE),
        (Modes(live=("unusual_activity@a",)), QUIET, ("b",), Mode.SHADOW),
        (Modes(shadow=("*@a",), live=("bulk_scraping@a",)), LIVE, ("a",), Mode.LIVE),
        (Modes(shadow=("*@a",)), LIVE, ("a", "b"), Mode.LIVE),
        (Modes(shadow=("*@a", "*@b")), LIVE, ("a", "b"), Mode.SHADOW),
        (Modes(shadow=("*@a@b",)), LIVE, ("a@b",), Mode.SHADOW),
    ],
)
def test_whom_an_alert_pages(
    modes: Modes, pattern: BulkScraping | UnusualActivity, tenants: tuple[str, ...], mode: Mode
) -> None:
    """Live goes before shadow, both before the pattern's own; one live tenant is enough."""
    assert modes.of(pattern, tenants) is mode


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (("bulk_scraping",), "expected pattern@tenant, got 'bulk_scraping'"),
        (("@a",), "expected pattern@tenant, got '@a'"),
        (("stalking@a",), "there is no pattern 'stalking'"),
    ],
)
def test_what_names_nothing_is_refused(entries: tuple[str, ...], message: str) -> None:
    """With what is wrong."""
    with pytest.raises(ValueError, match=message):
        Modes(shadow=entries)
    with pytest.raises(ValueError, match=message):
        Modes(live=entries)


def test_both_is_refused() -> None:
    """The same entry cannot page and not page."""
    with pytest.raises(ValueError, match="is in shadow too"):
        Modes(shadow=("*@a",), live=("*@a",))


def alerts_under(modes: Modes) -> list[Alert]:
    """What is found in a log with all kinds of misuse."""
    detection = msgspec.structs.replace(Detection(), modes=modes)
    return pipeline(detection).observe(misuse_log()).alerts


def test_a_tenant_in_the_shadow_pages_nobody() -> None:
    """Its alerts are the same but for their mode, and the other tenants' are untouched."""
    plain = alerts_under(Modes())
    tenants = sorted({tenant for alert in plain for tenant in alert.tenants})
    quiet = alerts_under(Modes(shadow=tuple(f"*@{tenant}" for tenant in tenants)))

    assert {alert.mode for alert in quiet} == {Mode.SHADOW}
    assert [_but_for_mode(alert) for alert in quiet] == [_but_for_mode(alert) for alert in plain]
    assert any(alert.mode is Mode.LIVE for alert in plain)


def test_one_pattern_at_one_tenant_is_in_the_shadow() -> None:
    """Nothing else is."""
    plain = alerts_under(Modes())
    tenant = next(a.tenant_id for a in plain if a.pattern is PatternCode.BULK_SCRAPING)
    quiet = alerts_under(Modes(shadow=(f"bulk_scraping@{tenant}",)))
    moved = [
        (new.pattern, new.tenant_id)
        for old, new in zip(plain, quiet, strict=True)
        if old.mode is not new.mode
    ]

    assert set(moved) == {(PatternCode.BULK_SCRAPING, tenant)}
    assert all(one.alert_id for one, _ in pairwise(quiet))


def _but_for_mode(alert: Alert) -> Alert:
    return msgspec.structs.replace(alert, mode=Mode.LIVE)
