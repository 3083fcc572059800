"""Creating, checking and describing topics; blocking, so for commands and threads."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from kafka import TopicPartition
from kafka.admin import ConfigResource, OffsetSpec
from kafka.errors import (
    AuthorizationError,
    InvalidReplicationFactorError,
    RetriableError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)

from .connection import Admin
from .topics import Finding, Topic, shortcomings

UNTOLD = "its settings are not told: it needs the right to DescribeConfigs to check them"

_COORDINATOR_TRIES: Final = 20
_COORDINATOR_SECONDS: Final = 0.25


class Partition(msgspec.Struct, frozen=True):
    """What a partition holds, and how far it was read.

    Attributes:
        partition: its number.
        begin: offset of the oldest record that is kept.
        end: offset that the next record will have.
        committed: offset from which the group goes on reading; None if it never read.
    """

    partition: int
    begin: int
    end: int
    committed: int | None = None

    @property
    def lag(self) -> int | None:
        """How many records the group has not read."""
        return None if self.committed is None else max(0, self.end - self.committed)


class Description(msgspec.Struct, frozen=True):
    """A topic as it is.

    Attributes:
        topic: as it should be.
        replication: copies of each partition.
        config: those of its settings that we set, as far as the brokers tell them.
        partitions: what they hold; empty if that is not told.
        finding: what there is to say of it; of a topic that is missing there is nothing else.
    """

    topic: Topic
    finding: Finding
    replication: int = 0
    config: Mapping[str, str] = {}
    partitions: Sequence[Partition] = ()

    @property
    def records(self) -> int:
        """Records that are kept, with those that compaction has taken out in between."""
        return sum(partition.end - partition.begin for partition in self.partitions)


def check(admin: Admin, topics: Iterable[Topic]) -> list[Finding]:
    """What there is to say of each topic, in their order; nothing is changed."""
    topics = list(topics)
    found = _found(admin, topics)
    there = [topic for topic in topics if not found[topic.name]["error_code"]]
    config = _config(admin, there)
    return [_finding(topic, found[topic.name], config) for topic in topics]


def create(admin: Admin, topics: Iterable[Topic], replication_factor: int = -1) -> list[Finding]:
    """Create the topics that are missing; the rest is only checked.

    Args:
        admin: a client.
        topics: what there should be.
        replication_factor: of those that are created; -1 is the brokers' default, which
            they have known since Kafka 2.4.
    """
    topics = list(topics)
    findings = {finding.topic: finding for finding in check(admin, topics)}
    missing = [topic for topic in topics if findings[topic.name].state == "missing"]
    if missing:
        findings |= {each.topic: each for each in _create(admin, missing, replication_factor)}
    return list(findings.values())


def describe(admin: Admin, topics: Iterable[Topic], group: str) -> list[Description]:
    """Each topic as it is, with how far a consumer group has read it."""
    topics = list(topics)
    found = _found(admin, topics)
    there = [topic for topic in topics if not found[topic.name]["error_code"]]
    config = _config(admin, there)
    committed = _committed(admin, group)
    return [
        Description(
            topic,
            _finding(topic, found[topic.name], config),
            replication=_replication(found[topic.name]),
            config={k: v for k, v in config.get(topic.name, {}).items() if k in topic.config},
            partitions=_partitions(admin, found[topic.name], committed),
        )
        for topic in topics
    ]


def _create(admin: Admin, topics: Sequence[Topic], replication_factor: int) -> list[Finding]:
    """What came of creating topics of which the brokers know nothing."""
    answers = admin.create_topics(
        {
            topic.name: {
                "num_partitions": topic.partitions,
                "replication_factor": replication_factor,
                "configs": dict(topic.config),
            }
            for topic in topics
        },
        raise_errors=False,
    )["topics"]
    findings = [_creation(answer) for answer in answers]
    admin.wait_for_topics([each.topic for each in findings if each.state == "created"])
    # Another worker may have been quicker, and not yet all brokers have heard of it.
    there = {
        each["name"] for each in answers if for_code(each["error_code"]) is TopicAlreadyExistsError
    }
    checked = check(admin, [topic for topic in topics if topic.name in there])
    return [each for each in findings if each.topic not in there] + checked


def _found(admin: Admin, topics: Sequence[Topic]) -> dict[str, dict[str, Any]]:
    return {found["name"]: found for found in admin.describe_topics([t.name for t in topics])}


def _finding(
    topic: Topic, found: Mapping[str, Any], config: Mapping[str, Mapping[str, str]]
) -> Finding:
    error = for_code(found["error_code"])
    if error is UnknownTopicOrPartitionError:
        return Finding(topic.name, "missing", f"it is for {topic.purpose}")
    if issubclass(error, AuthorizationError):
        return Finding(topic.name, "denied", "it needs the right to Describe it")
    if found["error_code"]:
        return Finding(topic.name, "wrong", error.description)
    told = config.get(topic.name, {})
    if short := shortcomings(topic, len(found["partitions"]), told):
        return Finding(topic.name, "wrong" if topic.internal else "differs", "; ".join(short))
    if topic.config and not told:
        return Finding(topic.name, "differs", UNTOLD)
    return Finding(topic.name, "fine")


def _creation(answer: Mapping[str, Any]) -> Finding:
    """What came of creating a topic."""
    error = for_code(answer["error_code"])
    if not answer["error_code"] or error is TopicAlreadyExistsError:
        return Finding(answer["name"], "created")
    if issubclass(error, AuthorizationError):
        return Finding(answer["name"], "denied", "missing, and it needs the right to Create it")
    said = answer.get("error_message") or error.description
    if error is InvalidReplicationFactorError:
        said = f"missing; replication_factor does not fit these brokers: {said}"
    return Finding(answer["name"], "wrong", said)


def _config(admin: Admin, topics: Sequence[Topic]) -> dict[str, dict[str, str]]:
    """Settings by topic, as far as they are told."""
    if not topics:
        return {}
    resources = [ConfigResource("TOPIC", topic.name) for topic in topics]
    told = admin.describe_configs(resources, config_filter="all").get("topic", {})
    return {
        name: {key: entry["value"] for key, entry in entries.items() if entry["value"] is not None}
        for name, entries in told.items()
    }


def _replication(found: Mapping[str, Any]) -> int:
    return min((len(p["replica_nodes"]) for p in found["partitions"]), default=0)


def _committed(admin: Admin, group: str) -> dict[Any, int]:
    """Offsets that the group has committed; none if it may not be described."""
    try:
        offsets = _group_offsets(admin, group)
    except AuthorizationError:
        return {}
    return {partition: at.offset for partition, at in offsets.items() if at.offset >= 0}


def _group_offsets(admin: Admin, group: str) -> Mapping[Any, Any]:
    for _ in range(_COORDINATOR_TRIES):
        try:
            return admin.list_group_offsets({group: None}).get(group, {})
        except RetriableError:
            # Brokers that are asked for the first time have yet to make a topic for offsets.
            time.sleep(_COORDINATOR_SECONDS)
    return admin.list_group_offsets({group: None}).get(group, {})


def _partitions(
    admin: Admin, found: Mapping[str, Any], committed: Mapping[Any, int]
) -> list[Partition]:
    """What the partitions hold; nothing if that may not be described."""
    numbers = sorted(partition["partition_index"] for partition in found["partitions"])
    places = [TopicPartition(found["name"], number) for number in numbers]
    if not places:
        return []
    try:
        begin = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.EARLIEST))
        end = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
    except AuthorizationError:
        return []
    return [
        Partition(at.partition, begin[at].offset, end[at].offset, committed.get(at))
        for at in places
    ]
