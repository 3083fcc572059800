"""What a worker counts. No label ever holds an id; docs/metrics.md has all of them."""

from collections.abc import Collection, Sequence
from typing import Final, get_args

from prometheus_client import CollectorRegistry, disable_created_metrics

from detectors.alerts import Alert, Severity
from detectors.base import StageKind
from detectors.config import Detection
from streams.audit.scribe import Part
from streams.ingest.rejects import Reason
from streams.metrics import Making, Over
from streams.settings import Settings

from .keeper import Saved
from .measures.alerts import AlertMeasures
from .measures.budget import BudgetMeasures
from .measures.holdings import HoldingMeasures
from .measures.program import measure_program
from .measures.tenants import TenantMeasures
from .outcome import Outcome
from .sources import Counts

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The metrics of one worker, in a registry of their own.

    Args:
        registry: that they are shown from.
        tenants: those that have series of their own; all others are one.

    Attributes:
        budget: what is promised, and what was raised.
        holdings: what stations hold.
        making: what has made them, and knows them.
        tenants: what tenants send.
    """

    def __init__(self, registry: CollectorRegistry, tenants: Collection[str] = ()) -> None:
        self.registry = registry
        make = self.making = Making(registry)
        counter, gauge, histogram = make.counter, make.gauge, make.histogram
        self._events = counter("events", "Query events that were read and can be judged.")
        self._rejected = counter("events_rejected", "Records that are no event.", ["reason"])
        self._dropped = counter(
            "fields_dropped", "Optional fields taken as absent or cut.", ["field"]
        )
        self._ignored = counter("fields_ignored", "Unknown fields of events.")
        self._late = counter("events_late", "Events too far behind the newest of their source.")
        self._ahead = counter("events_clock_ahead", "Events whose clock was set back.")
        rows = counter("rows_applied", "Rows applied to state.", ["stage"])
        # Found once: it is counted with every block.
        self._rows = {stage: rows.labels(stage) for stage in get_args(StageKind)}
        self._repeated = counter("rows_repeated", "Rows that had been applied before.", ["stage"])
        self.lag = gauge(
            "consumer_lag_records", "Records not yet read", Over.SUM, ["topic", "partition"]
        )
        self.lag_seconds = gauge(
            "consumer_lag_seconds",
            "By which the newest event read is behind the present, 0 if all is read",
            Over.MAX,
            ["partition"],
        )
        self.newest = gauge(
            "newest_event_timestamp_seconds",
            "Event time that a partition of queries has come to",
            Over.MAX,
            ["partition"],
        )
        self.held = gauge("events_held", "1 if a source waits for others", Over.SUM, ["partition"])
        self.partitions = gauge("partitions", "Partitions that a worker has", Over.SUM, ["stage"])
        self._saved_bytes = counter("checkpoint_bytes", "Bytes of checkpoints.", ["stage"])
        self._saved_units = counter("checkpoint_units", "Units in checkpoints.", ["stage"])
        self._stalled = histogram(
            "checkpoint_stall_seconds", "For which processing waited.", _SECONDS, ["stage"]
        )
        self._saving = histogram(
            "checkpoint_seconds", "That checkpoints took in all.", _SECONDS, ["stage"]
        )
        self.age = gauge(
            "checkpoint_age_seconds",
            "Since the oldest last checkpoint of what has changed since",
            Over.MAX,
            ["stage"],
        )
        self.state_log = gauge(
            "checkpoint_log_bytes", "Held in the state topic", Over.SUM, ["stage"]
        )
        self.restored = gauge(
            "restore_seconds", "That the last take-over of partitions took", Over.MAX
        )
        self.ready = gauge("ready", "1 if a worker has its partitions and works", Over.EACH)
        self.audited = counter("audit_records", "Records written to the audit trail.")
        self.audit_failures = counter(
            "audit_failures", "Times that the audit trail, or its copy, had to wait.", ["kind"]
        )
        self._alerts = AlertMeasures(make)
        self.holdings = HoldingMeasures(make)
        self.tenants = TenantMeasures(make, tenants)
        self.budget = BudgetMeasures(make)
        measure_program(make)
        # A rate needs the zero before the first.
        for stage in get_args(StageKind):
            self._repeated.labels(stage)
        for part in get_args(Part):
            self.audit_failures.labels(part)
        for reason in get_args(Reason):
            self._rejected.labels(reason)

    def promise(self, detection: Detection) -> None:
        """Show what the settings promise."""
        self.budget.promise(detection)
        self.tenants.promise(detection)

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

    def applied(self, stage: str, outcome: Outcome) -> None:
        """Add what a station made of the rows that it was given."""
        self._rows[stage].inc(outcome.rows)
        if outcome.repeated:
            self._repeated.labels(stage).inc(outcome.repeated)
        for day, actors in outcome.actor_days:
            self.budget.judged(day, actors)
        if outcome.drifts:
            self.holdings.drifted(outcome.drifts)

    def alert(
        self,
        alert: Alert,
        reached: Sequence[Severity],
        now: float,
        read_at: float | None = None,
    ) -> None:
        """Count a revision; the times are seconds since the epoch: see `AlertMeasures`."""
        self._alerts.count(alert, reached, now, read_at)
        self.tenants.alert(alert, reached)
        self.budget.alert(alert)

    def saved(self, stage: str, saved: Saved) -> None:
        """Count a checkpoint."""
        self._saved_bytes.labels(stage).inc(saved.bytes)
        self._saved_units.labels(stage).inc(saved.units)
        self._stalled.labels(stage).observe(saved.stalled)
        self._saving.labels(stage).observe(saved.seconds)


def metrics_of(settings: Settings) -> Metrics:
    """The metrics of this process, by its settings."""
    # A second series with each counter, which only OpenMetrics has a use for.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    metrics = Metrics(CollectorRegistry(), settings.metrics.tenants)
    metrics.promise(settings.detection)
    return metrics
