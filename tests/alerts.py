"""Alerts for tests, each a plain one with what matters changed."""

from typing import Any

from detectors.alerts import Alert, Entity, Mode, PatternCode, Severity, Status, Taxonomy

PLAIN: dict[str, Any] = {
    "alert_id": "a1",
    "revision": 1,
    "pattern": PatternCode.BULK_SCRAPING,
    "status": Status.OPEN,
    "mode": Mode.LIVE,
    "severity": Severity.MEDIUM,
    "score": 0.9,
    "rarity": 0.5,
    "tenant_id": "t",
    "tenants": ("t",),
    "gallery_id": None,
    "entity": Entity("actor", "someone"),
    "actors": ("someone",),
    "subjects": (),
    "campaign_id": None,
    "first_event_time": "2026-03-05T09:00:00.000Z",
    "last_event_time": "2026-03-05T10:00:00.000Z",
    "raised_event_time": "2026-03-05T10:00:00.000Z",
    "event_count": 9,
    "subjects_exposed": 9,
    "reasons": (),
    "event_ids": (),
    "config_hash": "c",
    "taxonomy": Taxonomy(),
}


def an_alert(**changed: Any) -> Alert:
    """A live, medium alert about bulk scraping by someone, but for what is `changed`."""
    return Alert(**(PLAIN | changed))
