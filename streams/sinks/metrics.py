"""What sinks count. The label `sink` is a name from the configuration."""

from typing import Literal, get_args

from streams.metrics import Making, Over

OutcomeWord = Literal["delivered", "retried", "dead", "filtered", "suppressed", "digested"]

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)


class DeliveryMetrics:
    """The metrics of all sinks of a process."""

    def __init__(self, make: Making) -> None:
        gauge = make.gauge
        self.deliveries = make.counter(
            "deliveries", "What became of revisions, and attempts to repeat.", ["sink", "outcome"]
        )
        self.seconds = make.histogram(
            "delivery_seconds", "From an alert in the topic to its delivery.", _SECONDS, ["sink"]
        )
        self.depth = gauge("sink_queue_depth", "Revisions that wait in memory", Over.SUM, ["sink"])
        self.lag = gauge(
            "sink_lag_records", "Records of alerts not yet done with", Over.SUM, ["sink"]
        )
        self.flood = gauge(
            "alert_flood", "1 while a sink only counts some alerts", Over.MAX, ["sink"]
        )

    def of(self, sink: str) -> "SinkMetrics":
        """Those of one sink, at 0 from the beginning."""
        return SinkMetrics(self, sink)


class SinkMetrics:
    """What one sink counts."""

    def __init__(self, metrics: DeliveryMetrics, sink: str) -> None:
        self._deliveries = {
            word: metrics.deliveries.labels(sink, word) for word in get_args(OutcomeWord)
        }
        self._seconds = metrics.seconds.labels(sink)
        self._depth = metrics.depth.labels(sink)
        self._lag, self._sink = metrics.lag, sink
        self._flood = metrics.flood.labels(sink)

    def count(self, outcome: OutcomeWord, number: int = 1) -> None:
        """Count what became of something."""
        self._deliveries[outcome].inc(number)

    def delivered(self, seconds: float) -> None:
        """Count a delivery, so long after the alert was in the topic."""
        self.count("delivered")
        self._seconds.observe(max(0.0, seconds))

    def look(self, depth: int, lag: int, *, flooding: bool) -> None:
        """Say how it stands."""
        self._depth.set(depth)
        # Before the first look nobody knows it, and it is not 0.
        self._lag.labels(self._sink).set(lag)
        self._flood.set(flooding)
