"""Why a record was turned away."""

from typing import Literal

import msgspec

Reason = Literal[
    "not_json",
    "not_object",
    "too_deep",
    "too_large",
    "malformed_line",
    "forbidden_field",
    "missing_field",
    "wrong_type",
    "bad_length",
    "bad_value",
    "bad_time",
]
"""Closed, so that it can be a metric label. `malformed_line` is for formats other than JSON."""


class Rejected(msgspec.Struct, frozen=True):
    """A record that is no event. It says why and never holds anything of the payload.

    Attributes:
        index: 0-based number of the input record.
        reason: what is wrong.
        field: the field at fault, a name of this schema, where one is.
    """

    index: int
    reason: Reason
    field: str | None = None
