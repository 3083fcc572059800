"""Where the results of a replay go."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from detectors.alerts import Alert

NameMode = Literal["keyed", "none"]
"""Whether ids are written as pseudonyms or as given."""

Progress = Callable[[int, int | None, int], None]
"""Told now and then of bytes read, bytes in all (None if unknown), and events judged."""


def ignore_alert(alert: Alert) -> None:
    """Take no notice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Files to write, each only if it is named, and how ids are written in them.

    Attributes:
        alerts: every revision of every alert, JSON lines.
        scores: `event_index` and a float32 column per pattern, npz.
        rejects: why which record was turned away, JSON lines.
        summary: the summary, JSON.
        save_state: the detectors' state after the last event.
        names: how ids are written.
        on_alert: called with every revision as it is made.
    """

    alerts: Path | None = None
    scores: Path | None = None
    rejects: Path | None = None
    summary: Path | None = None
    save_state: Path | None = None
    names: NameMode = "keyed"
    on_alert: Callable[[Alert], None] = ignore_alert
