"""The slow and patient reading of a record that the fast decoder would not take.

It tells what is wrong with a record that is no event, and repairs one that is: an optional
field that is wrong is dropped and counted, so that a 600-character user agent cannot make
a scraper invisible.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import msgspec

from .rejects import Reason, Rejected
from .schema import (
    COUNTS,
    FIELDS,
    FORBIDDEN,
    LARGEST_COUNT,
    LONGEST,
    MAX_CANDIDATES,
    REQUIRED,
)

LONGEST_INTEGER = 400
"""Digits; a float's range ends at 309, and Python's own limit of 4,300 is an exception."""


_ALONE: dict[str, Any] = {
    name: msgspec.defstruct("Alone", [("value", field.type)]) for name, field in FIELDS.items()
}
"""A struct for each field. For a bare type msgspec works out anew at every call how to
convert to it, which takes five times as long."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """A record that is an event.

    Attributes:
        values: the fields that can be used, by name; nulls are left out.
        unknown: the other names.
        dropped: names of the optional fields that were dropped or cut.
    """

    values: dict[str, Any]
    unknown: tuple[str, ...]
    dropped: tuple[str, ...]


def read_line(line: bytes, index: int) -> Repaired | Rejected:
    """Read one line of JSON as patiently as the format allows.

    A byte order mark is skipped. Of a repeated name the last counts. Bytes that are not
    UTF-8, and lone surrogates, spoil the string that holds them and not the record.
    """
    text = line.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    try:
        record = _JSON.decode(text)
    except RecursionError:
        return Rejected(index, "too_deep")
    except ValueError:
        return Rejected(index, "not_json")
    if not isinstance(record, dict):
        return Rejected(index, "not_object")
    return judge(record, index)


def judge(record: Mapping[str, Any], index: int) -> Repaired | Rejected:
    """Decide whether a record is an event, and repair it if it is."""
    for name in record:
        if name.casefold() in FORBIDDEN:
            return Rejected(index, "forbidden_field", name.casefold())
    values: dict[str, Any] = {}
    for name in REQUIRED:
        value = _whole(record.get(name))
        reason = _refusal(name, value)
        if reason is not None:
            return Rejected(index, reason, name)
        values[name] = value
    known = tuple(name for name in record if name in FIELDS)
    unknown = tuple(name for name in record if name not in FIELDS)
    dropped = []
    for name in known:
        if name in values or record[name] is None:
            continue
        repaired, intact = _repaired(name, record[name])
        if repaired is not None:
            values[name] = repaired
        if not intact:
            dropped.append(name)
    return Repaired(values, unknown, tuple(dropped))


def _refusal(name: str, value: Any) -> Reason | None:
    if value is None:
        return "missing_field"
    if _fitting(name, value) is not None:
        return None
    if name == "event_time" and isinstance(value, int) and not isinstance(value, bool):
        return "bad_time"
    if not isinstance(value, str):
        return "wrong_type"
    if name in ("operation", "outcome") or not _is_unicode(value):
        return "bad_value"
    return "bad_length"


def _fitting(name: str, value: Any) -> Any:
    """The value in the field's own type, None if it does not fit."""
    if isinstance(value, str) and not _is_unicode(value):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    try:
        return msgspec.convert({"value": value}, _ALONE[name]).value
    except msgspec.ValidationError:
        return None


def _repaired(name: str, value: Any) -> tuple[Any, bool]:
    """The value that can be used, None if none can, and whether it is the one that was sent."""
    if isinstance(value, list):
        return _repaired_list(name, value)
    value = _whole(value)
    fitting = _fitting(name, value)
    if fitting is not None:
        return fitting, True
    if name in COUNTS and isinstance(value, int) and value > LARGEST_COUNT:
        return LARGEST_COUNT, True
    if name in LONGEST and isinstance(value, str):
        return _fitting(name, value[: LONGEST[name]]), False
    return None, False


def _repaired_list(name: str, value: list[Any]) -> tuple[Any, bool]:
    if not all(isinstance(item, str) and _is_unicode(item) for item in value):
        return None, False
    fitting = _fitting(name, [item[: LONGEST["subject_id"]] for item in value[:MAX_CANDIDATES]])
    return fitting, fitting == value


def _whole(value: Any) -> Any:
    """5.0 is an integer to JSON, which has but one kind of number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONGEST_INTEGER else math.inf


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


_JSON = json.JSONDecoder(parse_int=_integer, parse_constant=_refuse)
