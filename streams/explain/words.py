"""Explanations in words, on a terminal of any width or in a pipe."""

import math
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from detectors.alerts import Reason
from detectors.inspection import Change, Finding, Made
from streams.report import severity_style
from streams.terminal import print_table, print_trimmed, printable

from .episode import AlertExplained, number
from .event import EventExplained

MOST_BUDGET = 1_000.0
"""The largest that can be set; a larger one says only that there was next to nothing."""


def print_alert(explained: AlertExplained, out: Console) -> None:
    """Print why an alert was raised."""
    alert, distance = explained.alert, explained.distance
    title = f"{_pattern(alert.pattern)}, {alert.severity.value}, {alert.status.value}"
    _title(out, title, severity_style(alert.severity))
    _facts(out, _about(explained))
    _reasons(out, alert.reasons)
    out.print()
    out.print(Text("How rare", style="bold"))
    out.print(
        f"  {number(alert.rarity)} alerts as strong in 10,000 innocent actor-days: "
        f"{distance.evidence:.1f} nats, where {distance.threshold:.1f} make an alert; score "
        f"{alert.score:.3f}."
    )
    out.print()
    left = ("revision", "status", "severity", "until")
    rows = [
        (
            (
                *(f"{step.revision}", step.status, step.severity.value),
                step.last_event_time[:16].replace("T", " "),
                *(number(step.rarity), f"{step.event_count:,}"),
            ),
            False,
        )
        for step in explained.revisions
    ]
    print_table(out, "How it grew", left, ("rarity", "searches"), rows)
    _list(out, "What would have been otherwise", explained.changes)
    _list(out, "What to do next", explained.next_steps)


def print_event(explained: EventExplained, out: Console) -> None:
    """Print what each pattern made of an event."""
    event = explained.event
    _title(out, f"Event {printable(event.event_id)}")
    who = [("account", event.actor), ("person", event.subject), ("case", event.case)]
    _facts(
        out,
        [
            (
                "made",
                f"{event.event_time}, record {event.record}, {event.operation}, {event.outcome}",
            ),
            ("tenant", event.tenant_id),
            *((name, text) for name, text in who if text),
            ("judged", f"after {explained.events_before:,} others, {explained.config_hash}"),
        ],
    )
    out.print()
    rows = [(_row(finding), finding.made is Made.ALERT) for finding in explained.findings]
    print_table(out, "Patterns", ("pattern", "made of it"), ("evidence", "threshold"), rows)
    for finding in _telling(explained.findings):
        out.print()
        _title(out, _pattern(finding.pattern))
        _facts(out, _of_finding(finding))
        _reasons(out, finding.reasons)
        raised = finding.evidence is not None and finding.evidence >= finding.threshold
        _list(
            out,
            "Would not have been enough with" if raised else "Would have been enough with",
            _changes(finding.changes) or ["no single change that was tried"],
        )

    told = _telling(explained.findings)
    rest = [_pattern(one.pattern) for one in explained.findings if one not in told]
    if rest:
        out.print()
        out.print(f"Little or nothing speaks for: {', '.join(rest)}.")


def _telling(findings: Iterable[Finding]) -> list[Finding]:
    """Those with evidence worth keeping, the strongest first; else the strongest, if any."""
    judged = sorted(
        (one for one in findings if one.evidence is not None and one.evidence > 0),
        key=lambda one: math.inf if one.rarity is None else one.rarity,
    )
    kept = [one for one in judged if (one.evidence or 0.0) >= one.kept_from]
    return kept or judged[:1]


_MADE = {
    Made.ALERT: "an alert",
    Made.ENOUGH: "enough for an alert; there is one",
    Made.KEPT: "too little for an alert, kept as evidence",
    Made.NOTHING: "nothing",
}


def _row(finding: Finding) -> tuple[str, ...]:
    made = _MADE.get(finding.made) or f"{finding.made.value.replace('_', ' ')}: {finding.why}"
    if finding.mode.value == "shadow":
        made += " (shadow)"
    evidence = "-" if finding.evidence is None else f"{finding.evidence:.1f}"
    return _pattern(finding.pattern), made, evidence, f"{finding.threshold:.1f}"


def _of_finding(finding: Finding) -> Iterator[tuple[str, str]]:
    if finding.entity is not None:
        yield "about", f"{finding.entity.type} {finding.entity.id}"
    if finding.rarity is not None and finding.evidence is not None:
        text = f"{finding.evidence:.1f} nats of {finding.threshold:.1f}"
        yield "evidence", f"{text}; {number(finding.rarity)} as strong in 10,000 actor-days"
    if finding.severity is not None:
        yield "severity", f"{finding.severity.value}, of this event alone"
    if finding.budget is not None and finding.budget <= MOST_BUDGET:
        yield "budget", f"{number(finding.budget)} or more would make it an alert"
    if finding.episode_events:
        raised = f", alert {finding.alert_id}" if finding.alert_id else ", not raised"
        yield "episode", f"{finding.episode_events:,} of its searches by now{raised}"


def _about(explained: AlertExplained) -> Iterator[tuple[str, str]]:
    alert = explained.alert
    yield "alert", f"{alert.alert_id}, {alert.mode.value}, revision {alert.revision}"
    yield "about", f"{alert.entity.type} {alert.entity.id}"
    yield "tenant", alert.tenant_id or ", ".join(alert.tenants)
    if len(alert.actors) > 1:
        yield "accounts", f"{len(alert.actors)}: {', '.join(alert.actors)}"
    if len(alert.subjects) > 1:
        yield "persons", f"{len(alert.subjects)}: {', '.join(alert.subjects)}"
    yield "extent", f"{_time(alert.first_event_time)} to {_time(alert.last_event_time)}"
    yield "raised", _time(alert.raised_event_time)
    exposed = f"{alert.subjects_exposed:,} people exposed"
    yield "searches", f"{alert.event_count:,}, {exposed}"
    if alert.campaign_id:
        yield "campaign", alert.campaign_id
    if explained.verdict is not None:
        yield "verdict", explained.verdict


def _reasons(out: Console, reasons: Sequence[Reason]) -> None:
    if not reasons:
        return
    out.print()
    out.print(Text("Why", style="bold"))
    for reason in reasons:
        out.print(f"  {printable(reason.text)}")
        seen, usual = number(reason.observed), number(reason.expected)
        out.print(f"    {reason.feature}: {seen} {reason.unit}, expected {usual}", style="dim")


def _changes(changes: Iterable[Change]) -> list[str]:
    return [f"{change.text} ({change.evidence:.1f} nats)" for change in changes]


def _title(out: Console, text: str, style: str = "bold") -> None:
    out.print(Text(printable(text), style=style))


def _facts(out: Console, facts: Iterable[tuple[str, str]]) -> None:
    table = Table.grid(padding=(0, 2))
    for name, text in facts:
        table.add_row(Text(f"  {name}", style="dim"), Text(printable(text)))
    print_trimmed(out, table)


def _list(out: Console, title: str, lines: Iterable[str]) -> None:
    out.print()
    out.print(Text(title, style="bold"))
    for line in lines:
        out.print(f"  - {printable(line)}")


def _pattern(code: str) -> str:
    return code.replace("_", " ")


def _time(text: str) -> str:
    return text[:19].replace("T", " ")
