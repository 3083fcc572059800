"""Keys and passwords, which live in no configuration file and in no message."""

import base64
import binascii
import re
from collections.abc import Mapping
from pathlib import Path

from detectors.errors import ConfigError

from .faults import unreadable
from .kafka import OAUTH_SECRET_VARIABLE, PASSWORD_VARIABLE, Kafka
from .sections import Pseudonyms
from .sinks import Sink, wrong_url

KEY_VARIABLE = "PROBEWATCH_PSEUDONYM_KEY"
KEY_BYTES = range(16, 65)
"""128 bits at least, as long as the pseudonyms themselves; keyed BLAKE2b takes 64 bytes."""

SECRET_PREFIX = "whsec_"  # noqa: S105 - what a secret begins with
SECRET_BYTES = range(24, 65)
"""As Standard Webhooks has it."""

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_EXPECTED = f"{KEY_BYTES[0]} to {KEY_BYTES[-1]} random bytes"
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")


def pseudonym_key(settings: Pseudonyms, environ: Mapping[str, str]) -> bytes | None:
    """The key from the environment, or else from the key file; None if neither is set.

    Raises:
        ConfigError: the file cannot be read, or the key is malformed or too short. The
            message says where it came from and never what it is.
    """
    written = _written(KEY_VARIABLE, "pseudonyms.key_file", settings.key_file, environ)
    return None if written is None else _decode(*written)


def required_pseudonym_key(settings: Pseudonyms, environ: Mapping[str, str]) -> bytes:
    """The key, without which no pseudonym can be made.

    Raises:
        ConfigError: also if there is none.
    """
    key = pseudonym_key(settings, environ)
    if key is None:
        raise ConfigError(
            f"no pseudonym key: set {KEY_VARIABLE} or [pseudonyms] key_file "
            f"to {_EXPECTED} as hex or base64"
        )
    return key


def kafka_password(settings: Kafka, environ: Mapping[str, str]) -> str:
    """The password of `sasl_username`, from the environment or else from its file.

    Raises:
        ConfigError: there is none, or its file cannot be read.
    """
    return _password(PASSWORD_VARIABLE, "sasl_password_file", settings, environ)


def kafka_oauth_secret(settings: Kafka, environ: Mapping[str, str]) -> str:
    """The secret of `oauth_client_id`, from the environment or else from its file.

    Raises:
        ConfigError: there is none, or its file cannot be read.
    """
    return _password(OAUTH_SECRET_VARIABLE, "oauth_secret_file", settings, environ)


def _password(variable: str, field: str, settings: Kafka, environ: Mapping[str, str]) -> str:
    written = _written(variable, f"kafka.{field}", getattr(settings, field), environ)
    if written is None:
        raise ConfigError(f"no password for Kafka: set {variable} or [kafka] {field}")
    text, source = written
    # Editors end a file with a line break; a password may well end with a space.
    password = text.rstrip("\r\n")
    if not password:
        raise ConfigError(f"{source}: is empty, expected a password")
    return password


def _written(
    variable: str, setting: str, file: str, environ: Mapping[str, str]
) -> tuple[str, str] | None:
    """What the variable says, or else the file, and which of them it was; None if neither is set.

    Args:
        variable: of the environment.
        setting: that names the file, for messages.
        file: as set; empty for none.
        environ: the environment.

    Raises:
        ConfigError: the file cannot be read.
    """
    if text := environ.get(variable):
        return text, variable
    if not file:
        return None
    path = Path(file)
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace"), str(path)
    except OSError as error:
        raise ConfigError(f"{setting}: {unreadable(path, error)}") from error


def _decode(text: str, source: str) -> bytes:
    text = "".join(text.split())
    # Every hex string of the right length is base64 too; who writes one means hex.
    try:
        key = bytes.fromhex(text) if _HEX.fullmatch(text) else _base64(text)
    except (binascii.Error, ValueError) as error:
        raise ConfigError(f"{source}: the pseudonym key is neither hex nor base64") from error
    if len(key) not in KEY_BYTES:
        raise ConfigError(f"{source}: the pseudonym key has {len(key)} bytes, expected {_EXPECTED}")
    return key


def _base64(text: str) -> bytes:
    standard = text.replace("-", "+").replace("_", "/").rstrip("=")
    return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)


def sink_url(sink: Sink, environ: Mapping[str, str]) -> str:
    """Where a sink posts to: from the environment, or else its file, or else `url`.

    Raises:
        ConfigError: there is none, it is malformed, or its file cannot be read. Since an address
            may hold a secret, it is not in the message.
    """
    written = _written(sink.variable("URL"), f"sink {sink.name}: url_file", sink.url_file, environ)
    text, source = (sink.url, f"sink {sink.name}: url") if written is None else written
    url = text.strip()
    if not url:
        raise ConfigError(f"sink {sink.name}: no url: set url, url_file or {sink.variable('URL')}")
    if what := wrong_url(url, allow_http=sink.allow_http):
        raise ConfigError(f"{source}: {what}")
    return url


def sink_token(sink: Sink, environ: Mapping[str, str]) -> str:
    """The bearer token of a sink; empty if it has none.

    Raises:
        ConfigError: its file cannot be read, or it holds what no header can.
    """
    written = _written(
        sink.variable("TOKEN"), f"sink {sink.name}: token_file", sink.token_file, environ
    )
    if written is None:
        return ""
    token, source = written[0].strip(), written[1]
    if _TOKEN.fullmatch(token) is None:
        raise ConfigError(f"{source}: is no token as RFC 6750 has it")
    return token


def sink_secrets(sink: Sink, environ: Mapping[str, str]) -> tuple[bytes, ...]:
    """The secrets that sign a sink's webhooks, one a line; none if there are none.

    Raises:
        ConfigError: the file cannot be read, or a line of it is no secret.
    """
    written = _written(
        sink.variable("SECRET"), f"sink {sink.name}: secret_file", sink.secret_file, environ
    )
    if written is None:
        return ()
    text, source = written
    lines = text.split()
    if not lines:
        raise ConfigError(f"{source}: is empty, expected whsec_ and base64")
    return tuple(
        _signing(line, f"{source}: secret {number}") for number, line in enumerate(lines, start=1)
    )


def _signing(text: str, source: str) -> bytes:
    try:
        secret = _base64(text.removeprefix(SECRET_PREFIX))
    except (binascii.Error, ValueError) as error:
        raise ConfigError(f"{source}: expected whsec_ and base64") from error
    if len(secret) not in SECRET_BYTES:
        raise ConfigError(
            f"{source}: has {len(secret)} bytes, "
            f"expected {SECRET_BYTES[0]} to {SECRET_BYTES[-1]} random ones"
        )
    return secret
