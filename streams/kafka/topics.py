"""Which topics there must be, and how one that is there falls short.

Whatever holds people's queries or alerts is the operator's to shape: only its name counts.
What only Probewatch reads must be as it is here, or state is lost.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Literal

import msgspec

from streams.settings import Kafka

MESSAGE_BYTES = 2 << 20
"""Largest record of an internal topic; Kafka's default, 1 MiB, is for the rest."""

State = Literal["fine", "created", "differs", "missing", "wrong", "denied"]
_FATAL = {"missing", "wrong", "denied"}
_FINE = {"fine", "created"}

UNLIMITED = "-1"
"""No bound, as Kafka writes it."""


def _ms(**duration: float) -> str:
    return str(timedelta(**duration) // timedelta(milliseconds=1))


_REJECTS = {"cleanup.policy": "delete", "retention.ms": _ms(days=7)}
# Longer than any pair of actor and person is remembered, so a campaign's alerts outlive it.
_ALERTS = {"cleanup.policy": "delete", "retention.ms": _ms(days=365)}
# A chain can only be checked from its beginning, unless a head was noted; a record takes 500 bytes.
_AUDIT = {"cleanup.policy": "delete", "retention.ms": UNLIMITED, "retention.bytes": UNLIMITED}
_LAST_ALERTS = {"cleanup.policy": "compact"}
_BLOCKS = {
    "cleanup.policy": "delete",
    # A long weekend in which nobody is there to start the service again.
    "retention.ms": _ms(days=3),
    # Kafka deletes whole segments only, and by default begins a new one once a week.
    "segment.ms": _ms(hours=6),
    # History that is read in is old by its own time, and must not be deleted for that.
    "message.timestamp.type": "LogAppendTime",
    "max.message.bytes": str(MESSAGE_BYTES),
}
_STATE = {
    # The service deletes what a newer checkpoint has made useless; nothing else may.
    "cleanup.policy": "delete",
    "retention.ms": UNLIMITED,
    "retention.bytes": UNLIMITED,
    # Deleting records frees whole segments, by default of 1 GiB.
    "segment.bytes": str(64 << 20),
    "max.message.bytes": str(MESSAGE_BYTES),
}
_CONTROL = {
    "cleanup.policy": "compact,delete",
    "retention.ms": _ms(days=1),
    # The segment that is written to is not compacted.
    "segment.ms": _ms(hours=1),
    "message.timestamp.type": "LogAppendTime",
}
_DECISIONS = {
    "cleanup.policy": "compact",
    # Whoever recovers reads days again that internal topics keep; nothing of them may be missing.
    "min.compaction.lag.ms": _ms(days=7),
    "message.timestamp.type": "LogAppendTime",
}


class Topic(msgspec.Struct, frozen=True):
    """A topic as it should be.

    Attributes:
        name: as the brokers know it.
        partitions: how many it is created with.
        config: what it is created with and is not the brokers' default.
        purpose: what it is for, in a few words.
        internal: whether nobody but Probewatch writes and reads it.
    """

    name: str
    partitions: int
    config: Mapping[str, str]
    purpose: str
    internal: bool = False


class Topics(msgspec.Struct, frozen=True):
    """All topics of one application."""

    queries: Topic
    rejects: Topic
    alerts: Topic
    alerts_current: Topic
    shadow_alerts: Topic
    actors: Topic
    subjects: Topic
    networks: Topic
    cohorts: Topic
    actor_state: Topic
    subject_state: Topic
    network_state: Topic
    cohort_state: Topic
    control: Topic
    decisions: Topic
    audit: Topic
    dead_letters: Topic

    def __iter__(self) -> Iterator[Topic]:
        """Each of them, in the order in which an event meets them."""
        for field in self.__struct_fields__:
            yield getattr(self, field)


class Finding(msgspec.Struct, frozen=True):
    """What there is to say of a topic.

    Attributes:
        topic: its name.
        state: `differs` works, but not as intended; what is `missing`, `wrong` or `denied`
            the service cannot do without.
        text: what is the matter; empty if nothing is.
    """

    topic: str
    state: State
    text: str = ""

    @property
    def fine(self) -> bool:
        """Whether nothing needs to be done."""
        return self.state in _FINE

    @property
    def fatal(self) -> bool:
        """Whether the service cannot run like this."""
        return self.state in _FATAL


def topics(kafka: Kafka) -> Topics:
    """The topics that these settings name."""

    def public(name: str, purpose: str, config: Mapping[str, str]) -> Topic:
        return Topic(name, kafka.partitions, config, purpose)

    def internal(
        name: str, purpose: str, config: Mapping[str, str], partitions: int = kafka.partitions
    ) -> Topic:
        return Topic(f"{kafka.application}.{name}", partitions, config, purpose, internal=True)

    return Topics(
        queries=public(kafka.queries, "queries to judge", {}),
        rejects=public(kafka.rejects, "why records were rejected", _REJECTS),
        alerts=public(kafka.alerts, "every revision of alerts", _ALERTS),
        alerts_current=public(kafka.alerts_current, "last revision of alerts", _LAST_ALERTS),
        shadow_alerts=public(kafka.shadow_alerts, "alerts that page nobody", _ALERTS),
        actors=internal("actors", "events by actor", _BLOCKS),
        subjects=internal("subjects", "events by subject", _BLOCKS),
        networks=internal("networks", "events by network", _BLOCKS),
        cohorts=internal("cohorts", "events by gallery", _BLOCKS),
        actor_state=internal("state.actors", "checkpoints of actors", _STATE),
        subject_state=internal("state.subjects", "checkpoints of subjects", _STATE),
        network_state=internal("state.networks", "checkpoints of networks", _STATE),
        cohort_state=internal("state.cohorts", "checkpoints of groups", _STATE),
        control=internal("control", "watermarks and figures of peers", _CONTROL, 1),
        decisions=Topic(
            kafka.decisions_topic, 1, _DECISIONS, "verdicts, snoozes, settings", internal=True
        ),
        audit=Topic(f"{kafka.application}.audit", 1, _AUDIT, "trail of alerts and decisions"),
        dead_letters=internal("dead-letters", "alerts that a sink gave up", _ALERTS),
    )


def shortcomings(topic: Topic, partitions: int, config: Mapping[str, str]) -> list[str]:
    """What differs from how the topic should be, a sentence for each; empty if nothing does.

    Args:
        topic: how it should be.
        partitions: how many it has.
        config: what the brokers tell of its settings. What they do not tell is believed.
    """
    found = []
    if topic.internal and partitions != topic.partitions:
        found.append(f"has {partitions} partitions, expected {topic.partitions}")
    for key, expected in topic.config.items():
        judge = _JUDGES.get(key)
        if judge is not None and key in config and not judge(config[key], expected, topic):
            found.append(f"has {key}={config[key]}, expected {expected}")
    return found


def _same_words(given: str, expected: str, topic: Topic) -> bool:  # noqa: ARG001
    return set(given.replace(" ", "").split(",")) == set(expected.split(","))


def _at_least(given: str, expected: str, topic: Topic) -> bool:  # noqa: ARG001
    return given == UNLIMITED or (expected != UNLIMITED and int(given) >= int(expected))


def _kept(given: str, expected: str, topic: Topic) -> bool:
    # How long people keep alerts and rejects is theirs to say.
    return not topic.internal or _at_least(given, expected, topic)


_JUDGES = {
    "cleanup.policy": _same_words,
    "max.message.bytes": _at_least,
    "message.timestamp.type": _same_words,
    "min.compaction.lag.ms": _at_least,
    "retention.bytes": _kept,
    "retention.ms": _kept,
}
"""How each setting that matters is compared; others only shape files."""
