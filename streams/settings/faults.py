"""What can be wrong with a configuration, said so that it can be put right."""

import difflib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from detectors.errors import ConfigError

_SHOWN = 60
"""Characters of a wrong value that are repeated to whoever wrote it."""


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong.

    Attributes:
        where: path in the file, as in `patterns.bulk_scraping.floor`; empty for the file.
        what: what is wrong there, or what was expected and given.
    """

    where: str
    what: str


class FaultyConfigError(ConfigError):
    """All faults of one file; the message is the first and how many more there are."""

    def __init__(self, file: str, faults: Sequence[Fault]) -> None:
        self.lines = tuple(f"{file}: {fault.where}: {fault.what}" for fault in faults)
        more = len(faults) - 1
        rest = f" (and {more} more; probewatch check-config lists them)" if more else ""
        super().__init__(self.lines[0] + rest)


def wrong_value(where: str, expected: str, given: object) -> Fault:
    """A value that is not what it must be."""
    shown = json.dumps(given, ensure_ascii=False, default=str)
    if len(shown) > _SHOWN:
        shown = shown[: _SHOWN - 1] + "…"
    return Fault(where, f"expected {expected}, got {shown}")


def unknown_key(where: str, key: str, known: Iterable[str]) -> Fault:
    """A key that does not exist, with the one that was probably meant."""
    names = sorted(known)
    close = difflib.get_close_matches(key, names, n=1)
    hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(names)}"
    return Fault(f"{where}.{key}" if where else key, f"unknown key; {hint}")


def unreadable(path: Path, error: OSError) -> ConfigError:
    """A file that is named but cannot be read."""
    return ConfigError(f"{path}: cannot be read: {error.strerror or error}")
