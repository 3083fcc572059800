"""Alerts as Prometheus Alertmanager takes them (API v2, `postableAlerts`).

Alertmanager knows an alert by its labels. So `alert_id` is one, without which two episodes of
one pattern would be one alert, and `severity` is one, to route by; whoever changes it has to end
the old alert. All other labels are from closed sets, and nothing that a log can make up is in
them. ADR 0012 has the reasons.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from detectors.alerts import Alert
from streams.sinks.messages import Flood

from .wording import MOST_REASONS, cut, flood_text, flood_title, tenant, title

OTHER = "other"
SEVERAL = "several"
FLOOD = "ProbewatchAlertFlood"

_LONGEST = 1_000
"""Characters of an annotation."""


def labels(alert: Alert, named_tenants: Iterable[str]) -> dict[str, str]:
    """What Alertmanager knows the alert by.

    Args:
        alert: any of its revisions.
        named_tenants: that may be named.
    """
    return {
        "alertname": "Probewatch" + alert.pattern.value.title().replace("_", ""),
        "pattern": alert.pattern.value,
        "severity": alert.severity.value,
        "tenant": _tenant(alert, named_tenants),
        "alert_id": alert.alert_id,
    }


def firing(
    alert: Alert, named_tenants: Iterable[str], now: datetime, end: datetime
) -> dict[str, Any]:
    """The alert, which is over by itself at `end` unless it is sent again.

    Args:
        alert: its last revision.
        named_tenants: that may be named.
        now: an alert cannot have begun later.
        end: later than `now`, or `now` if it is over.
    """
    return {
        "labels": labels(alert, named_tenants),
        "annotations": annotations(alert),
        "startsAt": _starts(alert, now),
        "endsAt": end.isoformat(),
    }


def annotations(alert: Alert) -> dict[str, str]:
    """What people read."""
    said = {
        "summary": f"{title(alert)}: {alert.entity.type} {alert.entity.id}, {tenant(alert)}",
        "description": "\n".join(reason.text for reason in alert.reasons[:MOST_REASONS]),
        "entity": f"{alert.entity.type} {alert.entity.id}",
        "tenant_id": tenant(alert),
        "first_event_time": alert.first_event_time,
        "last_event_time": alert.last_event_time,
        "searches": str(alert.event_count),
        "subjects_exposed": str(alert.subjects_exposed),
        "rarity": f"{alert.rarity:.2g}",
        "revision": str(alert.revision),
        "event_ids": " ".join(alert.event_ids),
        "campaign_id": alert.campaign_id or "",
    }
    return {name: "\n".join(_lines(text)) for name, text in said.items() if text}


def flooding(flood: Flood, sink: str, end: datetime) -> dict[str, Any]:
    """The flood as one alert, which is the same from its beginning to its end."""
    return {
        "labels": {"alertname": FLOOD, "severity": "critical", "sink": sink},
        "annotations": {"summary": flood_title(flood), "description": flood_text(flood)},
        "startsAt": flood.since,
        "endsAt": end.isoformat(),
    }


def _lines(text: str) -> list[str]:
    return [cut(line, _LONGEST) for line in text.split("\n")]


def _tenant(alert: Alert, named: Iterable[str]) -> str:
    if alert.tenant_id is None:
        return SEVERAL
    return alert.tenant_id if alert.tenant_id in named else OTHER


def _starts(alert: Alert, now: datetime) -> str:
    return min(datetime.fromisoformat(alert.raised_event_time), now).isoformat()
