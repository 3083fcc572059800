"""The records of the topic, and the keys under which compaction keeps the last of each thing.

Each is a JSON object with `schema`, `event_time`, and, where a person wrote it, `by` and
`written_at`. There is no room for free text: what is said is a code.
"""

import secrets
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from detectors.alerts import PatternCode, Severity, rfc3339
from detectors.state.actors import DAY
from detectors.verdicts import Verdict
from streams.settings.suppressions import CODE, PERSON, PSEUDONYM

# Not `$`, which a line break may follow.
Who = Annotated[str, Meta(pattern=rf"^({PERSON.pattern})\Z")]
Code = Annotated[str, Meta(pattern=rf"^({CODE.pattern})\Z")]
AlertId = Annotated[str, Meta(min_length=1, max_length=128)]
TenantId = Annotated[str, Meta(min_length=1, max_length=128)]

MOST_NOTES: Final = 5

LAST_DAY: Final = 2_932_895
"""The last day but one of the year 9999: what is decided counts from a day that can be written."""


class Ruled(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict, as somebody gave it; the record is that of `replay --verdicts`, and more.

    Attributes:
        verdict: what it says.
        by: who gave it.
        written_at: ms, by the clock of whoever wrote it.
        note: codes of one's own.
    """

    verdict: Verdict
    by: Who
    written_at: int
    note: Annotated[tuple[Code, ...], Meta(max_length=MOST_NOTES)] = ()


def in_words(ruled: Ruled) -> str:
    """A verdict for people: what it says, who said it, when and why."""
    notes = f" ({', '.join(ruled.note)})" if ruled.note else ""
    day = rfc3339(ruled.written_at)[:10]
    return f"{ruled.verdict.verdict.value}, by {ruled.by} on {day}{notes}"


class Snooze(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts that are not delivered for some time; all that is said of them must fit.

    Attributes:
        snooze_id: to end it by.
        event_time: ms; how far the log had come. It decides nothing: people wake by the clock.
        by: who wrote it.
        written_at: ms, by the clock of whoever wrote it.
        owner: who answers for it.
        until: ms, by the clock; one in the past has ended.
        alert_id: of one alert.
        entity: pseudonym of what alerts are about.
        pattern: of alerts of a tenant.
        tenant_id: whose alerts; goes with a pattern.
        severity: the highest of those alerts when it was written; None if there were none.
    """

    snooze_id: Annotated[str, Meta(pattern=r"^[0-9a-f]{8}\Z")]
    event_time: int
    by: Who
    written_at: int
    owner: Who
    until: int
    alert_id: AlertId | None = None
    entity: Annotated[str, Meta(pattern=rf"^({PSEUDONYM.pattern})\Z")] | None = None
    pattern: PatternCode | None = None
    tenant_id: TenantId | None = None
    severity: Severity | None = None

    def __post_init__(self) -> None:
        """Refuse one without bounds."""
        chosen = [self.alert_id, self.entity, self.pattern]
        if sum(one is not None for one in chosen) != 1 or (
            (self.pattern is None) != (self.tenant_id is None)
        ):
            raise ValueError("expected an alert, an entity, or a pattern with its tenant")


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """Settings that can be changed while the service runs, all of them.

    Attributes:
        event_time: ms.
        by: who wrote it.
        written_at: ms, by the clock of whoever wrote it.
        config_hash: of the configuration that it came from.
        tables: as in `probewatch.toml`, every key of them; see `streams.decisions.changes`.
    """

    event_time: int
    by: Who
    written_at: int
    config_hash: Annotated[str, Meta(pattern=r"^[0-9a-f]{12}\Z")]
    tables: dict[str, Any]


class DayBegun(msgspec.Struct, frozen=True):
    """A worker is about to begin a day.

    Attributes:
        day: since the epoch, UTC.
    """

    day: Annotated[int, Meta(ge=0, le=LAST_DAY)]


class Started(msgspec.Struct, frozen=True):
    """A worker has started, and what it cannot change while it runs.

    Attributes:
        written_at: ms, by its clock.
        config_hash: of its file.
        fixed: settings by their paths in the file.
        tables: what can be changed, as in `Configuration`, as its file has it.
    """

    written_at: int
    config_hash: str
    fixed: dict[str, Any]
    tables: dict[str, Any] = {}


Decision = Ruled | Snooze | Configuration
Record = Decision | DayBegun | Started

SCHEMAS: Final[dict[str, type[Record]]] = {
    "probewatch.verdict.v1": Ruled,
    "probewatch.snooze.v1": Snooze,
    "probewatch.configuration.v1": Configuration,
    "probewatch.day.v1": DayBegun,
    "probewatch.start.v1": Started,
}
_NAMES: Final = {kind: schema for schema, kind in SCHEMAS.items()}
_TIMES: Final = ("event_time", "written_at", "until")


def key_of(record: Record) -> bytes:
    """Of records under one key the last one holds, and the others may be deleted.

    What was decided on different days has different keys, so that what held on a day that is
    read again is still there. A day may be begun by several at once, and the first one counts.
    """
    match record:
        case Ruled(verdict=verdict):
            return f"verdict/{verdict.alert_id}/{verdict.event_time // DAY}".encode()
        case Snooze():
            return f"snooze/{record.snooze_id}".encode()
        case Configuration():
            return f"configuration/{record.event_time // DAY}".encode()
        case DayBegun():
            return f"day/{record.day}/{secrets.token_hex(4)}".encode()
        case Started():
            return b"start"


def line_of(record: Record) -> bytes:
    """The record as a JSON object, without a line break; times in RFC 3339."""
    plain: dict[str, Any] = msgspec.to_builtins(record)
    if isinstance(record, Ruled):
        plain |= plain.pop("verdict")
    known = {"schema": _NAMES[type(record)]} | plain
    for name in _TIMES:
        if name in known:
            known[name] = rfc3339(known[name])
    return msgspec.json.encode({name: value for name, value in known.items() if value is not None})
