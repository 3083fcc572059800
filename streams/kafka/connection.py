"""Reaching the brokers for administration, or saying why that is not possible."""

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from kafka import KafkaAdminClient
from kafka.errors import KafkaError, KafkaTimeoutError, RetriableError
from kafka.net.compat import KafkaNetClient

from detectors.errors import BrokerError

from .security import ClientOptions

CONNECT_MS = 4_000
"""To reach a broker, or else to say that none can be reached."""
ANSWER_MS = 20_000
"""For each answer; creating topics takes a large cluster a while."""
CUT_OFF = "socket disconnected"
"""What the client says of a broker that hung up. It says it of a refused login too, if the
refusal and the hanging up arrive together: its transport drops what it read before the end."""


class Admin(Protocol):
    """What is used of kafka-python's `KafkaAdminClient`, which ships no types."""

    def describe_topics(self, topics: list[str]) -> list[dict[str, Any]]:
        """Partitions of topics, or an error code each."""

    def create_topics(
        self, new_topics: Mapping[str, Any], *, raise_errors: bool = True
    ) -> dict[str, Any]:
        """Create topics; an error code each."""

    def wait_for_topics(self, topic_names: list[str]) -> None:
        """Wait until each partition has a leader."""

    def describe_configs(
        self, config_resources: list[Any], *, config_filter: str
    ) -> dict[str, dict[str, dict[str, dict[str, Any]]]]:
        """Settings by kind of resource, by its name, by key; nothing if that is not allowed."""

    def list_partition_offsets(self, topic_partition_specs: dict[Any, Any]) -> dict[Any, Any]:
        """An offset for each partition."""

    def list_group_offsets(self, group_specs: dict[str, Any]) -> dict[str, dict[Any, Any]]:
        """Committed offsets by group, by partition."""


@contextmanager
def connected(options: ClientOptions) -> Iterator[Admin]:
    """A client for administration; what it raises becomes a `BrokerError`.

    Raises:
        BrokerError: no broker can be reached within `CONNECT_MS`, or it does not answer.
    """
    where = ", ".join(options.servers)
    admin = _connect(options, where)
    try:
        yield admin
    except KafkaError as error:
        raise BrokerError(f"{where}: {_said(error) or type(error).__name__}") from error
    finally:
        admin.close()


def _connect(options: ClientOptions, where: str) -> Any:
    clients: list[Any] = []

    def client(**config: Any) -> Any:
        clients.append(KafkaNetClient(**config))
        return clients[-1]

    def end() -> None:
        # It does not stop the thread that it has begun.
        for begun in clients:
            begun.close()

    # Its own timeout does not bound a TLS handshake with what does not speak TLS.
    watch = threading.Timer(1.5 * CONNECT_MS / 1000, end)
    watch.daemon = True
    watch.start()
    with _reasons() as reasons:
        try:
            return KafkaAdminClient(
                **options.for_admin(),
                bootstrap_timeout_ms=CONNECT_MS,
                request_timeout_ms=ANSWER_MS,
                kafka_client=client,
            )
        except KafkaError as error:
            end()
            why = _why(reasons, login=options.protocol.startswith("SASL"))
            raise BrokerError(
                f"{where}: no broker can be reached over {options.protocol}: {why}"
            ) from error
        finally:
            watch.cancel()


@contextmanager
def _reasons() -> Iterator[list[BaseException]]:
    """Why connecting failed, time after time: the client tells it to nobody but its log."""
    reasons: list[BaseException] = []

    class Reasons(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            arguments = record.args if isinstance(record.args, tuple) else ()
            reasons.extend(each for each in arguments if isinstance(each, BaseException))

    handler, log = Reasons(), logging.getLogger("kafka")
    # One line will say it; the client's own would be thirty.
    told, log.propagate = log.propagate, False
    log.addHandler(handler)
    try:
        yield reasons
    finally:
        log.removeHandler(handler)
        log.propagate = told


def _why(reasons: Sequence[BaseException], *, login: bool) -> str:
    """The most telling of the reasons; who logs in hears what silence may mean."""
    # Who fails to log in too often is cut off without a word.
    final = [reason for reason in reasons if not isinstance(reason, RetriableError)]
    # That time was up, the client says at last, whatever kept it from connecting.
    rest = [reason for reason in reasons if not isinstance(reason, KafkaTimeoutError)]
    told = [said for reason in [*final, *rest] if (said := _said(reason))]
    if not told:
        return "no answer"
    hint = ", as brokers do that refuse a login: are the credentials right?"
    return told[0] + hint if login and told[0] == CUT_OFF else told[0]


def _said(error: BaseException) -> str:
    """What an error of the client says, without the name of its class; it may be empty."""
    return str(error.args[0]) if error.args else ""
