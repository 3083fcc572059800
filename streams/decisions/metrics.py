"""What a worker counts of decisions."""

from collections.abc import Callable

from detectors.verdicts import Ruling
from streams.metrics import Making, Over


class DecisionMetrics:
    """The metrics of decisions, in a worker's registry."""

    def __init__(self, make: Making) -> None:
        gauge = make.gauge
        self._info = gauge(
            "configuration_info", "1 for the configuration judged by", Over.EACH, ["hash"]
        )
        self._loaded = gauge(
            "configuration_loaded_timestamp_seconds", "When it was begun to be judged by", Over.EACH
        )
        self._refused = gauge(
            "configuration_rejected", "1 if the last configuration record was refused", Over.EACH
        )
        self._verdicts = make.counter(
            "verdicts", "Verdicts that came in; each worker counts all of them.", ["verdict"]
        )
        self._rejected = make.counter(
            "decisions_rejected", "Records of the topic of decisions that are none.", ["reason"]
        )
        # A rate needs the zero before the first.
        for ruling in Ruling:
            self._verdicts.labels(ruling.value)
        self._snoozes = gauge("snoozes_active", "Snoozes that have not ended", Over.MAX)
        self._suppressions = gauge(
            "suppressions_active", "Suppressions that have not ended", Over.MAX
        )
        self._held = ""

    def follow(self, active: Callable[[], tuple[int, int]]) -> None:
        """Ask for the number of active snoozes and suppressions whenever somebody looks."""
        self._snoozes.set_function(lambda: active()[0])
        self._suppressions.set_function(lambda: active()[1])

    def holds(self, config_hash: str) -> None:
        """A configuration is judged by from now on."""
        if config_hash != self._held:
            self._held = config_hash
            self._info.clear()
            self._info.labels(config_hash).set(1)
            self._loaded.set_to_current_time()

    def refused(self, refused: bool) -> None:  # noqa: FBT001
        """The last configuration record was refused, or taken in."""
        self._refused.set(refused)

    def ruled(self, verdict: str) -> None:
        """Count a verdict."""
        self._verdicts.labels(verdict).inc()

    def rejected(self, reason: str) -> None:
        """Count a record that is no decision."""
        self._rejected.labels(reason).inc()
