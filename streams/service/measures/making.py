"""How metrics are made: in a registry that is handed in, under one prefix."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

PREFIX: Final = "probewatch"


class Over(StrEnum):
    """What to make of a metric that several workers show; a gauge's help text ends with it."""

    SUM = "sum over workers"
    MAX = "max over workers"
    EACH = "each worker by itself"


class Made(NamedTuple):
    """A metric.

    Attributes:
        name: as it is shown, a counter's with its `_total`.
        kind: `counter`, `gauge` or `histogram`.
        labels: in the order in which they were given.
        over: what to make of several.
        help: a sentence.
    """

    name: str
    kind: str
    labels: tuple[str, ...]
    over: Over
    help: str


class Making:
    """Makes the metrics of one registry.

    Counters and histograms are always to be summed over workers; gauges say.

    Attributes:
        made: all that was made, in order.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.made: list[Made] = []

    def counter(self, name: str, help_: str, labels: Sequence[str] = ()) -> Counter:
        """A count that only grows while the worker lives; `help_` is a sentence."""
        self._note(f"{name}_total", "counter", labels, Over.SUM, help_)
        return Counter(name, help_, labels, namespace=PREFIX, registry=self.registry)

    def gauge(self, name: str, help_: str, over: Over, labels: Sequence[str] = ()) -> Gauge:
        """A figure of now; `help_` is a sentence without its full stop."""
        self._note(name, "gauge", labels, over, f"{help_}.")
        return Gauge(name, f"{help_}; {over}.", labels, namespace=PREFIX, registry=self.registry)

    def histogram(
        self, name: str, help_: str, buckets: Sequence[float], labels: Sequence[str] = ()
    ) -> Histogram:
        """Counts by size, up to each of `buckets`; `help_` is a sentence."""
        self._note(name, "histogram", labels, Over.SUM, help_)
        return Histogram(
            name, help_, labels, namespace=PREFIX, registry=self.registry, buckets=buckets
        )

    def _note(self, name: str, kind: str, labels: Sequence[str], over: Over, text: str) -> None:
        self.made.append(Made(f"{PREFIX}_{name}", kind, tuple(labels), over, text))
