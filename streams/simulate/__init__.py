"""Synthetic face-search logs with labelled misuse in them: other seed, other world.

`build` plans a log of a `Recipe`, whose events and labels can then be read; `generate` is
for those who want the events alone.

    >>> recipe = Recipe(world="police", seed=1, actors=40, days=10)
    >>> scenario = build(recipe)
    >>> next(scenario.labels())["world"]
    'police'
"""

from .campaigns import CAMPAIGNS
from .levels import Level
from .scenario import Recipe, Scenario, build, generate
from .worlds import WORLDS

__all__ = ["CAMPAIGNS", "WORLDS", "Level", "Recipe", "Scenario", "build", "generate"]
