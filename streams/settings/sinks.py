"""The tables `[[sinks]]`: who is told of alerts, and how."""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from .durations import format_duration
from .faults import Fault
from .kafka import LONGEST_NAME, Kafka
from .sections import Section

Kind = Literal["webhook", "alertmanager", "slack", "ocsf", "file", "terminal"]
PatternWord = Literal[
    "bulk_scraping",
    "distributed_scraping",
    "persistent_stalking",
    "coordinated_stalking",
    "subject_pile_on",
    "case_laundering",
    "probe_hill_climbing",
    "credential_sharing",
    "unusual_activity",
]
StatusWord = Literal["open", "updated", "closed", "reopened"]
SeverityWord = Literal["low", "medium", "high", "critical"]

VARIABLE: Final = "PROBEWATCH_SINK_{}_{}"
"""What the environment calls the URL, SECRET or TOKEN of a sink."""

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_TOPIC: Final = re.compile(r"[a-zA-Z0-9._-]+")


class Sink(Section, frozen=True):
    """A receiver of alerts; secrets are in the environment or in files of their own."""

    name: Annotated[
        str,
        Meta(description="its own: letters a to z, digits and hyphens; in metrics and groups"),
    ]
    type: Annotated[Kind, Meta(description="what it is")]
    patterns: Annotated[
        tuple[PatternWord, ...], Meta(description="only alerts of these; empty: of all")
    ] = ()
    least_severity: Annotated[SeverityWord, Meta(description="only alerts as severe as this")] = (
        "low"
    )
    tenants: Annotated[
        tuple[str, ...],
        Meta(
            description="only alerts of these, and none that is across tenants; empty: all alerts"
        ),
    ] = ()
    statuses: Annotated[
        tuple[StatusWord, ...],
        Meta(
            description="only revisions that say this of their episode; empty: all. To a sink the "
            "first revision that passes its other filters opens the episode"
        ),
    ] = ()
    named_tenants: Annotated[
        tuple[str, ...],
        Meta(description="tenants that an Alertmanager's labels name; others are `other` there"),
    ] = ()
    url: Annotated[
        str, Meta(description="where to post; of an Alertmanager without /api/v2/alerts")
    ] = ""
    url_file: Annotated[
        str, Meta(description="file with that address, where the address is itself a secret")
    ] = ""
    secret_file: Annotated[
        str,
        Meta(
            description="file with the secrets that sign webhooks (whsec_...), one a line; each "
            "signs, so that one can be replaced by another"
        ),
    ] = ""
    token_file: Annotated[
        str, Meta(description="file with a token, sent as `Authorization: Bearer`")
    ] = ""
    ca_file: Annotated[
        str, Meta(description="file with certificates (PEM) to trust instead of the system's")
    ] = ""
    allow_http: Annotated[bool, Meta(description="post without encryption, too")] = False
    allow_private: Annotated[
        bool,
        Meta(description="connect to addresses that are not public, too; else they are refused"),
    ] = False
    topic: Annotated[str, Meta(description="topic to write to, for ocsf")] = ""
    output_file: Annotated[str, Meta(description="file to append to, for file")] = ""
    begin: Annotated[
        Literal["now", "earliest"],
        Meta(description="with which alerts a new sink begins: those to come, or all there are"),
    ] = "now"
    timeout: Annotated[timedelta, Meta(description="how long one attempt may take")] = timedelta(
        seconds=10
    )
    attempts: Annotated[
        int, Meta(ge=1, le=1_000, description="after so many it is a dead letter")
    ] = 20
    backoff: Annotated[
        timedelta,
        Meta(
            description="longest wait before the second attempt; doubled for each further one, "
            "and each wait is a random part of it"
        ),
    ] = timedelta(seconds=1)
    longest_backoff: Annotated[timedelta, Meta(description="no wait is longer")] = timedelta(
        minutes=5
    )
    parallel: Annotated[
        int, Meta(ge=1, le=64, description="alerts that are on their way at the same moment")
    ] = 4
    queue: Annotated[
        int,
        Meta(
            ge=1,
            le=100_000,
            description="alerts that wait at most; beyond that the least important are only "
            "counted (webhook, alertmanager, slack, terminal), or reading waits (ocsf, file)",
        ),
    ] = 1_000
    digest_interval: Annotated[
        timedelta, Meta(description="how often a flood is told of, after the first time")
    ] = timedelta(minutes=5)
    resend_interval: Annotated[
        timedelta, Meta(description="how often an Alertmanager is told what is still open")
    ] = timedelta(minutes=1)

    @property
    def pages(self) -> bool:
        """Whether people are called by it, who must not drown; or else it is an archive."""
        return self.type not in {"ocsf", "file"}

    @property
    def posts(self) -> bool:
        """Whether it is reached by HTTP."""
        return self.type in {"webhook", "alertmanager", "slack"} or (
            self.type == "ocsf" and not self.topic
        )

    def variable(self, what: Literal["URL", "SECRET", "TOKEN"]) -> str:
        """The variable of the environment that goes before the file of it."""
        return VARIABLE.format(self.name.upper().replace("-", "_"), what)

    def __post_init__(self) -> None:
        """Refuse what does not go together."""
        if faults := [*_wrong_values(self), *_missing(self), *_idle(self)]:
            raise ValueError(*faults)


def clashes(sinks: Iterable[Sink]) -> list[Fault]:
    """Sinks that could not be told apart."""
    seen = set[str]()
    faults = []
    for number, sink in enumerate(sinks):
        if sink.name in seen:
            what = f'expected a name of its own, got "{sink.name}" a second time'
            faults.append(Fault(f"sinks[{number}].name", what))
        seen.add(sink.name)
    return faults


def taken_topics(sinks: Iterable[Sink], kafka: Kafka) -> list[Fault]:
    """Topics of findings that hold something else."""
    uses = ((number, kafka.use_of(sink.topic)) for number, sink in enumerate(sinks))
    return [
        Fault(f"sinks[{number}].topic", f"expected another topic than {use}")
        for number, use in uses
        if use is not None
    ]


def wrong_url(url: str, *, allow_http: bool) -> str | None:
    """What is wrong with an address to post to, if anything; the address is not in it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is no address"
    if parts.username is not None or parts.password is not None:
        return "holds a user or a password; use a token"
    if not parts.hostname or port == 0:
        return "names no host"
    if parts.scheme != "https" and not (allow_http and parts.scheme == "http"):
        return "is not https; http needs allow_http"
    return None


_DURATIONS: Final = {
    "timeout": (timedelta(milliseconds=10), timedelta(minutes=5)),
    "backoff": (timedelta(milliseconds=1), timedelta(hours=1)),
    "longest_backoff": (timedelta(milliseconds=1), timedelta(days=1)),
    "digest_interval": (timedelta(seconds=1), timedelta(days=1)),
    "resend_interval": (timedelta(seconds=1), timedelta(hours=1)),
}

_POSTS: Final = ("url", "url_file", "token_file", "ca_file", "allow_http", "allow_private")
_OWN: Final[dict[str, tuple[Kind, ...]]] = {
    "secret_file": ("webhook", "ocsf"),
    "named_tenants": ("alertmanager",),
    # It has to be told of every end, or goes on for ever.
    "statuses": ("webhook", "slack", "ocsf", "file", "terminal"),
    "resend_interval": ("alertmanager",),
    "topic": ("ocsf",),
    "output_file": ("file",),
    "digest_interval": ("webhook", "alertmanager", "slack", "terminal"),
}
"""Settings that only some types know."""


def _wrong_values(sink: Sink) -> Iterator[str]:
    if _NAME.fullmatch(sink.name) is None:
        yield (
            "name: expected a letter a to z, then at most 39 of a to z, 0 to 9 and hyphens, "
            f'got "{sink.name}"'
        )
    for field, (least, most) in _DURATIONS.items():
        value: timedelta = getattr(sink, field)
        if not least <= value <= most:
            yield (
                f"{field}: expected {format_duration(least)} to {format_duration(most)}, "
                f"got {format_duration(value)}"
            )
    if sink.url and (what := wrong_url(sink.url, allow_http=sink.allow_http)):
        yield f"url: {what}"
    if sink.topic and (
        _TOPIC.fullmatch(sink.topic) is None
        or sink.topic in {".", ".."}
        or len(sink.topic) > LONGEST_NAME
    ):
        yield (
            f"topic: expected at most {LONGEST_NAME} letters, digits, dots, underscores and "
            f'hyphens, got "{sink.topic}"'
        )


def _missing(sink: Sink) -> Iterator[str]:
    if sink.type == "file" and not sink.output_file:
        yield "output_file: missing; file needs it"
    if sink.url and sink.url_file:
        yield "url_file: expected one of url and url_file, got both"
    if sink.type == "ocsf" and sink.topic and (sink.url or sink.url_file):
        yield "topic: expected one of topic and url, got both"


def _idle(sink: Sink) -> Iterator[str]:
    """What would be left unused without a word."""
    defaults = {field.name: field.default for field in msgspec.structs.fields(sink)}
    without: tuple[str, ...] = () if sink.posts else _POSTS
    for field, kinds in _OWN.items():
        if sink.type not in kinds:
            without += (field,)
    if sink.topic:
        without += ("secret_file",)
    for field in without:
        if getattr(sink, field) != defaults[field]:
            yield f"{field}: has no effect with {sink.type}"
