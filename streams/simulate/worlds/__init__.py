"""The kinds of world. Each founds its population and says how it lives."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from .consumer import found as found_consumer
from .founding import Founding, World
from .gateway import found as found_gateway
from .police import found as found_police


class Kind(NamedTuple):
    """A kind of world, and how many live in it unless told otherwise."""

    found: Callable[[Founding], World]
    actors: int


WORLDS: Mapping[str, Kind] = MappingProxyType(
    {
        "consumer": Kind(found_consumer, 3000),
        "police": Kind(found_police, 300),
        "gateway": Kind(found_gateway, 150),
    }
)
