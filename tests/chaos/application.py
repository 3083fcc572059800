"""One service of its own on the brokers: its settings, its topics, how far it has read."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import KafkaError

from streams.kafka import admin as administration
from streams.kafka.connection import connected
from streams.kafka.security import client_options
from streams.kafka.topics import Topic, topics
from streams.settings import load

CHECKPOINT_SECONDS: Final = 2
SESSION_SECONDS: Final = 6

_ANSWER_MS: Final = 3_000
"""Within which a broker answers if it is there."""

_SETTINGS = """\
[kafka]
bootstrap_servers = "{bootstrap}"
application = "{name}"
queries = "{name}.queries"
alerts = "{name}.alerts"
alerts_current = "{name}.alerts.current"
shadow_alerts = "{name}.alerts.shadow"
rejects = "{name}.rejects"
partitions = {partitions}

[pseudonyms]
key_file = "key"

[service]
checkpoint_interval = "{checkpoint}s"
session_timeout = "{session}s"
http_port = 0
"""


class Application:
    """A consumer group and topics that nobody else uses.

    Args:
        bootstrap: where the brokers are.
        directory: for settings and key.
        partitions: of every topic.
        key: behind the pseudonyms.

    Attributes:
        file: the settings, as `--config` takes them.
        settings: what is in it.
        topics: all of them.
    """

    def __init__(self, bootstrap: str, directory: Path, partitions: int, key: bytes) -> None:
        self.name = f"chaos-{uuid4().hex[:8]}"
        (directory / "key").write_text(key.hex())
        self.file = directory / "probewatch.toml"
        self.file.write_text(
            _SETTINGS.format(
                bootstrap=bootstrap,
                name=self.name,
                partitions=partitions,
                checkpoint=CHECKPOINT_SECONDS,
                session=SESSION_SECONDS,
            )
        )
        self.settings = load(self.file)
        self.topics = topics(self.settings.kafka)
        self._admin: Any = None

    def create(self) -> None:
        """Make the topics, as copied as the brokers' default says."""
        with connected(client_options(self.settings.kafka, {})) as admin:
            administration.create(admin, self.topics, -1)

    @property
    def read(self) -> tuple[Topic, ...]:
        """The topics that the service reads as a group."""
        return (self.topics.queries, self.topics.actors, self.topics.subjects, self.topics.networks)

    def behind(self) -> int | None:
        """Records whose effect is not durable yet, in all topics; None if nobody answers."""
        try:
            ends = self._ends(self.read)
            committed = self._connected().list_group_offsets({self.name: None})[self.name]
        except (KafkaError, OSError):
            self.disconnect()
            return None
        done: dict[TopicPartition, int] = {
            place: at.offset for place, at in committed.items() if at.offset >= 0
        }
        return sum(end - done.get(place, 0) for place, end in ends.items())

    def sent(self) -> int:
        """How many events the topic of queries has."""
        return sum(self._ends([self.topics.queries]).values())

    def records(self, topic: Topic) -> Iterator[Any]:
        """All records of a topic that are there now, aborted ones too, by partition."""
        places = list(self._ends([topic]))
        consumer = KafkaConsumer(
            bootstrap_servers=self.settings.kafka.bootstrap_servers,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        try:
            for place in places:
                consumer.assign([place])
                # As records are committed or aborted, a mark takes an offset of its own.
                (end,) = consumer.end_offsets([place]).values()
                consumer.seek_to_beginning(place)
                while consumer.position(place) < end:
                    yield from chain.from_iterable(consumer.poll(timeout_ms=500).values())
        finally:
            consumer.close()

    def disconnect(self) -> None:
        """Give the connection up; the next question makes another."""
        if self._admin is not None:
            self._admin.close()
            self._admin = None

    def _connected(self) -> Any:
        if self._admin is None:
            self._admin = KafkaAdminClient(
                bootstrap_servers=list(self.settings.kafka.servers),
                request_timeout_ms=_ANSWER_MS,
                bootstrap_timeout_ms=_ANSWER_MS,
            )
        return self._admin

    def _ends(self, of: Iterable[Topic]) -> dict[TopicPartition, int]:
        places = [TopicPartition(topic.name, n) for topic in of for n in range(topic.partitions)]
        found = self._connected().list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
        return {place: at.offset for place, at in found.items()}
