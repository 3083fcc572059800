"""Actor-days of simulated worlds with misuse that nobody named, as estimators see them."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from detectors.alerts import Alert, PatternCode
from detectors.config import Detection
from detectors.pipeline import Pipeline
from detectors.shards.batch import Stretch
from detectors.stages import figures_of
from detectors.state.actors import DAY
from detectors.state.conduct import HABITS
from streams.ingest.ingest import Ingest
from streams.ingest.pseudonyms import PlainNames
from streams.simulate import Recipe, build
from streams.simulate.labels import Label

LINES = 16_384

ACTOR_DAY = np.dtype(
    [
        ("world", "u1"),
        ("tenant", "u8"),
        ("actor", "u8"),
        ("day", "i4"),
        ("suspect", "?"),
        # Highest evidence of the day as the pattern stands, NaN if it was not judged.
        ("evidence", "f4"),
        # Whether another pattern of the stage names an event of it.
        ("named", "?"),
        # Events up to and with the highest evidence.
        ("events", "u4"),
        # Number of the campaign, -1 if none, and which difficulty.
        ("campaign", "i4"),
        ("difficulty", "u1"),
        ("nats", "f4", (HABITS,)),
    ]
)


class Told(NamedTuple):
    """One world.

    Attributes:
        days: `ACTOR_DAY`, those that were judged.
        actor_days: how many there are in all, of accounts in no campaign.
        campaigns: their difficulties.
    """

    days: NDArray[np.void]
    actor_days: int
    campaigns: list[str]


class Watcher(Pipeline):
    """A pipeline that keeps what every account did on every day."""

    def watch(self) -> None:
        """Begin with nothing seen."""
        self.seen: dict[tuple[int, int], NDArray[np.void]] = {}
        self.best: dict[tuple[int, int], tuple[float, int]] = {}
        self.named: set[tuple[int, int]] = set()
        self.actor_days: set[tuple[int, int]] = set()
        self.accounts: set[tuple[int, int]] = set()

    def collect(self) -> None:
        """Note the days that are open."""
        for shard in self.actors.shards.values():
            for parity, table in enumerate(shard.conduct.deeds):
                day = self.today if self.today % 2 == parity else self.today - 1
                for key, row in zip(table.keys[: len(table)].tolist(), table.rows, strict=False):
                    if row["judged"]:
                        self.seen[key, day] = row.copy()

    def _begin(self, day: int) -> list[Alert]:
        self.collect()
        return super()._begin(day)

    def _judge(self, stretch: Stretch) -> tuple[list[Alert], dict[str, NDArray[np.float32]]]:
        judged = super()._judge(stretch)
        rows = stretch.batch.rows
        keys = list(zip(rows["actor"][:, 0].tolist(), (rows["time"] // DAY).tolist(), strict=True))
        self.actor_days.update(keys)
        self.accounts.update(map(tuple, np.unique(rows["actor"], axis=0).tolist()))
        figures = figures_of(stretch)
        named = np.zeros(len(rows), np.bool_)
        for _, pattern in self.actors.patterns:
            nats = pattern.evidence(figures)
            if pattern.code is not PatternCode.UNUSUAL_ACTIVITY:
                named |= nats >= self.actors._scales[pattern.code].threshold  # noqa: SLF001
                self.named.update(keys[at] for at in np.flatnonzero(named))
                continue
            nats[named] = 0.0
            for at in np.flatnonzero(nats > 0).tolist():
                before = self.best.get(keys[at], (0.0, 0))
                self.best[keys[at]] = max(before, (float(nats[at]), at))
        return judged


def told(world: str, seed: int, actors: int, days: int, campaigns: float) -> Told:
    """Simulate and watch one world."""
    scenario = build(
        Recipe(
            world=world,
            seed=seed,
            actors=actors,
            days=days,
            campaigns=campaigns,
            patterns=(PatternCode.UNUSUAL_ACTIVITY,),
        )
    )
    lines = (orjson.dumps(event) for event in scenario.events())
    return told_of(lines, list(scenario.labels()), world)


def told_of(lines: Iterator[bytes], truth: list[Label], world: str) -> Told:
    """Watch one world by its log."""
    names = PlainNames()
    ingest = Ingest(names)
    pipeline = Watcher(Detection(), "", lambda _kind, pseudonym: f"{pseudonym[0]:016x}")
    pipeline.watch()
    first = 0
    event_of: dict[str, tuple[int, int]] = {}
    while chunk := list(islice(lines, LINES)):
        batch = ingest.decode(chunk, first).batch
        pipeline.observe(batch)
        first += len(chunk)
        pairs = zip(
            batch.rows["actor"][:, 0].tolist(), (batch.rows["time"] // DAY).tolist(), strict=True
        )
        event_of.update(zip(batch.event_ids, pairs, strict=True))
    pipeline.collect()
    of_campaigns = [label for label in truth if label["type"] == "campaign"]
    labels = [
        label for label in of_campaigns if label["pattern"] == PatternCode.UNUSUAL_ACTIVITY.value
    ]
    campaign_of = {
        event_of[event]: number
        for number, label in enumerate(labels)
        for event in label["event_ids"]
        if event in event_of
    }
    doubtful = {actor for label in of_campaigns for actor in label["actors"]}
    taken = {
        key for key, half in pipeline.accounts if names.write("actor", (key, half)) in doubtful
    }
    difficulties = [str(label["difficulty"]) for label in labels]
    rows = np.zeros(len(pipeline.seen), ACTOR_DAY)
    for row, (key, deeds) in zip(rows, sorted(pipeline.seen.items()), strict=True):
        number = campaign_of.get(key, -2 if key[0] in taken else -1)
        row["world"] = sorted(("consumer", "gateway", "police")).index(world)
        row["tenant"], row["actor"], row["day"] = deeds["tenant"], *key
        row["suspect"], row["nats"] = deeds["suspect"], deeds["nats"]
        row["evidence"] = pipeline.best.get(key, (0.0, 0))[0]
        row["named"], row["campaign"] = key in pipeline.named, number
    clean = sum(actor not in taken for actor, _ in pipeline.actor_days)
    return Told(rows, clean, difficulties)
