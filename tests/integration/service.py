"""A service of its own on brokers, run as one runs it, and seen as its neighbours see it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.error import HTTPError
from urllib.request import urlopen
from uuid import uuid4

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import OffsetSpec

from streams.embedded import leashed
from streams.kafka.topics import topics
from streams.settings import load

PUBLIC: Final = ("queries", "alerts", "alerts_current", "shadow_alerts", "rejects")
_PATIENCE_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.05
_POLLS: Final = 1_200
_SAYS_ADDRESS: Final = "health and metrics at "


def wait_for(condition: Callable[[], object], worker: "Worker | None" = None) -> None:
    """Return when a condition holds.

    Raises:
        TimeoutError: it does not come to hold.
        ChildProcessError: the worker that it depends on has ended.
    """
    for _ in range(_POLLS):
        if condition():
            return
        if worker is not None and worker.ended:
            raise ChildProcessError(worker.log)
        time.sleep(_POLL_SECONDS)
    raise TimeoutError("" if worker is None else worker.log)


class Service:
    """Settings, a key and names of topics that nobody else uses.

    Args:
        directory: for the settings and the key.
        bootstrap: where the brokers take plain text.
        kafka: more settings of `[kafka]`.
        service: settings of `[service]`.

    Attributes:
        file: the settings, as `--config` takes them.
        key: the file with the pseudonym key.
    """

    def __init__(
        self,
        directory: Path,
        bootstrap: str,
        kafka: Mapping[str, object] | None = None,
        service: Mapping[str, object] | None = None,
    ) -> None:
        self._bootstrap = bootstrap
        name = f"service-{uuid4().hex[:8]}"
        self.key = directory / "key"
        if not self.key.exists():
            self.key.write_text("5e" * 32)
        names = {topic: f"{name}.{topic.replace('_', '-')}" for topic in PUBLIC}
        base = {"bootstrap_servers": bootstrap, "application": name, "partitions": 1}
        quick = {"checkpoint_interval": "1s", "session_timeout": "6s", "http_port": 0}
        sections: dict[str, Mapping[str, object]] = {
            "kafka": base | names | dict(kafka or {}),
            "pseudonyms": {"key_file": self.key.name},
            "service": quick | dict(service or {}),
        }
        self.file = directory / f"{name}.toml"
        self.file.write_text("\n".join(_section(*each) for each in sections.items()))
        self.settings = load(self.file)
        self.topics = topics(self.settings.kafka)

    def run(self, *arguments: str, **environ: str) -> "Worker":
        """Start a worker."""
        command = ["probewatch", "run", "--config", str(self.file), *arguments]
        return Worker(command, self.file.parent, environ)

    def send(self, records: Iterable[bytes], times: Iterable[int] | None = None) -> None:
        """Write queries, with these times (ms) as those of the records or the present one."""
        producer = KafkaProducer(bootstrap_servers=self._bootstrap, linger_ms=20)
        stamps = [None] * len(records := list(records)) if times is None else times
        for record, stamp in zip(records, stamps, strict=True):
            producer.send(self.topics.queries.name, record, partition=0, timestamp_ms=stamp)
        producer.close()

    def records(self, topic: str) -> list[tuple[bytes, bytes]]:
        """Key and value of all that a topic's first partition has."""
        place = TopicPartition(topic, 0)
        consumer = KafkaConsumer(
            bootstrap_servers=self._bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        found: list[tuple[bytes, bytes]] = []
        try:
            consumer.assign([place])
            end = consumer.end_offsets([place])[place]
            while consumer.position(place) < end:
                for batch in consumer.poll(timeout_ms=500).values():
                    found += [(record.key, record.value) for record in batch]
        finally:
            consumer.close()
        return found

    def alerts(self) -> list[bytes]:
        """Every revision that was written, live and in the shadow."""
        topics = self.topics.alerts, self.topics.shadow_alerts
        return [value for topic in topics for _, value in self.records(topic.name)]

    def behind(self) -> int:
        """Records whose effect is not durable yet, of all topics that are read as a group."""
        admin = KafkaAdminClient(bootstrap_servers=self._bootstrap)
        try:
            kinds = (self.topics.actors, self.topics.subjects, self.topics.networks)
            read = (self.topics.queries, *kinds, self.topics.cohorts)
            places = [TopicPartition(topic.name, 0) for topic in read]
            ends = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
            group = self.settings.kafka.application
            committed = admin.list_group_offsets({group: None}).get(group, {})
        finally:
            admin.close()
        done = {place: max(0, at.offset) for place, at in committed.items()}
        return sum(ends[place].offset - done.get(place, 0) for place in places)


class Worker:
    """A process, which is killed on exit if it still runs."""

    def __init__(self, command: Sequence[str], directory: Path, environ: Mapping[str, str]) -> None:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PROBEWATCH_")}
        self._log = directory / f"{uuid4().hex[:8]}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                leashed(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=inherited | {"PATH": path} | dict(environ),
                process_group=0,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()

    @property
    def log(self) -> str:
        """All that it has said."""
        return self._log.read_text()

    @property
    def ended(self) -> bool:
        """Whether it has."""
        return self._process.poll() is not None

    @property
    def address(self) -> str:
        """Where health and metrics are; empty until it says so."""
        for line in self.log.splitlines():
            if _SAYS_ADDRESS in line:
                return str(json.loads(line)["message"]).removeprefix(_SAYS_ADDRESS)
        return ""

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of a page."""
        try:
            with urlopen(f"{self.address}{path}", timeout=10.0) as answer:  # noqa: S310 - http
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def ready(self) -> bool:
        """Whether it says so."""
        return bool(self.address) and self.get("/readyz")[0] == 200

    def metrics(self) -> dict[str, float]:
        """Each sample by its name and labels."""
        lines = self.get("/metrics")[1].splitlines()
        samples = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in samples}

    def stop(self) -> int:
        """Have it finish; its exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        """Its exit status, once it has ended."""
        return self._process.wait(_PATIENCE_SECONDS)


def _section(name: str, values: Mapping[str, object]) -> str:
    """A table of TOML; JSON writes its values alike."""
    return "\n".join([f"[{name}]", *(f"{k} = {json.dumps(v)}" for k, v in values.items()), ""])
