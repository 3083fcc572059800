"""What is known in the end does not depend on the order in which events of an hour came.

Exempt, since they are properties of the order itself: gaps between searches; the hour and
the day to which reaching somebody is booked if that person was looked up twice within the
hour; and what is expected of a day, for searches around midnight.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.calibration import calibrate
from detectors.checks.trial import chosen
from detectors.events import EventBatch
from detectors.kernels.hashing import FREE
from detectors.kernels.sketch import estimate
from detectors.pipeline import Pipeline
from detectors.shards.actors import ActorShard
from detectors.shards.subjects import NetworkShard, SubjectShard
from detectors.shards.tables import Table
from tests.logs import (
    DAY,
    HOUR,
    Fields,
    at,
    batch,
    figures_of,
    in_order,
    misuse_log,
    name_of,
    one_in,
    pipeline,
    stories,
)

MARGIN = 0.1
"""Accounts whose evidence comes closer to the threshold than this share of it may go either way."""

About = tuple[str, int, int]


@dataclass
class Facts:
    """What is counted, by kind, key and day; what decays apart, since it is equal to rounding."""

    exact: dict[About, dict[str, Any]] = field(default_factory=dict)
    decayed: dict[About, list[float]] = field(default_factory=dict)

    def put(self, about: About, row: Any, names: str, **others: float) -> None:
        """Note some fields of a row, and other figures."""
        noted = self.exact.setdefault(about, {})
        noted |= {name: row[name].tolist() for name in names.split()} | others


def disordered(log: EventBatch, seed: int) -> EventBatch:
    """The events of a log as they may arrive: none more than an hour behind another."""
    late = np.random.default_rng(seed).integers(0, HOUR, len(log))
    return chosen(log, np.argsort(log.rows["time"] + late, kind="stable"))


def rows_of(table: Table) -> list[tuple[int, Any]]:
    """Keys and rows."""
    return list(zip(table.keys[: len(table)].tolist(), table.rows[: len(table)], strict=True))


def note_actors(facts: Facts, shard: ActorShard) -> None:
    """Actors with their open days, and pairs with their histories."""
    short, dense = shard.pools["short"].view(0), shard.pools["dense"].view(0)
    for key, row in rows_of(shard.actors):
        about = "actor", key, 0
        names = "searches named explained social pairs returning return_days return_logs"
        names += " first last utc_offset"
        facts.put(about, row, names, exposed=estimate(int(row["sketch"]), short, dense))
        facts.decayed[about] = row["rates"].tolist()
        for number in row["sheets"][row["sheets"] != FREE].tolist():
            sheet = shard.pools["sheets"].rows[number]
            about = "sheet", key, int(sheet["day"])
            facts.put(about, sheet, "searches pages limits thresholds awake hours")
            facts.decayed[about] = [float(sheet["limit_sum"]), float(sheet["threshold_sum"])]
    for key, row in rows_of(shard.pairs):
        about = "pair", key, 0
        facts.put(about, row, "searches explained social probes person")
        if row["searches"] > 0:
            facts.put(about, row, "day")
        if row["history"] != FREE:
            history = shard.pools["histories"].rows[row["history"]]
            facts.put(about, history, "first_day days plain")


def note_subjects(facts: Facts, shard: SubjectShard) -> None:
    """Persons."""
    for key, row in rows_of(shard.subjects):
        about = "subject", key, 0
        names = "first last searches explained actors returning return_logs day days"
        facts.put(about, row, names)
        facts.decayed[about] = row["rates"].tolist()


def note_networks(facts: Facts, shard: NetworkShard) -> None:
    """Networks."""
    short, dense = shard.short.view(0), shard.dense.view(0)
    for key, row in rows_of(shard.networks):
        about = "network", key, 0
        facts.put(
            about,
            row,
            "first last searches epoch",
            actors=estimate(int(row["actors"]), short, dense),
            subjects=estimate(int(row["subjects"]), short, dense),
        )
        facts.decayed[about] = row["rates"].tolist()


def facts_of(log: EventBatch) -> Facts:
    """All that a fresh pipeline has counted after a log."""
    judge = judged(log)
    facts = Facts()
    for actors in judge.actors.shards.values():
        note_actors(facts, actors)
    for subjects in judge.subjects.shards.values():
        note_subjects(facts, subjects)
    for networks in judge.networks.shards.values():
        note_networks(facts, networks)
    return facts


def reach_of(log: EventBatch) -> Facts:
    """Who was reached when."""
    facts = Facts()
    for shard in judged(log).actors.shards.values():
        for key, row in rows_of(shard.actors):
            facts.decayed["actor", key, 0] = row["reaches"].tolist()
            for number in row["sheets"][row["sheets"] != FREE].tolist():
                sheet = shard.pools["sheets"].rows[number]
                facts.put(("sheet", key, int(sheet["day"])), sheet, "reach reach_hours peak")
    return facts


def judged(log: EventBatch) -> Pipeline:
    """A pipeline that has seen a log."""
    judge = pipeline()
    judge.observe(log)
    return judge


def assert_same(found: Facts, expected: Facts) -> None:
    """Counts are equal; decayed values to one part in a thousand million."""
    assert found.exact == expected.exact
    assert found.decayed.keys() == expected.decayed.keys()
    for about, values in expected.decayed.items():
        assert found.decayed[about] == pytest.approx(values, rel=1e-9, abs=1e-12), about


@given(events=stories(), seed=st.integers(0, 1000))
@one_in(4)
def test_counts_do_not_depend_on_order(events: list[Fields], seed: int) -> None:
    """Searches, persons, days, hours, exposure, persons' and networks' figures are the same."""
    log = batch(events)

    assert_same(facts_of(disordered(log, seed)), facts_of(log))


@given(events=stories(), seed=st.integers(0, 1000))
@one_in(4)
def test_counts_do_not_depend_on_order_around_midnight(events: list[Fields], seed: int) -> None:
    """Also not when days, and thirty-day epochs of sketches, begin in the middle of the hour."""
    assert at(6) // DAY % 30 == 0
    hour = in_order(
        {**event, "event_time": at(5, 23.5) + event["event_time"] % HOUR} for event in events
    )
    log = batch(hour)

    assert_same(facts_of(disordered(log, seed)), facts_of(log))


@given(events=stories(), seed=st.integers(0, 1000))
@one_in(4)
def test_reach_does_not_depend_on_order(events: list[Fields], seed: int) -> None:
    """Where nobody is looked up twice, it is the same people in the same hours."""
    seen = set()
    fresh = []
    for event in events:
        person = event.get("subject_id", event.get("probe_id", event["event_id"]))
        key = event["tenant_id"], event["actor_id"], person
        if key not in seen:
            fresh.append(event)
        seen.add(key)
    log = batch(fresh)

    assert_same(reach_of(disordered(log, seed)), reach_of(log))


@pytest.mark.parametrize("seed", range(3))
def test_misuse_is_counted_the_same(seed: int) -> None:
    """Nor do larger sketches and longer histories depend on order."""
    assert_same(facts_of(disordered(misuse_log(), seed)), facts_of(misuse_log()))


@pytest.mark.parametrize("seed", range(3))
def test_the_same_episodes_are_raised(seed: int) -> None:
    """What is clearly misuse gives the same alert ids, what is clearly none gives none."""
    logs = misuse_log(), disordered(misuse_log(), seed)
    alerts = [pipeline().observe(log).alerts for log in logs]
    for place, pattern in enumerate(pipeline().patterns):
        unsure = close_calls(logs[0], place) | close_calls(logs[1], place)
        found, expected = (
            {
                alert.alert_id
                for alert in some
                if alert.pattern is pattern.code
                and {*alert.actors, *alert.subjects}.isdisjoint(unsure)
            }
            for some in alerts
        )

        assert found == expected
        assert found


def close_calls(log: EventBatch, place: int) -> set[str]:
    """Entities whose most evidence for a pattern lies within the margin around the threshold."""
    judge = pipeline()
    pattern = judge.patterns[place]
    kind: Literal["actor", "subject"] = "subject" if pattern.entity == "subject" else "actor"
    evidence = np.nan_to_num(pattern.evidence(figures_of(log)))
    most: dict[tuple[int, int], float] = {}
    for (first, second), nats in zip(log.rows[kind].tolist(), evidence.tolist(), strict=True):
        most[first, second] = max(most.get((first, second), 0.0), nats)
    threshold = calibrate(pattern, 1.0).threshold
    return {
        name_of(kind, entity)
        for entity, nats in most.items()
        if abs(nats - threshold) < MARGIN * threshold
    }
