"""What tenants send, and what their events can show; only those that are configured by name."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Final

import numpy as np

from detectors.alerts import Alert, Mode, PatternCode, Severity
from detectors.config import Detection
from detectors.events import EventBatch, Records
from detectors.kernels.hashing import add_row
from detectors.kernels.levels import SENDER, count_senders
from detectors.levels import LEVELS, blind, levels_of
from detectors.shards.tables import Table
from detectors.state.actors import DAY
from streams.ingest.named import name_code
from streams.metrics import Making, Over
from streams.settings.sections import OTHER

MOST: Final = 100_000
"""Tenants whose level is measured; more are only counted as events of others."""

_FADING: Final = 0.5
"""What a day's searches count for on the next: a log that lacks a field from now on is soon seen
to, and a tenant that sends nothing is soon forgotten."""

_GONE: Final = 0.5  # searches

_code_of: Final = partial(name_code, "tenant")


class TenantMeasures:
    """Measures tenants' levels as their events pass; those without a name are `OTHER`.

    Args:
        make: makes metrics.
        named: tenants that have series of their own.
        most: tenants without a name whose level is measured.
        code_of: the number of a tenant in events.
    """

    def __init__(
        self,
        make: Making,
        named: Iterable[str],
        most: int = MOST,
        code_of: Callable[[str], int] = _code_of,
    ) -> None:
        self._named = (*dict.fromkeys(named),)
        self._events = make.counter("tenant_events", "Query events by tenant.", ["tenant"])
        self._alerts = make.counter(
            "tenant_alerts",
            "Alerts by tenant and severity reached; a high one has reached low and medium too.",
            ["tenant", "severity", "mode"],
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
            "Tenants whose searches lack the level or the fields that a pattern lives on",
            Over.MAX,
            ["pattern"],
        )
        self._most = most
        self._needs: Mapping[PatternCode, int] = {}
        self._others = 0
        self._today = 0
        self._senders = Table(SENDER)
        for name in (*self._named, OTHER):
            self._events.labels(name)
            for severity in Severity:
                for mode in Mode:
                    self._alerts.labels(name, severity, mode)
        # Their rows come first, and stay.
        senders = self._senders.view(len(self._named))
        for name in self._named:
            add_row(senders, np.uint64(code_of(name)))

    def promise(self, detection: Detection) -> None:
        """Take note of what level patterns need."""
        self._needs = {pattern.code: pattern.level for pattern in detection.patterns.all()}

    def observe(self, batch: EventBatch) -> None:
        """Count a source's events."""
        rows = batch.rows
        if len(rows):
            self._pass_to(int(rows["time"][-1]) // DAY)
            senders = self._senders.view(min(len(rows), self._most))
            self._others += count_senders(rows, senders, self._most + len(self._named))

    def _pass_to(self, day: int) -> None:
        """Let a day begin: what was counted before it fades, until it is forgotten."""
        if day <= self._today:
            return
        self._count()
        senders = self._known()
        senders["carried"] *= _FADING ** (day - self._today)
        self._today = day
        kept = senders["carried"][:, 0] >= _GONE
        kept[: len(self._named)] = True
        if not kept.all():
            self._senders.keep(kept)

    def _known(self) -> Records:
        return self._senders.rows[: len(self._senders)]

    def _count(self) -> None:
        """Add the events since the last time to their series."""
        senders = self._known()
        named = len(self._named)
        for name, events in zip(self._named, senders["events"][:named].tolist(), strict=True):
            self._events.labels(name).inc(events)
        self._events.labels(OTHER).inc(self._others + int(senders["events"][named:].sum()))
        self._others = 0
        senders["events"] = 0

    def alert(self, alert: Alert, reached: Sequence[Severity]) -> None:
        """Count an alert at each severity that it has come to."""
        tenant = alert.tenant_id if alert.tenant_id in self._named else OTHER
        for severity in reached:
            self._alerts.labels(tenant, severity, alert.mode).inc()

    def look(self) -> None:
        """Set the gauges."""
        self._count()
        carried = self._known()["carried"]
        levels = levels_of(carried)
        sending = carried[:, 0] >= _GONE
        found = np.bincount(levels[sending], minlength=LEVELS).tolist()
        for level, count in enumerate(found):
            self._tenants.labels(level).set(count)
        for pattern, needed in self._needs.items():
            self._unsupported.labels(pattern).set(
                int((blind(carried, pattern, needed) & sending).sum())
            )
        self._level.clear()
        for place, name in enumerate(self._named):
            if sending[place]:
                self._level.labels(name).set(levels[place])
