"""What a long-running command says of itself: lines for people on a terminal, JSON elsewhere.

Messages are about partitions, offsets and files: they never hold an id, nor what a record held.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final, Literal, TextIO, get_args

from aiohttp.http_exceptions import HttpProcessingError

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


class Seldom(logging.Filter):
    """Lets a message through a few times within `seconds`, then at most once in as many.

    Messages are the same if logger, level and format are, whatever is put in: a broker that is
    away would otherwise be told of hundreds of times a second. The next one that is let through
    says how many were not. An error's trace is kept only where the error may be ours: a stranger
    that does not speak HTTP is worth one line.
    """

    def __init__(self, times: int = 3, seconds: float = 30.0) -> None:
        super().__init__()
        self._times = times
        self._seconds = seconds
        self._windows = dict[tuple[str, int, str], tuple[float, int]]()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be written."""
        key = (record.name, record.levelno, str(record.msg))
        since, seen = self._windows.get(key, (record.created, 0))
        over = record.created - since >= self._seconds
        if not over and seen >= self._times:
            self._windows[key] = (since, seen + 1)
            return False
        if over and seen > self._times:
            record.msg = f"{record.getMessage()} (and {seen - self._times} times more before)"
            record.args = None
        self._windows[key] = (record.created, 1) if over else (since, seen + 1)
        if record.exc_info and isinstance(record.exc_info[1], HttpProcessingError):
            record.exc_info = None
        return True


def log_to(file: TextIO | None = None, level: Level = "info") -> None:
    """Send what is logged in this process to `file` (standard error), and nowhere else.

    Libraries are heard from WARNING on, whatever the level.
    """
    out = sys.stderr if file is None else file
    handler = logging.StreamHandler(out)
    handler.setFormatter(Readable() if out.isatty() else JsonLines())
    handler.addFilter(Seldom())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _time(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)
