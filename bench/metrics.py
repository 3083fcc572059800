"""What metrics cost a worker: the same queries with and without them, fetch by fetch in turn.

A source and its stations work as in a worker, from records to alerts, and blocks go between
them encoded; there is no Kafka, whose cost would make the share of metrics smaller. What is
compared is CPU time of one thread; what is spent within the calls that measure is also taken by
itself, which neighbours on the machine disturb less. By the clock a worker also sets its gauges,
every five seconds, and writes them out for Prometheus; that share is of all CPU time of a core.
"""

import time
from collections import deque
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

import click
import numpy as np
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from bench.rig.tables import Sheet, show
from bench.rig.traffic import Case, traffic
from detectors.config import Detection
from detectors.events import EventBatch
from streams.blocks import encode
from streams.ingest.admission import TimeRules
from streams.ingest.ingest import Ingest
from streams.ingest.pseudonyms import PseudonymKey
from streams.service.control import Board
from streams.service.metrics import Metrics
from streams.service.outcome import Outcome
from streams.service.sources import FOREVER, Counts, Source
from streams.service.stations import Station
from streams.service.warming import warm
from streams.service.worker import STAGES
from streams.terminal import console

KEY = PseudonymKey(bytes(range(32)), epoch=1)
FETCHES = (4_000, 250)
"""Records at once: as many as are fetched under load, and as come in a few milliseconds."""

LOOK_SECONDS, SCRAPE_SECONDS = 5.0, 15.0
NAMED = ("t1", "t2", "t3")

EPILOG = """\b
Example:
  python bench/metrics.py --events 200000
"""


class Record(NamedTuple):
    """One of Kafka's, as far as it is looked at."""

    offset: int
    timestamp: int
    value: bytes


class Way:
    """A source and its stations, measured or not."""

    def __init__(self, metrics: Metrics | None) -> None:
        board = Board()
        self.metrics = metrics
        self.measuring = 0.0
        self.source = Source(0, Ingest(KEY), TimeRules(), 1)
        self.stations = {
            kind: Station(make(Detection(), "", KEY.write), 0, 1, board)
            for kind, make in STAGES.items()
        }
        if metrics is not None:
            metrics.promise(Detection())
            self.source.watch = self._watch

    def take(self, records: Sequence[Record]) -> float:
        """The whole way of some records; CPU seconds."""
        began = time.thread_time()
        self.source.take(records, time.time_ns() // 1_000_000 if self.metrics else 0)
        queue = deque(("actor", block) for _, block in self.source.release(FOREVER))
        while queue:
            kind, block = queue.popleft()
            station = self.stations[kind]
            value = encode(block)
            station.take([Record(station.next_offset, 0, value)])
            outcome = station.run()
            queue.extend((to, block) for to, _, block in outcome.blocks)
            if self.metrics is not None:
                self._measure(self.metrics, kind, outcome)
        return time.thread_time() - began

    def _watch(self, batch: EventBatch) -> None:
        if self.metrics is not None:
            began = time.thread_time()
            self.metrics.tenants.observe(batch)
            self.measuring += time.thread_time() - began

    def _measure(self, metrics: Metrics, kind: str, outcome: Outcome) -> None:
        began = time.thread_time()
        metrics.applied(kind, outcome)
        for alert in outcome.alerts:
            read_at = outcome.read_at.get((alert.alert_id, alert.revision))
            metrics.alert(alert, (), time.time(), None if read_at is None else read_at / 1000)
        self.measuring += time.thread_time() - began

    def look(self) -> tuple[float, float]:
        """CPU seconds of setting the gauges, and of writing all out."""
        if self.metrics is None:
            raise TypeError("is not measured")
        began = time.thread_time()
        self.metrics.ingested(self.source.counts)
        self.source.counts = Counts()
        for station in self.stations.values():
            self.metrics.holdings.count(station.count())
        self.metrics.holdings.look([station.stage for station in self.stations.values()])
        self.metrics.tenants.look()
        self.metrics.budget.look()
        looked = time.thread_time()
        generate_latest(self.metrics.registry)
        return looked - began, time.thread_time() - looked


def compare(records: Sequence[Record], fetch: int) -> list[str]:
    """A row of the table."""
    bare, measured = Way(None), Way(Metrics(CollectorRegistry(), NAMED))
    pairs: list[tuple[float, float]] = []
    for number, start in enumerate(range(0, len(records), fetch)):
        some = records[start : start + fetch]
        # In turn, and each as often the first of two.
        if number % 2:
            with_metrics, without = measured.take(some), bare.take(some)
        else:
            without, with_metrics = bare.take(some), measured.take(some)
        pairs.append((without, with_metrics))
    times = np.array(pairs[len(pairs) // 10 :])  # the first tenth warms up
    ratios = times[:, 1] / times[:, 0] - 1
    looks = [measured.look() for _ in range(20)]
    look, scrape = (median(each) for each in zip(*looks, strict=True))
    clock = look / LOOK_SECONDS + (look + scrape) / SCRAPE_SECONDS
    low, high = _interval(ratios)
    return [
        f"{fetch:,}",
        f"{1e6 * times[:, 0].sum() / (fetch * len(times)):.2f}",
        f"{100 * measured.measuring / sum(each for _, each in pairs):.2f}",
        f"{100 * float(np.median(ratios)):+.2f}",
        f"{100 * low:+.2f} to {100 * high:+.2f}",
        f"{1e3 * look:.2f}",
        f"{1e3 * scrape:.2f}",
        f"{100 * clock:.2f}",
    ]


def _interval(ratios: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, float]:
    """95 % of the medians of samples with replacement (bootstrap)."""
    rng = np.random.default_rng(1)
    drawn = np.median(rng.choice(ratios, (2_000, len(ratios))), axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975]).tolist()
    return low, high


@click.command(epilog=EPILOG)
@click.option("--events", default=200_000, show_default=True, help="Queries of each case.")
@click.option("--case", type=click.Choice(["13 fields", "consumer"]), default="13 fields")
@click.option("--markdown", is_flag=True, help="For the documentation.")
def main(*, events: int, case: Case, markdown: bool) -> None:
    """Measure what metrics cost."""
    warm()
    records = [
        Record(offset, -1, query.value) for offset, query in enumerate(traffic(case, events))
    ]
    sheet = Sheet(
        f"What metrics cost: {case}, {events:,} events",
        [],
        [
            *("records at once", "µs/event without", "in calls %", "median %", "95 % of medians"),
            *("gauges ms", "writing out ms", "by the clock %"),
        ],
        [compare(records, fetch) for fetch in FETCHES],
        "CPU time of one thread; gauges every 5 s, written out every 15 s",
    )
    show(sheet, console(), markdown=markdown)


if __name__ == "__main__":
    main()
