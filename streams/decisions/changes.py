"""Which settings can be changed while the service runs, and what changing them comes to.

What judges can: the budget, shares and parameters of patterns, learning, which alerts page; and
suppressions. What
shapes state, or where it is, cannot: whoever holds the state would hold another one.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

import msgspec

from detectors.config import Budget, Detection, Learning
from detectors.errors import ConfigError
from detectors.modes import Modes
from detectors.patterns import Patterns
from streams.settings import Settings
from streams.settings.durations import format_duration
from streams.settings.faults import Fault, FaultyConfigError
from streams.settings.suppressions import Suppression
from streams.settings.validation import validate

ESTIMATOR: Final = "patterns.unusual_activity.estimator"
_NOT_COMPARED: Final = {
    # Each process has its own way to the brokers, its own files and its own port.
    "kafka": {
        "bootstrap_servers",
        "security_protocol",
        "sasl_mechanism",
        "sasl_username",
        "ssl_check_hostname",
        "oauth_token_url",
        "oauth_client_id",
        "oauth_scope",
        # ... and topics are made once.
        "create_topics",
        "replication_factor",
    },
    "service": {"http_host", "http_port", "page"},
}


class _Tables(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be changed, by its names in the file."""

    budget: Budget
    learning: Learning
    modes: Modes
    patterns: Patterns
    suppressions: tuple[Suppression, ...]


def tables_of(settings: Settings) -> dict[str, Any]:
    """What can be changed of some settings, spelled out: every key, whatever its default."""
    detection = settings.detection
    tables: dict[str, Any] = _plain(
        _Tables(
            budget=detection.budget,
            learning=detection.learning,
            modes=detection.modes,
            patterns=detection.patterns,
            suppressions=settings.suppressions,
        )
    )
    del tables["patterns"]["unusual_activity"]["estimator"]
    return tables


def changed(settings: Settings, tables: Mapping[str, Any]) -> Settings:
    """Settings with what can be changed replaced by what a record says.

    Raises:
        ConfigError: this program does not understand the tables, or not all of them alike.
    """
    patterns = settings.detection.patterns
    document = _with_estimator(tables, patterns.unusual_activity.estimator)
    known, faults = validate(document, _Tables)
    if known is None:
        raise FaultyConfigError("configuration record", faults)
    limits = settings.detection.limits
    detection = Detection(known.budget, limits, known.learning, known.modes, known.patterns)
    result = msgspec.structs.replace(settings, detection=detection, suppressions=known.suppressions)
    if tables_of(result) != _plain(tables):
        raise ConfigError(
            "configuration record: was written by another version: it lacks what this one has"
        )
    return result


def fixed_of(settings: Settings) -> dict[str, Any]:
    """What takes a restart, by path in the file, as far as it must be the same for all workers."""
    sections = {
        name: getattr(settings, name)
        for name in ("input", "subjects", "pseudonyms", "kafka", "service")
    } | {"limits": settings.detection.limits}
    found = {
        f"{name}.{key}": _written(value)
        for name, section in sections.items()
        for key, value in msgspec.structs.asdict(section).items()
        if key not in _NOT_COMPARED.get(name, ()) and not key.endswith("_file")
    }
    return found | {ESTIMATOR: settings.detection.patterns.unusual_activity.estimator}


def refusals(settings: Settings, fixed: Mapping[str, Any]) -> list[Fault]:
    """What some settings would change that takes a restart.

    Args:
        settings: those of a file.
        fixed: what the service runs with.
    """
    return [
        Fault(path, f"takes a restart of all workers: they run with {fixed[path]!r}, not {value!r}")
        for path, value in fixed_of(settings).items()
        if path in fixed and fixed[path] != value
    ]


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any], where: str = ""
) -> Iterator[str]:
    """What differs between tables, a line each: `budget.x: 1.0 -> 2.0`."""
    for key in sorted({*before, *after}):
        path = f"{where}.{key}" if where else key
        old, new = before.get(key), after.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from differences(old, new, path)
        elif old != new:
            yield f"{path}: {_short(old)} -> {_short(new)}"


def _short(value: object) -> str:
    if isinstance(value, list):
        return f"{len(value)}"
    return f"{value}"


def _with_estimator(tables: Mapping[str, Any], estimator: str) -> dict[str, Any]:
    document: dict[str, Any] = _plain(tables)
    patterns = document.get("patterns")
    if isinstance(patterns, dict) and isinstance(patterns.get("unusual_activity"), dict):
        patterns["unusual_activity"]["estimator"] = estimator
    return document


def _written(value: object) -> Any:
    return format_duration(value) if isinstance(value, timedelta) else _plain(value)


def _plain(value: object) -> Any:
    """As it comes back from JSON."""
    return msgspec.json.decode(msgspec.json.encode(value))
