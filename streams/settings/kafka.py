"""The section `[kafka]`: where the brokers are, who we are to them, and what topics are called."""

import ipaddress
import re
from collections.abc import Iterator
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from .sections import Section

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]

PASSWORD_VARIABLE = "PROBEWATCH_KAFKA_PASSWORD"  # noqa: S105 - the name, not the password
OAUTH_SECRET_VARIABLE = "PROBEWATCH_KAFKA_OAUTH_SECRET"  # noqa: S105
SSL_KEY_PASSWORD_VARIABLE = "PROBEWATCH_KAFKA_SSL_KEY_PASSWORD"  # noqa: S105

LONGEST_NAME = 249
"""Characters of a topic's name, as Kafka has it."""
LONGEST_APPLICATION = 200
"""Leaves room in a topic's name for what is put behind the application's."""

_NAME = re.compile(r"[a-zA-Z0-9._-]+")
_SERVER = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[\w.-]+):(?P<port>\d{1,5})", re.ASCII)
_TOPICS = ("queries", "alerts", "alerts_current", "shadow_alerts", "rejects")
_INTERNAL = (
    *("actors", "subjects", "networks", "cohorts"),
    *("state.actors", "state.subjects", "state.networks", "state.cohorts"),
    *("control", "audit", "dead-letters"),
)
"""What names of topics that cannot be chosen have behind the application's."""
_OUR_OWN = "one that Probewatch keeps for itself"


class Kafka(Section, frozen=True):
    """The brokers and the topics; passwords are in the environment or in files of their own."""

    bootstrap_servers: Annotated[
        str, Meta(description="brokers to begin with, host:port, with commas between them")
    ] = "localhost:9092"
    application: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=LONGEST_APPLICATION,
            description="consumer group, and what names of transactions and internal topics "
            "begin with; services with different ones do not know each other",
        ),
    ] = "probewatch"
    queries: Annotated[str, Meta(description="topic that queries are read from")] = (
        "face-search.queries"
    )
    alerts: Annotated[str, Meta(description="topic for every revision of every alert")] = (
        "face-search.alerts"
    )
    alerts_current: Annotated[
        str, Meta(description="compacted topic for the last revision of every alert")
    ] = "face-search.alerts.current"
    shadow_alerts: Annotated[
        str, Meta(description="topic for alerts of patterns that run in shadow")
    ] = "face-search.alerts.shadow"
    rejects: Annotated[
        str, Meta(description="topic for why records were rejected, without what was in them")
    ] = "face-search.rejects"
    decisions: Annotated[
        str,
        Meta(
            description="compacted topic for what people decide: verdicts, snoozes, settings; "
            "empty: that of the application, <application>.decisions"
        ),
    ] = ""
    partitions: Annotated[
        int,
        Meta(
            ge=1,
            le=32,
            description="of topics that are created; the 32 shards of the state are spread over "
            "so many, and no more workers than that can share the work",
        ),
    ] = 8
    replication_factor: Annotated[
        int, Meta(ge=-1, le=32_767, description="of topics that are created; -1: as brokers do")
    ] = -1
    create_topics: Annotated[
        bool, Meta(description="create topics that are missing, or else only say so")
    ] = True
    security_protocol: Annotated[
        Protocol, Meta(description="how to talk to brokers: SSL encrypts, SASL logs in")
    ] = "PLAINTEXT"
    sasl_mechanism: Annotated[
        Mechanism, Meta(description="how to log in; needed for SASL_PLAINTEXT and SASL_SSL")
    ] = ""
    sasl_username: Annotated[str, Meta(description="who logs in, for PLAIN and SCRAM")] = ""
    sasl_password_file: Annotated[
        str,
        Meta(
            description="file with the password, seen from this file's directory; "
            f"the environment's {PASSWORD_VARIABLE} goes before it"
        ),
    ] = ""
    ssl_ca_file: Annotated[
        str,
        Meta(description="file with certificates (PEM) to trust instead of the system's"),
    ] = ""
    ssl_cert_file: Annotated[
        str, Meta(description="file with our own certificate (PEM), where brokers ask for one")
    ] = ""
    ssl_key_file: Annotated[
        str,
        Meta(
            description="file with the key of that certificate (PEM); if it is encrypted, its "
            f"password is in the environment's {SSL_KEY_PASSWORD_VARIABLE}"
        ),
    ] = ""
    ssl_check_hostname: Annotated[
        bool, Meta(description="whether a broker's certificate must be for the broker's host")
    ] = True
    oauth_token_url: Annotated[
        str, Meta(description="where OAUTHBEARER gets a token, by client credentials (RFC 6749)")
    ] = ""
    oauth_client_id: Annotated[str, Meta(description="who asks for the token")] = ""
    oauth_secret_file: Annotated[
        str,
        Meta(
            description="file with that client's secret, seen from this file's directory; "
            f"the environment's {OAUTH_SECRET_VARIABLE} goes before it"
        ),
    ] = ""
    oauth_scope: Annotated[
        str, Meta(description="what the token is asked for; empty: what the server gives anyway")
    ] = ""

    @property
    def servers(self) -> tuple[str, ...]:
        """Each broker to begin with, as host:port."""
        return tuple(server.strip() for server in self.bootstrap_servers.split(","))

    @property
    def decisions_topic(self) -> str:
        """The name of the topic of decisions."""
        return self.decisions or f"{self.application}.decisions"

    def use_of(self, topic: str) -> str | None:
        """What a topic is already, behind "expected another topic than"; None if it is nothing.

        Kafka's metrics turn dots into underscores, so it takes a.b and a_b for the same topic.
        """
        uses = {f"{self.application}.{name}": _OUR_OWN for name in _INTERNAL}
        uses |= {name: f"that of {field}" for field, name in _names(self)[1:]}
        alike = {name.replace(".", "_"): use for name, use in uses.items()}
        return alike.get(topic.replace(".", "_"))

    @property
    def logs_in(self) -> bool:
        """Whether the brokers are told who we are by SASL."""
        return self.security_protocol.startswith("SASL_")

    @property
    def encrypts(self) -> bool:
        """Whether what is said goes through TLS."""
        return self.security_protocol.endswith("SSL")

    def __post_init__(self) -> None:
        """Refuse names that Kafka does not take, and what does not go together."""
        if faults := [*_wrong_values(self), *_wrong_names(self), *_missing(self), *_idle(self)]:
            raise ValueError(*faults)


def _wrong_values(kafka: Kafka) -> Iterator[str]:
    for server in kafka.servers:
        match = _SERVER.fullmatch(server)
        if match is None or not 0 < int(match["port"]) < 1 << 16:
            yield (
                "bootstrap_servers: expected host:port, with commas between several, "
                f'got "{server}"'
            )
    if not kafka.replication_factor:
        yield "replication_factor: expected at least 1, or -1 for the brokers' default, got 0"
    if kafka.oauth_token_url and not _keeps_secrets(kafka.oauth_token_url):
        yield f'oauth_token_url: expected an https address, got "{kafka.oauth_token_url}"'


def _wrong_names(kafka: Kafka) -> Iterator[str]:
    for field, name in _names(kafka):
        if _NAME.fullmatch(name) is None or name in {".", ".."} or len(name) > LONGEST_NAME:
            yield (
                f"{field}: expected at most {LONGEST_NAME} letters, digits, dots, underscores "
                f'and hyphens, got "{name}"'
            )
    # Kafka's metrics turn dots into underscores, so it takes a.b and a_b for the same topic.
    seen = dict[str, str]()
    own = {f"{kafka.application}.{name}".replace(".", "_") for name in _INTERNAL}
    for field, name in _names(kafka)[1:]:
        alike = name.replace(".", "_")
        first = seen.setdefault(alike, field)
        if first != field:
            yield f"{field}: expected another topic than that of {first}"
        if alike in own:
            yield f"{field}: expected another topic than {_OUR_OWN}"


def _names(kafka: Kafka) -> list[tuple[str, str]]:
    """Each name and the field that it is from, the application's first."""
    names = [(field, str(getattr(kafka, field))) for field in ("application", *_TOPICS)]
    return [*names, ("decisions", kafka.decisions_topic)]


def _missing(kafka: Kafka) -> Iterator[str]:
    """What the ways chosen need and do not have."""
    needed = {"ssl_key_file": "ssl_cert_file", "ssl_cert_file": "ssl_key_file"}
    for given, other in needed.items():
        if getattr(kafka, given) and not getattr(kafka, other):
            yield f"{other}: missing; {given} needs it"
    if not kafka.logs_in:
        return
    if not kafka.sasl_mechanism:
        yield f"sasl_mechanism: missing; {kafka.security_protocol} needs it"
    elif kafka.sasl_mechanism == "OAUTHBEARER":
        for field in ("oauth_token_url", "oauth_client_id"):
            if not getattr(kafka, field):
                yield f"{field}: missing; OAUTHBEARER needs it"
    elif not kafka.sasl_username:
        yield f"sasl_username: missing; {kafka.sasl_mechanism} needs it"


def _idle(kafka: Kafka) -> Iterator[str]:
    """What would be left unused without a word, and one would think oneself protected."""
    unused: tuple[str, ...] = () if kafka.encrypts else ("ssl_",)
    unused += () if kafka.logs_in else ("sasl_", "oauth_")
    for field in msgspec.structs.fields(kafka):
        if field.name.startswith(unused) and getattr(kafka, field.name) != field.default:
            yield f"{field.name}: has no effect with {kafka.security_protocol}"


def _keeps_secrets(url: str) -> bool:
    """Whether a secret can be sent there: encrypted, or not leaving this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    try:
        local = ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        local = parts.hostname == "localhost"
    return parts.scheme == "http" and local
