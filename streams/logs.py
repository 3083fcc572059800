"""What a long-running command says of itself: lines for people on a terminal, JSON elsewhere.

Messages are about partitions, offsets and files: they never hold an id, nor what a record held.
The one id that goes with some is an alert's, which names nobody: see `about`. Of what libraries
add to their records (`extra`) nothing is written, since nobody knows what it holds.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final, Literal, TextIO, get_args

from aiohttp.http_exceptions import HttpProcessingError

from detectors.errors import ProbewatchError

Level = Literal["debug", "info", "warning", "error"]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)

LogFormat = Literal["auto", "json", "text"]
"""`auto` is text on a terminal and JSON elsewhere."""

_LIBRARIES: Final = (
    *("aiohttp", "aiokafka", "asyncio", "faust", "kafka", "mode"),
    # Where Faust's classes are extended, they log by these names.
    *("streams.engine.app", "streams.engine.transport"),
)
"""They tell of each rebalance and fetch on INFO, and on DEBUG what records hold."""


_ALERT: Final = "alert_id"


def about(alert_id: str) -> dict[str, str]:
    """What a message about an alert takes as its `extra`, so that it can be found by the alert."""
    return {_ALERT: alert_id}


class JsonLines(logging.Formatter):
    """A record as one JSON object.

    It has time, level, logger and message; `alert_id` if it is about an alert; `error`, the
    trace, if there is one.
    """

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the message holds."""
        said: dict[str, Any] = {
            "time": _time(record).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (alert_id := getattr(record, _ALERT, None)) is not None:
            said[_ALERT] = alert_id
        if record.exc_info:
            said["error"] = self.formatException(record.exc_info)
        return json.dumps(said)


class Readable(logging.Formatter):
    """A record as a person reads it: the time here, the level if it matters, the message."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and below it an error's trace."""
        level = f"{record.levelname}: " if record.levelno >= logging.WARNING else ""
        said = f"{_time(record).astimezone():%H:%M:%S} {level}{record.getMessage()}"
        if (alert_id := getattr(record, _ALERT, None)) is not None:
            said += f" (alert {alert_id})"
        return f"{said}\n{self.formatException(record.exc_info)}" if record.exc_info else said


class Seldom(logging.Filter):
    """Lets a message through a few times within `seconds`, then at most once in as many.

    Messages are the same if logger, level and format are, whatever is put in: a broker that is
    away would otherwise be told of hundreds of times a second. The next one that is let through
    says how many were not. An error's trace is kept only where the error may be a fault of ours: a
    stranger that does not speak HTTP is worth one line, and so is what is told on purpose.

    Libraries that put values into the message themselves never say the same twice: once `most`
    messages are known, those that were not heard of for `seconds` are forgotten.
    """

    def __init__(self, times: int = 3, seconds: float = 30.0, most: int = 1_000) -> None:
        super().__init__()
        self._times = times
        self._seconds = seconds
        self._most = most
        self._windows = dict[tuple[str, int, str], tuple[float, int]]()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be written."""
        key = (record.name, record.levelno, str(record.msg))
        if key not in self._windows and len(self._windows) >= self._most:
            self._forget(record.created)
        since, seen = self._windows.get(key, (record.created, 0))
        over = record.created - since >= self._seconds
        if not over and seen >= self._times:
            self._windows[key] = (since, seen + 1)
            return False
        if over and seen > self._times:
            record.msg = f"{record.getMessage()} (and {seen - self._times} times more before)"
            record.args = None
        self._windows[key] = (record.created, 1) if over else (since, seen + 1)
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, (HttpProcessingError, ProbewatchError)):
            record.exc_info = None
        if isinstance(error, ProbewatchError) and str(error) not in record.getMessage():
            record.msg, record.args = f"{record.getMessage()}: {error}", None
        return True

    def _forget(self, now: float) -> None:
        """Make room: for those that are over, or in a flood of new ones for the half begun last."""
        self._windows = {
            key: (since, seen)
            for key, (since, seen) in self._windows.items()
            if now - since < self._seconds
        }
        if len(self._windows) >= self._most:
            latest = sorted(self._windows.items(), key=lambda window: window[1][0])
            self._windows = dict(latest[self._most // 2 :])


class Retried(logging.Filter):
    """Makes a warning of what aiokafka calls an error and tries again: no coordinator yet.

    Each new Kafka answers so until its topic of offsets is there.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True."""
        arguments = record.args if isinstance(record.args, tuple) else ()
        if any(getattr(each, "retriable", False) is True for each in arguments):
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


def log_to(file: TextIO | None = None, level: Level = "info", form: LogFormat = "auto") -> None:
    """Send what is logged in this process to `file` (standard error), and nowhere else.

    Libraries are heard from WARNING on, whatever the level.
    """
    out = sys.stderr if file is None else file
    handler = logging.StreamHandler(out)
    readable = out.isatty() if form == "auto" else form == "text"
    handler.setFormatter(Readable() if readable else JsonLines())
    handler.addFilter(Seldom())
    handler.addFilter(Retried())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _time(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)
