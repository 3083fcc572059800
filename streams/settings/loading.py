"""Settings from a TOML file, whole and checked, or the faults that are in it."""

import functools
import hashlib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from detectors.config import Detection
from detectors.errors import ConfigError

from .faults import FaultyConfigError, unreadable
from .kafka import Kafka
from .sections import (
    Audit,
    Input,
    Logging,
    MetricsShown,
    Pseudonyms,
    Section,
    Service,
    Subjects,
)
from .sinks import Sink, clashes, taken_topics
from .suppressions import Suppression
from .template import template
from .validation import validate

CONFIG_VARIABLE = "PROBEWATCH_CONFIG"
DEFAULT_FILE = "probewatch.toml"

_TOML_POSITION = re.compile(
    r"(.*) \(at (?:line (\d+), column (\d+)|(end of document))\)", re.DOTALL
)


class Settings(Section, frozen=True):
    """Everything that can be set, with its defaults; secrets are kept apart.

    Attributes:
        detection: what the detectors are given; its fields are top-level tables of the file.
    """

    input: Input = Input()
    subjects: Subjects = Subjects()
    pseudonyms: Pseudonyms = Pseudonyms()
    kafka: Kafka = Kafka()
    service: Service = Service()
    suppressions: Annotated[
        tuple[Suppression, ...],
        Meta(description="alerts not to be delivered; write [[suppressions]] instead of this"),
    ] = ()
    audit: Audit = Audit()
    metrics: MetricsShown = MetricsShown()
    logging: Logging = Logging()
    sinks: Annotated[
        tuple[Sink, ...],
        Meta(description="who is told of alerts, and how; see docs/sinks.md"),
    ] = ()
    detection: Detection = Detection()

    @property
    def config_hash(self) -> str:
        """Twelve hex digits, the same for all settings that judge alike."""
        judging = (
            self.detection,
            self.subjects,
            msgspec.structs.replace(self.input, batch_size=1),
        )
        text = msgspec.json.encode(judging, order="sorted")
        return hashlib.blake2b(text, digest_size=6).hexdigest()


def load(path: Path | None) -> Settings:
    """The settings in a file, or the defaults without one.

    Raises:
        ConfigError: the file cannot be read or parsed.
        FaultyConfigError: keys or values in it are wrong; it holds all faults.
    """
    return Settings() if path is None else parse(_document(path), str(path), path.parent)


def parse(document: Mapping[str, Any], name: str, directory: Path) -> Settings:
    """The settings that a parsed file spells.

    Args:
        document: the file's tables.
        name: how messages call the file.
        directory: where relative paths in it start.

    Raises:
        FaultyConfigError: keys or values are wrong; it holds all faults.
    """
    file, faults = validate(document, _file_type())
    if file is None:
        raise FaultyConfigError(name, faults)
    tables: dict[str, Any] = {
        name: _seen_from(directory, table) for name, table in msgspec.structs.asdict(file).items()
    }
    if faults := [*clashes(tables["sinks"]), *taken_topics(tables["sinks"], tables["kafka"])]:
        raise FaultyConfigError(name, faults)
    detection = Detection(**{name: tables.pop(name) for name in Detection.__struct_fields__})
    return Settings(**tables, detection=detection)


def find(given: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The file to load: the one given, the environment's, `probewatch.toml` here, or none."""
    if given is not None:
        return given
    if named := environ.get(CONFIG_VARIABLE):
        return Path(named)
    default = Path(DEFAULT_FILE)
    return default if default.exists() else None


def default_file() -> str:
    """The commented `probewatch.toml` with every setting at its default."""
    return template(_file_type())


@functools.cache
def _file_type() -> type[msgspec.Struct]:
    """The file's top level: the settings, with those of detection lifted into it."""
    shell = [field for field in msgspec.structs.fields(Settings) if field.name != "detection"]
    fields = [
        (field.name, field.type, field.default)
        for field in (*shell, *msgspec.structs.fields(Detection))
    ]
    return msgspec.defstruct("File", fields, frozen=True, forbid_unknown_fields=True, kw_only=True)


def _seen_from(directory: Path, table: Any) -> Any:
    """A table, or several, with its paths, the fields named `*_file`, seen from a directory."""
    if isinstance(table, tuple):
        return tuple(_seen_from(directory, one) for one in table)
    paths = {
        name: str(directory / value)
        for name, value in msgspec.structs.asdict(table).items()
        if name.endswith("_file") and value
    }
    return msgspec.structs.replace(table, **paths)


def _document(path: Path) -> dict[str, Any]:
    try:
        # Some editors put a byte order mark before the text, which TOML does not know.
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_syntax(path, str(error))) from error
    except RecursionError as error:
        raise ConfigError(f"{path}: nested too deeply") from error


def _syntax(path: Path, message: str) -> str:
    match = _TOML_POSITION.fullmatch(message)
    if match is None:
        return f"{path}: {message}"
    what, line, column, end = match.groups()
    line = line or str(path.read_bytes().count(b"\n") + 1)
    return f"{path}:{line}: {what} ({end or f'column {column}'})"
