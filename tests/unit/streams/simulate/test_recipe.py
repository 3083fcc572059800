"""Recipes that cannot be simulated say why; seeds keep to their lists."""

import tomllib
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest

from detectors.errors import ConfigError
from streams.simulate import WORLDS, Recipe, build


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"world": "mars"}, "world: 'mars', expected one of consumer, police, gateway"),
        ({"seed": -1}, "seed: -1, expected 0 or more"),
        ({"actors": 5}, "actors: 5, expected 20 or more"),
        ({"days": 0}, "days: 0, expected 1 to 1000"),
        ({"campaigns": float("nan")}, "campaigns: nan, expected 0 or more"),
        ({"disorder": -1.0}, "disorder: -1.0, expected 0 or more"),
        ({"patterns": ["rain"]}, "patterns: ['rain'], expected some of bulk_scraping, persistent"),
    ],
)
def test_wrong_values_are_named(wrong: dict[str, Any], message: str) -> None:
    """One line: which value, and what it may be."""
    with pytest.raises(ConfigError) as caught:
        build(replace(Recipe(world="police", seed=1), **wrong))

    assert str(caught.value).startswith(f"simulate: {message}")


@pytest.mark.parametrize("world", list(WORLDS))
@pytest.mark.parametrize("days", [1, 3])
def test_the_smallest_worlds_work(world: str, days: int) -> None:
    """Twenty actors and a day are enough to run."""
    scenario = build(Recipe(world=world, seed=13, actors=20, days=days))

    assert len(list(scenario.events())) == len(scenario.rows) > 0
    assert next(scenario.labels())["days"] == days


def test_evaluation_seeds_are_apart() -> None:
    """No seed for the published figures is a development seed, and each world has twelve."""
    seeds = tomllib.loads(files("streams.simulate").joinpath("seeds.toml").read_text())
    development = range(seeds["development"]["first"], seeds["development"]["last"] + 1)

    assert set(seeds["evaluation"]) == set(WORLDS)
    for held_out in seeds["evaluation"].values():
        assert len(set(held_out)) == 12
        assert not set(held_out) & set(development)
