"""Access logs in Combined (or Common) Log Format, as Apache and nginx write them.

They say who, when and where from: capability L0. Who is the remote user, or the client's
address where there is none. The path decides what was asked, and neither it nor a query
string or referrer is kept.

Source: Apache HTTP Server, "Log Files", section Access Log.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from detectors.errors import ConfigError

from ..decoded import Decoded
from ..lenient import Repaired, judge
from ..rejects import Rejected
from ..scanner import Scanner
from ..scanning import LONGEST_LINE
from ..schema import OperationWord, OutcomeWord, QueryEvent

_LINE = re.compile(
    r"(?P<host>\S+) \S+ (?P<user>.+?)"
    # So narrow that a line full of brackets cannot make the search for it quadratic.
    r" \[(?P<day>\d\d)/(?P<month>[A-Z][a-z]{2})/(?P<year>\d{4})"
    r":(?P<clock>\d\d:\d\d:\d\d) (?P<hours>[+-]\d\d)(?P<minutes>\d\d)\]"
    r' "(?P<request>(?:[^"\\]|\\.)*+)" (?P<status>\d{3}) (?P<bytes>\d{1,18}|-)'
    # An agent that was cut off is taken as far as it goes.
    r'(?: "(?:[^"\\]|\\.)*+" "(?P<agent>(?:[^"\\]|\\.)*+))?',
    re.ASCII,
)

_MONTHS = {
    name: f"{number:02}"
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}

_DENIED = {"401", "403", "429"}

_NOTHING = "-"
"""How the format writes that a field has no value."""


class PathRule(msgspec.Struct, frozen=True):
    """What a request for certain paths asked.

    Attributes:
        pattern: a regular expression, searched for in the path without its query string.
        operation: what it means.
    """

    pattern: str
    operation: OperationWord


STATIC = PathRule(
    r"(?i)\.(?:css|js|mjs|map|png|jpe?g|gif|svg|ico|webp|avif|bmp|woff2?|ttf|otf|eot)$", "other"
)
"""Files that a page brings along."""

ANYTHING = PathRule("", "identify")


class CombinedLines:
    """The decoder of Combined Log Format.

    An event's id is `line-` and the 1-based number of its record, over all input.

    Args:
        tenant: whose log it is.
        rules: the first that fits a path says what was asked; `other` if none does, or if
            the request has no path.

    Raises:
        ConfigError: if a pattern is no regular expression.
    """

    def __init__(
        self, tenant: str = "default", rules: Sequence[PathRule] = (STATIC, ANYTHING)
    ) -> None:
        self._tenant = tenant
        self._scanner = Scanner()
        self._rules = [(_compiled(rule.pattern), rule.operation) for rule in rules]

    def decode(self, lines: Sequence[bytes], first_index: int) -> Decoded:
        """Take the lines apart; the first of them is record number `first_index`."""
        events: list[dict[str, Any]] = []
        index: list[int] = []
        rejected: list[Rejected] = []
        dropped = Counter[str]()
        blank = 0
        for number, line in enumerate(lines, first_index):
            if not line.strip():
                blank += 1
                continue
            read = self._read(line, number)
            if isinstance(read, Rejected):
                rejected.append(read)
            else:
                dropped.update(read.dropped)
                events.append(read.values)
                index.append(number)
        columns = self._scanner.scan([*map(msgspec.json.encode, events)]).columns()
        rows = np.array(index, np.int64)
        return Decoded(columns, rows, rejected, dropped=dropped, blank=blank)

    def _read(self, line: bytes, number: int) -> Repaired | Rejected:
        if len(line) > LONGEST_LINE:
            return Rejected(number, "too_large")
        match = _LINE.match(line.decode("utf-8", "backslashreplace"))
        if match is None:
            return Rejected(number, "malformed_line")
        record = self._record(match.groupdict(_NOTHING), number)
        try:
            msgspec.convert(record, QueryEvent)
        except msgspec.ValidationError:
            return judge(record, number)
        return Repaired(record, (), ())

    def _record(self, parts: dict[str, str], number: int) -> dict[str, Any]:
        date = f"{parts['year']}-{_MONTHS.get(parts['month'], '??')}-{parts['day']}"
        status, user = parts["status"], parts["user"]
        record: dict[str, Any] = {
            "event_id": f"line-{number + 1}",
            "event_time": f"{date}T{parts['clock']}{parts['hours']}:{parts['minutes']}",
            "tenant_id": self._tenant,
            "actor_id": parts["host"] if user == _NOTHING else user,
            "operation": self._operation(parts["request"]),
            "outcome": _outcome(status),
            "error_code": status if status >= "400" else None,
            "source_ip": parts["host"],
            "user_agent": parts["agent"],
        }
        if parts["bytes"] != _NOTHING:
            record["response_bytes"] = int(parts["bytes"])
        return {name: value for name, value in record.items() if value != _NOTHING}

    def _operation(self, request: str) -> OperationWord:
        _method, _, target = request.partition(" ")
        path = target.partition(" ")[0].partition("?")[0]
        if path:
            for pattern, operation in self._rules:
                if pattern.search(path):
                    return operation
        return "other"


def _outcome(status: str) -> OutcomeWord:
    if status in _DENIED:
        return "denied"
    return "failure" if status >= "400" else "success"


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ConfigError(
            f"path rule {pattern!r}: expected a regular expression, {error}"
        ) from error
