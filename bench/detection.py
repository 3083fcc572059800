"""What is found of simulated misuse, how soon, and how many innocent people are accused.

For each world and seed: simulate, replay, evaluate; then all seeds are pooled. Evaluation
seeds are for figures that are published, and are run for those alone.
"""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec
import orjson
from rich.progress import track

from bench.rig.logs import write
from bench.rig.promptness import DEADLINES, Delay, delays, group_days
from bench.rig.seeds import seeds_of
from bench.rig.tables import Sheet, show
from detectors.alerts import Alert
from streams.evaluate import (
    Evaluation,
    Figures,
    evaluate,
    figures,
    pool,
    read_labels,
    read_searches,
)
from streams.evaluate.figures import PER, Detection, FalseRate, Spread
from streams.evaluate.intervals import garwood, wilson
from streams.options import OUT_FILE
from streams.outputs import Outputs
from streams.replay import replay
from streams.settings import Settings
from streams.simulate import Recipe, build
from streams.terminal import console

ACTORS: Mapping[str, int] = {"consumer": 4000, "police": 400, "gateway": 200}
"""With the twelve evaluation seeds of each world some 440,000 clean actor-days in 90 days:
one false alert in 100,000 would show."""

EPILOG = """\b
Example:
  python bench/detection.py --seeds 1-3 --world police --days 60 --json figures.json
"""


class Job(NamedTuple):
    """One world of one seed, and how large it is."""

    world: str
    seed: int
    actors: int
    days: int
    campaigns: float


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a job; `group_days` are actor-days by look-alike group."""

    world: str
    seed: int
    events: int
    seconds: float
    evaluation: Evaluation
    delays: tuple[Delay, ...]
    group_days: dict[str, int]


def run(job: Job) -> Run:
    """Simulate, replay and evaluate."""
    began = time.perf_counter()
    scenario = build(
        Recipe(
            world=job.world,
            seed=job.seed,
            actors=job.actors,
            days=job.days,
            campaigns=job.campaigns,
        )
    )
    alerts: list[Alert] = []
    with tempfile.TemporaryDirectory() as directory:
        log, labels = Path(directory, "log.jsonl"), Path(directory, "labels.jsonl")
        events = write(scenario.events(), log)
        write(scenario.labels(), labels)
        outputs = Outputs(names="none", on_alert=alerts.append)
        replay(Settings(), [str(log)], outputs, lambda _read, _total, _events: None)
        truth = read_labels(str(labels))
        evaluation = evaluate(alerts, truth, read_searches(str(log)))
        late = delays(evaluation, truth, alerts, read_searches(str(log)))
        groups = group_days(read_searches(str(log)), truth.groups)
    return Run(
        world=job.world,
        seed=job.seed,
        events=events,
        seconds=time.perf_counter() - began,
        evaluation=evaluation,
        delays=late,
        group_days=groups,
    )
