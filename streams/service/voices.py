"""What every shard said as its days began: what is usual, and how near to alerts tenants come."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import numpy as np

from detectors.events import Records
from detectors.shards.batch import SHARDS
from detectors.stages import ActorStage, LaterStage
from detectors.state.cohorts import COHORT
from detectors.tails import TAIL

PEERS: Final = "peers"
"""The voice of actors' shards that says what is usual; each kind has one more, of its tails."""

LAYOUTS: Final = {PEERS: COHORT} | {
    f"{kind}-tails": TAIL for kind in ("actor", "subject", "network", "cohort")
}
"""What is said by each voice."""


class Contribution(NamedTuple):
    """What a shard knew as a day began.

    Attributes:
        voice: of `LAYOUTS`.
        shard: that said it.
        day: since the epoch, UTC.
        known: records of the voice's layout.
    """

    voice: str
    shard: int
    day: int
    known: Records


def tails_of(kind: str) -> str:
    """The voice of a kind's tails."""
    return f"{kind}-tails"


def contribution(
    stage: ActorStage | LaterStage[Any], voice: str, shard: int, day: int
) -> Contribution:
    """What a shard knew as a day began, by one of its voices."""
    if isinstance(stage, ActorStage) and voice == PEERS:
        return Contribution(voice, shard, day, stage.shards[shard].contribution(day))
    return Contribution(voice, shard, day, stage.units[shard].tail(day))


def days_said(stage: ActorStage | LaterStage[Any], voice: str, shard: int) -> Iterable[int]:
    """The days of which a shard still knows what it said."""
    if isinstance(stage, ActorStage) and voice == PEERS:
        return stage.shards[shard].contributed.days
    return stage.units[shard].tails.days


def voices_of(stage: ActorStage | LaterStage[Any]) -> tuple[str, ...]:
    """The voices of a stage's shards."""
    tails = tails_of(stage.kind)
    return (PEERS, tails) if isinstance(stage, ActorStage) else (tails,)


class Said:
    """What all shards said by one voice."""

    def __init__(self, voice: str) -> None:
        self._nothing = np.zeros(0, LAYOUTS[voice])
        self._by_shard: dict[int, dict[int, Records]] = defaultdict(dict)

    def __iter__(self) -> Iterator[Records]:
        """All that is held."""
        for said in self._by_shard.values():
            yield from said.values()

    def put(self, shard: int, day: int, known: Records) -> None:
        """What a shard knew as a day began."""
        self._by_shard[shard][day] = known

    def until(self, shard: int) -> int:
        """The last day that a shard has said anything of; -1 if none."""
        return max(self._by_shard[shard], default=-1)

    def at(self, day: int) -> list[Records] | None:
        """What each shard said last until a day; None as long as one may say more of it."""
        parts = []
        for shard in range(SHARDS):
            said = self._by_shard[shard]
            if not said or max(said) < day:
                return None
            days = [known for known in said if known <= day]
            parts.append(said[max(days)] if days else self._nothing)
        return parts

    def slowest(self) -> int:
        """The last day that all shards have said something of; -1 if there is none."""
        return min(self.until(shard) for shard in range(SHARDS))

    def forget(self, oldest: int) -> None:
        """Drop what was said of days before, but for the last of each shard."""
        for said in self._by_shard.values():
            # It stands for the days that nobody said anything on.
            for day in sorted(day for day in said if day < oldest)[:-1]:
                del said[day]
