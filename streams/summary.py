"""What a run did, in figures."""

from pathlib import Path

import msgspec
import orjson

from detectors.alerts import Mode, PatternCode, Severity

from .promise import Held


class AlertCount(msgspec.Struct, frozen=True):
    """Alerts (episodes, by their last revision) of one kind."""

    pattern: PatternCode
    severity: Severity
    mode: Mode
    count: int


class Tracked(msgspec.Struct, frozen=True):
    """Entities of one kind.

    Attributes:
        count: how many are remembered at the end.
        evicted: how many were forgotten, after long idleness or for want of room.
        untracked: events whose entity found no room at all.
    """

    kind: str
    count: int
    bytes: int
    evicted: int = 0
    untracked: int = 0


class TenantLevel(msgspec.Struct, frozen=True):
    """What a tenant's events can show.

    Attributes:
        level: capability level, 0 to 3, measured from the events.
        disabled: patterns that cannot see, for want of the level or of fields that they live on.
    """

    tenant: str
    level: int
    events: int
    disabled: tuple[PatternCode, ...] = ()


class Share(msgspec.Struct, frozen=True):
    """A pattern's share of the alert budget: as configured, and as verdicts have moved it."""

    pattern: PatternCode
    configured: float
    now: float


class Verdicts(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a file of verdicts.

    Attributes:
        records: lines of the file, blank ones aside.
        rejected: those that are no verdict, by reason.
        in_effect: alerts on which a verdict has taken effect.
        waiting: verdicts whose day has not begun.
        shares: of the patterns that page, at the end.
    """

    records: int
    rejected: dict[str, int] = {}
    in_effect: int = 0
    waiting: int = 0
    shares: tuple[Share, ...] = ()


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a run; its JSON is `probewatch.summary.v1`.

    Attributes:
        config_hash: of the settings that judged, in the end.
        records: input records, all of them.
        events: events judged.
        rejected: records that are no event, by reason.
        dropped_fields: optional fields taken as absent for a wrong type or range, by name.
        ignored_fields: unknown fields, in all; their names are the sender's and not kept.
        late: events further behind than is allowed, not judged.
        duplicates: events seen before, not judged again.
        clock_ahead: events whose clock was too far ahead of their neighbours'.
        first_event_time: RFC 3339; None without an event.
        last_event_time: RFC 3339; None without an event.
        seconds: wall time from the first byte to the last alert.
        peak_memory_bytes: of the process.
        verdicts: None without a file of them.
        budget: what was promised of false alerts, and what was held; None without an event.
    """

    schema: str = "probewatch.summary.v1"
    config_hash: str
    records: int
    events: int
    rejected: dict[str, int] = {}
    dropped_fields: dict[str, int] = {}
    ignored_fields: int = 0
    late: int = 0
    duplicates: int = 0
    clock_ahead: int = 0
    first_event_time: str | None = None
    last_event_time: str | None = None
    alerts: tuple[AlertCount, ...] = ()
    seconds: float = 0.0
    events_per_second: float = 0.0
    peak_memory_bytes: int = 0
    tracked: tuple[Tracked, ...] = ()
    tenants: tuple[TenantLevel, ...] = ()
    verdicts: Verdicts | None = None
    budget: Held | None = None


def write_summary(summary: Summary, path: Path) -> None:
    """Write it as JSON.

    Raises:
        OSError: the file cannot be written.
    """
    path.write_bytes(orjson.dumps(msgspec.to_builtins(summary), option=orjson.OPT_INDENT_2))
