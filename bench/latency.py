"""From the query whose search raises an alert to the alert, while very many accounts search.

Both times are the broker's own, of its receiving the records. A crowd of accounts that the
service knows already searches at a steady rate; twice a second another account begins to
scrape. Each alert tells by its scraper and the time of its last event which query it is of.
What checkpoints stall is the worker's own figure: how long processing waited for one.
"""

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
import orjson
from aiokafka import AIOKafkaConsumer

from bench.rig.crowds import LiveCrowd
from bench.rig.feeding import fed, make_topic
from bench.rig.histories import history
from bench.rig.services import Look, Service
from bench.rig.tables import Sheet, show
from streams.terminal import console
from tests.kafka.cluster import KafkaCluster

WARM_SECONDS = 15.0
TAIL_SECONDS = 5.0
LOOK_SECONDS = 0.5
STALL = "probewatch_checkpoint_stall_seconds"
BOUNDS = ("0.01", "0.05", "0.1", "0.2", "0.5")
CLOCK = {"message.timestamp.type": "LogAppendTime"}

EPILOG = """\b
Example:
  python bench/latency.py --rate 5000 --actors 100000 --seconds 30
"""

Key = tuple[str, int]
"""A scraper, and the time of one of its searches."""


class Run(NamedTuple):
    """One run.

    Attributes:
        latencies: ms, of every revision of an alert that a search made.
        behind: seconds by which the feed was ever late.
        stalls: of checkpoints, counts by their upper bound in seconds.
        longest_lag: records, of all topics.
    """

    latencies: Sequence[int]
    behind: float
    stalls: Mapping[str, float]
    longest_lag: float


class Load(NamedTuple):
    """How many accounts there are, how many events a second, for how long."""

    actors: int
    rate: int
    seconds: float


async def observe(service: Service, bootstrap: str, load: Load) -> Run:
    """Let the crowd search, and read afterwards what came of it."""
    kafka = service.settings.kafka
    crowd = LiveCrowd(load.actors)
    async with fed(bootstrap, kafka.queries, kafka.partitions, crowd, load.rate) as feed:
        await asyncio.sleep(WARM_SECONDS)
        began, before, lag = time.time(), stalls(service), 0.0
        for _ in range(int(load.seconds / LOOK_SECONDS)):
            await asyncio.sleep(LOOK_SECONDS)
            lag = max(lag, (await asyncio.to_thread(service.look)).lags)
        after = stalls(service)
    await asyncio.sleep(TAIL_SECONDS)
    queried = dict([one async for one in searches(bootstrap, kafka.queries)])
    made = [(at, queried[key]) async for key, at in alerts(bootstrap, kafka.alerts)]
    latencies = [at - query for at, query in made if query >= 1000 * began]
    counts = {bound: after[bound] - before.get(bound, 0.0) for bound in after}
    return Run(latencies, feed.behind, counts, lag)


async def searches(bootstrap: str, topic: str) -> AsyncIterator[tuple[Key, int]]:
    """Searches of scrapers, and when the broker had them, ms."""
    async for record in records(bootstrap, topic):
        if record.key.startswith(b"scraper"):
            event = orjson.loads(record.value)
            yield (event["actor_id"], event["event_time"]), record.timestamp


async def alerts(bootstrap: str, topic: str) -> AsyncIterator[tuple[Key, int]]:
    """Searches that made an alert, and when the broker had that, ms."""
    async for record in records(bootstrap, topic):
        alert = orjson.loads(record.value)
        if alert["status"] != "closed":
            last = datetime.fromisoformat(alert["last_event_time"])
            yield (
                (alert["event_ids"][0].partition("-")[0], round(1000 * last.timestamp())),
                record.timestamp,
            )


async def records(bootstrap: str, topic: str) -> AsyncIterator[Any]:
    """All that a topic holds now."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 << 20,
    )
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            for batch in (await consumer.getmany(timeout_ms=1_000)).values():
                for record in batch:
                    yield record
    finally:
        await consumer.stop()


def stalls(service: Service) -> Mapping[str, float]:
    """How many checkpoints stalled processing for at most so long, by that bound."""
    counts: Counter[str] = Counter()
    for worker in service.workers:
        for (name, labels), value in worker.metrics().items():
            if name == f"{STALL}_bucket":
                counts[labels.partition(",")[0]] += int(value)
    return counts


def measure(bootstrap: str, load: Load, partitions: int, workers: int) -> tuple[Run, Look]:
    """One run with workers of its own, and how large they were at its end."""
    with tempfile.TemporaryDirectory() as directory:
        service = Service(bootstrap, f"queries-{workers}", partitions, Path(directory))
        for topic in (service.settings.kafka.queries, service.settings.kafka.alerts):
            make_topic(bootstrap, topic, partitions, **CLOCK)
        service.create()
        state = history(service, load.actors, Path(directory))
        with service.running():
            service.start("--bootstrap", str(state))
            service.await_all_assigned()
            for _ in range(workers - 1):
                service.start()
            service.await_all_assigned()
            run = asyncio.run(observe(service, bootstrap, load))
            return run, service.look()


def cells(run: Run, look: Look) -> tuple[list[str], list[str]]:
    """Of both tables."""
    ranks = np.percentile(run.latencies, (50, 90, 99, 100)) if run.latencies else [np.nan] * 4
    left = [
        f"{len(run.latencies):,}",
        *(f"{rank:,.0f}" for rank in ranks),
        f"{run.longest_lag:,.0f}",
        f"{run.behind:.2f}",
        " + ".join(f"{size / 2**20:,.0f}" for size in look.resident),
    ]
    all_ = run.stalls["+Inf"]
    return left, [f"{all_:,.0f}"] + [f"{all_ - run.stalls[bound]:,.0f}" for bound in BOUNDS]


@click.command(epilog=EPILOG, help=__doc__)
@click.option("--actors", type=click.IntRange(min=1000), default=1_000_000, show_default=True)
@click.option(
    "--rate", type=int, default=10_000, show_default=True, help="Events a second of the crowd."
)
@click.option("--seconds", type=float, default=120.0, show_default=True)
@click.option("--partitions", type=click.IntRange(1, 32), default=8, show_default=True)
@click.option("--workers", multiple=True, type=int, default=(1, 2), show_default=True)
@click.option("--markdown", is_flag=True, help="Print for the documentation.")
def main(  # noqa: PLR0913 - as many as options
    *,
    actors: int,
    rate: int,
    seconds: float,
    partitions: int,
    workers: Sequence[int],
    markdown: bool,
) -> None:
    """Measure with so many workers after the other, and print both tables."""
    latencies, stalled = [], []
    with KafkaCluster() as cluster:
        for count in workers:
            run, look = measure(cluster.bootstrap, Load(actors, rate, seconds), partitions, count)
            found, waited = cells(run, look)
            latencies.append([f"{count}", *found])
            stalled.append([f"{count}", *waited])
    about = f"{actors:,} accounts known, {rate:,} events/s, {partitions} partitions"
    for sheet in (
        Sheet(
            f"From query to alert, ms: {about}",
            ("workers",),
            ("alerts", "p50", "p90", "p99", "longest", "most lag", "feed late s", "MiB"),
            latencies,
        ),
        Sheet(
            f"Checkpoints that stalled processing: {about}",
            ("workers",),
            ("checkpoints", *(f"over {1000 * float(bound):.0f} ms" for bound in BOUNDS)),
            stalled,
        ),
    ):
        show(sheet, console(), markdown=markdown)


if __name__ == "__main__":
    main()
