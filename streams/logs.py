"""What a long-running command says of itself: lines for people on a terminal, JSON elsewhere.

Messages are about partitions, offsets and files: they never hold an id, nor what a record held.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final, Literal, TextIO, get_args

Level = Literal["debug", "info", "warning", "error"]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)

_LIBRARIES: Final = (
    *("aiohttp", "aiokafka", "asyncio", "faust", "kafka", "mode"),
    # Where Faust's classes are extended, they log by these names.
    *("streams.engine.app", "streams.engine.transport"),
)
"""They tell of each rebalance and fetch on INFO, and on DEBUG what records hold."""


class JsonLines(logging.Formatter):
    """A record as one JSON object: time, level, logger, message and, with an error, its trace."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the message holds."""
        said: dict[str, Any] = {
            "time": _time(record).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            said["error"] = self.formatException(record.exc_info)
        return json.dumps(said)


class Readable(logging.Formatter):
    """A record as a person reads it: the time here, the level if it matters, the message."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and below it an error's trace."""
        level = f"{record.levelname}: " if record.levelno >= logging.WARNING else ""
        said = f"{_time(record).astimezone():%H:%M:%S} {level}{record.getMessage()}"
        return f"{said}\n{self.formatException(record.exc_info)}" if record.exc_info else said


def log_to(file: TextIO | None = None, level: Level = "info") -> None:
    """Send what is logged in this process to `file` (standard error), and nowhere else.

    Libraries are heard from WARNING on, whatever the level.
    """
    out = sys.stderr if file is None else file
    handler = logging.StreamHandler(out)
    handler.setFormatter(Readable() if out.isatty() else JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _time(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)
