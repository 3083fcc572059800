"""The sections of `probewatch.toml` that the shell owns; detection's own are in `detectors`.

A field's description is what the default file says above it.
"""

import re
from datetime import timedelta
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from streams.ingest.adapters.combined import ANYTHING, STATIC, PathRule
from streams.ingest.schema import OperationWord
from streams.logs import LogFormat

from .durations import format_duration

Format = Literal["query", "combined"]

OTHER: Final = "other"
"""Stands in metrics for every tenant that is not named."""


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the configuration file."""


class CombinedRule(PathRule, frozen=True, forbid_unknown_fields=True):
    """What a request for certain paths asked."""

    pattern: Annotated[
        str,
        Meta(description="regular expression, searched for in the path without its query string"),
    ]
    operation: Annotated[OperationWord, Meta(description="what such a request asked of the API")]

    def __post_init__(self) -> None:
        """Refuse what is no regular expression."""
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ValueError(
                f"pattern: expected a regular expression, got {self.pattern!r}: {error}"
            ) from error


class CombinedLog(Section, frozen=True):
    """How a web server's access log (format "combined") is read."""

    tenant: Annotated[
        str, Meta(min_length=1, max_length=128, description="tenant that the whole log belongs to")
    ] = "default"
    rules: Annotated[
        tuple[CombinedRule, ...],
        Meta(description="the first that fits a path says what was asked; none fits: other"),
    ] = tuple(CombinedRule(rule.pattern, rule.operation) for rule in (STATIC, ANYTHING))


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
    clock_tolerance: Annotated[
        timedelta,
        Meta(description="how far ahead of its neighbours a clock is believed without proof"),
    ] = timedelta(minutes=5)
    sort_window: Annotated[
        timedelta,
        Meta(description="events out of order by less than this are put in order of time first"),
    ] = timedelta(0)
    batch_size: Annotated[
        int,
        Meta(ge=1, le=1_000_000, description="events judged at once; results do not depend on it"),
    ] = 16_384
    combined: CombinedLog = CombinedLog()

    def __post_init__(self) -> None:
        """Refuse windows that reach beyond what may be late."""
        for name in ("clock_tolerance", "sort_window"):
            if getattr(self, name) > self.allowed_lateness:
                raise ValueError(
                    f"{name}: expected at most allowed_lateness, "
                    f"{format_duration(self.allowed_lateness)}, "
                    f"got {format_duration(getattr(self, name))}"
                )


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


class Service(Section, frozen=True):
    """The service on Kafka."""

    checkpoint_interval: Annotated[
        timedelta,
        Meta(description="how often what changed in the state is written to Kafka"),
    ] = timedelta(seconds=10)
    session_timeout: Annotated[
        timedelta,
        Meta(description="how long a worker may be silent before others take its partitions"),
    ] = timedelta(seconds=6)
    shutdown_timeout: Annotated[
        timedelta,
        Meta(description="within how long a worker that is stopped finishes and writes its state"),
    ] = timedelta(seconds=30)
    quiet_after: Annotated[
        timedelta,
        Meta(
            description="a log without events for so long is believed to be quiet: "
            "time goes on without it"
        ),
    ] = timedelta(hours=12)
    max_skew: Annotated[
        timedelta,
        Meta(description="source partitions are read no further apart than this in event time"),
    ] = timedelta(hours=1)
    standby: Annotated[
        bool,
        Meta(description="keep a warm copy of the state of partitions that other workers own"),
    ] = False
    http_host: Annotated[
        str,
        Meta(min_length=1, description="address to serve metrics and health at, without log-in"),
    ] = "127.0.0.1"
    # Outside of 9100 to 9999, all of which exporters for Prometheus have been given.
    http_port: Annotated[
        int, Meta(ge=0, le=65_535, description="port to serve them at; 0: any that is free")
    ] = 10_980
    page: Annotated[
        bool,
        Meta(description="show the latest alerts there too, to everybody who can reach it"),
    ] = False
    fetch_records: Annotated[
        int, Meta(ge=1, le=100_000, description="most records that are taken at once")
    ] = 4_000

    def __post_init__(self) -> None:
        """Refuse durations with which it could not work."""
        if faults := [
            f"{field}: expected {format_duration(least)} to {format_duration(most)}, "
            f"got {format_duration(value)}"
            for field, (least, most) in _DURATIONS.items()
            if not least <= (value := getattr(self, field)) <= most
        ]:
            raise ValueError(*faults)


_MOST_NAMED: Final = 1_000


class MetricsShown(Section, frozen=True):
    """What the metrics show by name."""

    tenants: Annotated[
        tuple[str, ...],
        Meta(description="tenants that have series of their own; all others are one, other"),
    ] = ()

    def __post_init__(self) -> None:
        """Refuse names that stand for something else."""
        if wrong := [name for name in self.tenants if name in {"", OTHER}]:
            raise ValueError(f"tenants: expected ids of tenants, got {wrong[0]!r}")
        if len(self.tenants) > _MOST_NAMED:
            raise ValueError(
                f"tenants: expected at most {_MOST_NAMED}, got {len(self.tenants)}; "
                "each has some ten series with every worker"
            )


class Logging(Section, frozen=True):
    """What the service says of itself, on standard error."""

    format: Annotated[
        LogFormat,
        Meta(description="json: an object a line; text: for people; auto: text on a terminal"),
    ] = "auto"


_DURATIONS: Final = {
    # What is not in a checkpoint is read again by who takes over; internal topics keep 3 days.
    "checkpoint_interval": (timedelta(seconds=1), timedelta(hours=1)),
    # The brokers' own bounds, group.min.session.timeout.ms and group.max.session.timeout.ms.
    "session_timeout": (timedelta(seconds=6), timedelta(minutes=30)),
    "shutdown_timeout": (timedelta(seconds=1), timedelta(hours=1)),
    "quiet_after": (timedelta(seconds=1), timedelta(days=3650)),
    "max_skew": (timedelta(seconds=1), timedelta(days=3650)),
}
