"""The service as processes, as `probewatch run` starts them, and what they say of themselves."""

import math
import re
import secrets
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.request import urlopen
from uuid import uuid4

from prometheus_client.parser import text_string_to_metric_families

from streams.embedded import leashed
from streams.kafka import admin as administration
from streams.kafka.connection import connected
from streams.kafka.security import client_options
from streams.kafka.topics import topics
from streams.settings import load

from .processes import cpu_seconds, resident_bytes

PROGRAM = Path(sys.executable).with_name("probewatch")
_START_SECONDS = 300.0
_POLL_SECONDS = 0.1
_STOP_SECONDS = 60.0

_SETTINGS = """\
[kafka]
bootstrap_servers = "{bootstrap}"
application = "{name}"
queries = "{queries}"
alerts = "{name}.alerts"
alerts_current = "{name}.alerts.current"
shadow_alerts = "{name}.alerts.shadow"
rejects = "{name}.rejects"
partitions = {partitions}

[pseudonyms]
key_file = "key"

[service]
http_port = 0
"""

Metrics = Mapping[tuple[str, str], float]
"""Values by name of the sample and by its labels' values, with commas between them."""


class Look(NamedTuple):
    """What all workers of a service said at a moment.

    Attributes:
        at: seconds, monotonic.
        cpu: seconds of all workers so far.
        resident: bytes of each worker.
        rows: applied so far, by kind of stage.
        lag: records not yet read, by topic; infinite until workers know it of all partitions.
        partitions: that each worker has.
    """

    at: float
    cpu: float
    resident: tuple[int, ...]
    rows: Mapping[str, float]
    lag: Mapping[str, float]
    partitions: tuple[float, ...]

    @property
    def lags(self) -> float:
        """Records not yet read, of all topics."""
        return sum(self.lag.values())


class Worker:
    """One process.

    Attributes:
        process: it.
        started: when (monotonic seconds).
    """

    def __init__(self, command: Sequence[str], log: Path) -> None:
        self.started = time.monotonic()
        self._log = log
        with log.open("wb") as file:
            self.process = subprocess.Popen(  # noqa: S603 - our own
                leashed(command), stdin=subprocess.DEVNULL, stdout=file, stderr=file
            )

    def metrics(self) -> Metrics:
        """What `/metrics` says; nothing while it cannot be asked."""
        address = re.search(r"http://[\d.:]+", self.said)
        if address is None:
            return {}
        try:
            with urlopen(f"{address[0]}/metrics", timeout=5.0) as answer:  # noqa: S310 - http
                text = answer.read().decode()
        except (URLError, OSError):
            return {}
        return {
            (sample.name, ",".join(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    @property
    def said(self) -> str:
        """Its log."""
        return self._log.read_text()

    def stop(self) -> None:
        """Let it write a last checkpoint and end."""
        self.process.terminate()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it as a lost machine does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Service:
    """A service with topics of its own, save that of queries.

    Args:
        bootstrap: where the broker is.
        queries: the topic that it reads.
        partitions: of all its topics.
        directory: for settings, key and logs.
        settings: lines for its section `[service]`.

    Attributes:
        file: the settings, as `--config` takes them.
        workers: that were started and not taken out.
    """

    def __init__(
        self, bootstrap: str, queries: str, partitions: int, directory: Path, settings: str = ""
    ) -> None:
        self.name = f"bench-{uuid4().hex[:8]}"
        self._directory = directory
        (directory / "key").write_text(secrets.token_hex(32))
        self.file = directory / f"{self.name}.toml"
        self.file.write_text(
            _SETTINGS.format(
                bootstrap=bootstrap, name=self.name, queries=queries, partitions=partitions
            )
            + settings
        )
        self.settings = load(self.file)
        self.topics = topics(self.settings.kafka)
        self.workers: list[Worker] = []
        self._count = 0

    def create(self) -> None:
        """Make the topics."""
        with connected(client_options(self.settings.kafka, {})) as admin:
            administration.create(admin, self.topics, 1)

    def start(self, *options: str) -> Worker:
        """Start a worker."""
        command = [str(PROGRAM), "run", "--config", str(self.file)]
        self._count += 1
        log = self._directory / f"{self.name}-{self._count}.log"
        worker = Worker([*command, *options], log)
        self.workers.append(worker)
        return worker

    @contextmanager
    def running(self, workers: int = 0) -> Iterator[None]:
        """So many workers to begin with, and none afterwards."""
        try:
            for _ in range(workers):
                self.start()
            yield
        finally:
            for worker in self.workers:
                worker.kill()
            self.workers.clear()

    def all_assigned(self, look: Look) -> bool:
        """Whether workers have all partitions of all stages."""
        return sum(look.partitions) == 3 * self.settings.kafka.partitions and all(look.partitions)

    def await_all_assigned(self) -> Look:
        """Wait until workers have all partitions of all stages.

        Raises:
            SystemExit: that takes very long, or a worker has ended.
        """
        deadline = time.monotonic() + _START_SECONDS
        while not self.all_assigned(look := self.look()):
            if time.monotonic() > deadline:
                raise SystemExit(f"the service does not begin: {look}")
            time.sleep(_POLL_SECONDS)
        return look

    def look(self) -> Look:
        """How far it is.

        Raises:
            SystemExit: a worker has ended.
        """
        said = [worker.metrics() for worker in self.workers]
        for worker in self.workers:
            if worker.process.poll() is not None:
                raise SystemExit(f"a worker has ended: {worker.said[-2000:]}")
        rows = {
            kind: sum(each.get(("probewatch_rows_applied_total", kind), 0.0) for each in said)
            for kind in ("actor", "subject", "network", "cohort")
        }
        pids = [worker.process.pid for worker in self.workers]
        return Look(
            time.monotonic(),
            sum(map(cpu_seconds, pids)),
            tuple(map(resident_bytes, pids)),
            rows,
            self._lag(said),
            tuple(_sum(each, "probewatch_partitions") for each in said),
        )

    def _lag(self, said: Sequence[Metrics]) -> dict[str, float]:
        lags: dict[str, dict[str, float]] = defaultdict(dict)
        for metrics in said:
            for (name, labels), value in metrics.items():
                if name == "probewatch_consumer_lag_records":
                    partition, _, topic = labels.partition(",")
                    lags[topic][partition] = value
        later = (self.topics.subjects, self.topics.networks, self.topics.cohorts)
        read = (self.topics.queries, self.topics.actors, *later)
        partitions = self.settings.kafka.partitions
        return {
            topic.name: sum(known.values()) if len(known) == partitions else math.inf
            for topic in read
            for known in [lags[topic.name]]
        }


def _sum(metrics: Metrics, name: str) -> float:
    return sum(value for (sample, _), value in metrics.items() if sample == name)
