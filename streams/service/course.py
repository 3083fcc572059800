"""By what a stage judges from day to day, as people have decided."""

from typing import Any, Protocol

from detectors.guidance import Guidance
from detectors.stages import Stage


class Guide(Protocol):
    """What was decided: see `streams.decisions.reader.Decisions`."""

    def has_begun(self, day: int) -> bool:
        """Whether nothing that is decided from now on counts for a day."""

    def begin(self, day: int) -> None:
        """Have it said that a day begins, so that it has begun before long."""

    def at(self, day: int) -> Guidance:
        """What was decided for a day that has begun."""

    def judged_by(self, config_hash: str) -> None:
        """Hear by which configuration somebody judges from now on."""


class Course:
    """Keeps a stage to the word of a guide.

    Args:
        stage: that judges.
        guide: whose word it is.
    """

    def __init__(self, stage: Stage[Any], guide: Guide) -> None:
        self._stage = stage
        self._guide = guide
        self._taken: Guidance | None = None

    def take(self, day: int) -> bool:
        """Judge as was decided for a day; False as long as that is not settled.

        It is asked before a day begins, and of the day that was being filled as a checkpoint was
        written.
        """
        if not self._guide.has_begun(day):
            self._guide.begin(day)
            return False
        before, guidance = self._taken, self._guide.at(day)
        if guidance is not before:
            held = guidance.held
            if before is None or held != before.held:
                self._stage.reconfigure(held.detection, held.config_hash)
                self._guide.judged_by(held.config_hash)
            self._stage.heed(guidance.lesson)
            self._taken = guidance
        return True
