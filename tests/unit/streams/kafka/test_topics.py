import pytest

from streams.kafka.topics import Topics, shortcomings, topics
from streams.settings import Kafka

ALL = topics(Kafka())


def test_names_and_partitions_follow_the_settings() -> None:
    """Topics that people know are called as set, those of ours after the application."""
    found = topics(Kafka(application="mine", queries="q", alerts="a", partitions=3))

    assert (found.queries.name, found.alerts.name) == ("q", "a")
    assert found.subjects.name == "mine.subjects"
    assert found.subject_state.name == "mine.state.subjects"
    assert {topic.name: topic.partitions for topic in found} == {
        topic.name: 1 if topic in (found.control, found.decisions, found.audit) else 3
        for topic in found
    }


def test_a_name_that_is_taken_is_known() -> None:
    """Of every topic that there is, so that no setting can name it a second time."""
    kafka = Kafka(application="my.app", decisions="said")

    for topic in topics(kafka):
        assert kafka.use_of(topic.name) is not None
    assert kafka.use_of("my_app_state.actors") == "one that Probewatch keeps for itself"
    assert kafka.use_of("face-search.alerts") == "that of alerts"
    assert kafka.use_of("said") == "that of decisions"
    assert kafka.use_of("my.app.decisions") is None


def test_each_topic_is_another() -> None:
    """Those that begin with the application's name are internal, but for the trail."""
    names = [topic.name for topic in ALL]

    assert len(set(names)) == len(names) == len(Topics.__struct_fields__)
    assert {topic.name for topic in ALL if topic.internal} == {
        name for name in names if name.startswith("probewatch.") and name != "probewatch.audit"
    }


def test_a_topic_as_it_is_created_falls_short_of_nothing() -> None:
    """Neither does one of which the brokers tell nothing."""
    for topic in ALL:
        assert shortcomings(topic, topic.partitions, topic.config) == []
        assert shortcomings(topic, topic.partitions, {}) == []


@pytest.mark.parametrize(
    ("name", "key", "value", "falls_short"),
    [
        ("control", "cleanup.policy", "delete, compact", False),
        ("control", "cleanup.policy", "delete", True),
        ("alerts", "cleanup.policy", "compact", True),
        ("alerts", "retention.ms", "1000", False),
        ("actors", "retention.ms", "1000", True),
        ("actors", "retention.ms", "-1", False),
        ("actors", "retention.ms", "999999999999", False),
        ("actor_state", "retention.ms", "999999999999", True),
        ("actor_state", "retention.bytes", "1000", True),
        ("actors", "max.message.bytes", "1048588", True),
        ("actors", "max.message.bytes", "10485760", False),
        ("actors", "message.timestamp.type", "CreateTime", True),
        ("actors", "segment.ms", "1", False),
    ],
)
def test_settings_are_judged_by_what_they_do(
    name: str, key: str, value: str, *, falls_short: bool
) -> None:
    """Longer and larger will do; how long alerts are kept is for people to say."""
    topic = getattr(ALL, name)

    found = shortcomings(topic, topic.partitions, {**topic.config, key: value})

    assert found == ([f"has {key}={value}, expected {topic.config[key]}"] if falls_short else [])


def test_partitions_matter_where_state_is_spread_over_them() -> None:
    """Any number will do for topics that others shape."""
    assert shortcomings(ALL.queries, 64, {}) == []
    assert shortcomings(ALL.alerts, 1, {}) == []
    assert shortcomings(ALL.actors, 7, {}) == ["has 7 partitions, expected 8"]
    assert shortcomings(ALL.control, 8, {}) == ["has 8 partitions, expected 1"]
