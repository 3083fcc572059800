"""What a misuse pattern is: a frozen value that turns figures into evidence and words."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, Protocol

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from .alerts import EntityType, PatternCode, Reason, Severity, Taxonomy
from .events import Records

Share = Annotated[float, Meta(gt=0, le=1)]
Positive = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]

StageKind = Literal["actor", "subject", "network", "cohort"]
"""Kinds of shard, in the order in which an event passes them: all but the first side by side."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What the shards say of some events, column by column, all of the same length.

    Attributes:
        events: `EVENT` records.
        actors: `ACTOR_FIGURES` records.
        subjects: `SUBJECT_FIGURES` records; said of events on the subject stage only.
        networks: `NETWORK_FIGURES` records; said of events on the network stage only.
        groups: `GROUP_FIGURES` records; said of events on the cohort stage only.
    """

    events: Records
    actors: Records
    subjects: Records
    networks: Records
    groups: Records

    def __len__(self) -> int:
        """How many events."""
        return len(self.events)

    def at(self, numbers: NDArray[np.intp]) -> "Figures":
        """The figures of some of the events."""
        # `records[numbers]` copies field by field, which takes 25 times as long.
        return Figures(
            self.events.take(numbers),
            self.actors.take(numbers),
            self.subjects.take(numbers),
            self.networks.take(numbers),
            self.groups.take(numbers),
        )


class Pattern(Protocol):
    """One kind of misuse.

    Evidence is in nats: about minus the logarithm of how often the innocent look like
    this in an actor-day. It is a pure function of the figures, finite or NaN (not judged).
    """

    code: ClassVar[PatternCode]
    entity: ClassVar[EntityType]
    # The stage whose figures, and those of the stage before, are all that it reads.
    judged_on: ClassVar[StageKind]
    # The least capability level (0-3) whose fields the pattern needs.
    level: ClassVar[int]
    taxonomy: ClassVar[Taxonomy]
    # Days without evidence after which an episode is closed, and forgotten.
    quiet_days: ClassVar[int]
    memory_days: ClassVar[int]
    # (a, b): of innocent actor-days exp(a - b x) reach evidence x.
    null: ClassVar[tuple[float, float]]

    @property
    def budget_share(self) -> float:
        """The pattern's share of the alert budget."""
        ...

    @property
    def shadow(self) -> bool:
        """Whether its alerts page nobody."""
        ...

    def evidence(self, figures: Figures) -> NDArray[np.float64]:
        """Nats per event, shape (n,); NaN where the pattern does not judge."""
        ...

    def most_severe(self, figures: Figures) -> Severity:
        """The most severe that an alert on figures of one event may be."""
        ...

    def reasons(self, figures: Figures) -> tuple[Reason, ...]:
        """Why, strongest first, for figures of one event."""
        ...
