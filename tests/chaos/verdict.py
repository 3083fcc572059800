"""What a service has come to, held against what it should have come to."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

import orjson

from streams.checkpoints.log import StateLog
from streams.kafka.topics import Topic

from .application import Application
from .reference import (
    COUNTED,
    Revision,
    Truth,
    Unit,
    Units,
    differing,
    duplicates,
    revision_of,
    searches,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found.

    Attributes:
        wrong: what may not be, a sentence each.
        entities: that were compared, by kind.
        searches: that they have, actors' only: not every event is one.
        duplicates: events that were known as repeated.
        same_units: units whose state is that of `replay` to the last bit, of how many.
        alerts: how many there are.
        revisions: of them, in all.
        repeated: revisions that came more than once.
        differing: revisions with other content than those of `replay`, or that it has not.
    """

    wrong: tuple[str, ...]
    entities: Mapping[str, int]
    searches: int
    duplicates: int
    same_units: tuple[int, int]
    alerts: int
    revisions: int
    repeated: int
    differing: int


def judge(application: Application, truth: Truth) -> tuple[Verdict, Units]:
    """Compare, and give the state that was found; the workers must be gone."""
    units = asyncio.run(_units(application))
    alerts: dict[Revision, bytes] = {}
    wrong = list(_miscounted(truth.units, units))
    repeated = other_bytes = 0
    topics = application.topics
    for record in chain.from_iterable(
        map(application.records, (topics.alerts, topics.shadow_alerts))
    ):
        known = alerts.setdefault(revision_of(record.value), record.value)
        repeated += record.value is not known
        other_bytes += record.value != known
    exact = application.settings.kafka.partitions == 1
    if other_bytes and exact:
        wrong.append(f"{other_bytes} repeated revisions of alerts are not what they were")
    wrong += _misnamed(truth.alerts, alerts)
    others = sum(truth.alerts.get(key) != alert for key, alert in alerts.items())
    others += len(truth.alerts.keys() - alerts.keys())
    if others and exact:
        wrong.append(f"{others} revisions of alerts are not those of replay")
    unlike = {
        name: arrays
        for name, unit in truth.units.items()
        if (arrays := differing(unit, units.get(name, {})))
    }
    if unlike and exact:
        which = ", ".join(sorted(set[str]().union(*unlike.values())))
        wrong.append(f"{len(unlike)} units are not those of replay: {which}")
    verdict = Verdict(
        wrong=tuple(wrong),
        entities={of: len(searches(units, of)) for of in COUNTED},
        searches=sum(searches(units, "actors").values()),
        duplicates=duplicates(units),
        same_units=(len(truth.units) - len(unlike), len(truth.units)),
        alerts=len({alert for alert, _ in alerts}),
        revisions=len(alerts),
        repeated=repeated,
        differing=others,
    )
    return verdict, units


def _miscounted(expected: Units, found: Units) -> Iterator[str]:
    """What counts differ, by kind of entity."""
    for of in COUNTED:
        should, has = searches(expected, of), searches(found, of)
        keys = should.keys() | has.keys()
        lost = sum(max(0, should.get(key, 0) - has.get(key, 0)) for key in keys)
        doubled = sum(max(0, has.get(key, 0) - should.get(key, 0)) for key in keys)
        if lost:
            yield f"{lost} events of {of} were lost"
        if doubled:
            yield f"{doubled} events of {of} were counted twice"
    if duplicates(expected) != duplicates(found):
        yield f"{duplicates(found)} duplicates, expected {duplicates(expected)}"


def _misnamed(expected: Mapping[Revision, bytes], found: Mapping[Revision, bytes]) -> Iterator[str]:
    """Which alerts are missing or should not be."""
    should, has = _episodes(expected), _episodes(found)
    if missing := len(should - has):
        yield f"{missing} alerts are missing"
    if invented := len(has - should):
        yield f"{invented} alerts should not be"


def _episodes(alerts: Mapping[Revision, bytes]) -> set[tuple[str, str, str]]:
    """Pattern, entity and id of each alert."""
    fields = map(orjson.loads, alerts.values())
    return {(each["pattern"], each["entity"]["id"], each["alert_id"]) for each in fields}


async def _units(application: Application) -> Units:
    topics = application.topics
    units: dict[str, Unit] = {}
    for kind, topic in (
        ("actor", topics.actor_state),
        ("subject", topics.subject_state),
        ("network", topics.network_state),
        ("cohort", topics.cohort_state),
    ):
        units |= await _restored(application, kind, topic)
    return units


async def _restored(application: Application, kind: str, topic: Topic) -> Units:
    """What the next owner of each partition would go on from."""
    options = {"bootstrap_servers": application.settings.kafka.bootstrap_servers}
    units: dict[str, Unit] = {}
    for number in range(topic.partitions):
        identity = f"{application.name}.{kind}.{number}"
        log, restored = await StateLog.open(options, topic.name, number, identity)
        await log.close()
        units |= {name: unit.arrays for name, unit in restored.items()}
    return units
