"""What every part of detection contributes: campaigns found, and false alerts, without it.

Each world is simulated once and judged once for each part that is taken out. A pattern is taken
out by leaving its alerts out, so what others of its family find of the same misuse still counts.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
import msgspec
import numpy as np
import orjson
from numpy.typing import NDArray
from rich.progress import track

import streams.replay
from bench.detection import ACTORS, Job, Seeds, chosen_seeds
from bench.rig.logs import write
from bench.rig.tables import Sheet, show
from detectors import stages
from detectors.alerts import Alert, PatternCode
from detectors.baseline import no_peers
from detectors.calibration import Calibration
from detectors.patterns import Pattern
from detectors.pipeline import Pipeline
from detectors.shards.actors import ActorShard
from streams.evaluate import Evaluation, evaluate, figures, pool, read_labels, read_searches
from streams.evaluate.figures import PER
from streams.options import OUT_FILE
from streams.outputs import Outputs
from streams.settings import Settings
from streams.simulate import Recipe, build
from streams.simulate.scenario import FEWEST_ACTORS, MOST_DAYS
from streams.terminal import console

WHOLE = "everything"

EPILOG = """\b
Example:
  python bench/ablation.py --seeds 1-2 --world police --days 60
"""


class Peerless(Pipeline):
    """Compares accounts with their own past and the prior for nobody in particular."""

    def _begin(self, day: int) -> list[Alert]:
        alerts = super()._begin(day)
        self.peers = no_peers()
        return alerts


def learn_all(_shard: ActorShard, _rows: NDArray[np.int32], _days: NDArray[np.int64]) -> None:
    """Take no notice of what is suspected: every day is learned."""


def face_value(pattern: Pattern, budget: float) -> Calibration:
    """Evidence taken as what it is meant to be, −ln of its probability, unmeasured."""
    return Calibration(0.0, 1.0, budget * pattern.budget_share)


@contextmanager
def replaced(place: object, name: str, by: object) -> Iterator[None]:
    """Let something stand in for a part."""
    part = getattr(place, name)
    setattr(place, name, by)
    try:
        yield
    finally:
        setattr(place, name, part)


PARTS: dict[str, Callable[[], AbstractContextManager[None]]] = {
    WHOLE: nullcontext,
    "the gate: all days are learned": lambda: replaced(ActorShard, "suspect", learn_all),
    "the release: suspect days are never learned": lambda: replaced(
        streams.replay, "Pipeline", _unreleased
    ),
    "peers: the prior instead": lambda: replaced(streams.replay, "Pipeline", Peerless),
    "calibration: evidence at face value": lambda: replaced(stages, "calibrate", face_value),
}
"""What is taken out, and how."""


def _unreleased(detection: Any, config_hash: str, name_of: Any) -> Pipeline:
    learning = msgspec.structs.replace(detection.learning, release_after_days=10**6)
    patient = msgspec.structs.replace(detection, learning=learning)
    return Pipeline(patient, config_hash, name_of)


def run(job: Job) -> dict[str, Evaluation]:
    """One world, by what was taken out."""
    recipe = Recipe(
        world=job.world, seed=job.seed, actors=job.actors, days=job.days, campaigns=job.campaigns
    )
    scenario = build(recipe)
    with tempfile.TemporaryDirectory() as directory:
        log, labels = Path(directory, "log.jsonl"), Path(directory, "labels.jsonl")
        write(scenario.events(), log)
        write(scenario.labels(), labels)
        truth = read_labels(str(labels))
        alerts = {part: _alerts(log, taken_out) for part, taken_out in PARTS.items()}
        for code in PatternCode:
            if any(alert.pattern is code for alert in alerts[WHOLE]):
                alerts[code] = [alert for alert in alerts[WHOLE] if alert.pattern is not code]
        counted = evaluate([], truth, read_searches(str(log)))
    return {
        part: msgspec.structs.replace(
            evaluate(found, truth), actor_days=counted.actor_days, basis=counted.basis
        )
        for part, found in alerts.items()
    }


def _alerts(log: Path, taken_out: Callable[[], AbstractContextManager[None]]) -> list[Alert]:
    found: list[Alert] = []
    outputs = Outputs(names="none", on_alert=found.append)
    with taken_out():
        streams.replay.replay(Settings(), [str(log)], outputs, lambda _read, _total, _events: None)
    return found


def sheet(runs: Sequence[dict[str, Evaluation]]) -> Sheet:
    """What is found, and falsely accused, without each part."""
    # A pattern without an alert in a world changes nothing there.
    parts = dict.fromkeys(part for one in runs for part in one)
    pooled = {part: figures(pool([one.get(part, one[WHOLE]) for one in runs])) for part in parts}
    kinds = [row.pattern for row in pooled[WHOLE].detection if row.difficulty is None]
    rows = []
    for part, judged in pooled.items():
        totals = {row.pattern: row for row in judged.detection if row.difficulty is None}
        found = sum(row.found for row in totals.values())
        campaigns = sum(row.campaigns for row in totals.values())
        wrong = judged.false_alerts[0]
        rate = "n/a" if wrong.rate is None else f"{wrong.rate:.2f}"
        each = (f"{totals[kind].found}/{totals[kind].campaigns}" for kind in kinds)
        rows.append([part, str(wrong.count), rate, f"{found}/{campaigns}", *each])
    names = (kind.replace("_", " ") for kind in kinds)
    days = pooled[WHOLE].actor_days or 0
    note = f"{len(runs)} worlds, {days:,.0f} clean actor-days."
    columns = ("false", f"per {PER:,}", "found", *names)
    return Sheet("Found, and falsely accused, without a part", ("part",), columns, rows, note)


@click.command(epilog=EPILOG, help=__doc__)
@click.option("--seeds", callback=chosen_seeds, default="dev", show_default=True)
@click.option(
    "--world", "worlds", type=click.Choice(list(ACTORS)), multiple=True, default=tuple(ACTORS)
)
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=90, show_default=True)
@click.option(
    "--scale", type=click.FloatRange(min=0), default=1.0, help="So many times the actors."
)
@click.option("--processes", type=click.IntRange(min=1), default=2, show_default=True)
@click.option("--json", "json_path", type=OUT_FILE, metavar="OUT", help="Write the table there.")
@click.option("--markdown", is_flag=True, help="Print for the documentation.")
def main(  # noqa: PLR0913 - a command has as many parameters as options
    *,
    seeds: Seeds,
    worlds: Sequence[str],
    days: int,
    scale: float,
    processes: int,
    json_path: Path | None,
    markdown: bool,
) -> None:
    """Run all worlds and print the table."""
    _, chosen = seeds
    jobs = [
        Job(world, seed, max(FEWEST_ACTORS, round(scale * ACTORS[world])), days, 1.0)
        for world in worlds
        for seed in chosen[world]
    ]
    with ProcessPoolExecutor(processes, get_context("spawn")) as workers:
        done = track(
            workers.map(run, jobs),
            "worlds",
            total=len(jobs),
            console=console(sys.stderr),
            disable=not sys.stderr.isatty(),
        )
        table = sheet(list(done))
    if json_path is not None:
        json_path.write_bytes(orjson.dumps(table._asdict(), option=orjson.OPT_INDENT_2))
    show(table, console(), markdown=markdown)


if __name__ == "__main__":
    main()
