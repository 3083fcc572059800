"""A TOML document against the structs that say what it may hold, finding every fault at once.

msgspec stops at the first fault and speaks of Python's types; whoever wrote the file wants
all of them, in the file's own terms. Single values are still judged by msgspec.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import msgspec

from .durations import EXPECTED, parse_duration
from .faults import Fault, unknown_key, wrong_value

S = TypeVar("S", bound=msgspec.Struct)


def validate(
    document: Mapping[str, Any], struct: type[S], where: str = ""
) -> tuple[S | None, list[Fault]]:
    """The struct that the document spells, or None and everything that is wrong with it.

    Args:
        document: what a TOML parser made of the file, or of one table of it.
        struct: its fields are the known keys. They are structs (tables), booleans, numbers,
            strings, literals of strings, `timedelta` (a duration in text), or tuples of these.
        where: path of the table in the file.
    """
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    faults = [unknown_key(where, key, fields) for key in document if key not in fields]
    values: dict[str, Any] = {}
    for key, field in fields.items():
        path = f"{where}.{key}" if where else key
        if key in document:
            values[field.name], found = _value(document[key], field.type, path)
            faults += found
        elif field.required:
            faults.append(Fault(path, f"missing; expected {expected(field.type)}"))
    if faults:
        return None, faults
    try:
        return struct(**values), []
    except ValueError as error:
        # What a struct demands of its fields together, in its own words, a fault an argument.
        return None, [Fault(where or "file", str(what)) for what in error.args]


def _value(value: Any, kind: Any, where: str) -> tuple[Any, list[Fault]]:
    bare, _ = _unwrap(kind)
    if _is_struct(bare) and isinstance(value, dict):
        return validate(value, bare, where)
    if _is_sequence(bare) and isinstance(value, list):
        items = [
            _value(item, get_args(bare)[0], f"{where}[{number}]")
            for number, item in enumerate(value)
        ]
        values = tuple(item for item, _ in items)
        return values, [fault for _, found in items for fault in found]
    try:
        return _scalar(value, kind), []
    except ValueError:
        return None, [wrong_value(where, expected(kind), value)]


def _scalar(value: Any, kind: Any) -> Any:
    """The value as its type; a ValueError, of which msgspec's own is one, if it is none."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(value)
    if _unwrap(kind)[0] is timedelta:
        duration = parse_duration(value) if isinstance(value, str) else None
        if duration is None:
            raise ValueError(value)
        return duration
    return msgspec.convert(value, kind)


def expected(kind: Any) -> str:
    """What a value of this type is, in words that follow "expected".

    >>> expected(Annotated[float, msgspec.Meta(ge=0, le=1)])
    'a number, at least 0, at most 1'
    >>> expected(Literal["tenant", "host"])
    'one of "tenant", "host"'
    """
    bare, metas = _unwrap(kind)
    if _is_struct(bare):
        return "a table"
    if _is_sequence(bare):
        return f"a list, each item {expected(get_args(bare)[0])}"
    if get_origin(bare) is tuple:
        return "a list of " + ", ".join(map(expected, get_args(bare)))
    if get_origin(bare) is Literal:
        return "one of " + ", ".join(f'"{choice}"' for choice in get_args(bare))
    names = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "text",
        timedelta: EXPECTED,
    }
    return names[bare] + _bounds(metas)


def row_type(kind: Any) -> type[msgspec.Struct] | None:
    """What the tables of an array of tables are; None if the type is no such array."""
    bare, _ = _unwrap(kind)
    row = get_args(bare)[0] if _is_sequence(bare) else None
    return row if _is_struct(row) else None


def described(kind: Any) -> str:
    """What the type's annotation says that the value means; empty if it says nothing."""
    return next((meta.description for meta in _unwrap(kind)[1] if meta.description), "")


def _unwrap(kind: Any) -> tuple[Any, list[msgspec.Meta]]:
    if get_origin(kind) is Annotated:
        bare, *notes = get_args(kind)
        return bare, [note for note in notes if isinstance(note, msgspec.Meta)]
    return kind, []


def _is_struct(bare: Any) -> bool:
    return isinstance(bare, type) and issubclass(bare, msgspec.Struct)


def _is_sequence(bare: Any) -> bool:
    """Whether it is a tuple of any length."""
    return get_origin(bare) is tuple and get_args(bare)[-1] is Ellipsis


def _bounds(metas: Iterable[msgspec.Meta]) -> str:
    words = (
        ("gt", "above {}"),
        ("ge", "at least {}"),
        ("lt", "below {}"),
        ("le", "at most {}"),
        ("min_length", "at least {} characters"),
        ("max_length", "at most {} characters"),
    )
    said = [
        text.format(f"{bound:,}" if isinstance(bound, int) else f"{bound:g}")
        for meta in metas
        for name, text in words
        if (bound := getattr(meta, name)) is not None
    ]
    return "".join(f", {text}" for text in said)
