"""A message for Slack's incoming webhooks, in the part of the format that Mattermost takes too.

Sources: docs.slack.dev, "Formatting message text" (what is escaped) and "Reference: Secondary
message attachments"; docs.mattermost.com, "Incoming webhooks" and "Message attachments".
"""

import re
from typing import Any, Final

from detectors.alerts import Alert, Severity, Status
from streams.sinks.messages import Flood, Message

from .wording import MOST_REASONS, cut, flood_text, flood_title, moment, tenant, title

LONGEST_TEXT: Final = 3_000
"""Slack shortens what is longer than 4,000 characters; escaping makes some characters five."""

_LONGEST_ID: Final = 80
_LONGEST_REASON: Final = 600
_COLOURS: Final = {
    Severity.LOW: "#6b7280",
    Severity.MEDIUM: "#d97706",
    Severity.HIGH: "#dc2626",
    Severity.CRITICAL: "#7f1d1d",
}
_STATES: Final = {
    Status.OPEN: "new",
    Status.UPDATED: "goes on",
    Status.CLOSED: "over",
    Status.REOPENED: "again",
}
_ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_SPECIAL: Final = re.compile(r"[&<>]")
# A zero-width joiner behind it keeps @channel and @all from calling everybody on Mattermost, and
# the other marks from making bold, links or code of what is only text.
_MARKS: Final = re.compile(r"([@`*_~\[\]#|])")
_JOINER: Final = "\N{WORD JOINER}"


def slack(message: Message) -> dict[str, Any]:
    """One message with one attachment; whatever a log holds is plain text in it."""
    content = message.content
    return _flood(content) if isinstance(content, Flood) else _alert(content)


def _alert(alert: Alert) -> dict[str, Any]:
    head = f"{alert.severity.value.capitalize()}: {title(alert)} ({_STATES[alert.status]})"
    reasons = [plain(reason.text, _LONGEST_REASON) for reason in alert.reasons[:MOST_REASONS]]
    first, last = moment(alert.first_event_time), moment(alert.last_event_time)
    fields = [
        (alert.entity.type.capitalize(), alert.entity.id),
        ("Tenant", tenant(alert)),
        ("Searches", f"{alert.event_count:,}"),
        ("People exposed", f"{alert.subjects_exposed:,}"),
        ("Rarity", f"{alert.rarity:.2g} in 10,000 actor-days"),
        ("From, to (UTC)", f"{first}, {last}"),
        ("Alert", f"{alert.alert_id}, revision {alert.revision}"),
    ]
    return _message(head, "\n".join(f"• {reason}" for reason in reasons), fields, alert.severity)


def _flood(flood: Flood) -> dict[str, Any]:
    return _message(flood_title(flood), plain(flood_text(flood)), [], Severity.CRITICAL)


def _message(
    head: str, text: str, fields: list[tuple[str, str]], severity: Severity
) -> dict[str, Any]:
    return {
        "text": head,
        "attachments": [
            {
                "color": _COLOURS[severity],
                "fallback": head,
                "text": text,
                "fields": [
                    {"title": name, "value": plain(value, _LONGEST_ID * 2 + 1), "short": True}
                    for name, value in fields
                ],
            }
        ],
    }


def plain(text: str, most: int = LONGEST_TEXT) -> str:
    """Text that Slack and Mattermost show as it is, at most so long before it is escaped.

    >>> plain("<!channel> & co")
    '&lt;!channel&gt; &amp; co'
    """
    escaped = _SPECIAL.sub(lambda match: _ESCAPES[match[0]], cut(text, most))
    return _MARKS.sub(rf"\1{_JOINER}", escaped)
