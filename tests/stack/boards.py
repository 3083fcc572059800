"""What the dashboards ask Prometheus, read from the files that Grafana is given."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any, Final

from .programs import DEPLOY, Program

BOARDS: Final = DEPLOY / "grafana/dashboards"

_VARIABLES: Final = {
    "$__rate_interval": "10s",
    "$__range": "5m",
    "$instance": ".*",
}
"""What Grafana puts in; rates need four scrapes, which are a second apart here."""

METRIC: Final = re.compile(r"\bprobewatch_\w+")


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel of a dashboard.

    Attributes:
        board: the dashboard's name.
        title: the panel's.
        queries: what it asks, with variables put in.
    """

    board: str
    title: str
    queries: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.board}: {self.title}"

    @property
    def metrics(self) -> set[str]:
        """Names of metrics in its queries."""
        return {name for query in self.queries for name in METRIC.findall(query)}


def panels(directory: Path = BOARDS) -> Iterator[Panel]:
    """Every panel that asks something."""
    for file in sorted(directory.glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            if targets := panel.get("targets"):
                queries = tuple(_substituted(target["expr"]) for target in targets)
                yield Panel(file.stem, panel["title"], queries)


def has_data(prometheus: Program, query: str, start: float, end: float) -> bool:
    """Whether a query gives a figure somewhere in that time, seconds since the epoch."""
    answer = prometheus.api(
        "/api/v1/query_range", query=query, start=f"{start}", end=f"{end}", step="2s"
    )
    return any(_figures(answer["data"]["result"]))


def _figures(result: list[dict[str, Any]]) -> Iterator[bool]:
    for series in result:
        for _, value in series["values"]:
            yield not isnan(float(value))


def _substituted(expr: str) -> str:
    for variable, value in _VARIABLES.items():
        expr = expr.replace(variable, value)
    return expr
