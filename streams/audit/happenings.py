"""What records of other topics come to in the trail.

The trail cannot be erased from, and so it names nobody: of an alert it keeps the id and what was
said about it, and the hash of the whole, by which a copy can be checked. Whatever a record holds,
it comes to something: who can write to a topic must not be able to end the trail.
"""

import hashlib
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import orjson

from .chain import Happened, Source

_OF_ALERTS: Final = (
    "alert_id",
    "revision",
    "pattern",
    "status",
    "mode",
    "severity",
    "tenant_id",
    "config_hash",
)
_LONGEST_KIND: Final = 64
_LONGEST: Final = 256
"""Characters of a value; twice what a decision on an alert may call it."""

_LAST_MS: Final = 253_402_300_799_999
"""The end of the year 9999, beyond which RFC 3339 has no times."""


class Record(Protocol):
    """A record of a topic."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


def of_alert(record: Record) -> Happened:
    """A revision of an alert."""
    found = _object(record.value)
    what = {name: _plain(found.get(name)) for name in _OF_ALERTS}
    return _happened(record, "alert", what)


def of_decision(record: Record) -> Happened:
    """What somebody decided: a verdict, a snooze, a configuration, a reveal, an erasure, ….

    Its `type` says which, or else its `schema`; whatever else it says stays where it is. A record
    without a value takes one back.
    """
    found = _object(record.value)
    names = (found.get(field) for field in ("type", "kind", "schema"))
    kind = next((name for name in names if name and isinstance(name, str)), "decision")
    if not record.value:
        kind = "withdrawn"
    what = {"key_sha256": _digest(record.key)}
    return _happened(record, kind[:_LONGEST_KIND], what)


def _happened(record: Record, kind: str, what: dict[str, Any]) -> Happened:
    return Happened(
        written(record.timestamp),
        kind,
        what | {"sha256": _digest(record.value)},
        Source(record.topic, record.partition, record.offset),
    )


def written(milliseconds: int) -> str:
    """A time as RFC 3339; one that it has no way to write is the nearest that it has."""
    moment = datetime.fromtimestamp(min(max(milliseconds, 0), _LAST_MS) / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain(value: object) -> str | int | None:
    """What an alert says, if it is of the kind that alerts say: none holds a list or a story."""
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else None
    return value if isinstance(value, int) else None


def _digest(data: bytes | None) -> str:
    return hashlib.sha256(data or b"").hexdigest()


def _object(value: bytes | None) -> dict[str, Any]:
    try:
        found = orjson.loads(value or b"{}")
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
