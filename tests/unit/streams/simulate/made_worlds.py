"""Small worlds that several tests look at, each made once."""

from functools import cache
from typing import NamedTuple

from streams.simulate import Recipe, Scenario, build
from streams.simulate.labels import Label
from streams.simulate.render import Event

# Large enough that every kind of actor is there, small enough for a test.
SIZES = {"consumer": 500, "police": 150, "gateway": 90}
DAYS = 60
SEED = 11


class Made(NamedTuple):
    """A world, its log and its labels."""

    scenario: Scenario
    events: list[Event]
    labels: list[Label]


@cache
def made_of(world: str, campaigns: float = 1.0) -> Made:
    """The world of that kind, with misuse or without."""
    scenario = build(
        Recipe(world=world, seed=SEED, actors=SIZES[world], days=DAYS, campaigns=campaigns)
    )
    return Made(scenario, list(scenario.events()), list(scenario.labels()))
