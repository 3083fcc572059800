"""What others' methods find in the same worlds, at as many false alerts.

Limits as a security engineer writes them, one for each role; river's half-space trees on the
days of accounts; MIDAS-F on edges from accounts to people. Every threshold is chosen afterwards,
by the labels, to find the most with no more false alerts than ours or the budget, whichever is
more. To their favour an alert finds every campaign of its people, whatever it takes it for; ours
must name the kind of misuse. Beside that stands what they come to with thresholds that were
chosen in the same way on the other half of the seeds, since nobody has the labels beforehand.

river is not among the development packages: `pip install -r bench/requirements-rivals.txt`.
Without it its line is left out.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec
import numpy as np
import orjson
from rich.progress import track

from bench.detection import ACTORS, Job, Seeds, chosen_seeds
from bench.rig import days, midas
from bench.rig.logs import write
from bench.rig.suspicions import Fates, Step, Suspicion, applied, best, ladder, merged
from bench.rig.tables import Sheet, show
from detectors.alerts import Alert, PatternCode
from streams.evaluate import Evaluation, evaluate, pool, read_labels, read_searches
from streams.evaluate.figures import PER
from streams.options import OUT_FILE
from streams.outputs import Outputs
from streams.replay import replay
from streams.settings import Settings
from streams.simulate import Recipe, build
from streams.simulate.scenario import FEWEST_ACTORS, MOST_DAYS
from streams.terminal import console

MOST_FALSE = 100
"""False alerts of one run beyond which no threshold is of use."""

TICKS: Mapping[str, int] = {"hour": 3_600, "day": 86_400}

EPILOG = """\b
Example:
  python bench/rivals_detection.py --seeds 101-102 --world police --days 60
"""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One world: what came of ours, and the thresholds' steps of every other method."""

    name: str
    world: str
    ours: Evaluation
    ladders: dict[str, dict[str, list[Step]]]


def run(job: Job) -> Run:
    """Simulate, and let everybody judge."""
    recipe = Recipe(
        world=job.world, seed=job.seed, actors=job.actors, days=job.days, campaigns=job.campaigns
    )
    scenario = build(recipe)
    alerts: list[Alert] = []
    with tempfile.TemporaryDirectory() as directory:
        log, labels = Path(directory, "log.jsonl"), Path(directory, "labels.jsonl")
        write(scenario.events(), log)
        write(scenario.labels(), labels)
        outputs = Outputs(names="none", on_alert=alerts.append)
        replay(Settings(), [str(log)], outputs, lambda _read, _total, _events: None)
        truth = read_labels(str(labels))
        ours = evaluate(alerts, truth, read_searches(str(log)))
        with log.open("rb") as lines:
            read = days.read(lines)
    fates, name = Fates(truth), f"{job.world}-{job.seed}"
    return Run(
        name=name,
        world=job.world,
        ours=ours,
        ladders={
            method: ladder(_of_world(found, job.world), fates, name, MOST_FALSE)
            for method, found in suspicions(read)
        },
    )


def _of_world(found: Iterator[Suspicion], world: str) -> Iterator[Suspicion]:
    return (one._replace(group=f"{world} {one.group}") for one in found)


def suspicions(log: days.Log) -> Iterator[tuple[str, Iterator[Suspicion]]]:
    """Every other method's, by its name."""
    for name, found in days.rules(log):
        yield f"limit: {name}", found
    for name, seconds in TICKS.items():
        yield f"MIDAS-F, by the {name}", bursts(log, seconds)
    if find_spec("river"):
        yield "river HalfSpaceTrees on days", trees(log)


def bursts(log: days.Log, seconds: int) -> Iterator[Suspicion]:
    """MIDAS-F: each account's highest edge of a day."""
    queries = sorted((q for q in log.queries if q.subject_id), key=lambda query: query.at)
    numbers: dict[tuple[str, str], int] = {}
    ends = np.array(
        [
            (
                numbers.setdefault((query.tenant_id, query.actor_id), len(numbers) + 1),
                numbers.setdefault(("", query.subject_id), len(numbers) + 1),
                int(query.at // seconds),
            )
            for query in queries
        ],
        np.int64,
    ).reshape(-1, 3)
    highest: dict[tuple[str, str, int], float] = {}
    for query, score in zip(queries, midas.scores(ends).tolist(), strict=True):
        key = (query.tenant_id, query.actor_id, int(query.at // 86_400))
        highest[key] = max(highest.get(key, 0.0), score)
    for (tenant, actor, number), score in highest.items():
        day = log.days[tenant, actor, number]
        yield Suspicion(day.role, score, day.last, tenant, actor)


def trees(log: days.Log) -> Iterator[Suspicion]:
    """Half-space trees of river with its defaults: score each day, then learn it."""
    scale: Any = import_module("river.preprocessing").MinMaxScaler()
    model: Any = import_module("river.anomaly").HalfSpaceTrees(seed=1)
    for (tenant, actor, _), day in log.days.items():
        vector = day.vector()
        scale.learn_one(vector)
        scaled = scale.transform_one(vector)
        yield Suspicion(day.role, model.score_one(scaled), day.last, tenant, actor)
        model.learn_one(scaled)


class Truth(NamedTuple):
    """What there is to find, by pattern, and how often there was a chance to be wrong."""

    kinds: dict[str, PatternCode]
    actor_days: float

    @classmethod
    def of(cls, runs: Sequence[Run]) -> "Truth":
        """Of all runs; ambiguous campaigns are left out."""
        kinds = {
            f"{one.name} {c.campaign_id}": c.pattern
            for one in runs
            for c in one.ours.campaigns
            if not c.ambiguous
        }
        return cls(kinds, sum(one.ours.actor_days or 0 for one in runs))

    def allowed(self, ours: int) -> int:
        """False alerts: as many as ours, or as the budget, whichever is more."""
        return max(ours, int(self.actor_days / PER))


Method = Callable[[Run], Mapping[str, Sequence[Step]]]


def methods(run: Run) -> dict[str, Method]:
    """Every other method, and all limits at once, each with its steps in a run."""

    def limits(run: Run) -> Mapping[str, Sequence[Step]]:
        return {
            f"{name} {group}": steps
            for name, by_group in run.ladders.items()
            if name.startswith("limit: ")
            for group, steps in by_group.items()
        }

    def only(name: str) -> Method:
        return lambda run: run.ladders[name]

    return {**{name: only(name) for name in run.ladders}, "all limits together": limits}


def compared(runs: Sequence[Run]) -> Sheet:
    """Every method at as many false alerts."""
    truth = Truth.of(runs)
    ours = pool([one.ours for one in runs])
    own = {f"{one.name} {c.campaign_id}" for one in runs for c in one.ours.campaigns if c.found_at}
    patterns = [code for code in PatternCode if code in truth.kinds.values()]
    wrong = len(ours.false_alerts)
    rows = [["Probewatch", *_line(own, wrong, truth, patterns), *_total(own, wrong, truth)]]
    for name, method in methods(runs[0]).items():
        known = best(merged(map(method, runs)), truth.allowed(wrong))
        found, false = elsewhere(runs, method)
        line = _line(known.found, len(known.false), truth, patterns)
        rows.append([name, *line, *_total(found, false, truth)])
    names = (pattern.replace("_", " ") for pattern in patterns)
    columns = (f"false per {PER:,}", "all", *names, "elsewhere: false", "all")
    note = (
        f"{len(runs)} worlds, {truth.actor_days:,.0f} clean actor-days. Others' thresholds are "
        f"the best in hindsight for at most {truth.allowed(wrong)} false alerts; elsewhere: "
        "chosen on the other half of the worlds."
    )
    return Sheet("Campaigns found at as many false alerts", ("method",), columns, rows, note)


def elsewhere(runs: Sequence[Run], method: Method) -> tuple[set[str], int]:
    """Campaigns found, and false alerts, with thresholds chosen on the other half of the seeds."""
    found: set[str] = set()
    false = 0
    halves = [
        [
            run
            for world in dict.fromkeys(run.world for run in runs)
            for run in _of(runs, world)[k::2]
        ]
        for k in (0, 1)
    ]
    for here, there in (halves, halves[::-1]):
        wrong = sum(len(one.ours.false_alerts) for one in there)
        chosen = best(merged(map(method, there)), Truth.of(there).allowed(wrong))
        outcome = applied(merged(map(method, here)), chosen.limits)
        found |= outcome.found
        false += len(outcome.false)
    return found, false


def _of(runs: Sequence[Run], world: str) -> list[Run]:
    return [run for run in runs if run.world == world]


def _total(found: set[str], false: int, truth: Truth) -> list[str]:
    right = found & truth.kinds.keys()
    share = f"{len(right)}/{len(truth.kinds)} ({len(right) / len(truth.kinds):.0%})"
    return [f"{false * PER / truth.actor_days:.2f}", share]


def _line(
    found: set[str], false: int, truth: Truth, patterns: Sequence[PatternCode]
) -> Iterator[str]:
    yield from _total(found, false, truth)
    for pattern in patterns:
        of_kind = {name for name, kind in truth.kinds.items() if kind is pattern}
        yield f"{len(found & of_kind)}/{len(of_kind)}"


@click.command(epilog=EPILOG, help=__doc__)
@click.option("--seeds", callback=chosen_seeds, default="101-104", show_default=True)
@click.option(
    "--world", "worlds", type=click.Choice(list(ACTORS)), multiple=True, default=tuple(ACTORS)
)
@click.option("--days", "length", type=click.IntRange(1, MOST_DAYS), default=90, show_default=True)
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
    length: int,
    scale: float,
    processes: int,
    json_path: Path | None,
    markdown: bool,
) -> None:
    """Run all worlds and print the table."""
    _, chosen = seeds
    jobs = [
        Job(world, seed, max(FEWEST_ACTORS, round(scale * ACTORS[world])), length, 1.0)
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
        runs = list(done)
    sheet = compared(runs)
    if json_path is not None:
        table: dict[str, Any] = sheet._asdict()
        json_path.write_bytes(orjson.dumps(table, option=orjson.OPT_INDENT_2))
    show(sheet, console(), markdown=markdown)


if __name__ == "__main__":
    main()
