"""An alert and a flood in words, for people."""

from detectors.alerts import Alert
from streams.sinks.messages import Flood
from streams.terminal import printable

MOST_REASONS = 3
"""Of an alert's reasons, which come strongest first."""


def title(alert: Alert) -> str:
    """What kind of misuse: `Persistent stalking`."""
    return alert.pattern.value.replace("_", " ").capitalize()


def cut(text: str, most: int) -> str:
    """The text, made visible and at most so long.

    >>> cut("a long story", 7)
    'a long…'
    """
    text = printable(text)
    return text if len(text) <= most else text[: most - 1] + "…"


def tenant(alert: Alert) -> str:
    """Whose users it is about."""
    if alert.tenant_id is not None:
        return alert.tenant_id
    return f"{len(alert.tenants)} tenants"


def moment(text: str) -> str:
    """A time to the minute: `2025-03-13 04:46`."""
    return text[:16].replace("T", " ")


def flood_title(flood: Flood) -> str:
    """How many alerts were not passed on."""
    state = "is over" if flood.over else "goes on" if flood.number > 1 else "has begun"
    return f"Alert flood {state}: {flood.counted:,} alerts were only counted"


def flood_text(flood: Flood) -> str:
    """Of which kind they were, since when, and where to find them."""
    by_pattern = ", ".join(
        f"{count:,} {pattern.replace('_', ' ')}" for pattern, count in flood.patterns.items()
    )
    by_severity = ", ".join(f"{count:,} {word}" for word, count in flood.severities.items())
    return (
        f"Since {moment(flood.since)} UTC: {by_pattern} ({by_severity}). "
        "The most important alerts are still sent one by one. "
        "All of them are in the topic of alerts."
    )
