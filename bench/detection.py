"""What is found of simulated misuse, how soon, and how many innocent people are accused.

For each world and seed: simulate, replay, evaluate; then all seeds are pooled. Evaluation
seeds are for figures that are published, and are run for those alone.
"""

import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec
import orjson
from rich.progress import track

from bench.rig.findings import sheets, total
from bench.rig.logs import write
from bench.rig.promptness import Delay, delays, group_days
from bench.rig.seeds import seeds_of
from bench.rig.tables import show
from detectors.alerts import Alert
from streams.evaluate import (
    Evaluation,
    evaluate,
    figures,
    pool,
    read_labels,
    read_searches,
)
from streams.options import OUT_FILE
from streams.outputs import Outputs
from streams.replay import replay
from streams.settings import Settings
from streams.simulate import Recipe, build
from streams.simulate.scenario import FEWEST_ACTORS, MOST_DAYS
from streams.terminal import console

ACTORS: Mapping[str, int] = {"consumer": 4000, "police": 400, "gateway": 200}
"""In 90 days, with the twelve evaluation seeds of each world, some 440,000 clean actor-days; a
pattern without any false alert in them has at most 0.09 in 10,000 (95 %)."""

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


def runs_of(jobs: Sequence[Job], processes: int) -> list[Run]:
    """Do the jobs, so many at once; in the order given."""
    with ProcessPoolExecutor(processes, get_context("spawn")) as workers:
        done = track(
            workers.map(run, jobs),
            "worlds",
            total=len(jobs),
            console=console(sys.stderr),
            disable=not sys.stderr.isatty(),
            transient=True,
        )
        return list(done)


def pooled(runs: Sequence[Run]) -> Evaluation:
    """Several runs as one."""
    return pool([run.evaluation for run in runs])


def by_world(runs: Sequence[Run]) -> dict[str, Evaluation]:
    """The runs of each world as one."""
    worlds = dict.fromkeys(run.world for run in runs)
    return {world: pooled([run for run in runs if run.world == world]) for world in worlds}


def report(runs: Sequence[Run], jobs: Sequence[Job], seeds: str) -> dict[str, Any]:
    """Everything as plain values, for `--json`; campaigns and false alerts are with their runs."""
    together = {"all": pooled(runs), **by_world(runs)}
    return {
        "schema": "probewatch.bench.detection.v1",
        "config_hash": Settings().config_hash,
        "seeds": seeds,
        "jobs": [job._asdict() for job in jobs],
        "figures": {
            name: msgspec.to_builtins(msgspec.structs.replace(figures(judged), campaigns=()))
            for name, judged in together.items()
        },
        "group_days": total([run.group_days for run in runs]),
        "runs": msgspec.to_builtins(runs),
    }


Seeds = tuple[str, Mapping[str, tuple[int, ...]]]
"""How seeds were asked for, and which they are by world."""


def chosen_seeds(_ctx: click.Context, _param: click.Parameter, text: str) -> Seeds:
    """The seeds that an option's text means."""
    try:
        return text, seeds_of(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command(epilog=EPILOG, help=__doc__)
@click.option(
    "--seeds",
    callback=chosen_seeds,
    default="dev",
    show_default=True,
    metavar="dev|evaluation|LIST",
    help="A LIST names development seeds, as in 1-4,9.",
)
@click.option(
    "--world",
    "worlds",
    type=click.Choice(list(ACTORS)),
    multiple=True,
    default=tuple(ACTORS),
    show_default=True,
    help="Only this one; give it again for more.",
)
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=90, show_default=True)
@click.option(
    "--scale",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="So many times the actors.",
)
@click.option(
    "--campaigns",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="How much misuse, as in simulate.",
)
@click.option("--processes", type=click.IntRange(min=1), default=2, show_default=True)
@click.option("--json", "json_path", type=OUT_FILE, metavar="OUT", help="Write all figures there.")
@click.option("--markdown", is_flag=True, help="Print for the documentation.")
def main(  # noqa: PLR0913 - a command has as many parameters as options
    *,
    seeds: Seeds,
    worlds: Sequence[str],
    days: int,
    scale: float,
    campaigns: float,
    processes: int,
    json_path: Path | None,
    markdown: bool,
) -> None:
    """Run all worlds and print the tables."""
    asked, chosen = seeds
    jobs = [
        Job(world, seed, max(FEWEST_ACTORS, round(scale * ACTORS[world])), days, campaigns)
        for world in worlds
        for seed in chosen[world]
    ]
    runs = runs_of(jobs, processes)
    if json_path is not None:
        json_path.write_bytes(orjson.dumps(report(runs, jobs, asked), option=orjson.OPT_INDENT_2))
    out = console()
    late = [delay for run in runs for delay in run.delays]
    groups = total([run.group_days for run in runs])
    for sheet in sheets(pooled(runs), by_world(runs), late, groups):
        show(sheet, out, markdown=markdown)
    out.print("\n".join(summary(runs, jobs, asked)))


def summary(runs: Sequence[Run], jobs: Sequence[Job], seeds: str) -> Iterator[str]:
    """What was run, in words."""
    for world in dict.fromkeys(job.world for job in jobs):
        own = [job for job in jobs if job.world == world]
        events = sum(run.events for run in runs if run.world == world)
        yield (
            f"{world}: {len(own)} seeds of {own[0].actors:,} actors and {own[0].days} days, "
            f"{events:,} events."
        )
    for share in figures(pooled(runs)).ambiguous:
        yield (
            f"Ambiguous, not counted: {share.alerted} of {share.campaigns} {share.pattern} "
            "campaigns were alerted on."
        )
    seconds = sum(run.seconds for run in runs)
    yield f"Seeds: {seeds}. Configuration {Settings().config_hash}. {seconds:,.0f} s in all runs."


if __name__ == "__main__":
    main()
