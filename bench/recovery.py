"""How long a worker that is killed (SIGKILL) is missed, with very many accounts in its state.

A crowd of accounts that the service knows already searches at a steady rate. `restart`: the
only worker is killed, and a supervisor starts it again at once. `take-over`: one of two is
killed, and the other gets its partitions. Measured from the kill until workers have all
partitions, read events sent after the kill and apply rows, and until they lag behind by no
more than a second's records.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import click

from bench.rig.crowds import LiveCrowd
from bench.rig.feeding import fed, make_topic
from bench.rig.histories import history
from bench.rig.services import Look, Service
from bench.rig.tables import Sheet, show
from streams.terminal import console
from tests.kafka.cluster import KafkaCluster

Way = Literal["restart", "take-over"]
WAYS: tuple[Way, ...] = get_args(Way)

STEADY_SECONDS = 30.0
"""Three intervals between checkpoints."""
LOOK_SECONDS = 0.1
LONGEST_SECONDS = 300.0

EPILOG = """\b
Example:
  python bench/recovery.py --actors 100000 --rate 2000 --session 6
"""


class Case(NamedTuple):
    """What is measured: the way, the session timeout in seconds, and under which load."""

    way: Way
    session: int
    actors: int
    rate: int
    partitions: int


class Recovery(NamedTuple):
    """One kill.

    Attributes:
        working: seconds until events sent after the kill are read, and rows applied.
        caught_up: seconds until the lag was back.
        restored: seconds that reading the checkpoints took, the longest of a worker.
        before: bytes of the workers' memory as one was killed.
        after: as the lag was back.
    """

    working: float
    caught_up: float
    restored: float
    before: int
    after: int


async def kill(service: Service, way: Way, crowd: LiveCrowd, rate: int) -> Recovery:
    """Kill the worker that was started last, while the crowd searches."""
    kafka = service.settings.kafka
    servers, queries, partitions = kafka.bootstrap_servers, kafka.queries, kafka.partitions
    async with fed(servers, queries, partitions, crowd, rate):
        await asyncio.sleep(STEADY_SECONDS)
        before = await asyncio.to_thread(service.look)
        killed = time.monotonic()
        service.workers.pop().kill()
        if way == "restart":
            service.start()
        await _look_until(service, service.all_assigned)
        # What was sent before the kill comes first, some of it for the second time.
        new = await _look_until(service, lambda look: look.lag[queries] < rate * (look.at - killed))
        working = await _look_until(service, lambda look: look.rows["actor"] > new.rows["actor"])
        caught_up = await _look_until(service, lambda look: look.lags <= rate)
    return Recovery(
        working.at - killed,
        caught_up.at - killed,
        max(each.metrics()["probewatch_restore_seconds", ""] for each in service.workers),
        sum(before.resident),
        sum(caught_up.resident),
    )


async def _look_until(service: Service, fulfilled: Callable[[Look], bool]) -> Look:
    deadline = time.monotonic() + LONGEST_SECONDS
    while not fulfilled(look := await asyncio.to_thread(service.look)):
        if time.monotonic() > deadline:
            raise SystemExit(f"the service does not recover: {look}")
        await asyncio.sleep(LOOK_SECONDS)
    return look


def measure(bootstrap: str, case: Case) -> Recovery:
    """One service of its own."""
    way, session, actors, rate, partitions = case
    with tempfile.TemporaryDirectory() as directory:
        settings = f'session_timeout = "{session}s"\n'
        topic = f"queries-{way}-{session}"
        service = Service(bootstrap, topic, partitions, Path(directory), settings)
        make_topic(bootstrap, topic, partitions)
        service.create()
        state = history(service, actors, Path(directory))
        with service.running():
            service.start("--bootstrap", str(state))
            service.await_all_assigned()
            if way == "take-over":
                service.start()
                service.await_all_assigned()
            return asyncio.run(kill(service, way, LiveCrowd(actors), rate))


@click.command(epilog=EPILOG, help=__doc__)
@click.option("--actors", type=click.IntRange(min=1000), default=1_000_000, show_default=True)
@click.option(
    "--rate", type=int, default=10_000, show_default=True, help="Events a second of the crowd."
)
@click.option(
    "--session",
    "sessions",
    type=click.IntRange(1, 300),
    multiple=True,
    default=(6, 10),
    show_default=True,
    help="Seconds that a worker may be silent; give it again for more.",
)
@click.option("--partitions", type=click.IntRange(1, 32), default=8, show_default=True)
@click.option("--markdown", is_flag=True, help="Print for the documentation.")
def main(
    *, actors: int, rate: int, sessions: Sequence[int], partitions: int, markdown: bool
) -> None:
    """Measure both ways with each session timeout, and print a table."""
    rows = []
    with KafkaCluster() as cluster:
        for session in sessions:
            for way in WAYS:
                found = measure(cluster.bootstrap, Case(way, session, actors, rate, partitions))
                rows.append(
                    [
                        way,
                        f"{session}",
                        f"{found.working:.1f}",
                        f"{found.caught_up:.1f}",
                        f"{found.restored:.1f}",
                        f"{found.before / 2**20:,.0f}",
                        f"{found.after / 2**20:,.0f}",
                    ]
                )
    sheet = Sheet(
        f"After SIGKILL: {actors:,} accounts, {rate:,} events/s, {partitions} partitions",
        ("way",),
        (
            *("session timeout s", "working again s", "lag back s", "of it reading state s"),
            *("MiB before", "MiB after"),
        ),
        rows,
        "MiB: of all workers.",
    )
    show(sheet, console(), markdown=markdown)


if __name__ == "__main__":
    main()
