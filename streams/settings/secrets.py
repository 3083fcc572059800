"""The key behind the pseudonyms, which lives in no configuration file and in no message."""

import base64
import binascii
import re
from collections.abc import Mapping
from pathlib import Path

from detectors.errors import ConfigError

from .faults import unreadable
from .sections import Pseudonyms

KEY_VARIABLE = "PROBEWATCH_PSEUDONYM_KEY"
KEY_BYTES = range(16, 65)
"""128 bits at least, as long as the pseudonyms themselves; keyed BLAKE2b takes 64 bytes."""

_EXPECTED = f"{KEY_BYTES[0]} to {KEY_BYTES[-1]} random bytes"
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")


def pseudonym_key(settings: Pseudonyms, environ: Mapping[str, str]) -> bytes | None:
    """The key from the environment, or else from the key file; None if neither is set.

    Raises:
        ConfigError: the file cannot be read, or the key is malformed or too short. The
            message says where it came from and never what it is.
    """
    if text := environ.get(KEY_VARIABLE):
        return _decode(text, KEY_VARIABLE)
    if not settings.key_file:
        return None
    path = Path(settings.key_file)
    try:
        return _decode(path.read_text(encoding="utf-8-sig", errors="replace"), str(path))
    except OSError as error:
        raise unreadable(path, error) from error


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
