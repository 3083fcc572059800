"""What the log says of a receiver that fails: when it begins, once a minute, when it ends."""

import logging
from typing import Final

from detectors.alerts import Alert
from streams.logs import about

from .messages import Message, Outcome

_EVERY_SECONDS: Final = 60.0

_LOGGER = logging.getLogger(__name__)


class Trouble:
    """Tells of what one sink does not take.

    Args:
        sink: its name.
    """

    def __init__(self, sink: str) -> None:
        self._sink = sink
        self._told_at = -_EVERY_SECONDS
        self._untold = 0
        self._failing = False

    def failed(self, message: Message, outcome: Outcome, now: float, then: str) -> None:
        """An attempt failed.

        Args:
            message: that did not arrive.
            outcome: why.
            now: seconds since the epoch.
            then: what comes of the message, in words.
        """
        if now - self._told_at < _EVERY_SECONDS:
            self._untold += 1
            return
        more = f"; {self._untold:,} more failures since this was said last" if self._untold else ""
        alert = message.content
        _LOGGER.warning(
            "sink %s: not delivered, %s: %s%s",
            *(self._sink, then, outcome.reason, more),
            extra=about(alert.alert_id) if isinstance(alert, Alert) else None,
        )
        self._told_at, self._untold, self._failing = now, 0, True

    def delivered(self) -> None:
        """A message arrived."""
        if self._failing:
            _LOGGER.info("sink %s: delivers again", self._sink)
            self._failing = False
