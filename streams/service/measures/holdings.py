"""What stations hold, what they dropped and turned away, and what they do not know yet."""

from collections.abc import Iterable

from detectors.alerts import PatternCode

from .making import Making, Over


class HoldingMeasures:
    """Adds up what the stations of a worker hold."""

    def __init__(self, make: Making) -> None:
        self.tracked = make.gauge("tracked_entities", "Entities with state", Over.SUM, ["kind"])
        self.tracked_bytes = make.gauge("tracked_bytes", "Memory of entities", Over.SUM, ["kind"])
        self.limit = make.gauge(
            "tracked_limit_entities", "Entities that there is room for", Over.SUM, ["kind"]
        )
        self.evicted = make.counter(
            "evicted_entities",
            "Entities dropped: idle for long, or the longest idle for want of room.",
            ["kind", "cause"],
        )
        self.untracked = make.counter(
            "events_untracked", "Events whose entity there was no room for.", ["kind"]
        )
        self.duplicated = make.counter("events_duplicated", "Events that were there before.")
        self.young_actors = make.gauge(
            "warmup_actors",
            "Actors that a pattern knows nothing usual of yet and compares with their peers alone",
            Over.SUM,
            ["pattern"],
        )
        self.young_tenants = make.gauge(
            "warmup_tenants", "Tenants that a pattern does not judge yet", Over.MAX, ["pattern"]
        )
        self.known_tenants = make.gauge(
            "known_tenants", "Tenants that something usual is known of", Over.MAX
        )
        self.drifts = make.counter(
            "model_drifts",
            "Changes for good of what is usual at a tenant, after which a model began anew.",
            ["pattern"],
        )
        self.drifts.labels(PatternCode.UNUSUAL_ACTIVITY)
