"""How clients of Kafka are told where the brokers are and who we are."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from detectors.errors import ConfigError
from streams.settings import Kafka, kafka_oauth_secret, kafka_password
from streams.settings.faults import unreadable
from streams.settings.kafka import SSL_KEY_PASSWORD_VARIABLE, Mechanism, Protocol

from .oauth import AdminTokens, AiokafkaTokens, Client, Tokens


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """What every client is given; nothing of it that is secret is shown.

    Attributes:
        servers: brokers to begin with, host:port.
        protocol: how to talk to them.
        ssl_context: whom to trust and what to show, if that is TLS.
        mechanism: how to log in, empty if not at all.
        username: who logs in with a password.
        password: of that user.
        tokens: what logs in instead, if that is OAUTHBEARER.
    """

    servers: tuple[str, ...]
    protocol: Protocol = "PLAINTEXT"
    ssl_context: ssl.SSLContext | None = None
    mechanism: Mechanism = ""
    username: str = ""
    password: str = field(default="", repr=False)
    tokens: Tokens | None = None

    def for_aiokafka(self) -> dict[str, Any]:
        """Keyword arguments of aiokafka's consumers, producers and clients."""
        return self._arguments(AiokafkaTokens)

    def for_admin(self) -> dict[str, Any]:
        """Keyword arguments of kafka-python's `KafkaAdminClient`."""
        return self._arguments(AdminTokens)

    def _arguments(self, provider: type[AiokafkaTokens | AdminTokens]) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "bootstrap_servers": list(self.servers),
            "security_protocol": self.protocol,
        }
        if self.ssl_context is not None:
            arguments["ssl_context"] = self.ssl_context
        if self.mechanism:
            arguments["sasl_mechanism"] = self.mechanism
        if self.tokens is not None:
            arguments["sasl_oauth_token_provider"] = provider(self.tokens)
        elif self.mechanism:
            arguments["sasl_plain_username"] = self.username
            arguments["sasl_plain_password"] = self.password
        return arguments


def client_options(kafka: Kafka, environ: Mapping[str, str]) -> ClientOptions:
    """What clients need, with certificates and secrets read.

    Raises:
        ConfigError: a file is missing or holds something else, or there is no password.
    """
    context = _ssl_context(kafka, environ) if kafka.encrypts else None
    base = ClientOptions(kafka.servers, kafka.security_protocol, context)
    if not kafka.logs_in:
        return base
    if kafka.sasl_mechanism == "OAUTHBEARER":
        secret = kafka_oauth_secret(kafka, environ)
        client = Client(kafka.oauth_token_url, kafka.oauth_client_id, secret, kafka.oauth_scope)
        return replace(base, mechanism=kafka.sasl_mechanism, tokens=Tokens(client))
    return replace(
        base,
        mechanism=kafka.sasl_mechanism,
        username=kafka.sasl_username,
        password=kafka_password(kafka, environ),
    )


def _ssl_context(kafka: Kafka, environ: Mapping[str, str]) -> ssl.SSLContext:
    for file in filter(None, (kafka.ssl_ca_file, kafka.ssl_cert_file, kafka.ssl_key_file)):
        _check_readable(Path(file))
    try:
        context = ssl.create_default_context(cafile=kafka.ssl_ca_file or None)
    except ssl.SSLError as error:
        raise ConfigError(f"{kafka.ssl_ca_file}: holds no certificates in PEM form") from error
    context.check_hostname = kafka.ssl_check_hostname
    if kafka.ssl_cert_file:
        # Without a password, even an empty one, OpenSSL would ask at the terminal.
        password = environ.get(SSL_KEY_PASSWORD_VARIABLE, "")
        try:
            context.load_cert_chain(kafka.ssl_cert_file, kafka.ssl_key_file, password)
        except ssl.SSLError as error:
            raise ConfigError(
                f"{kafka.ssl_cert_file}, {kafka.ssl_key_file}: no certificate and its key in PEM "
                f"form; if the key is encrypted, is {SSL_KEY_PASSWORD_VARIABLE} right?"
            ) from error
    return context


def _check_readable(path: Path) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        raise unreadable(path, error) from error
