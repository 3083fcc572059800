"""Which alerts a sink passes on."""

from typing import Protocol

from detectors.alerts import Alert, Mode, Severity, Status
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


def wants(sink: Sink, alert: Alert, *, told: bool) -> bool:
    """Whether a revision passes the sink's filter.

    Whoever is told of certain tenants only is not told of alerts across tenants: these show that
    the others exist, and what happens there.

    Args:
        sink: whose filter.
        alert: as it is now.
        told: whether the sink has been told of the alert. Episodes mostly open mild and become
            severe later; to somebody who is told of severe ones only, that is the opening.
    """
    status = alert.status
    if status is Status.UPDATED and not told:
        status = Status.OPEN
    return (
        alert.mode is Mode.LIVE
        and (not sink.patterns or alert.pattern.value in sink.patterns)
        and alert.severity.rank >= Severity(sink.least_severity).rank
        and (not sink.tenants or alert.tenant_id in sink.tenants)
        and (not sink.statuses or bool({status.value, alert.status.value} & {*sink.statuses}))
    )
