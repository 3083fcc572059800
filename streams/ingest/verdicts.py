"""Lines to verdicts (`probewatch.verdict.v1`): what is none is a value that says why."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, get_type_hints

import msgspec

from detectors.events import ABSENT_TIME
from detectors.verdicts import Verdict

from .rejects import Reason, Rejected
from .schema import LATEST_MS
from .times import to_millis

MOST_BYTES: Final = 1 << 16
"""Of one record; twenty reasons in words take a tenth of it."""

_KINDS: Final[dict[str, Any]] = get_type_hints(Verdict, include_extras=True)


@dataclass(frozen=True, slots=True)
class Heard:
    """What lines came to.

    Attributes:
        verdicts: in the order of the lines.
        rejected: lines that are no verdict, by their 0-based numbers; blank ones are neither.
    """

    verdicts: list[Verdict] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def decode_verdicts(lines: Iterable[bytes]) -> Heard:
    """Read one from each line.

    `event_time` is written as in events. Unknown fields are ignored.
    """
    heard = Heard()
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        verdict = _decode(line, number)
        if isinstance(verdict, Verdict):
            heard.verdicts.append(verdict)
        else:
            heard.rejected.append(verdict)
    return heard


def _decode(line: bytes, number: int) -> Verdict | Rejected:
    record = _record(line)
    if isinstance(record, str):
        return Rejected(number, record)
    present = {name: record[name] for name in _KINDS if record.get(name) is not None}
    for needed in msgspec.structs.fields(Verdict):
        if needed.required and needed.name not in present:
            return Rejected(number, "missing_field", needed.name)
    time = _time(present.pop("event_time"))
    if time is None:
        return Rejected(number, "bad_time", "event_time")
    for name, value in present.items():
        try:
            msgspec.convert(value, _KINDS[name])
        except msgspec.ValidationError:
            return Rejected(number, "bad_value", name)
    return msgspec.convert(present | {"event_time": time}, Verdict)


def _record(line: bytes) -> dict[str, Any] | Reason:
    """The object that a line is, or why it is none."""
    if len(line) > MOST_BYTES:
        return "too_large"
    try:
        record = msgspec.json.decode(line)
    except RecursionError:
        return "too_deep"
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "not_json"
    return record if isinstance(record, dict) else "not_object"


def _time(value: object) -> int | None:
    """Milliseconds, if it is a time."""
    if isinstance(value, str):
        time = int(to_millis([value])[0])
        return None if time == ABSENT_TIME else time
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= LATEST_MS else None
