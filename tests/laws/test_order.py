"""What is known in the end does not depend on the order in which events of an hour came.

Exempt, since they are properties of the order itself: gaps between searches; the hour and
the day to which reaching somebody is booked if that person was looked up twice within the
hour; and what is expected of a day, for searches around midnight.
"""

from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.calibration import calibrate
from detectors.checks.trial import chosen
from detectors.entities import group_id
from detectors.events import EventBatch
from detectors.kernels.hashing import FREE
from detectors.pipeline import Pipeline
from tests.facts import Facts, assert_same, facts_of, rows_of
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


def disordered(log: EventBatch, seed: int) -> EventBatch:
    """The events of a log as they may arrive: none more than an hour behind another."""
    late = np.random.default_rng(seed).integers(0, HOUR, len(log))
    return chosen(log, np.argsort(log.rows["time"] + late, kind="stable"))


def counted(log: EventBatch) -> Facts:
    """All that a fresh pipeline has counted after a log."""
    return facts_of(judged(log).stages())


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


@given(events=stories(), seed=st.integers(0, 1000))
@one_in(4)
def test_counts_do_not_depend_on_order(events: list[Fields], seed: int) -> None:
    """Searches, persons, days, hours, exposure, persons' and networks' figures are the same."""
    log = batch(events)

    assert_same(counted(disordered(log, seed)), counted(log))


@given(events=stories(), seed=st.integers(0, 1000))
@one_in(4)
def test_counts_do_not_depend_on_order_around_midnight(events: list[Fields], seed: int) -> None:
    """Also not when days, and thirty-day epochs of sketches, begin in the middle of the hour."""
    assert at(6) // DAY % 30 == 0
    hour = in_order(
        {**event, "event_time": at(5, 23.5) + event["event_time"] % HOUR} for event in events
    )
    log = batch(hour)

    assert_same(counted(disordered(log, seed)), counted(log))


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
    assert_same(counted(disordered(misuse_log(), seed)), counted(misuse_log()))


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
                and {*alert.actors, *alert.subjects, alert.entity.id}.isdisjoint(unsure)
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
    figures = figures_of(log)
    evidence = np.nan_to_num(pattern.evidence(figures))
    entities = figures.groups["key"] if pattern.entity == "cohort" else log.rows[kind]
    most: dict[tuple[int, int], float] = {}
    for (first, second), nats in zip(entities.tolist(), evidence.tolist(), strict=True):
        most[first, second] = max(most.get((first, second), 0.0), nats)
    threshold = calibrate(pattern, 1.0).threshold
    return {
        group_id(entity) if pattern.entity == "cohort" else name_of(kind, entity)
        for entity, nats in most.items()
        if abs(nats - threshold) < MARGIN * threshold
    }
