"""What the operator decides about detection. Reading files is the shell's business."""

from typing import Annotated

import msgspec
from msgspec import Meta

from .modes import Modes
from .patterns import Patterns

Limit = Annotated[int, Meta(ge=1000, le=2_000_000_000)]


class Budget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many false alerts are bearable."""

    false_alerts_per_10000_actor_days: Annotated[
        float, Meta(gt=0, le=1000, description="false alerts per 10,000 actor-days, all patterns")
    ] = 1.0


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many entities to hold, over all shards; the longest idle innocents go first."""

    actors: Annotated[Limit, Meta(description="most actors to track")] = 4_000_000
    pairs: Annotated[Limit, Meta(description="most pairs of actor and person to track")] = (
        40_000_000
    )
    subjects: Annotated[Limit, Meta(description="most persons to track")] = 20_000_000
    networks: Annotated[Limit, Meta(description="most networks to track")] = 2_000_000


class Learning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What baselines take in."""

    suspect_score: Annotated[
        float, Meta(ge=0, le=1, description="score from which an actor's day is not learned")
    ] = 0.2
    release_after_days: Annotated[
        int,
        Meta(ge=1, description="suspect days in a row after which a lasting change is learned"),
    ] = 21


class Detection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it."""

    budget: Budget = Budget()
    limits: Limits = Limits()
    learning: Learning = Learning()
    modes: Modes = Modes()
    patterns: Patterns = Patterns()
