"""What keeping state in Kafka costs: the stall, the bytes, the time to write and to recover.

State of one partition: 64 virtual shards, each with a unit of actors (`ACTOR`, `PAIR`,
`SHEET`, `HISTORY` rows and keys) and one of subjects (`SUBJECT`). Between two checkpoints an
event falls on a share of the entities of every kind, evenly spread, which is the worst case
for pages. Everything that is due is taken and written at once; a service staggers its shards.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from statistics import median

import click

from bench.rig.brokers import Broker
from bench.rig.candidates import LargePages, Segments, SmallPages
from bench.rig.generations import Generations
from bench.rig.populations import Population
from bench.rig.tables import Sheet, show
from bench.rig.trials import Run, Trial
from detectors.shards.tables import Arrays
from streams.checkpoints import Assembler, Tracker, encode
from streams.terminal import console
from tests.kafka.cluster import KafkaCluster

CANDIDATES = (Segments, SmallPages, LargePages, Generations)
SHARDS = 64
KINDS = {"actors": ("actors", "pairs", "sheets", "histories"), "subjects": ("subjects",)}
ROWS_OF_AN_EVENT = tuple(part for parts in KINDS.values() for part in parts)
MB = 1e6
EPILOG = """\b
Example:
  python bench/checkpoints.py --rows 10000 --rounds 2
"""


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


async def compare(broker: Broker, state: State, share: float, rounds: int) -> Mapping[str, Run]:
    """All candidates by turns on one state that lives."""
    async with AsyncExitStack() as stack:
        trials = []
        for kind in CANDIDATES:
            topic = await stack.enter_async_context(broker.topic(kind.config))
            candidate = kind(broker.bootstrap, topic)
            await candidate.open()
            stack.push_async_callback(candidate.close)
            trials.append(Trial(candidate, broker, topic))
        for turn in range(1 + rounds):
            if turn:
                state.touch(share)
            units = state.units()
            for place in range(len(trials)):
                await trials[(turn + place) % len(trials)].checkpoint(units)
        return {trial.name: await trial.conclude(state.units()) for trial in trials}


def cells(run: Run, state: State, share: float) -> list[list[str]]:
    """The rows of both tables: of writing, of recovering."""
    touched = max(1, int(share * state.rows))
    nbytes = median(each.nbytes for each in run.rounds)
    stalls = [1e3 * stall for each in run.rounds for stall in each.stalls]
    first, dirty, cleaned = run.first, run.dirty, run.cleaned
    return [
        [
            f"{median(stalls):.2f}",
            f"{max(stalls):.1f}",
            f"{1e3 * median(sum(each.stalls) for each in run.rounds):.0f}",
            f"{nbytes / MB:.2f}",
            f"{nbytes / touched / len(ROWS_OF_AN_EVENT):.0f}",
            f"{nbytes / touched:.0f}",
            f"{median(each.seconds for each in run.rounds):.2f}",
            f"{median(each.cpu_seconds for each in run.rounds):.2f}",
            f"{median(each.broker_seconds for each in run.rounds):.2f}",
        ],
        [
            f"{first.nbytes / MB:.0f}",
            f"{first.seconds:.2f}",
            f"{dirty.log_bytes / MB:.0f}",
            f"{dirty.seconds:.2f}",
            f"{dirty.cpu_seconds:.2f}",
            f"{cleaned.log_bytes / MB:.0f}",
            f"{cleaned.read_bytes / MB:.0f}",
            f"{cleaned.seconds:.2f}",
            f"{run.cleaning_seconds:.1f}" if run.cleaning_seconds else "",
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


@click.command(epilog=EPILOG, help=__doc__)
@click.option("--rows", multiple=True, type=int, default=(100_000,), show_default=True)
@click.option("--share", multiple=True, type=float, default=(0.01, 0.1, 0.6), show_default=True)
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--markdown", is_flag=True, help="Print for the documentation.")
def main(rows: Sequence[int], share: Sequence[float], rounds: int, *, markdown: bool) -> None:
    """Measure, and print tables."""
    encoded: list[list[str]] = []
    written: list[list[str]] = []
    recovered: list[list[str]] = []
    with KafkaCluster() as cluster:
        broker = Broker(cluster)
        asyncio.run(broker.prepare())
        for count in rows:
            state = State(count)
            encoded += encoding(state, share)
            for each in share:
                runs = asyncio.run(compare(broker, state, each, rounds))
                for name, run in runs.items():
                    left = [name, f"{count:,}", f"{each:.0%}"]
                    write, recover = cells(run, state, each)
                    written.append(left + write)
                    recovered.append(left + recover)
    for sheet in sheets(encoded, written, recovered):
        show(sheet, console(), markdown=markdown)


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
        (
            *("stall, unit ms", "worst ms", "all ms"),
            *("MB", "B/row", "B/event", "write s", "CPU s", "broker CPU s"),
        ),
        written,
        "An event touches a row of each of five kinds. MB: on the broker's disk.",
    )
    yield Sheet(
        "The first checkpoint; the log, and recovery from it, after the last and cleaned",
        ("way", "rows of each kind", "touched"),
        (
            *("first MB", "write s", "log MB", "recover s", "CPU s"),
            *("cleaned MB", "read MB", "recover s", "cleaning CPU s"),
        ),
        recovered,
        "Read: keys and values as a client sees them. Cleaning: the broker's.",
    )


if __name__ == "__main__":
    main()
