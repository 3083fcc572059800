"""What the service asks of the engine that reads for it."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol


class Partition(NamedTuple):
    """One partition of a topic."""

    topic: str
    number: int


class Record(Protocol):
    """A record that was fetched, as far as the service looks at it."""

    @property
    def offset(self) -> int:
        """In its partition."""

    @property
    def timestamp(self) -> int:
        """When it was written, ms; -1 if it does not say."""

    @property
    def value(self) -> bytes | None:
        """What it holds."""


class Commit(NamedTuple):
    """From where to read on after a restart, and what must be known for it."""

    offset: int
    metadata: str = ""


class Flow(Protocol):
    """The reading of partitions, as the service steers it."""

    def pause(self, partitions: Iterable[Partition]) -> None:
        """Bring nothing more of these for now."""

    def resume(self, partitions: Iterable[Partition]) -> None:
        """Go on."""

    async def commit(self, commits: Mapping[Partition, Commit]) -> bool:
        """Commit offsets; False if they will have to be committed by the next owner."""

    def drained(self, partition: Partition) -> bool:
        """Whether everything that the broker has of a partition was fetched."""

    def end(self, partition: Partition) -> int | None:
        """The offset behind the newest record that the broker has told of, if it has."""
