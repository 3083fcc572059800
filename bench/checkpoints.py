"""What keeping state in Kafka costs: the stall, the bytes, the time to write and to recover.

State of one partition: 64 virtual shards, each with a unit of actors (`ACTOR`, `PAIR`,
`SHEET`, `HISTORY` rows and keys) and one of subjects (`SUBJECT`). Between two checkpoints an
event falls on a share of the entities of every kind, evenly spread, which is the worst case
for pages. Everything that is due is taken and written at once; a service staggers its shards.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from statistics import median
from typing import NamedTuple
from uuid import uuid4

import click
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from bench.rig.candidates import CANDIDATES, Candidate
from bench.rig.populations import Population
from bench.rig.tables import Sheet, show
from detectors.shards.tables import Arrays
from streams.checkpoints import Assembler, Tracker, encode
from streams.terminal import console
from tests.kafka.cluster import KafkaCluster

SHARDS = 64
KINDS = {"actors": ("actors", "pairs", "sheets", "histories"), "subjects": ("subjects",)}
MB = 1e6

EPILOG = """\b
Example:
  python bench/checkpoints.py --rows 10000 --rounds 2
"""


class Round(NamedTuple):
    """One checkpoint: seconds that each unit stalled, of wall and CPU time to write; bytes."""

    stalls: Sequence[float]
    seconds: float
    cpu_seconds: float
    nbytes: int


class Run(NamedTuple):
    """A first checkpoint of all, some of a share of rows each, and a recovery."""

    first: Round
    rounds: Sequence[Round]
    seconds: float
    cpu_seconds: float
    log_bytes: int


class State:
    """The units of a partition."""

    def __init__(self, rows: int) -> None:
        self._shards = [Population(rows // SHARDS, seed) for seed in range(SHARDS)]
        self.rows = rows // SHARDS * SHARDS

    def units(self) -> dict[str, Arrays]:
        """All, by name."""
        return {
            f"{kind}.{number:02}": shard.arrays(*parts)
            for kind, parts in KINDS.items()
            for number, shard in enumerate(self._shards)
        }

    @property
    def nbytes(self) -> int:
        """Of all arrays."""
        return sum(array.nbytes for unit in self.units().values() for array in unit.values())

    def touch(self, share: float) -> None:
        """Events on this share of the rows of every kind."""
        for shard in self._shards:
            shard.touch(share)


async def checkpoint(candidate: Candidate, units: Mapping[str, Arrays]) -> Round:
    """Take and write all units."""
    stalls = []
    for unit, arrays in units.items():
        started = time.perf_counter()
        candidate.take(unit, arrays)
        stalls.append(time.perf_counter() - started)
    started, cpu = time.perf_counter(), time.process_time()
    nbytes = await candidate.write()
    return Round(stalls, time.perf_counter() - started, time.process_time() - cpu, nbytes)


async def measure(candidate: Candidate, state: State, share: float, rounds: int) -> Run:
    """Checkpoints of a state that lives, and its recovery, which must be right."""
    await candidate.open()
    first = await checkpoint(candidate, state.units())
    later = []
    for _ in range(rounds):
        state.touch(share)
        later.append(await checkpoint(candidate, state.units()))
    started, cpu = time.perf_counter(), time.process_time()
    recovered = await candidate.recover()
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    for unit, arrays in state.units().items():
        for name, array in arrays.items():
            if recovered.units[unit][name].tobytes() != array.tobytes():
                raise SystemExit(f"{candidate.name}: {unit}: {name} came back otherwise")
    await candidate.close()
    return Run(first, later, seconds, cpu, recovered.log_bytes)


def cells(run: Run, state: State, share: float) -> list[list[str]]:
    """The rows of both tables: of writing, of recovering."""
    touched = max(1, int(share * state.rows))
    nbytes = median(each.nbytes for each in run.rounds)
    stalls = [1e3 * stall for each in run.rounds for stall in each.stalls]
    first = run.first
    return [
        [
            f"{median(stalls):.2f}",
            f"{max(stalls):.2f}",
            f"{1e3 * median(sum(each.stalls) for each in run.rounds):.0f}",
            f"{nbytes / MB:.2f}",
            f"{nbytes / touched / 5:.0f}",
            f"{nbytes / touched:.0f}",
            f"{median(each.seconds for each in run.rounds):.2f}",
            f"{median(each.cpu_seconds for each in run.rounds):.2f}",
        ],
        [
            f"{1e3 * sum(first.stalls):.0f}",
            f"{first.nbytes / MB:.0f}",
            f"{first.seconds:.2f}",
            f"{state.nbytes / MB / first.seconds:.0f}",
            f"{run.log_bytes / MB:.0f}",
            f"{run.seconds:.2f}",
            f"{run.cpu_seconds:.2f}",
            f"{state.nbytes / MB / run.seconds:.0f}",
        ],
    ]


def encoding(state: State, shares: Iterable[float]) -> list[list[str]]:
    """How fast segments are encoded in one thread, and bases put together in several."""
    trackers = {unit: Tracker() for unit in state.units()}

    def encoded(kind: str) -> tuple[list[str], list[list[bytes]]]:
        segments = {
            unit: trackers[unit].delta({}, arrays) for unit, arrays in state.units().items()
        }
        raw = sum(segment.nbytes for segment in segments.values())
        started = time.perf_counter()
        records = [encode(unit, segment) for unit, segment in segments.items()]
        speed = raw / MB / (time.perf_counter() - started)
        nbytes = sum(len(record) for each in records for record in each)
        row = [f"{state.rows:,}", kind, f"{raw / MB:.1f}", f"{nbytes / raw:.0%}", f"{speed:.0f}"]
        return row, records

    row, records = encoded("all, first time")
    rows = [[*row, f"{assembling(records, state.nbytes):.0f}"]]
    for share in shares:
        state.touch(share)
        row, _ = encoded(f"{share:.0%} touched")
        rows.append([*row, ""])
    return rows


def assembling(records: Iterable[Iterable[bytes]], nbytes: int) -> float:
    """MB/s of state, made of its records."""
    started = time.perf_counter()
    assembler = Assembler()
    for each in records:
        for record in each:
            assembler.feed(record)
    assembler.units()
    return nbytes / MB / (time.perf_counter() - started)


@asynccontextmanager
async def topic(bootstrap: str) -> AsyncIterator[str]:
    """A topic that is gone afterwards."""
    name = f"bench-checkpoints-{uuid4().hex[:8]}"
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, 1, 1)])
        yield name
        await admin.delete_topics([name])
    finally:
        await admin.close()


@click.command(epilog=EPILOG, help=__doc__)
@click.option("--rows", multiple=True, type=int, default=(100_000,), show_default=True)
@click.option("--share", multiple=True, type=float, default=(0.01, 0.1, 0.6), show_default=True)
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--bootstrap", help="Of a broker; without it one of Apache Kafka is started.")
@click.option("--markdown", is_flag=True, help="Print for the documentation.")
def main(
    rows: Sequence[int],
    share: Sequence[float],
    rounds: int,
    bootstrap: str | None,
    *,
    markdown: bool,
) -> None:
    """Measure, and print tables."""
    encoded: list[list[str]] = []
    written: list[list[str]] = []
    recovered: list[list[str]] = []
    with nullcontext() if bootstrap else KafkaCluster() as cluster:
        servers = bootstrap or (cluster.bootstrap if cluster else "")
        for count in rows:
            state = State(count)
            encoded += encoding(state, share)
            for each in share:
                for kind in CANDIDATES:
                    run = asyncio.run(run_of(kind, servers, state, each, rounds))
                    left = [kind.name, f"{count:,}", f"{each:.0%}"]
                    write, recover = cells(run, state, each)
                    written.append(left + write)
                    recovered.append(left + recover)
    for sheet in sheets(encoded, written, recovered):
        show(sheet, console(), markdown=markdown)


async def run_of(
    kind: Callable[[str, str], Candidate], bootstrap: str, state: State, share: float, rounds: int
) -> Run:
    """One candidate on a topic of its own."""
    async with topic(bootstrap) as name:
        return await measure(kind(bootstrap, name), state, share, rounds)


def sheets(
    encoded: Sequence[Sequence[str]],
    written: Sequence[Sequence[str]],
    recovered: Sequence[Sequence[str]],
) -> Iterable[Sheet]:
    """The tables."""
    yield Sheet(
        "Encoding, one thread",
        ("rows of each kind", "segments of"),
        ("MB", "encoded", "encode MB/s", "assemble MB/s"),
        encoded,
    )
    yield Sheet(
        "A checkpoint, medians over rounds",
        ("way", "rows of each kind", "touched"),
        ("stall, unit ms", "worst ms", "all ms", "MB", "B/row", "B/event", "write s", "CPU s"),
        written,
        "An event touches a row of each of five kinds. CPU: of the client.",
    )
    yield Sheet(
        "The first checkpoint, and recovery after the last",
        ("way", "rows of each kind", "touched"),
        ("stall ms", "MB", "write s", "MB/s", "log MB", "recover s", "CPU s", "MB/s"),
        recovered,
        "MB/s: of state.",
    )


if __name__ == "__main__":
    main()
