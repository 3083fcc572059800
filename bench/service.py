"""How fast the service empties a topic, beside loops that only decode and engines that count.

Everything reads the same topics of one Apache Kafka broker on this machine, in turn. What is
shown are medians over rounds: events a second of wall time, and seconds of CPU time for a
million events, of all processes of the candidate without the broker, which neighbours on the
machine disturb less. The first tenth of the events is not measured: processes start.

The service does all of it: pseudonyms, every detector, blocks to three stages, checkpoints.
"""

import asyncio
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import click

from bench.rig.feeding import fill, make_topic
from bench.rig.rivals import RIVALS, Sample, install_peers, run
from bench.rig.services import Look, Service
from bench.rig.tables import Sheet, show
from bench.rig.traffic import CASES, Case, traffic
from streams.terminal import console
from tests.kafka.cluster import KafkaCluster

LOOK_SECONDS = 0.5
STILL_LOOKS = 3
"""After so many looks without a new row everything is through: later stages, too."""
LONGEST_SECONDS = 900
RIVALS_PARTITIONS = 2
"""Engines that count in one process are not shown on more."""

FAUST_SHARE = 5
"""A plain agent takes so long that it gets a fifth of the events."""

Name = tuple[str, int, int]
"""A candidate, the partitions of its topic, and its processes."""

EPILOG = """\b
Example:
  python bench/service.py --events 500000 --rounds 3
"""


def drain(new: Callable[[], Service], workers: int, events: int) -> Sample:
    """Let workers read all events; from the first tenth of them to the last row of any stage."""
    service = new()
    service.create()
    with service.running(workers):
        return sample_of(list(looks(service, events)), events)


def looks(service: Service, events: int) -> Iterator[Look]:
    """What workers say until they are through."""
    still, last = 0, None
    deadline = time.monotonic() + LONGEST_SECONDS
    while still < STILL_LOOKS:
        if time.monotonic() > deadline:
            raise SystemExit(f"the service is not through: {last}")
        time.sleep(LOOK_SECONDS)
        look = service.look()
        yield look
        through = look.rows["actor"] >= events and last is not None and look.rows == last.rows
        still = still + 1 if through else 0
        last = look


def sample_of(seen: Sequence[Look], events: int) -> Sample:
    """What lies between the first tenth and the last row."""
    partitions = sum(seen[-1].partitions)
    first = next(
        look
        for look in seen
        if look.rows["actor"] >= events / 10
        and sum(look.partitions) == partitions
        and all(look.partitions)
    )
    last = next(look for look in seen if look.rows == seen[-1].rows)
    done = round(last.rows["actor"] - first.rows["actor"])
    return Sample(done, last.at - first.at, last.cpu - first.cpu)


def candidates(
    bootstrap: str, topics: Mapping[int, str], workers: Sequence[int], events: int, directory: Path
) -> dict[Name, Callable[[], Sample]]:
    """All that is compared, by name."""
    found: dict[Name, Callable[[], Sample]] = {}
    for partitions, topic in topics.items():
        for rival in RIVALS:
            if partitions <= RIVALS_PARTITIONS:
                count = events // FAUST_SHARE if "Faust" in rival.name else events
                found[rival.name, partitions, 1] = partial(
                    run, rival, bootstrap, topic, partitions, count
                )
        for processes in workers:
            if processes <= partitions:
                start = partial(Service, bootstrap, topic, partitions, directory)
                found["Probewatch, all detectors", partitions, processes] = partial(
                    drain, start, processes, events
                )
    return found


def rows_of(samples: Mapping[Name, Sequence[Sample]]) -> Iterator[list[str]]:
    """Cells, with ratios to the loop that only decodes, of the same round and partitions."""
    for (name, partitions, processes), own in samples.items():
        base = samples.get((RIVALS[0].name, min(partitions, RIVALS_PARTITIONS), 1))
        rates = [each.events / each.wall for each in own]
        ratio = ""
        if base:
            pairs = zip(rates, base, strict=True)
            ratio = f"{median(rate / (each.events / each.wall) for rate, each in pairs):.2f}"
        yield [
            name,
            f"{partitions}",
            f"{processes}",
            f"{median(rates):,.0f}",
            ratio,
            f"{median(1e6 * each.cpu / each.events for each in own):.1f}",
            f"{median(each.cpu / each.wall for each in own):.2f}",
        ]


def measure(
    case: Case, events: int, rounds: int, partitions: Sequence[int], workers: Sequence[int]
) -> Sheet:
    """All candidates on one log, round by round."""
    queries = traffic(case, events)
    size = sum(len(query.value) for query in queries) / len(queries)
    samples: dict[Name, list[Sample]] = defaultdict(list)
    with KafkaCluster() as cluster, tempfile.TemporaryDirectory() as directory:
        topics = {number: f"queries-{number}" for number in partitions}
        for number, topic in topics.items():
            make_topic(cluster.bootstrap, topic, number)
            asyncio.run(fill(cluster.bootstrap, topic, number, queries))
        del queries
        compared = candidates(cluster.bootstrap, topics, workers, events, Path(directory))
        for number in range(rounds):
            for name, sample in compared.items():
                samples[name].append(sample())
                click.echo(f"round {number + 1}: {name}: {samples[name][-1]}", err=True)
    return Sheet(
        f"{case}: {events:,} events of {size:,.0f} bytes, medians of {rounds} rounds",
        ("candidate",),
        ("partitions", "processes", "events/s", "to the first", "CPU s/million", "cores"),
        list(rows_of(samples)),
        "to the first: of events/s, within a round.",
    )


@click.command(epilog=EPILOG, help=__doc__)
@click.option("--events", type=click.IntRange(min=10_000), default=1_000_000, show_default=True)
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True)
@click.option(
    "--case", "cases", type=click.Choice(CASES), multiple=True, default=CASES, show_default=True
)
@click.option("--partitions", multiple=True, type=int, default=(1, 2, 8), show_default=True)
@click.option("--workers", multiple=True, type=int, default=(1, 2), show_default=True)
@click.option("--markdown", is_flag=True, help="Print for the documentation.")
def main(  # noqa: PLR0913 - as many as options
    *,
    events: int,
    rounds: int,
    cases: Sequence[Case],
    partitions: Sequence[int],
    workers: Sequence[int],
    markdown: bool,
) -> None:
    """Measure log after log, and print a table of each."""
    install_peers()
    for case in cases:
        sheet = measure(case, events, rounds, partitions, workers)
        show(sheet, console(), markdown=markdown)


if __name__ == "__main__":
    main()
