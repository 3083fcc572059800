"""What a station has to say."""

from dataclasses import dataclass, field

from detectors.alerts import Alert, Severity
from detectors.base import StageKind
from streams.blocks import Block

from .voices import Contribution


@dataclass(slots=True)
class Outcome:
    """What a station made of its rows.

    Attributes:
        alerts: in the order in which they were made.
        blocks: for the stations of later stages, by kind and partition.
        contributions: what the shards knew as days began.
        rows: how many events were applied.
        repeated: how many had been applied before.
        read_at: when the oldest query behind a revision was read, ms, by alert and revision.
        reached: severities that an alert has come to with a revision, by alert and revision.
        actor_days: days that are over, and how many actors searched on them.
        drifts: how often what is usual at a tenant has changed for good.
    """

    alerts: list[Alert] = field(default_factory=list)
    blocks: list[tuple[StageKind, int, Block]] = field(default_factory=list)
    contributions: list[Contribution] = field(default_factory=list)
    rows: int = 0
    repeated: int = 0
    read_at: dict[tuple[str, int], int] = field(default_factory=dict)
    reached: dict[tuple[str, int], tuple[Severity, ...]] = field(default_factory=dict)
    actor_days: list[tuple[int, int]] = field(default_factory=list)
    drifts: int = 0

    def __bool__(self) -> bool:
        """Whether there is anything to send."""
        return bool(self.alerts or self.blocks or self.contributions)
