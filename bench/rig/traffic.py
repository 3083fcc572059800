"""Simulated queries of a busy provider: thousands in every hour of event time."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from math import ceil
from typing import Any, Literal, get_args

import orjson

from streams.simulate import Recipe, Scenario, build

Case = Literal["13 fields", "consumer"]
CASES: tuple[Case, ...] = get_args(Case)

FIELDS = (
    *("event_id", "event_time", "tenant_id", "actor_id", "operation", "outcome"),
    *("gallery_id", "candidate_limit", "candidate_count", "top_score", "subject_id"),
    *("source_ip", "user_agent"),
)
"""What a gateway that knows the best candidate would send."""

DAYS = 3

_WORLDS = {"13 fields": "gateway", "consumer": "consumer"}
_TRIAL_ACTORS = {"13 fields": 9_000, "consumer": 90_000}


@dataclass(frozen=True, slots=True)
class Query:
    """One record of the query topic.

    Attributes:
        actor: who searched: the record's key.
        value: the record.
    """

    actor: bytes
    value: bytes


def traffic(case: Case, events: int, seed: int = 1) -> list[Query]:
    """Queries of three days, in the order of their times.

    Args:
        case: 13 fields of the gateway world, some 330 bytes; or all of the consumer world.
        events: how many.
        seed: of the world.
    """
    scenario = _crowded(case, events, seed)
    fields = FIELDS if case == "13 fields" else None
    return [_query(event, fields) for event in islice(scenario.events(), events)]


def _crowded(case: Case, events: int, seed: int) -> Scenario:
    """A world with so many actors that they make enough events in a few days."""
    actors = _TRIAL_ACTORS[case]
    while True:
        scenario = build(Recipe(world=_WORLDS[case], seed=seed, actors=actors, days=DAYS))
        if len(scenario.rows) >= events:
            return scenario
        actors = ceil(1.05 * actors * events / len(scenario.rows))


def _query(event: dict[str, Any], fields: Sequence[str] | None) -> Query:
    chosen = event if fields is None else {key: event[key] for key in fields if key in event}
    return Query(event["actor_id"].encode(), orjson.dumps(chosen))
