"""The promise: so many false alerts per 10,000 actor-days; and what was held of it.

Nobody knows how many alerts are false. At most all are, but those that somebody said are real;
the upper end of a confidence interval of their rate is what the promise was surely held to.
"""

import math
from collections.abc import Collection, Iterable
from typing import Final, Literal

import msgspec

from detectors.alerts import Alert, Mode, Severity
from detectors.calibration import PER
from detectors.verdicts import Ruling, Verdict

from .intervals import garwood

CONFIDENCE: Final = 0.95

State = Literal["kept", "open", "above"]
"""With 95 % confidence: the promise is kept even if all alerts are false that nobody calls true;
if all are it is not (`above`); or neither can be said yet (`open`)."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What was promised, and what came of it.

    Attributes:
        promised: false alerts per 10,000 actor-days.
        actor_days: over which it was held.
        alerts: that page: live, and of medium severity or more.
        real: those of them that a verdict calls `true`.
        least: the lower end of the 95 % interval of the rate of all others, per 10,000
            actor-days; None without an actor-day.
        most: its upper end: no more were false, however many of them are.
        needed: further actor-days until `most` is no more than was promised, if no other alert
            comes.
        state: what can be said of the promise.
    """

    promised: float
    actor_days: int
    alerts: int
    real: int
    least: float | None
    most: float | None
    needed: int
    state: State


def held(promised: float, actor_days: int, alerts: int, real: int = 0) -> Held:
    """The bounds of what was held.

    >>> bound = held(promised=1.0, actor_days=10_000, alerts=0)
    >>> round(bound.most, 3), bound.needed, bound.state
    (3.689, 26889, 'open')
    """
    low, high = garwood(alerts - real, CONFIDENCE)
    needed = max(0, math.ceil(PER * high / promised) - actor_days)
    # Multiplied, not divided: there may be no day.
    above = PER * low > promised * actor_days > 0
    return Held(
        promised=promised,
        actor_days=actor_days,
        alerts=alerts,
        real=real,
        least=PER * low / actor_days if actor_days else None,
        most=PER * high / actor_days if actor_days else None,
        needed=needed,
        state="above" if above else "open" if needed else "kept",
    )


def held_of(
    promised: float, actor_days: int, pages: Collection[Alert], real: Collection[str]
) -> Held:
    """The bounds of what was held.

    Args:
        promised: false alerts per 10,000 actor-days.
        actor_days: over which it was held.
        pages: the alerts that page, each once.
        real: ids of those, and of others, that a verdict calls `true`.
    """
    return held(promised, actor_days, len(pages), sum(a.alert_id in real for a in pages))


def paging(alerts: Iterable[Alert]) -> list[Alert]:
    """The last revision of every alert that pages: live, and of medium severity or more."""
    last = {alert.alert_id: alert for alert in alerts}
    return [
        alert
        for alert in last.values()
        if alert.mode is Mode.LIVE and alert.severity.rank >= Severity.MEDIUM.rank
    ]


def said_real(verdicts: Iterable[Verdict]) -> set[str]:
    """Ids of the alerts whose last verdict is `true`."""
    in_time = sorted(verdicts, key=lambda verdict: verdict.event_time)
    last = {verdict.alert_id: verdict.verdict for verdict in in_time}
    return {alert_id for alert_id, ruling in last.items() if ruling is Ruling.TRUE}


def spoken(held: Held) -> str:
    """What was promised, and what that was surely held to."""
    promise = f"{_many(held.promised, 'false alert')} per 10,000 actor-days promised"
    found = f"{_many(held.alerts, 'alert')} in {_many(held.actor_days, 'actor-day')}"
    if held.real:
        found += f", {held.real:,} real by verdict"
    if held.most is None:
        return f"{promise}; {found}"
    even_if = f" if {'no other' if held.real else 'none'} is real"
    return (
        f"{promise}; {found}: at most {rounded(held.most)} per 10,000 (95 %)"
        f"{even_if if held.alerts > held.real else ''}"
    )


def _many(count: float, what: str) -> str:
    return f"{count:,.6g} {what}" if count == 1 else f"{count:,.6g} {what}s"


def rounded(rate: float) -> str:
    """Two digits that count.

    >>> rounded(1234.5), rounded(0.0123)
    ('1,200', '0.012')
    """
    return f"{float(f'{rate:.2g}'):,.12g}"
