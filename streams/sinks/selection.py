"""Which alerts a sink passes on."""

from typing import Protocol

from detectors.alerts import Alert, Mode, Severity
from streams.settings.sinks import Sink


class Silence(Protocol):
    """What people have decided not to hear of."""

    def covers(self, alert: Alert) -> str | None:
        """Why this alert is to be kept quiet, in a short word; None if it is not."""


class NoSilence:
    """Nothing is kept quiet."""

    def covers(self, alert: Alert) -> str | None:  # noqa: ARG002
        """None."""
        return None


def wants(sink: Sink, alert: Alert) -> bool:
    """Whether an alert passes the sink's filter.

    Whoever is told of certain tenants only is not told of alerts across tenants: these show that
    the others exist, and what happens there.
    """
    return (
        alert.mode is Mode.LIVE
        and (not sink.patterns or alert.pattern.value in sink.patterns)
        and alert.severity.rank >= Severity(sink.least_severity).rank
        and (not sink.tenants or alert.tenant_id in sink.tenants)
        and (not sink.statuses or alert.status.value in sink.statuses)
    )
