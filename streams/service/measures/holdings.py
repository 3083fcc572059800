"""What stations hold, what they dropped and turned away, and what they do not know yet."""

from collections import Counter
from collections.abc import Collection
from typing import Any, Final, get_args

from detectors.alerts import PatternCode
from detectors.baseline import Peers
from detectors.census import ON_BASELINES, Cause, Tally, room, young_actors, young_tenants
from detectors.shards.tables import Held
from detectors.stages import ActorStage, Stage

from .making import Making, Over

KINDS: Final = ("actor", "pair", "event", "subject", "network", "cohort")
"""Kinds of entity that stations hold."""


class HoldingMeasures:
    """Adds up what the stations of a worker hold."""

    def __init__(self, make: Making) -> None:
        self._peers: Peers | None = None
        self._tracked = make.gauge("tracked_entities", "Entities with state", Over.SUM, ["kind"])
        self._bytes = make.gauge("tracked_bytes", "Memory of entities", Over.SUM, ["kind"])
        self._room = make.gauge(
            "tracked_limit_entities", "Entities that there is room for", Over.SUM, ["kind"]
        )
        self._evicted = make.counter(
            "evicted_entities",
            "Entities dropped: idle for long, or the longest idle for want of room.",
            ["kind", "cause"],
        )
        self._untracked = make.counter(
            "events_untracked", "Events whose entity there was no room for.", ["kind"]
        )
        self._duplicated = make.counter("events_duplicated", "Events that were there before.")
        self._young_actors = make.gauge(
            "warmup_actors",
            "Actors that a pattern knows nothing usual of yet and compares with their peers alone",
            Over.SUM,
            ["pattern"],
        )
        self._young_tenants = make.gauge(
            "warmup_tenants", "Tenants that a pattern does not judge yet", Over.MAX, ["pattern"]
        )
        self._known_tenants = make.gauge(
            "known_tenants", "Tenants that something usual is known of", Over.MAX
        )
        self._drifts = make.counter(
            "model_drifts",
            "Changes for good of what is usual at a tenant, after which a model began anew.",
            ["pattern"],
        )
        self._drifts.labels(PatternCode.UNUSUAL_ACTIVITY)
        for kind in KINDS:
            self._untracked.labels(kind)
            for cause in get_args(Cause):
                self._evicted.labels(kind, cause)

    def count(self, tally: Tally) -> None:
        """Add what a station has turned away and dropped."""
        self._duplicated.inc(tally.duplicated)
        for kind, events in tally.untracked.items():
            self._untracked.labels(kind).inc(events)
        for (kind, cause), entities in tally.evicted.items():
            self._evicted.labels(kind, cause).inc(entities)

    def drifted(self, times: int) -> None:
        """Add that what is usual has changed."""
        self._drifts.labels(PatternCode.UNUSUAL_ACTIVITY).inc(times)

    def look(self, stages: Collection[Stage[Any]]) -> None:
        """Set the gauges to what these stages hold."""
        tracked: dict[str, Held] = dict.fromkeys(KINDS, Held())
        limits = Counter[str]()
        young = Counter(dict.fromkeys((*ON_BASELINES, PatternCode.UNUSUAL_ACTIVITY), 0))
        for stage in stages:
            for unit in stage.units.values():
                limits.update(room(unit.shard))
                for kind, held in unit.shard.tracked.items():
                    tracked[kind] += held
            if isinstance(stage, ActorStage):
                young.update(young_actors(stage))
        for kind, held in tracked.items():
            self._tracked.labels(kind).set(held.count)
            self._bytes.labels(kind).set(held.bytes)
            self._room.labels(kind).set(limits[kind])
        for pattern, actors in young.items():
            self._young_actors.labels(pattern).set(actors)

    def look_at(self, peers: Peers | None) -> None:
        """Set what is known of tenants; None says that nobody knows yet."""
        if peers is not self._peers and peers is not None:
            self._peers = peers
            young, known = young_tenants(peers)
            self._young_tenants.labels(PatternCode.UNUSUAL_ACTIVITY).set(young)
            self._known_tenants.set(known)
