import pytest

from bench.rig.seeds import seeds_of
from streams.simulate import WORLDS


def test_development_seeds_are_those_of_every_world() -> None:
    """`dev` is a few seeds that anybody may look at."""
    assert seeds_of("dev") == dict.fromkeys(WORLDS, (1, 2, 3, 4, 5, 6))


def test_list_may_have_ranges() -> None:
    """Seeds and ranges of seeds are separated by commas, and keep their order."""
    assert seeds_of("7,2-4")["gateway"] == (7, 2, 3, 4)


def test_evaluation_seeds_are_as_listed() -> None:
    """Every world has its own, as many as any other's, and none is a development seed."""
    chosen = seeds_of("evaluation")
    every = [seed for seeds in chosen.values() for seed in seeds]

    assert chosen.keys() == WORLDS.keys()
    assert len(every) == len(set(every)) == 12 * len(WORLDS)
    for seed in every:
        with pytest.raises(ValueError, match=f"{seed} is no development seed"):
            seeds_of(str(seed))


@pytest.mark.parametrize("text", ["", "x", "1,", "3-1", "-4", "0"])
def test_nonsense_is_refused(text: str) -> None:
    """What names no development seed is an error."""
    with pytest.raises(ValueError, match="seed"):
        seeds_of(text)
