"""The default configuration file, written from the settings themselves."""

import json
import textwrap
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec

from .durations import format_duration
from .validation import described, expected, row_type

_WIDTH = 88


def template(struct: type[msgspec.Struct]) -> str:
    """A TOML file that says every key of the struct, what it means, and its default."""
    head = _comment('Every setting, at its default. Durations are text: "90s", "15m", "1h", "30d".')
    return "\n".join([*head, *_table(struct(), "")]) + "\n"


def _table(values: msgspec.Struct, path: str) -> Iterator[str]:
    """The lines of one table: its own keys first, as TOML wants, then the tables within."""
    fields = msgspec.structs.fields(values)
    tables = [f for f in fields if _is_table(getattr(values, f.name), f.type)]
    keys = [f for f in fields if f not in tables]
    if keys and path:
        yield ""
        yield from _comment(_first_paragraph(type(values).__doc__))
        yield f"[{path}]"
    for field in keys:
        yield from _comment(_meaning(field))
        yield f"{field.encode_name} = {_literal(getattr(values, field.name))}"
    for field in tables:
        inner = f"{path}.{field.encode_name}" if path else field.encode_name
        value = getattr(values, field.name)
        if isinstance(value, msgspec.Struct):
            yield from _table(value, inner)
        else:
            yield from _array(value, field.type, inner)


def _none_by_default(kind: Any, path: str) -> Iterator[str]:
    """What such tables may hold, as a comment: that there are none cannot be a key."""
    row = row_type(kind)
    yield from _comment(f"[[{path}]]")
    for field in msgspec.structs.fields(row) if row else ():
        yield from _comment(f"{field.encode_name}: {_meaning(field)}")
        if not field.required:
            yield from _comment(f"  {field.encode_name} = {_literal(field.default)}")


def _meaning(field: msgspec.structs.FieldInfo) -> str:
    return f"{described(field.type)} ({expected(field.type)})"


def _is_table(value: object, kind: Any) -> bool:
    return isinstance(value, msgspec.Struct) or row_type(kind) is not None


def _array(rows: tuple[msgspec.Struct, ...], kind: Any, path: str) -> Iterator[str]:
    """An array of tables, whose keys are explained once."""
    yield ""
    yield from _comment(described(kind))
    if not rows:
        yield from _none_by_default(kind, path)
        return
    for field in msgspec.structs.fields(rows[0]):
        yield from _comment(f"{field.encode_name}: {_meaning(field)}")
    for row in rows:
        yield f"[[{path}]]"
        for field in msgspec.structs.fields(row):
            yield f"{field.encode_name} = {_literal(getattr(row, field.name))}"


def _literal(value: object) -> str:
    if isinstance(value, timedelta):
        return f'"{format_duration(value)}"'
    if isinstance(value, tuple):
        return f"[{', '.join(map(_literal, value))}]"
    # JSON's numbers, booleans and strings are TOML's too.
    return json.dumps(value, ensure_ascii=False)


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, _WIDTH - 2, break_on_hyphens=False)]


def _first_paragraph(docstring: str | None) -> str:
    return " ".join((docstring or "").strip().split("\n\n")[0].split())
