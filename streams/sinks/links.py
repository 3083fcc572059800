"""What sinks are connected with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from detectors.verdicts import Ruling
from streams.kafka.topics import Topics
from streams.settings import Settings

from .selection import NoSilence, Silence

Rulings = Callable[[str], Ruling | None]
"""What an analyst has said of an alert, by its id."""


def no_ruling(alert_id: str) -> Ruling | None:  # noqa: ARG001
    """Nobody has said anything of any alert."""
    return None


@dataclass(frozen=True, slots=True)
class Links:
    """All that sinks know of the rest.

    Attributes:
        settings: of the service.
        environ: where secrets are.
        options: of aiokafka's clients.
        topics: of the application.
        silence: what nobody wants to hear.
        rulings: what analysts have said.
    """

    settings: Settings
    environ: Mapping[str, str]
    options: Mapping[str, Any]
    topics: Topics
    silence: Silence = field(default_factory=NoSilence)
    rulings: Rulings = no_ruling
