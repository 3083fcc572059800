"""What tenants send, and what their events can show; only those that are configured by name."""

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.alerts import Alert, Mode, PatternCode, Severity, Status
from detectors.config import Detection
from detectors.events import EventBatch
from detectors.levels import LEVELS, carried, level_of
from detectors.state.actors import DAY
from streams.settings.sections import OTHER

from .making import Making, Over

MOST: Final = 100_000
"""Tenants whose level is measured; more are only counted as events of others."""

_FADING: Final = 0.5
"""What a day's searches count for on the next: a log that lacks a field from now on is soon seen
to, and a tenant that sends nothing is soon forgotten."""

_GONE: Final = 0.5  # searches


class TenantMeasures:
    """Measures tenants' levels as their events pass; those without a name are `OTHER`.

    Args:
        make: makes metrics.
        named: tenants that have series of their own.
    """

    def __init__(self, make: Making, named: Collection[str]) -> None:
        self._named = frozenset(named)
        self._events = make.counter("tenant_events", "Query events by tenant.", ["tenant"])
        self._alerts = make.counter(
            "tenant_alerts", "Alerts that were raised, by tenant.", ["tenant", "severity", "mode"]
        )
        self._level = make.gauge(
            "tenant_level",
            "Capability level of a tenant that is configured by name, 0 to 3",
            Over.MAX,
            ["tenant"],
        )
        self._tenants = make.gauge(
            "tenants", "Tenants with searches of late, by capability level", Over.MAX, ["level"]
        )
        self._unsupported = make.gauge(
            "unsupported_tenants",
            "Tenants of whose level a pattern needs more",
            Over.MAX,
            ["pattern"],
        )
        self._needs: Mapping[PatternCode, int] = {}
        self._labels: dict[int, str] = {}
        self._counts: dict[int, NDArray[np.float64]] = {}
        self._today = 0
        for name in (*self._named, OTHER):
            self._events.labels(name)
            for severity in Severity:
                for mode in Mode:
                    self._alerts.labels(name, severity, mode)

    def promise(self, detection: Detection) -> None:
        """Take note of what level patterns need."""
        self._needs = {pattern.code: pattern.level for pattern in detection.patterns.all()}

    def observe(self, batch: EventBatch) -> None:
        """Count a source's events."""
        rows = batch.rows
        if not len(rows):
            return
        self._pass_to(int(rows["time"][-1]) // DAY)
        tenants = np.ascontiguousarray(rows["tenant"])
        carries = carried(rows)
        if (tenants == tenants[0]).all():
            self._add(int(tenants[0]), len(rows), carries.sum(axis=1, dtype=np.float64), batch)
            return
        codes, where = np.unique(tenants, return_inverse=True)
        sizes = np.bincount(where).tolist()
        counts = np.stack([np.bincount(where, row, len(codes)) for row in carries], axis=1)
        for code, size, of_one in zip(codes.tolist(), sizes, counts, strict=True):
            self._add(code, size, of_one, batch)

    def _add(
        self, code: int, events: int, carrying: NDArray[np.float64], batch: EventBatch
    ) -> None:
        known = self._counts.get(code)
        if known is None:
            name = batch.names[code]
            if name in self._named:
                self._labels[code] = name
            elif len(self._counts) >= MOST:
                self._events.labels(OTHER).inc(events)
                return
            known = self._counts[code] = np.zeros(LEVELS)
        known += carrying
        self._events.labels(self._labels.get(code, OTHER)).inc(events)

    def _pass_to(self, day: int) -> None:
        """Let a day begin: what was counted before it fades."""
        fading = _FADING ** max(0, day - self._today)
        if fading < 1:
            faded = {code: counts * fading for code, counts in self._counts.items()}
            self._counts = {code: counts for code, counts in faded.items() if counts[0] >= _GONE}
            self._today = day

    def alert(self, alert: Alert) -> None:
        """Count an alert as it is raised."""
        if alert.status is Status.OPEN:
            tenant = alert.tenant_id if alert.tenant_id in self._named else OTHER
            self._alerts.labels(tenant, alert.severity, alert.mode).inc()

    def look(self) -> None:
        """Set the gauges."""
        levels = {code: level_of(counts.tolist()) for code, counts in self._counts.items()}
        found = np.bincount(np.fromiter(levels.values(), np.int64, len(levels)), minlength=LEVELS)
        for level, count in enumerate(found.tolist()):
            self._tenants.labels(level).set(count)
        for pattern, needed in self._needs.items():
            self._unsupported.labels(pattern).set(int(found[:needed].sum()))
        self._level.clear()
        for code in levels.keys() & self._labels.keys():
            self._level.labels(self._labels[code]).set(levels[code])
