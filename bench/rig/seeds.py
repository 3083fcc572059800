"""Which seeds of which world to run, by the list that lies beside the simulator."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files

from streams.simulate import WORLDS

FIRST_FEW = 6
"""Development seeds that `dev` stands for."""


def seeds_of(wanted: str) -> Mapping[str, tuple[int, ...]]:
    """Seeds by world.

    Args:
        wanted: `dev`, `evaluation`, or a list of development seeds as in `1-4,9`.

    Raises:
        ValueError: it is none of these.

    >>> seeds_of("1-3,9")["police"]
    (1, 2, 3, 9)
    """
    listed = tomllib.loads(files("streams.simulate").joinpath("seeds.toml").read_text())
    if wanted == "evaluation":
        return {world: tuple(listed["evaluation"][world]) for world in WORLDS}
    first, last = listed["development"]["first"], listed["development"]["last"]
    chosen = range(first, first + FIRST_FEW) if wanted == "dev" else _numbers(wanted)
    foreign = [seed for seed in chosen if not first <= seed <= last]
    if foreign:
        raise ValueError(f"{foreign[0]} is no development seed, which are {first} to {last}")
    return dict.fromkeys(WORLDS, tuple(chosen))


def _numbers(text: str) -> list[int]:
    numbers: list[int] = []
    for part in text.split(","):
        low, _, high = part.partition("-")
        try:
            numbers += range(int(low), int(high or low) + 1)
        except ValueError:
            raise ValueError(f"{part!r} is neither a seed nor a range of seeds") from None
    if not numbers:
        raise ValueError(f"no seeds in {text!r}")
    return numbers
