"""What analysts say of alerts (`probewatch.verdict.v1`), and from when on it counts.

A verdict is a record with an event time of its own: detection over the same log with the same
verdicts gives the same alerts.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, cast

import msgspec
from msgspec import Meta

from .alerts import Alert, PatternCode, rfc3339
from .state.actors import DAY

MOST_REASONS: Final = 20
MOST_KEPT: Final = 10_000
"""Verdicts in effect; of more the oldest are forgotten, so that what is taught stays current."""

Finite = Annotated[float, Meta(ge=-1e300, le=1e300)]


class Ruling(StrEnum):
    """What an alert turned out to be.

    `true` is misuse. `false` is none, `benign` is what the pattern looks for, done with leave:
    neither should have paged anybody. `duplicate` says that another alert tells of the same.
    """

    TRUE = "true"
    FALSE = "false"
    BENIGN = "benign"
    DUPLICATE = "duplicate"


class Cause(msgspec.Struct, frozen=True):
    """A reason of the alert, in numbers."""

    feature: Annotated[str, Meta(min_length=1, max_length=64)]
    observed: Finite
    expected: Finite


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One ruling on one alert, with what it was about, so that nothing has to be looked up.

    Attributes:
        alert_id: of the alert.
        verdict: what it turned out to be.
        event_time: ms; the verdict counts from the first day on that begins after it.
        pattern: the alert's.
        tenant_id: the alert's; None if it was across tenants.
        reasons: the alert's, as they stood when it was judged.
    """

    schema: Literal["probewatch.verdict.v1"] = "probewatch.verdict.v1"
    alert_id: Annotated[str, Meta(min_length=1, max_length=128)]
    verdict: Ruling
    event_time: int
    pattern: PatternCode
    tenant_id: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    reasons: Annotated[tuple[Cause, ...], Meta(max_length=MOST_REASONS)] = ()

    def line(self) -> bytes:
        """The record as JSON, without a line break."""
        record = msgspec.to_builtins(self) | {"event_time": rfc3339(self.event_time)}
        return msgspec.json.encode(record)


def judged(alert: Alert, ruling: Ruling, event_time: int) -> Verdict:
    """The verdict on an alert as it stands.

    Args:
        alert: a revision of it.
        ruling: what it turned out to be.
        event_time: ms from which the verdict shall count, on the clock of the events.
    """
    causes = tuple(Cause(why.feature, why.observed, why.expected) for why in alert.reasons)
    return Verdict(
        alert_id=alert.alert_id,
        verdict=ruling,
        event_time=event_time,
        pattern=alert.pattern,
        tenant_id=alert.tenant_id,
        reasons=causes[:MOST_REASONS],
    )


def in_effect(verdicts: Iterable[Verdict], day: int) -> dict[str, Verdict]:
    """What counts on a day (since the epoch, UTC): by alert the last that was due before it.

    It does not matter in which order verdicts are given, or how often.

    Returns:
        In the order of their event times, `MOST_KEPT` at most.
    """
    due = sorted((v for v in verdicts if v.event_time // DAY < day), key=_order)
    last = {verdict.alert_id: verdict for verdict in due}
    kept = sorted(last.values(), key=_order)[-MOST_KEPT:]
    return {verdict.alert_id: verdict for verdict in kept}


class Docket:
    """Verdicts that wait for their day, and those in effect.

    Attributes:
        waiting: not in effect yet.
        in_effect: by alert.
    """

    def __init__(self) -> None:
        self.waiting: set[Verdict] = set()
        self.in_effect: dict[str, Verdict] = {}

    def add(self, verdicts: Iterable[Verdict]) -> None:
        """Let verdicts wait for their day."""
        self.waiting.update(verdicts)

    def begin(self, day: int) -> bool:
        """Let the verdicts that were due before `day` (days since the epoch, UTC) take effect.

        Returns:
            Whether there were any.
        """
        due = {verdict for verdict in self.waiting if verdict.event_time // DAY < day}
        if not due:
            return False
        self.waiting -= due
        self.in_effect = in_effect([*self.in_effect.values(), *due], day)
        return True

    def saved(self) -> dict[str, Any]:
        """What a snapshot keeps, as plain values."""
        kept = {"waiting": sorted(self.waiting, key=_order), "in_effect": self.in_effect}
        return cast("dict[str, Any]", msgspec.to_builtins(kept))

    def load(self, kept: Mapping[str, Any]) -> None:
        """Take over what a snapshot kept."""
        self.waiting = set(msgspec.convert(kept["waiting"], list[Verdict]))
        self.in_effect = msgspec.convert(kept["in_effect"], dict[str, Verdict])


def _order(verdict: Verdict) -> tuple[int, str, str, str]:
    """In time; what is said at one time in an order of its own, so that it is always the same."""
    return verdict.event_time, verdict.alert_id, verdict.verdict, repr(verdict)
