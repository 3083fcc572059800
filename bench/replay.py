"""What a replay costs per event, beside a loop that only decodes the same lines to structs.

Every run is a process of its own, pinned to one core. The stages take turns, and what is
shown are medians over rounds: of CPU time, which neighbours on the machine disturb least,
and of ratios within a round. Reading the file is part of every stage.
"""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Literal, NamedTuple, ParamSpec, TypeVar, get_args

import click
import msgspec
from rich.progress import Progress

from bench.rig import logs
from bench.rig.tables import Sheet, show
from streams.ingest.ingest import Ingest
from streams.ingest.pseudonyms import PseudonymKey
from streams.ingest.schema import QueryEvent
from streams.ingest.sources import read_chunks
from streams.outputs import Outputs
from streams.replay import replay
from streams.settings import Settings
from streams.settings.secrets import KEY_VARIABLE
from streams.simulate import WORLDS, Level
from streams.summary import Summary, Tracked
from streams.terminal import console

SECRET = bytes(range(32))
WARM_EVENTS = 5_000
KINDS = ("actor", "pair", "subject")

Stage = Literal["decode", "ingest", "replay"]
Kind = Literal["L2, no candidate lists", "L3, ten candidates"]
KINDS_OF_LOG: tuple[Kind, ...] = get_args(Kind)

EPILOG = """\b
Example:
  python bench/replay.py --events 50000 --rounds 1
"""


class Sample(NamedTuple):
    """One run of one stage; `tracked` is empty if it is not the whole replay."""

    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int
    tracked: Sequence[Tracked] = ()


class Cost(NamedTuple):
    """Medians over rounds.

    Attributes:
        seconds: CPU time of each stage.
        shares: of the replay's time: decoding alone, the rest of ingest, detection.
        detection: the time of detection in that of decoding.
        slowdown: wall time in CPU time, of the replay; above 1 the core was shared.
    """

    seconds: Mapping[Stage, float]
    shares: tuple[float, float, float]
    detection: float
    slowdown: float


def decode(log: str) -> None:
    """Only decode, into the struct with every field."""
    read = msgspec.json.Decoder(QueryEvent).decode
    for chunk in read_chunks([log], sys.stdin.buffer):
        _ = [read(line) for line in chunk.lines]


def ingest(log: str) -> None:
    """Decode, validate, to columns, with keyed pseudonyms."""
    shell = Ingest(PseudonymKey(SECRET, epoch=0))
    for chunk in read_chunks([log], sys.stdin.buffer):
        shell.decode(chunk.lines, chunk.first_index)


def judge(log: str) -> Summary:
    """Replay, with every pattern on."""
    return replay(Settings(), [log], Outputs(), lambda _read, _total, _events: None)


STAGES: Mapping[Stage, Callable[[str], Summary | None]] = {
    "decode": decode,
    "ingest": ingest,
    "replay": judge,
}


def sample(stage: Stage, log: str, warm: str) -> Sample:
    """Run a stage over `log`, after `warm` has loaded the kernels."""
    os.environ[KEY_VARIABLE] = SECRET.hex()
    STAGES[stage](warm)
    wall, cpu = time.perf_counter(), time.process_time()
    summary = STAGES[stage](log)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak *= 1 if sys.platform == "darwin" else 1024
    return Sample(cpu, wall, peak, () if summary is None else summary.tracked)


def write_world(kind: Kind, world: str, events: int, path: Path) -> int:
    """Write a world's log that tells what `kind` says; how many events it has."""
    scenario = logs.world_of(world, seed=1, events=events)
    if kind == "L3, ten candidates":
        logs.tell(scenario, Level.L3)
        logs.list_ten(scenario)
    else:
        logs.tell(scenario, Level.L2, omitted=["candidate_ids"])
    return logs.write(scenario.events(), path, events)


def write_crowd(actors: int, path: Path) -> int:
    """Write the log of a crowd; how many events it has."""
    return logs.write(logs.crowd(actors), path)


def cost_of(rounds: Sequence[Mapping[Stage, Sample]]) -> Cost:
    """The medians of some rounds."""
    cpu = [{stage: sample.cpu_seconds for stage, sample in turn.items()} for turn in rounds]
    parts = [(t["decode"], t["ingest"] - t["decode"], t["replay"] - t["ingest"]) for t in cpu]
    whole = [t["replay"] for t in cpu]
    first, second, third = (
        median(part[i] / all_ for part, all_ in zip(parts, whole, strict=True)) for i in range(3)
    )
    return Cost(
        seconds={stage: median(t[stage] for t in cpu) for stage in STAGES},
        shares=(first, second, third),
        detection=median(part[2] / part[0] for part in parts),
        slowdown=median(t["replay"].wall_seconds / t["replay"].cpu_seconds for t in rounds),
    )


def throughput_row(name: str, events: int, size: int, cost: Cost) -> list[str]:
    """Cells of `THROUGHPUT`; `size` is that of the log, in bytes."""
    rates = [f"{events / cost.seconds[stage]:,.0f}" for stage in STAGES]
    shares = [f"{share:.0%}" for share in cost.shares]
    ratios = [f"{cost.detection:.2f}", f"{cost.slowdown:.2f}"]
    return [name, f"{events:,}", f"{size / events:,.0f}", *rates, *shares, *ratios]


THROUGHPUT = (
    *("events", "bytes", "decode/s", "ingest/s", "replay/s"),
    *("decode", "columns", "detection", "detection/decode", "wall/CPU"),
)

THROUGHPUT_NOTE = (
    "decode: only to structs; ingest: also validated, to columns, ids to pseudonyms; replay: also "
    "admitted and judged. Shares are of the replay's time."
)


def memory_row(name: str, rounds: Sequence[Mapping[Stage, Sample]]) -> list[str]:
    """Cells of `MEMORY`: peaks of a process, and count and bytes of each kind of entity."""
    peaks = [median(turn[stage].peak_bytes for turn in rounds) for stage in ("decode", "replay")]
    held = {entities.kind: entities for entities in rounds[0]["replay"].tracked}
    cells = [name, *(f"{peak / 2**20:,.0f}" for peak in peaks)]
    for kind in KINDS:
        count = held[kind].count
        cells += [f"{count:,}", f"{held[kind].bytes / max(count, 1):,.0f}"]
    return cells


MEMORY = (
    *("decode peak MiB", "replay peak MiB"),
    *(word for kind in KINDS for word in (f"{kind}s", f"bytes per {kind}")),
)

P = ParamSpec("P")
T = TypeVar("T")


def in_fresh_process(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a function returns when it runs in a process of its own, on one core."""
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=_pin) as pool:
        return pool.submit(function, *args, **kwargs).result()


def _pin() -> None:
    if sys.platform == "linux":
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def measure(name: str, log: Path, rounds: int) -> list[dict[Stage, Sample]]:
    """Run every stage over a log once a round."""
    warm = log.with_suffix(".warm")
    with log.open("rb") as file:
        warm.write_bytes(b"".join(islice(file, WARM_EVENTS)))
    turns: list[dict[Stage, Sample]] = [{} for _ in range(rounds)]
    with Progress(console=console(sys.stderr), disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(name, total=rounds * len(STAGES))
        for turn in turns:
            for stage in STAGES:
                turn[stage] = in_fresh_process(sample, stage, str(log), str(warm))
                progress.advance(task)
    return turns


@click.command(epilog=EPILOG, help=__doc__)
@click.option("--events", type=click.IntRange(min=1000), default=1_000_000, show_default=True)
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True)
@click.option(
    "--world",
    "worlds",
    type=click.Choice(list(WORLDS)),
    multiple=True,
    default=("consumer",),
    show_default=True,
    help="Whose log; give it again for more.",
)
@click.option(
    "--crowd/--no-crowd",
    default=True,
    show_default=True,
    help="Also the log of as many accounts as there are events elsewhere, two searches each.",
)
@click.option("--markdown", is_flag=True, help="Print for the documentation.")
def main(*, events: int, rounds: int, worlds: Sequence[str], crowd: bool, markdown: bool) -> None:
    """Measure log after log, and print both tables."""
    writers: dict[str, Callable[[Path], int]] = {
        f"{world}, {kind}": partial(write_world, kind, world, events)
        for world in worlds
        for kind in KINDS_OF_LOG
    }
    if crowd:
        writers["crowd, two searches each"] = partial(write_crowd, events)
    throughput, memory = [], []
    for name, writer in writers.items():
        with tempfile.TemporaryDirectory() as directory:
            log = Path(directory, "log.jsonl")
            # In a process of its own, since children begin with their parent's peak memory.
            count = in_fresh_process(writer, log)
            turns = measure(name, log, rounds)
            throughput.append(throughput_row(name, count, log.stat().st_size, cost_of(turns)))
        memory.append(memory_row(name, turns))
    title = f"Events per second of CPU time, one core, medians of {rounds} rounds"
    sheet = Sheet(title, ["log"], THROUGHPUT, throughput, THROUGHPUT_NOTE)
    show(sheet, console(), markdown=markdown)
    show(Sheet("Memory", ["log"], MEMORY, memory), console(), markdown=markdown)


if __name__ == "__main__":
    main()
