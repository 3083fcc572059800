"""What the parts of a worker share."""

from dataclasses import dataclass

from streams.checkpoints.standby import Standby
from streams.decisions.reader import Decisions
from streams.ingest.pseudonyms import PseudonymKey
from streams.kafka.topics import Topics
from streams.settings import Settings

from .control import Control
from .flow import Flow, Partition
from .keeper import Durability
from .metrics import Metrics
from .publisher import Publisher


@dataclass(frozen=True, slots=True)
class Tools:
    """What a worker works with."""

    settings: Settings
    names: PseudonymKey
    topics: Topics
    durability: Durability
    control: Control
    publisher: Publisher
    metrics: Metrics
    standby: Standby | None = None
    decisions: Decisions | None = None


class Gate:
    """Which partitions are to bring nothing for now."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._shut: set[Partition] = set()

    def set(self, place: Partition, *, shut: bool) -> None:
        """Shut or open the gate of a partition."""
        if shut and place not in self._shut:
            self._shut.add(place)
            self._flow.pause([place])
        elif not shut and place in self._shut:
            self._shut.discard(place)
            self._flow.resume([place])

    def open_all(self) -> None:
        """A rebalance has opened them."""
        self._shut.clear()
