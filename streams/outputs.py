"""Where the results of a replay go."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec
import orjson

from detectors.alerts import Alert
from streams.ingest.rejects import Rejected

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


class Writers:
    """The files that grow while a replay runs.

    Raises:
        OSError: one cannot be written.
    """

    def __init__(self, outputs: Outputs, stack: ExitStack) -> None:
        self._on_alert = outputs.on_alert
        self._alerts = _opened(outputs.alerts, stack)
        self._rejects = _opened(outputs.rejects, stack)

    def alerts(self, alerts: Sequence[Alert]) -> None:
        """Write revisions of alerts, and tell of them."""
        for alert in alerts:
            self._on_alert(alert)
            if self._alerts is not None:
                self._alerts.write(orjson.dumps(msgspec.to_builtins(alert)) + b"\n")

    def rejects(self, rejects: Sequence[Rejected]) -> None:
        """Write why records were turned away."""
        if self._rejects is not None:
            for reject in rejects:
                self._rejects.write(orjson.dumps(msgspec.to_builtins(reject)) + b"\n")


def _opened(path: Path | None, stack: ExitStack) -> BinaryIO | None:
    return None if path is None else stack.enter_context(path.open("wb"))
