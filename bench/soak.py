"""Whether memory stays flat: a worker under a steady load, for as long as is asked for.

A crowd searches, each of it for one of a few persons, so that what there is to remember is
finite; some scrape. Event time is faster than the clock, so that days begin and pass. What
is shown is the memory that a worker holds, every ten seconds of the second half.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import click
import numpy as np

from bench.rig.crowds import LiveCrowd
from bench.rig.feeding import fed, make_topic
from bench.rig.services import Look, Service
from bench.rig.tables import Sheet, show
from streams.terminal import console
from tests.kafka.cluster import KafkaCluster

LOOK_SECONDS = 10.0
CIRCLE = 4
"""Persons that an account searches for."""
SCRAPER_EVERY = timedelta(minutes=10)
SETTINGS = 'quiet_after = "1000d"\n'

EPILOG = """\b
Example:
  python bench/soak.py --minutes 5 --rate 2000 --actors 20000
"""


async def soak(
    service: Service, crowd: LiveCrowd, rate: int, minutes: float
) -> tuple[list[Look], float]:
    """What workers say every ten seconds; and by how many seconds the feed was ever late."""
    kafka = service.settings.kafka
    seen = []
    ends = time.monotonic() + 60 * minutes
    async with fed(kafka.bootstrap_servers, kafka.queries, kafka.partitions, crowd, rate) as feed:
        while time.monotonic() < ends:
            await asyncio.sleep(LOOK_SECONDS)
            seen.append(await asyncio.to_thread(service.look))
            _tell(seen)
    return seen, feed.behind


def _tell(seen: Sequence[Look]) -> None:
    look = seen[-1]
    sizes = " ".join(f"{size / 2**20:,.0f}" for size in look.resident)
    print(
        f"{look.at - seen[0].at:7.0f} s  {sizes} MiB  rows {look.rows['actor']:,.0f}  "
        f"lag {look.lags:,.0f}",
        file=sys.stderr,
    )


def rows_of(seen: Sequence[Look]) -> list[list[str]]:
    """A row for each worker: memory and its slope by least squares in the second half."""
    later = seen[len(seen) // 2 :]
    minutes = np.array([look.at for look in later]) / 60
    rows = []
    for worker in range(len(seen[-1].resident)):
        sizes = np.array([look.resident[worker] for look in later]) / 2**20
        slope = np.polyfit(minutes - minutes[0], sizes, 1)[0]
        half = len(sizes) // 2
        rows.append(
            [
                f"{worker + 1}",
                f"{seen[0].resident[worker] / 2**20:,.0f}",
                f"{np.median(sizes[:half]):,.0f}",
                f"{np.median(sizes[half:]):,.0f}",
                f"{sizes.max():,.0f}",
                f"{slope:+.2f}",
                f"{max(look.lags for look in later):,.0f}",
            ]
        )
    return rows


@click.command(epilog=EPILOG, help=__doc__)
@click.option("--minutes", type=click.FloatRange(min=1), default=30.0, show_default=True)
@click.option(
    "--rate", type=int, default=10_000, show_default=True, help="Events a second of the crowd."
)
@click.option("--actors", type=click.IntRange(min=1000), default=100_000, show_default=True)
@click.option("--speed", type=float, default=240.0, show_default=True, help="Of event time.")
@click.option("--partitions", type=click.IntRange(1, 32), default=8, show_default=True)
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--markdown", is_flag=True, help="Print for the documentation.")
def main(  # noqa: PLR0913 - as many as options
    *,
    minutes: float,
    rate: int,
    actors: int,
    speed: float,
    partitions: int,
    workers: int,
    markdown: bool,
) -> None:
    """Let it run, and print how its memory went."""
    crowd = LiveCrowd(actors, circle=CIRCLE, scraper_every=SCRAPER_EVERY, speed=speed)
    with KafkaCluster() as cluster, tempfile.TemporaryDirectory() as directory:
        make_topic(cluster.bootstrap, "queries", partitions)
        service = Service(cluster.bootstrap, "queries", partitions, Path(directory), SETTINGS)
        service.create()
        with service.running(workers):
            service.await_all_assigned()
            seen, behind = asyncio.run(soak(service, crowd, rate, minutes))
    sheet = Sheet(
        f"{minutes:g} minutes at {rate:,} events/s: {actors:,} accounts, "
        f"{speed * minutes / 1440:.1f} days of event time",
        ("worker",),
        (
            *("MiB at first", "third quarter", "last quarter", "most"),
            *("MiB a minute", "most lag"),
        ),
        rows_of(seen),
        f"Quarters: medians. MiB a minute: in the second half. The feed was {behind:.1f} s "
        "late at most.",
    )
    show(sheet, console(), markdown=markdown)


if __name__ == "__main__":
    main()
