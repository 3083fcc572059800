"""How rare evidence is among the innocent: the `null` of every pattern, fitted anew.

Worlds without misuse are simulated and judged. An episode is the highest evidence of one
entity within thirty days, as one alert covers it, for what it is worth at its tenant: that is
what meets the threshold. Of innocent actor-days a share of exp(a - b x) gives rise to an episode
of x nats or more: b is the maximum-likelihood slope above the level where tenants' tails are
counted, a makes the line pass through that level. Accounts that are labelled ambiguous count
neither as episodes nor as actor-days.

What evidence is worth depends on the law that stands: fit again by what was fitted, until it
stays as it is, which takes two or three runs.
"""

import sys
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from multiprocessing import get_context
from typing import NamedTuple

import click
import numpy as np
import orjson
from numpy.typing import NDArray
from rich.progress import track

from bench.rig.seeds import seeds_of
from bench.rig.tables import Sheet, show
from detectors.alerts import Alert, EntityType
from detectors.calibration import PER, Calibration
from detectors.config import Detection
from detectors.events import Records
from detectors.patterns import Figures, Pattern
from detectors.pipeline import Pipeline
from detectors.shards.batch import Stretch
from detectors.stages import figures_of
from detectors.state.actors import DAY
from detectors.tails import OFTEN
from streams.ingest.ingest import Ingest
from streams.ingest.pseudonyms import PlainNames
from streams.simulate import Recipe, build
from streams.terminal import console

EPISODE_DAYS = 30
LINES = 16_384
Nats = NDArray[np.float64]
Pseudonym = tuple[int, int]


class Innocent(NamedTuple):
    """What one world without misuse came to: actor-days, and episodes by pattern, in nats."""

    world: str
    actor_days: int
    episodes: dict[str, Nats]


class Listener(Pipeline):
    """A pipeline that keeps the highest evidence of every episode and every actor-day."""

    def listen(self) -> None:
        """Begin with nothing heard."""
        # By entity and epoch: the evidence, and whose event gave it.
        self.best: dict[str, dict[tuple[tuple[int, ...], int], tuple[float, Pseudonym]]]
        self.best = defaultdict(dict)
        self.actor_days: set[tuple[Pseudonym, int]] = set()

    def _judge(self, stretch: Stretch) -> tuple[list[Alert], dict[str, NDArray[np.float32]]]:
        judged = super()._judge(stretch)
        for pattern in self.patterns:
            self._keep(pattern, figures_of(stretch))
        rows = stretch.batch.rows
        days = (rows["time"] // DAY).tolist()
        self.actor_days.update(zip(actors_of(rows), days, strict=True))
        return judged

    def _keep(self, pattern: Pattern, figures: Figures) -> None:
        evidence = pattern.evidence(figures)
        found = np.flatnonzero(evidence > 0)
        some = figures.at(found)
        (stage,) = (stage for stage in self.stages() if stage.kind == pattern.judged_on)
        nats = stage.worth(pattern.code, evidence[found], some.events["tenant"])
        epochs = (some.events["time"] // DAY // EPISODE_DAYS).tolist()
        keys = zip(actors_of(some.events), entities_of(pattern.entity, some), epochs, strict=True)
        best = self.best[pattern.code]
        for (actor, entity, epoch), value in zip(keys, nats.tolist(), strict=True):
            before = best.get((entity, epoch))
            if before is None or value > before[0]:
                best[entity, epoch] = (value, actor)


def actors_of(rows: Records) -> list[Pseudonym]:
    """Whose events they are."""
    return list(map(tuple, rows["actor"].tolist()))


def entities_of(kind: EntityType, figures: Figures) -> list[tuple[int, ...]]:
    """What an alert on each event would be about."""
    columns = {"pair": ("actor", "subject"), "case": ("actor", "case"), "subject": ("subject",)}
    rows = figures.events
    if kind == "cohort":
        keys = figures.groups["key"]
    else:
        keys = np.concatenate([rows[column] for column in columns.get(kind, ("actor",))], axis=1)
    return list(map(tuple, keys.tolist()))


def run(job: tuple[str, int], days: int) -> Innocent:
    """Simulate and judge one world."""
    world, seed = job
    scenario = build(Recipe(world=world, seed=seed, days=days, campaigns=0))
    names = PlainNames()
    ingest = Ingest(names)
    pipeline = Listener(Detection(), "", lambda _kind, pseudonym: f"{pseudonym[0]:016x}")
    pipeline.listen()
    lines = (orjson.dumps(event) for event in scenario.events())
    first = 0
    while chunk := list(islice(lines, LINES)):
        pipeline.observe(ingest.decode(chunk, first).batch)
        first += len(chunk)
    doubtful = {
        actor
        for label in scenario.labels()
        if label["type"] == "campaign"
        for actor in label["actors"]
    }
    clear = {
        actor
        for actor in {actor for actor, _ in pipeline.actor_days}
        if names.write("actor", actor) not in doubtful
    }
    episodes = {
        code: np.array([nats for nats, actor in best.values() if actor in clear])
        for code, best in pipeline.best.items()
    }
    return Innocent(world, sum(actor in clear for actor, _ in pipeline.actor_days), episodes)


def fitted(nats: Nats, actor_days: int, allowed: float) -> Calibration:
    """The line through the upper tail of so many episodes.

    Args:
        nats: each episode's evidence.
        actor_days: how many there are, with and without evidence.
        allowed: episodes per 10,000 actor-days that the budget pays for.
    """
    most = min(max(round(OFTEN * actor_days / PER), 10), len(nats) - 1)
    highest = np.sort(nats)[::-1]
    level = float(highest[most])
    rate = most / float((highest[:most] - level).sum())
    return Calibration(np.log(most / actor_days) + rate * level, rate, allowed)


def sheet(pattern: Pattern, allowed: float, worlds: Sequence[Innocent]) -> Sheet:
    """What is fitted, and what its threshold would let through in each world."""
    code = pattern.code
    groups = {"all": list(worlds)}
    for one in worlds:
        groups.setdefault(one.world, []).append(one)
    pooled = fitted(
        np.concatenate([one.episodes[code] for one in worlds]),
        sum(one.actor_days for one in worlds),
        allowed,
    )
    rows = []
    for name, members in groups.items():
        nats = np.concatenate([one.episodes[code] for one in members])
        days = sum(one.actor_days for one in members)
        counts = [
            int((nats >= x).sum()) for x in (pattern_threshold(pattern, allowed), pooled.threshold)
        ]
        rows.append([name, f"{days:,}", *(f"{count * PER / days:.2f}" for count in counts)])
    note = (
        f"null = ({pooled.intercept:.2f}, {pooled.rate:.2f}), from {pooled.threshold:.2f} nats; "
        f"as it stands {pattern.null}"
    )
    return Sheet(str(code), ["world"], ["actor-days", "now", "fitted"], rows, note)


def pattern_threshold(pattern: Pattern, allowed: float) -> float:
    """Evidence from which there is an alert as the pattern stands."""
    return Calibration(*pattern.null, allowed).threshold


@click.command(help=__doc__)
@click.option("--seeds", default="1-10", show_default=True, help="Development seeds, as in 1-4,9.")
@click.option("--days", type=click.IntRange(min=1), default=90, show_default=True)
@click.option("--processes", type=click.IntRange(min=1), default=2, show_default=True)
def main(seeds: str, days: int, processes: int) -> None:
    """Fit and print."""
    jobs = [(world, seed) for world, of_world in seeds_of(seeds).items() for seed in of_world]
    with ProcessPoolExecutor(processes, get_context("spawn")) as workers:
        results = workers.map(partial(run, days=days), jobs)
        worlds = list(track(results, "worlds", total=len(jobs), console=console(sys.stderr)))
    detection = Detection()
    budget = detection.budget.false_alerts_per_10000_actor_days
    for pattern in detection.patterns.all():
        show(sheet(pattern, budget * pattern.budget_share, worlds), console(sys.stdout))


if __name__ == "__main__":
    main()
