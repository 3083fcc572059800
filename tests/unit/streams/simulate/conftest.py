"""Every kind of world for tests that hold for all of them."""

import pytest

from tests.unit.streams.simulate.made_worlds import SIZES, Made, made_of


@pytest.fixture(params=sorted(SIZES))
def made(request: pytest.FixtureRequest) -> Made:
    """One world after the other."""
    return made_of(request.param)
