"""What a stage holds and has turned away, counted for whoever watches it. Nothing depends on it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from .alerts import PatternCode
from .baseline import Peers
from .kernels.conduct import OWN_DAY
from .kernels.hashing import FREE
from .shards.actors import ACTORS, PAIRS, ActorShard
from .shards.conduct import LEAST_DAYS
from .shards.groups import GroupShard
from .shards.subjects import NetworkShard, SubjectShard
from .stages import ActorStage, Stage
from .tenure import clean_days

Cause = Literal["idle", "room"]
"""Why an entity is dropped: it was idle for long, or others had to have its room."""

ON_BASELINES: Final = (
    PatternCode.BULK_SCRAPING,
    PatternCode.PROBE_HILL_CLIMBING,
    PatternCode.CREDENTIAL_SHARING,
)
"""Patterns that compare an actor with its own days as well as with its peers."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What only ever grows, over the life of the state.

    Attributes:
        duplicated: events that were there before.
        untracked: events that there was no room for, by the kind of entity.
        evicted: entities dropped, by kind and cause.
    """

    duplicated: int = 0
    untracked: Counter[str] = field(default_factory=Counter)
    evicted: Counter[tuple[str, Cause]] = field(default_factory=Counter)

    def since(self, earlier: "Tally") -> "Tally":
        """What has come since."""
        return Tally(
            self.duplicated - earlier.duplicated,
            self.untracked - earlier.untracked,
            self.evicted - earlier.evicted,
        )


def tally(stage: Stage[Any]) -> Tally:
    """What the stage's shards have counted."""
    untracked: Counter[str] = Counter()
    evicted: Counter[tuple[str, Cause]] = Counter()
    for unit in stage.units.values():
        untracked.update(unit.shard.untracked)
        for kind, held in unit.shard.tracked.items():
            evicted[kind, "idle"] += held.evicted - held.crowded_out
            evicted[kind, "room"] += held.crowded_out
    duplicated = 0
    if isinstance(stage, ActorStage):
        duplicated = sum(shard.duplicates for shard in stage.shards.values())
    return Tally(duplicated, untracked, evicted)


def room(shard: object) -> dict[str, int]:
    """How many entities of each kind a shard may hold."""
    match shard:
        case ActorShard():
            return {"actor": int(shard.limits[ACTORS]), "pair": int(shard.limits[PAIRS])}
        case SubjectShard():
            return {"subject": shard.most}
        case NetworkShard():
            return {"network": shard.most}
        case GroupShard():
            return {"cohort": shard.most}
    return {}


def open_actor_days(stage: ActorStage) -> int:
    """Days of actors with a search that are not over: as a day begins, some are closed."""
    return sum(shard.pools["sheets"].live for shard in stage.shards.values())


def young_actors(stage: ActorStage) -> dict[PatternCode, int]:
    """Actors without a past that a pattern could compare them with, by pattern."""
    no_baseline, no_conduct = 0, 0
    for shard in stage.shards.values():
        no_baseline += len(shard.actors) - shard.pools["baselines"].live
        no_conduct += max(0, len(shard.actors) - len(shard.conduct.conducts))
    return dict.fromkeys(ON_BASELINES, no_baseline) | {PatternCode.UNUSUAL_ACTIVITY: no_conduct}


def young_tenants(peers: Peers) -> tuple[int, int]:
    """Tenants too young for `unusual_activity`, and all of whom something is known."""
    days = clean_days(peers).values()
    return sum(known < LEAST_DAYS for known in days), len(days)


@dataclass(frozen=True, slots=True)
class Accounts:
    """A tenant's accounts that are remembered.

    Attributes:
        searching: those that ever searched.
        young: of them, those without a clean day that is over.
        suspected: of the young, those with days that are over, each of which was suspect.
        own: those whose own clean days alone are enough for `unusual_activity`.
    """

    searching: int = 0
    young: int = 0
    suspected: int = 0
    own: int = 0


def accounts(stage: ActorStage) -> dict[int, Accounts]:
    """Every tenant's, by its code."""
    counts = {name: Counter[int]() for name in ("searching", "young", "suspected", "own")}
    for shard in stage.shards.values():
        actors = shard.actors.rows[: len(shard.actors)]
        past = shard.conduct.conducts.rows[: len(shard.conduct.conducts)]
        tenants, young = actors["tenant"], actors["baseline"] == FREE
        counts["searching"].update(tenants.tolist())
        counts["young"].update(tenants[young].tolist())
        counts["suspected"].update(tenants[young & (actors["suspect_days"] > 0)].tolist())
        counts["own"].update(past["tenant"][OWN_DAY * past["total"] >= LEAST_DAYS].tolist())
    known = set().union(*counts.values())
    return {
        tenant: Accounts(**{name: count[tenant] for name, count in counts.items()})
        for tenant in known
    }


def drifts(stage: ActorStage) -> Counter[tuple[int, int]]:
    """How often what is usual has changed for good, by shard and tenant."""
    return Counter(
        {
            (number, tenant): expert.drifts
            for number, shard in stage.shards.items()
            for tenant, expert in shard.conduct.experts.items()
            if expert.drifts
        }
    )
