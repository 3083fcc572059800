"""Decisions from a file, as `probewatch decisions --export` writes it, for a replay."""

from dataclasses import dataclass, field
from pathlib import Path

from detectors.errors import ConfigError, InputError
from detectors.guidance import Change
from streams.ingest.rejects import Rejected
from streams.ingest.verdicts import Heard
from streams.settings import Settings

from .changes import changed
from .decoding import decode
from .records import Configuration, Ruled


@dataclass(frozen=True, slots=True)
class Exported:
    """What lines came to. Snoozes change nothing that is judged.

    Attributes:
        heard: verdicts, and the lines that are no decision.
        changes: configurations, in the order of the lines.
    """

    heard: Heard = field(default_factory=Heard)
    changes: list[Change] = field(default_factory=list)


def read_exported(path: Path, settings: Settings) -> Exported:
    """Read a file of them.

    Args:
        path: JSON lines.
        settings: what configurations change.

    Raises:
        ConfigError: a configuration is not understood.
        InputError: it cannot be read.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    found = Exported()
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        match decode(line, number):
            case Rejected() as rejected:
                found.heard.rejected.append(rejected)
            case Ruled(verdict=verdict):
                found.heard.verdicts.append(verdict)
            case Configuration() as record:
                try:
                    now = changed(settings, record.tables)
                except ConfigError as error:
                    raise ConfigError(f"{path}, line {number + 1}: {error}") from error
                found.changes.append(Change(now.detection, now.config_hash, record.event_time))
    return found
