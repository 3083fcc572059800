"""The sections of `probewatch.toml` that the shell owns; detection's own are in `detectors`.

A field's description is what the default file says above it.
"""

import re
from datetime import timedelta
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Format = Literal["query", "combined"]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the configuration file."""


class PathRule(Section, frozen=True):
    """What requests to some paths of a web server's log mean."""

    path: Annotated[
        str,
        Meta(
            description="regular expression, searched in the request's path; a group named "
            "gallery says which collection was searched"
        ),
    ]
    operation: Annotated[
        Literal["identify", "verify", "enrol", "detect", "extract", "list", "delete", "other"],
        Meta(description="what such a request asks of the API"),
    ]
    method: Annotated[str, Meta(description="HTTP method, empty for any")] = ""

    def __post_init__(self) -> None:
        """Refuse a path that is no regular expression."""
        try:
            re.compile(self.path)
        except re.error as error:
            raise ValueError(f"path {self.path!r} is no regular expression: {error}") from error


class CombinedLog(Section, frozen=True):
    """How a web server's access log (format "combined") is read."""

    tenant: Annotated[
        str, Meta(min_length=1, description="tenant that all of the log belongs to")
    ] = "default"
    rules: Annotated[
        tuple[PathRule, ...],
        Meta(description="the first rule that fits says what a request was; none fits: other"),
    ] = (
        PathRule(path="(?i)(search|identif|recogni)", method="POST", operation="identify"),
        PathRule(path="(?i)(verif|compare)", method="POST", operation="verify"),
    )


class Input(Section, frozen=True):
    """How queries come in."""

    format: Annotated[
        Format,
        Meta(description="query: JSON lines, probewatch.query.v1; combined: a web server's log"),
    ] = "query"
    allowed_lateness: Annotated[
        timedelta,
        Meta(description="how far behind the newest event of its source an event still counts"),
    ] = timedelta(hours=1)
    sort_window: Annotated[
        timedelta,
        Meta(description="events this close are put in order of time before they are judged"),
    ] = timedelta(0)
    batch_size: Annotated[
        int,
        Meta(ge=1, le=1_000_000, description="events judged at once; results do not depend on it"),
    ] = 8192
    combined: CombinedLog = CombinedLog()


class Subjects(Section, frozen=True):
    """Whose subjects are whose."""

    namespace: Annotated[
        Literal["tenant", "host"],
        Meta(
            description="where an event does not say: subject ids are unique within a tenant, "
            "or shared by all tenants of the host, which finds stalking across tenants"
        ),
    ] = "tenant"


class Pseudonyms(Section, frozen=True):
    """The keyed replacement of ids."""

    key_file: Annotated[
        str,
        Meta(
            description="file with the key, 16 to 64 bytes as hex or base64, seen from this "
            "file's directory; the environment's PROBEWATCH_PSEUDONYM_KEY goes before it"
        ),
    ] = ""
    epoch: Annotated[
        int,
        Meta(ge=0, le=999_999, description="number of the key; it stands in every pseudonym"),
    ] = 0


class Tenants(Section, frozen=True):
    """Tenants by name."""

    named: Annotated[
        tuple[str, ...],
        Meta(description="shown by name in metrics; all others are counted as other"),
    ] = ()
