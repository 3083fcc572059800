"""Which of river's estimators tells misuse that nobody named, beside a plain sum of surprises.

Actor-days of simulated worlds, as the pipeline sees them, in order of time: each is scored by an
estimator of its tenant before a sample of the clean ones is learned, two days later. Reported is
the area under the ROC curve over actor-days, and how many campaigns exceed the highest clean
day but one, and but eight, in 80,000.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import click
import numpy as np
from numpy.typing import NDArray

from bench.rig.odd_days import Told, told
from bench.rig.seeds import seeds_of
from bench.rig.tables import Sheet, show
from detectors.estimators import DEFAULT, Expert, prior_of
from streams.terminal import console

ACTORS: Mapping[str, int] = {"consumer": 1200, "police": 200, "gateway": 150}
DAYS = 60

ESTIMATORS = (
    "LODA(n_bins=16, n_random_cuts=30, seed=1)",
    DEFAULT,
    "HalfSpaceTrees(n_trees=25, height=6, window_size=64, seed=1)",
)
SAMPLE, MOST_A_DAY, LAG = 8, 4, 2

Scores = NDArray[np.float64]


def scored(days: NDArray[np.void], setting: str) -> tuple[Scores, Scores, float]:
    """Each day's score, its nats, and the seconds that it took a day."""
    experts: dict[int, Expert] = defaultdict(lambda: Expert(prior_of(setting)))
    score, nats = np.zeros(len(days)), np.zeros(len(days))
    waiting: list[int] = []
    began = time.process_time()
    for today in np.unique(days["day"]).tolist():
        due = [at for at in waiting if days["day"][at] <= today - LAG]
        waiting = [at for at in waiting if days["day"][at] > today - LAG]
        taught: dict[int, int] = defaultdict(int)
        for at in due:
            tenant = int(days["tenant"][at])
            taught[tenant] += 1
            if taught[tenant] <= MOST_A_DAY:
                experts[tenant].learn(days["nats"][at].astype(np.float64))
        for at in np.flatnonzero(days["day"] == today).tolist():
            expert, day = experts[int(days["tenant"][at])], days["nats"][at].astype(np.float64)
            score[at], nats[at] = expert.score(day), expert.nats(day)
            if at % SAMPLE == 0 and not days["suspect"][at]:
                waiting.append(at)
    return score, nats, (time.process_time() - began) / max(len(days), 1)


def area(scores: Scores, misuse: NDArray[np.bool_]) -> float:
    """The chance that a day of misuse scores higher than a clean one (ties are halved)."""
    _, rank, counts = np.unique(scores, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    ranks = middle[rank]
    positives, negatives = misuse.sum(), (~misuse).sum()
    return float((ranks[misuse].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def compared(worlds: Sequence[Told]) -> Sheet:
    """A row per way of scoring."""
    parts = [one.days[one.days["campaign"] >= -1] for one in worlds]
    for number, part in enumerate(parts):
        part["campaign"] += np.where(part["campaign"] >= 0, 1000 * number, 0)
    misuse = np.concatenate(parts)["campaign"] >= 0
    campaigns = np.concatenate(parts)["campaign"]
    clean_days = sum(one.actor_days for one in worlds)
    planted = sum(len(one.campaigns) for one in worlds)
    plain = [part["nats"].sum(axis=1).astype(np.float64) for part in parts]
    ways: dict[str, tuple[Scores, float]] = {"plain sum": (np.concatenate(plain), 0.0)}
    for setting in ESTIMATORS:
        found = [scored(part, setting) for part in parts]
        seconds = float(np.mean([cost for *_, cost in found]))
        name = setting.split("(")[0]
        ways[name] = np.concatenate([score for score, *_ in found]), seconds
        both = [
            own + np.minimum(nats, own / 2) for own, (_, nats, _) in zip(plain, found, strict=True)
        ]
        ways[f"plain sum and {name}"] = np.concatenate(both), seconds
    rows = [
        [name, f"{area(scores, misuse):.4f}", *_found(scores, campaigns), f"{1e6 * cost:.0f}"]
        for name, (scores, cost) in ways.items()
    ]
    note = (
        f"{planted} campaigns, {clean_days:,} clean actor-days, {int(misuse.sum())} days of misuse"
    )
    return Sheet("unusual_activity", ["way"], ["AUC", "1 false", "8 false", "us a day"], rows, note)


def _found(scores: Scores, campaigns: NDArray[np.int32]) -> Iterable[str]:
    """Campaigns above so many of the highest clean days."""
    clean = np.sort(scores[campaigns < 0])[::-1]
    best: dict[int, float] = defaultdict(lambda: -np.inf)
    for campaign, score in zip(campaigns.tolist(), scores.tolist(), strict=True):
        if campaign >= 0:
            best[campaign] = max(best[campaign], score)
    for allowed in (1, 8):
        yield str(sum(score > clean[allowed] for score in best.values()))


@click.command(help=__doc__)
@click.option("--seeds", default="1-3", show_default=True, help="Development seeds, as in 1-4,9.")
def main(seeds: str) -> None:
    """Simulate, compare and print."""
    worlds = [
        told(world, seed, ACTORS[world], DAYS, 2.0)
        for world, of_world in seeds_of(seeds).items()
        for seed in of_world
    ]
    show(compared(worlds), console(sys.stdout))


if __name__ == "__main__":
    main()
