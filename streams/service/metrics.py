"""What a worker counts. No label ever holds an id."""

from datetime import datetime
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from detectors.alerts import Alert

from .keeper import Saved
from .sources import Counts

_LATENCY = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The metrics of one worker, in a registry of their own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        counter = partial(Counter, namespace="probewatch", registry=registry)
        gauge = partial(Gauge, namespace="probewatch", registry=registry)
        histogram = partial(Histogram, namespace="probewatch", registry=registry)
        self._events = counter("events", "Query events that were read and can be judged.")
        self._rejected = counter("events_rejected", "Records that are no event.", ["reason"])
        self._dropped = counter(
            "fields_dropped", "Optional fields taken as absent or cut.", ["field"]
        )
        self._ignored = counter("fields_ignored", "Unknown fields of events.")
        self._late = counter("events_late", "Events too far behind the newest of their source.")
        self._ahead = counter("events_clock_ahead", "Events whose clock was set back.")
        self._rows = counter("rows_applied", "Rows applied to state.", ["stage"])
        self._repeated = counter("rows_repeated", "Rows that had been applied before.", ["stage"])
        self._alerts = counter("alerts", "Revisions of alerts.", ["pattern", "severity", "mode"])
        self._latency = histogram(
            "alert_event_seconds", "From the time of the event to its alert.", buckets=_LATENCY
        )
        self.lag = gauge("consumer_lag_records", "Records not yet read.", ["topic", "partition"])
        self.held = gauge("events_held", "Whether a source waits for others.", ["partition"])
        self.partitions = gauge("partitions", "Partitions that this worker has.", ["stage"])
        self._saved_bytes = counter("checkpoint_bytes", "Bytes of checkpoints.", ["stage"])
        self._saved_units = counter("checkpoint_units", "Units in checkpoints.", ["stage"])
        self._stalled = histogram(
            "checkpoint_stall_seconds", "For which processing waited.", ["stage"], buckets=_SECONDS
        )
        self._saving = histogram(
            "checkpoint_seconds", "That checkpoints took in all.", ["stage"], buckets=_SECONDS
        )
        self.age = gauge("checkpoint_age_seconds", "Since the last checkpoint.", ["stage"])
        self.state_log = gauge("checkpoint_log_bytes", "Held in the state topic.", ["stage"])
        self.restored = gauge("restore_seconds", "That the last take-over of partitions took.")
        self.tracked = gauge("tracked_entities", "Entities with state.", ["kind"])
        self.tracked_bytes = gauge("tracked_bytes", "Memory of entities.", ["kind"])
        self.evicted = gauge("evicted_entities", "Entities dropped so far.", ["kind"])
        self.audited = counter("audit_records", "Records written to the audit trail.")
        self.ready = gauge("ready", "1 if the worker has its partitions and works on them.")

    def ingested(self, counts: Counts) -> None:
        """Add what became of records."""
        self._events.inc(counts.events)
        self._late.inc(counts.late)
        self._ahead.inc(counts.clock_ahead)
        self._ignored.inc(counts.ignored_fields)
        for reason, count in counts.rejected.items():
            self._rejected.labels(reason).inc(count)
        for field, count in counts.dropped_fields.items():
            self._dropped.labels(field).inc(count)

    def applied(self, stage: str, rows: int, repeated: int) -> None:
        """Add rows that a station was given."""
        self._rows.labels(stage).inc(rows)
        self._repeated.labels(stage).inc(repeated)

    def alert(self, alert: Alert, now: float) -> None:
        """Count a revision."""
        self._alerts.labels(alert.pattern.value, alert.severity.value, alert.mode.value).inc()
        last = datetime.fromisoformat(alert.last_event_time).timestamp()
        self._latency.observe(max(0.0, now - last))

    def saved(self, stage: str, saved: Saved) -> None:
        """Count a checkpoint."""
        self._saved_bytes.labels(stage).inc(saved.bytes)
        self._saved_units.labels(stage).inc(saved.units)
        self._stalled.labels(stage).observe(saved.stalled)
        self._saving.labels(stage).observe(saved.seconds)
