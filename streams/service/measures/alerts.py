"""Alerts as they are written, and how long they took."""

from collections.abc import Sequence
from datetime import datetime
from itertools import product
from typing import Final

from detectors.alerts import Alert, Mode, PatternCode, Severity, Status
from streams.metrics import Making

_LATENCY: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)


class AlertMeasures:
    """Counts revisions by what they are, and times those that an event made."""

    def __init__(self, make: Making) -> None:
        self._alerts = make.counter(
            "alerts",
            "Revisions of alerts; with status open, alerts that were raised.",
            ["pattern", "severity", "mode", "status"],
        )
        self._reached = make.counter(
            "alerts_reached",
            "Alerts by severity reached; one that is high has reached low and medium too.",
            ["pattern", "severity", "mode"],
        )
        self._event = make.histogram(
            "alert_event_seconds",
            "From the time of the event that made a revision to its writing.",
            _LATENCY,
        )
        self._processing = make.histogram(
            "alert_processing_seconds",
            "From reading the oldest query of the same fetch to writing the revision.",
            _LATENCY,
        )
        # A rate needs the zero before the first.
        for labels in product(PatternCode, Severity, Mode, Status):
            self._alerts.labels(*labels)
        for reached in product(PatternCode, Severity, Mode):
            self._reached.labels(*reached)

    def count(
        self, alert: Alert, reached: Sequence[Severity], now: float, read_at: float | None
    ) -> None:
        """Count a revision.

        Args:
            alert: the revision.
            reached: severities that the alert has come to with it.
            now: seconds since the epoch.
            read_at: when the query behind it was read, seconds since the epoch, if known.
        """
        self._alerts.labels(alert.pattern, alert.severity, alert.mode, alert.status).inc()
        for severity in reached:
            self._reached.labels(alert.pattern, severity, alert.mode).inc()
        # No event closes an episode: days without one do.
        if alert.status is not Status.CLOSED:
            last = datetime.fromisoformat(alert.last_event_time).timestamp()
            self._event.observe(max(0.0, now - last))
            if read_at is not None:
                self._processing.observe(max(0.0, now - read_at))
