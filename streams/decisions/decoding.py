"""Bytes to records of decisions: what is none is a value that says why, and costs nothing else."""

from typing import Any, Final

import msgspec

from detectors.events import ABSENT_TIME
from detectors.state.actors import DAY
from streams.ingest.rejects import Reason, Rejected
from streams.ingest.times import to_millis
from streams.ingest.verdicts import decode_verdicts

from .records import SCHEMAS, DayBegun, Record, Ruled

MOST_BYTES: Final = 1 << 18
"""Of one record; a configuration with every key takes a fiftieth of it."""


_AHEAD_DAYS: Final = 2
"""By which a day may begin before the broker's clock has come to it: clocks and zones differ."""

NO_TIMESTAMP: Final = -1
"""Kafka's own value for a record without one."""


def decode(value: bytes, index: int = 0, written: int = NO_TIMESTAMP) -> Record | Rejected:
    """A record of the topic, or why it is none.

    Args:
        value: JSON; unknown fields are ignored.
        index: goes into the reject: the offset, or the 0-based number of the line.
        written: when the broker got it, ms. A day that begins in the future is none: nothing that
            is decided until then would count.
    """
    plain = _object(value)
    if isinstance(plain, str):
        return Rejected(index, plain)
    schema = plain.pop("schema", "probewatch.verdict.v1")
    kind = SCHEMAS.get(schema) if isinstance(schema, str) else None
    if kind is None:
        return Rejected(index, "bad_value", "schema")
    for name in ("event_time", "written_at", "until"):
        if name in plain:
            time = _millis(plain[name])
            if time is None:
                return Rejected(index, "bad_time", name)
            plain[name] = time
    if kind is Ruled:
        return _ruled(value, plain, index)
    record = _converted(plain, kind, index)
    if isinstance(record, DayBegun) and written != NO_TIMESTAMP:
        latest = written // DAY + _AHEAD_DAYS
        return record if record.day <= latest else Rejected(index, "bad_time", "day")
    return record


def _object(value: bytes) -> dict[str, Any] | Reason:
    if len(value) > MOST_BYTES:
        return "too_large"
    try:
        plain = msgspec.json.decode(value)
    except RecursionError:
        return "too_deep"
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "not_json"
    return plain if isinstance(plain, dict) else "not_object"


def _ruled(value: bytes, plain: dict[str, Any], index: int) -> Record | Rejected:
    heard = decode_verdicts([value.replace(b"\n", b" ")])
    if heard.rejected:
        return msgspec.structs.replace(heard.rejected[0], index=index)
    # Who wrote a verdict by other means need not say who and when.
    about = {"by": "unknown", "written_at": plain["event_time"]} | plain
    return _converted(about | {"verdict": heard.verdicts[0]}, Ruled, index)


def _converted(plain: dict[str, Any], kind: type[Record], index: int) -> Record | Rejected:
    fields = msgspec.structs.fields(kind)
    for field in fields:
        if field.name not in plain:
            if field.required:
                return Rejected(index, "missing_field", field.name)
            continue
        try:
            msgspec.convert(plain[field.name], field.type)
        except msgspec.ValidationError:
            return Rejected(index, "bad_value", field.name)
    try:
        record: Record = msgspec.convert(plain, kind)
    except msgspec.ValidationError:
        return Rejected(index, "bad_value")
    return record


def _millis(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    try:
        time = int(to_millis([value])[0])
    except OverflowError:
        return None
    return None if time == ABSENT_TIME else time
