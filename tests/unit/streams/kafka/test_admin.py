from collections.abc import Mapping
from typing import Any

import pytest
from kafka import TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from kafka.structs import OffsetAndMetadata, OffsetAndTimestamp

from streams.kafka.admin import UNTOLD, check, create, describe
from streams.kafka.topics import Finding, State, topics
from streams.settings import Kafka

TOPICS = topics(Kafka(partitions=2))
UNKNOWN, DENIED, BAD_REPLICATION, EXISTS = 3, 29, 38, 36
"""Error codes of Kafka's protocol."""


class Brokers:
    """A cluster in memory, as kafka-python's admin client shows one.

    Attributes:
        topics: partitions and settings of each that exists.
        denied: topics that may not be described or created.
        silent: topics whose settings may not be described.
        unheard: topics of which word has not got around, until one waits for it.
        refusals: error codes for creating certain topics.
        group: committed offsets of every group; None if groups may not be described.
    """

    def __init__(self) -> None:
        self.topics: dict[str, tuple[int, dict[str, str]]] = {}
        self.denied: set[str] = set()
        self.silent: set[str] = set()
        self.refusals: dict[str, int] = {}
        self.group: dict[TopicPartition, int] | None = {}
        self.unheard = set[str]()
        self.waited_for: list[str] = []
        self.replication: set[int] = set()

    def describe_topics(self, topics: list[str]) -> list[dict[str, Any]]:
        """As kafka-python."""
        return [self._described(name) for name in topics]

    def _described(self, name: str) -> dict[str, Any]:
        known = name in self.topics and name not in self.unheard
        code = 0 if known else UNKNOWN
        count = self.topics[name][0] if known else 0
        return {
            "name": name,
            "error_code": DENIED if name in self.denied else code,
            "partitions": [{"partition_index": i, "replica_nodes": [1, 2]} for i in range(count)],
        }

    def create_topics(
        self, new_topics: Mapping[str, Any], *, raise_errors: bool = True
    ) -> dict[str, Any]:
        """As kafka-python."""
        assert not raise_errors
        answers = []
        for name, what in new_topics.items():
            code = EXISTS if name in self.topics else self.refusals.get(name, 0)
            if not code:
                self.topics[name] = (what["num_partitions"], what["configs"])
                self.replication.add(what["replication_factor"])
            message = "too few brokers" if code == BAD_REPLICATION else None
            answers.append({"name": name, "error_code": code, "error_message": message})
        return {"topics": answers}

    def wait_for_topics(self, topic_names: list[str]) -> None:
        """As kafka-python, but at once."""
        self.waited_for = topic_names
        self.unheard = set()

    def describe_configs(
        self, config_resources: list[Any], *, config_filter: str
    ) -> dict[str, dict[str, dict[str, dict[str, Any]]]]:
        """As kafka-python, which leaves out why there is nothing."""
        assert config_filter == "all"
        told = {}
        for resource in config_resources:
            config = self.topics[resource.name][1] | {"compression.type": "producer"}
            shown = {} if resource.name in self.silent else config
            told[resource.name] = {key: {"value": value} for key, value in shown.items()}
        return {"topic": told}

    def list_partition_offsets(self, topic_partition_specs: dict[Any, Any]) -> dict[Any, Any]:
        """As kafka-python: partition i holds the offsets 10 i to 100."""
        if any(each.topic in self.silent for each in topic_partition_specs):
            raise TopicAuthorizationFailedError
        return {
            each: OffsetAndTimestamp(
                100 if spec is OffsetSpec.LATEST else 10 * each.partition, -1, 0
            )
            for each, spec in topic_partition_specs.items()
        }

    def list_group_offsets(self, group_specs: dict[str, Any]) -> dict[str, dict[Any, Any]]:
        """As kafka-python."""
        if self.group is None:
            raise GroupAuthorizationFailedError
        offsets = {at: OffsetAndMetadata(offset, "", 0) for at, offset in self.group.items()}
        return dict.fromkeys(group_specs, offsets)


@pytest.fixture
def brokers() -> Brokers:
    """A cluster that has all topics."""
    cluster = Brokers()
    for topic in TOPICS:
        cluster.topics[topic.name] = (topic.partitions, dict(topic.config))
    return cluster


def states(findings: list[Finding]) -> dict[str, State]:
    """Topics that are not fine."""
    return {each.topic: each.state for each in findings if each.state != "fine"}


def test_topics_as_they_should_be_are_fine(brokers: Brokers) -> None:
    """There is a finding for each, in order, with nothing to say."""
    assert check(brokers, TOPICS) == [Finding(topic.name, "fine") for topic in TOPICS]


def test_what_is_missing_is_created_and_nothing_else(brokers: Brokers) -> None:
    """A topic that is there keeps its settings, even if they are wrong."""
    del brokers.topics["probewatch.control"], brokers.topics["face-search.queries"]
    brokers.topics["probewatch.actors"] = (3, {"cleanup.policy": "delete"})

    findings = create(brokers, TOPICS, replication_factor=3)

    assert states(findings) == {
        "face-search.queries": "created",
        "probewatch.actors": "wrong",
        "probewatch.control": "created",
    }
    assert [each.topic for each in findings] == [topic.name for topic in TOPICS]
    assert brokers.waited_for == ["face-search.queries", "probewatch.control"]
    assert brokers.replication == {3}
    assert brokers.topics["probewatch.actors"] == (3, {"cleanup.policy": "delete"})
    assert brokers.topics["probewatch.control"] == (1, dict(TOPICS.control.config))


def test_checking_creates_nothing(brokers: Brokers) -> None:
    """What is missing is told, with what it is for."""
    del brokers.topics["face-search.queries"]

    findings = check(brokers, TOPICS)

    assert findings[0] == Finding("face-search.queries", "missing", "it is for queries to judge")
    assert "face-search.queries" not in brokers.topics


@pytest.mark.parametrize(
    ("code", "state", "text"),
    [
        (DENIED, "denied", "missing, and it needs the right to Create it"),
        (
            BAD_REPLICATION,
            "wrong",
            "missing; replication_factor does not fit these brokers: too few brokers",
        ),
    ],
)
def test_a_refusal_to_create_is_a_finding(
    brokers: Brokers, code: int, state: State, text: str
) -> None:
    """The brokers' own reason is told, or which right it is that is missing."""
    del brokers.topics["face-search.queries"]
    brokers.refusals["face-search.queries"] = code

    assert create(brokers, TOPICS)[0] == Finding("face-search.queries", state, text)


def test_what_another_worker_made_meanwhile_is_checked(brokers: Brokers) -> None:
    """It need not be as it should be."""
    brokers.unheard = {"face-search.queries", "probewatch.actors"}
    brokers.topics["probewatch.actors"] = (3, {})

    findings = create(brokers, TOPICS)

    assert states(findings) == {"probewatch.actors": "wrong"}
    assert [each.topic for each in findings] == [topic.name for topic in TOPICS]
    assert set(brokers.waited_for) == {"face-search.queries", "probewatch.actors"}


def test_what_may_not_be_seen_is_told(brokers: Brokers) -> None:
    """Without the right to describe a topic the service cannot run; without settings it can."""
    brokers.denied = {"face-search.alerts"}
    brokers.silent = {"probewatch.actors", "face-search.queries"}

    findings = {each.topic: each for each in check(brokers, TOPICS)}

    assert findings["face-search.alerts"].state == "denied"
    assert findings["face-search.alerts"].fatal
    assert findings["probewatch.actors"] == Finding("probewatch.actors", "differs", UNTOLD)
    assert not findings["probewatch.actors"].fatal
    # Of which no setting is expected.
    assert findings["face-search.queries"].fine


def test_only_what_is_internal_must_be_as_expected(brokers: Brokers) -> None:
    """Alerts in a compacted topic are not as intended; a compacted checkpoint loses state."""
    for name in ("face-search.alerts", "probewatch.state.actors"):
        brokers.topics[name][1]["cleanup.policy"] = "compact"

    findings = {each.topic: each for each in check(brokers, TOPICS)}

    assert states(list(findings.values())) == {
        "face-search.alerts": "differs",
        "probewatch.state.actors": "wrong",
    }
    assert not findings["face-search.alerts"].fatal
    assert findings["probewatch.state.actors"].fatal
    assert findings["probewatch.state.actors"].text == (
        "has cleanup.policy=compact, expected delete"
    )


def test_a_description_counts_records_and_lag(brokers: Brokers) -> None:
    """A group that never read a partition has no lag there, which is not a lag of nothing."""
    brokers.group = {TopicPartition("probewatch.actors", 1): 60}

    described = {each.topic.name: each for each in describe(brokers, TOPICS, "probewatch")}

    actors = described["probewatch.actors"]
    assert actors.records == 100 + 90
    assert [partition.lag for partition in actors.partitions] == [None, 40]
    assert actors.replication == 2
    # What we do not set is not shown.
    assert actors.config == TOPICS.actors.config


def test_a_description_has_what_may_be_seen(brokers: Brokers) -> None:
    """Missing rights leave gaps, not errors."""
    brokers.group = None
    brokers.silent = {"probewatch.actors"}
    brokers.denied = {"face-search.alerts"}
    del brokers.topics["face-search.queries"]

    described = {each.topic.name: each for each in describe(brokers, TOPICS, "probewatch")}

    assert described["face-search.queries"].finding.state == "missing"
    assert described["face-search.alerts"].finding.state == "denied"
    assert described["probewatch.actors"].partitions == []
    assert [p.committed for p in described["probewatch.subjects"].partitions] == [None, None]
