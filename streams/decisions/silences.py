"""Which alerts are not delivered for now: snoozes that analysts give, and suppressions.

Detection knows nothing of either. A silenced alert stays in its topics and goes on growing.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from detectors.alerts import Alert, Severity
from streams.settings.suppressions import Suppression

from .records import Snooze


class Silences(msgspec.Struct, frozen=True):
    """What is silenced; whether something has ended is asked with the present time.

    Attributes:
        snoozes: each as it was written last.
        suppressions: those of the configuration.
    """

    snoozes: tuple[Snooze, ...] = ()
    suppressions: tuple[Suppression, ...] = ()

    def covers(self, alert: Alert, now: int) -> str | None:
        """Why an alert is not to be delivered, as in `snooze 5f0c2a91`; None if it is.

        A critical alert breaks through a snooze unless it, or one like it, was critical when the
        snooze was given, and through a suppression unless that says `up_to = "critical"`.

        Args:
            alert: a revision of it.
            now: ms, by the clock of whoever delivers.
        """
        for snooze in self.snoozes:
            if now < snooze.until and _is_of(snooze, alert) and not _breaks(snooze, alert):
                return f"snooze {snooze.snooze_id}"
        for one in self.suppressions:
            if now < one.ends and _fits(one, alert):
                return f"suppression {one.id}"
        return None

    def active(self, now: int) -> tuple[int, int]:
        """How many snoozes and suppressions have not ended."""
        return (
            sum(now < snooze.until for snooze in self.snoozes),
            sum(now < one.ends for one in self.suppressions),
        )

    def expired(self, now: int) -> Iterable[Suppression]:
        """The suppressions that have no effect any more."""
        return [one for one in self.suppressions if now >= one.ends]


NOTHING: Final = Silences()


def _is_of(snooze: Snooze, alert: Alert) -> bool:
    """Whether the alert is what was snoozed."""
    if snooze.alert_id is not None:
        return alert.alert_id == snooze.alert_id
    if snooze.entity is not None:
        return is_about(alert, snooze.entity)
    # An alert across tenants is nobody's to silence but by itself.
    return alert.pattern == snooze.pattern and alert.tenant_id == snooze.tenant_id


def is_about(alert: Alert, entity: str) -> bool:
    """Whether an alert is about an entity, or about a pair that it is one of."""
    return entity == alert.entity.id or entity in alert.entity.id.split("+")


def covered(snooze: Snooze, alerts: Iterable[Alert]) -> list[Alert]:
    """The alerts that a snooze is of, however severe."""
    return [alert for alert in alerts if _is_of(snooze, alert)]


def _breaks(snooze: Snooze, alert: Alert) -> bool:
    return alert.severity is Severity.CRITICAL and snooze.severity is not Severity.CRITICAL


def _fits(one: Suppression, alert: Alert) -> bool:
    return (
        alert.severity.rank <= Severity(one.up_to).rank
        and (not one.patterns or alert.pattern in one.patterns)
        and (not one.tenants or alert.tenant_id in one.tenants)
        and (not one.entities or any(is_about(alert, entity) for entity in one.entities))
    )
