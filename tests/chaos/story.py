"""The log that a round is fed with: simulated, deterministic, with two ids to look for in it."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import islice
from random import Random
from typing import Any, Final

import orjson

from streams.simulate.scenario import Recipe, build

MARKED_ACTOR: Final = "plain-actor-of-the-chaos-suite"
MARKED_SUBJECT: Final = "plain-subject-of-the-chaos-suite"

WORLDS: Final = {"police": (1_000, 2_000), "consumer": (6_000, 4_000), "gateway": (250, 5_000)}
"""Actors of each world, and about the events that they make a day."""

_REPEATED: Final = 1 / 300
"""Share of events that a shipper sends twice; no log comes without."""
_REPEATED_WITHIN: Final = timedelta(minutes=30)
"""Of event time: what comes twice is late in no partition, however its clock goes."""


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """One query event.

    Attributes:
        time: of the event.
        actor: who searched, which decides the partition.
        value: the event as JSON.
    """

    time: datetime
    actor: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Story:
    """A log in the order in which it is sent.

    Attributes:
        lines: all events, repetitions among them.
        witness: the id of an event of the marked actor: it does travel with the event.
    """

    lines: list[Line]
    witness: str


def story(world: str, seed: int, events: int) -> Story:
    """So many events of a world, and some of them twice.

    The busiest actor and the subject most looked for bear names that can be searched for.
    """
    actors, events_a_day = WORLDS[world]
    recipe = Recipe(world=world, seed=seed, actors=actors, days=math.ceil(events / events_a_day))
    while len((scenario := build(recipe)).rows) < events:
        # No two worlds of a kind are alike.
        recipe = replace(recipe, days=math.ceil(1.1 * recipe.days * events / len(scenario.rows)))
    made = list(islice(scenario.events(), events))
    actor = _most_frequent(made, "actor_id")
    subject = _most_frequent(made, "subject_id")
    plain = [_line(event, {actor: MARKED_ACTOR, subject: MARKED_SUBJECT}) for event in made]
    witness = next(event["event_id"] for event in made if event["actor_id"] == actor)
    return Story(list(_repeating(plain, Random(seed))), witness)  # noqa: S311


def _most_frequent(events: list[dict[str, Any]], field: str) -> str:
    counts = Counter[str](event[field] for event in events if field in event)
    return counts.most_common(1)[0][0]


def _line(event: dict[str, Any], renamed: dict[str, str]) -> Line:
    actor = renamed.get(event["actor_id"], event["actor_id"]).encode()
    value = orjson.dumps(event)
    for old, new in renamed.items():
        value = value.replace(f'"{old}"'.encode(), f'"{new}"'.encode())
    return Line(datetime.fromisoformat(event["event_time"]), actor, value)


def _repeating(lines: list[Line], dice: Random) -> Iterator[Line]:
    """Each line, some of them once more soon after."""
    again: list[tuple[datetime, Line]] = []
    for line in lines:
        while again and again[0][0] < line.time:
            yield heappop(again)[1]
        yield line
        if dice.random() < _REPEATED:
            heappush(again, (line.time + dice.random() * _REPEATED_WITHIN, line))
