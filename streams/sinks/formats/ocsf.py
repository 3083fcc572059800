"""An alert as an OCSF Detection Finding, for lakes and SIEMs.

Source: the Open Cybersecurity Schema Framework 1.8.0, class 2004, schema.ocsf.io. Tests hold every
finding against the JSON Schema of that version.
"""

from datetime import datetime
from typing import Any, Final

from detectors.alerts import Alert, Reason, Severity, Status
from detectors.verdicts import Ruling

from .wording import title

VERSION: Final = "1.8.0"

_CLASS: Final = 2004
_CATEGORY: Final = 2
_BEHAVIOURAL: Final = 2
_ACTIVITIES: Final = {
    Status.OPEN: (1, "Create"),
    Status.UPDATED: (2, "Update"),
    Status.REOPENED: (2, "Update"),
    Status.CLOSED: (3, "Close"),
}
# An episode that ends has not been resolved, which would be 4: it has gone quiet.
_STATUSES: Final = {
    Status.OPEN: (1, "New"),
    Status.UPDATED: (2, "In Progress"),
    Status.REOPENED: (2, "In Progress"),
    Status.CLOSED: (99, "Quiet"),
}
_SEVERITIES: Final = {
    Severity.LOW: (2, "Low"),
    Severity.MEDIUM: (3, "Medium"),
    Severity.HIGH: (4, "High"),
    Severity.CRITICAL: (5, "Critical"),
}
_VERDICTS: Final = {
    Ruling.FALSE: (1, "False Positive"),
    Ruling.TRUE: (2, "True Positive"),
    Ruling.BENIGN: (5, "Benign"),
    Ruling.DUPLICATE: (10, "Duplicate"),
}


def ocsf(key: str, alert: Alert, ruling: Ruling | None, version: str) -> dict[str, Any]:
    """The finding.

    Args:
        key: of the message, which tells repetitions.
        alert: the revision.
        ruling: what an analyst has said of it, if anybody has.
        version: of Probewatch.
    """
    activity_id, activity = _ACTIVITIES[alert.status]
    status_id, status = _STATUSES[alert.status]
    severity_id, severity = _SEVERITIES[alert.severity]
    finding: dict[str, Any] = {
        "activity_id": activity_id,
        "activity_name": activity,
        "category_uid": _CATEGORY,
        "category_name": "Findings",
        "class_uid": _CLASS,
        "class_name": "Detection Finding",
        "type_uid": _CLASS * 100 + activity_id,
        "type_name": f"Detection Finding: {activity}",
        "severity_id": severity_id,
        "severity": severity,
        "status_id": status_id,
        "status": status,
        "is_alert": True,
        "time": _ms(alert.last_event_time),
        "start_time": _ms(alert.first_event_time),
        "end_time": _ms(alert.last_event_time),
        "count": alert.event_count,
        "message": alert.reasons[0].text if alert.reasons else title(alert),
        "metadata": _metadata(key, alert, ruling, version),
        "finding_info": _info(alert),
        "anomaly_analyses": [_analysis(alert)],
        "evidences": [{"name": "actor", "user": {"uid": actor}} for actor in alert.actors],
        "unmapped": _unmapped(alert),
    }
    if ruling is not None:
        finding["verdict_id"], finding["verdict"] = _VERDICTS[ruling]
    return finding


def _metadata(key: str, alert: Alert, ruling: Ruling | None, version: str) -> dict[str, Any]:
    said: dict[str, Any] = {
        "version": VERSION,
        "uid": key,
        "sequence": alert.revision,
        "product": {"name": "Probewatch", "vendor_name": "Probewatch", "version": version},
    }
    if ruling is not None:
        said["profiles"] = ["incident"]  # It is what has verdicts.
    if alert.tenant_id is not None:
        said["tenant_uid"] = alert.tenant_id
    if alert.campaign_id is not None:
        said["correlation_uid"] = alert.campaign_id
    return said


def _info(alert: Alert) -> dict[str, Any]:
    return {
        "uid": alert.alert_id,
        "title": title(alert),
        "desc": "\n".join(reason.text for reason in alert.reasons),
        "types": [alert.pattern.value],
        "analytic": {"type_id": _BEHAVIOURAL, "type": "Behavioral", "uid": alert.pattern.value},
        "attacks": _attacks(alert),
        "created_time": _ms(alert.raised_event_time),
        "first_seen_time": _ms(alert.first_event_time),
        "last_seen_time": _ms(alert.last_event_time),
        "related_events": [{"uid": event_id} for event_id in alert.event_ids],
        "related_events_count": alert.event_count,
    }


def _attacks(alert: Alert) -> list[dict[str, Any]]:
    ids = (alert.taxonomy.mitre_attack, alert.taxonomy.mitre_atlas)
    return [_attack(technique) for technique in ids if technique is not None]


def _attack(technique: str) -> dict[str, Any]:
    """T1589 is a technique, T1589.001 and AML.T0024.000 are sub-techniques."""
    sub = "." in technique.removeprefix("AML.")
    return {"sub_technique" if sub else "technique": {"uid": technique}}


def _analysis(alert: Alert) -> dict[str, Any]:
    return {
        "analysis_targets": [{"name": alert.entity.id, "type": alert.entity.type}],
        "anomalies": [
            _observation(each, each.observed) | {"observed_pattern": each.text}
            for each in alert.reasons
        ],
        "baselines": [_observation(each, each.expected) for each in alert.reasons],
    }


def _observation(reason: Reason, value: float) -> dict[str, Any]:
    return {
        "observation_parameter": reason.feature,
        "observation_type": reason.unit,
        "observations": [{"value": f"{value:g}"}],
    }


def _unmapped(alert: Alert) -> dict[str, Any]:
    """What the framework has no place for."""
    return {
        "alert_schema": alert.schema,
        "score": alert.score,
        "rarity_per_10000_actor_days": alert.rarity,
        "subjects_exposed": alert.subjects_exposed,
        "subjects": list(alert.subjects),
        "tenants": list(alert.tenants),
        "gallery_id": alert.gallery_id,
        "config_hash": alert.config_hash,
        "owasp": [
            each
            for each in (alert.taxonomy.owasp_oat, alert.taxonomy.owasp_api)
            if each is not None
        ],
    }


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)
