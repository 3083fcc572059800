"""Documented misuse is found in time, and what looks like it is left alone.

`pytest tests/scenarios --write-goldens` rewrites each scenario's `alerts.jsonl`: every alert
that was opened, in an investigator's words. The other tests hold whatever it says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson
import pytest

from detectors.alerts import Alert, Status
from tests.logs import DAY, MONDAY, Fields, batch, in_order, pipeline
from tests.scenarios.colleagues import CHICAGO_BEHIND
from tests.scenarios.stories import (
    BULK,
    LAUNDERING,
    LOOK_ALIKES,
    MISUSE,
    PILE_ON,
    PROBING,
    SHARED_OUT,
    SHARING,
    STALKING,
    TOGETHER,
    Story,
)

HERE = Path(__file__).parent

ENOUGH_SEARCHES = 10
ENOUGH_DAYS = 3
"""A stalker is found within so many searches of the person or on so many days, the later."""

MOST_TOGETHER = 40
"""A ring is found within so many searches of the person by all of them."""

ENOUGH_PROBES = 20
"""Of the first so many probes one raises the alert on who climbs, a fifth of a batch of 100."""

MOST_LAUNDERED = 6
"""Of nine people under a case that they have nothing to do with, the sixth raises the alert."""

ENOUGH_SHARED = 7
"""Within so many days of sharing it is found."""

MOST_TAKEN = 0.05
"""A scraper is found before it has so large a share of what it would take."""


@dataclass(frozen=True)
class Told:
    """A story, and the alerts that were opened meanwhile."""

    story: Story
    opened: list[Alert]

    def alert_on(self, entity: str) -> Alert:
        """The first alert of the story's pattern on an entity."""
        found = [a for a in self.opened if (a.entity.id, a.pattern) == (entity, self.story.pattern)]
        assert found, f"no alert on {entity}"
        return found[0]


@pytest.fixture(scope="module")
def told(request: pytest.FixtureRequest) -> Told:
    """The story that a test names, told to a fresh pipeline."""
    story: Story = request.param
    events = in_order([*story.background(), *story.work(), *story.misuse()])
    alerts = pipeline().observe(batch(events)).alerts
    return Told(story, [alert for alert in alerts if alert.status is Status.OPEN])


def stories(
    some: Sequence[Story], missed: Mapping[str, str] = MappingProxyType({})
) -> pytest.MarkDecorator:
    """A test of each of some stories; those `missed`, with what was measured, must still fail."""
    told = [
        pytest.param(
            story,
            id=story.name,
            marks=pytest.mark.xfail(reason=missed[story.name], strict=True)
            if story.name in missed
            else (),
        )
        for story in some
    ]
    return pytest.mark.parametrize("told", told, indirect=True, scope="module")


def raised_at(alert: Alert) -> int:
    """Event time at which an alert was raised, ms."""
    return round(datetime.fromisoformat(alert.raised_event_time).timestamp() * 1000)


def golden(told: Told) -> bytes:
    """The opened alerts as an investigator would note them, a line each."""
    return b"".join(
        orjson.dumps(noted(told.story, alert), option=orjson.OPT_APPEND_NEWLINE)
        for alert in told.opened
    )


def noted(story: Story, alert: Alert) -> dict[str, Any]:
    """What was raised, on whom, how severe, when, and why."""
    before = [e for e in story.misuse() if int(e["event_time"]) <= raised_at(alert)]
    group = alert.entity.type == "cohort"
    return {
        "pattern": alert.pattern,
        "entity": alert.entity.id,
        "status": alert.status,
        "severity": alert.severity,
        "day": (raised_at(alert) - MONDAY) // DAY,
        "searches": sum(group or is_about(alert.entity.id, event) for event in before),
        "reasons": [reason.feature for reason in alert.reasons[:2]],
    }


def is_about(entity: str, event: Fields) -> bool:
    """Whether a search is by the actor, or of the pair, that an entity names."""
    return entity in (
        event["actor_id"],
        event.get("case_ref"),
        f"{event['actor_id']}+{event['subject_id']}",
    )


@stories([*MISUSE, *LOOK_ALIKES])
def test_alerts_are_as_noted(told: Told, *, writes_goldens: bool) -> None:
    """Exactly the alerts in the scenario's golden file are opened."""
    path = HERE / told.story.name / "alerts.jsonl"
    if writes_goldens:
        path.write_bytes(golden(told))

    assert golden(told).decode() == path.read_text()


@stories([*MISUSE, *LOOK_ALIKES])
def test_story_is_told(told: Told) -> None:
    """A README says what happened, and where it is documented."""
    text = (HERE / told.story.name / "README.md").read_text()

    assert text.startswith(f"# {told.story.name}\n")


@stories(LOOK_ALIKES)
def test_look_alike_stays_quiet(told: Told) -> None:
    """No alert names those whom an innocent story is about."""
    assert [a.entity.id for a in told.opened if set(a.actors) & set(told.story.actors)] == []


@stories(
    [story for story in MISUSE if story.pattern is STALKING],
    missed={
        "sedgwick_228": "found on search 18, on the ninth day with one",
        "milwaukee_179": "both victims are found, on searches 54 and 44, weeks after the first",
        "orange_city_family": "the woman is found on search 22, her mother and father are not",
    },
)
def test_stalker_is_found_early(told: Told) -> None:
    """Within ten searches of the person, or on the third day with one, whichever is later."""
    late = {}
    for entity in told.story.due:
        times = sorted(int(e["event_time"]) for e in told.story.misuse() if is_about(entity, e))
        found = raised_at(told.alert_on(entity))
        before = [time for time in times if time <= found]
        days = len({(time - CHICAGO_BEHIND) // DAY for time in before})
        if len(before) > ENOUGH_SEARCHES and days > ENOUGH_DAYS:
            late[entity] = f"on search {len(before)}, on day {days} with one"

    assert late == {}


@stories([story for story in MISUSE if story.pattern is TOGETHER])
def test_ring_is_found_early(told: Told) -> None:
    """Within forty searches of the person by all of them."""
    (person,) = told.story.due
    found = raised_at(told.alert_on(person))

    assert sum(int(event["event_time"]) <= found for event in told.story.misuse()) <= MOST_TOGETHER


@stories([story for story in MISUSE if story.pattern is PILE_ON])
def test_crowd_is_found_while_it_gathers(told: Told) -> None:
    """Before the last of them has come, at all tenants at once."""
    (person,) = told.story.due
    alert = told.alert_on(person)

    assert raised_at(alert) < max(int(event["event_time"]) for event in told.story.misuse())
    assert alert.tenant_id is None
    assert len(alert.tenants) > 1


@stories([story for story in MISUSE if story.pattern is LAUNDERING])
def test_laundering_is_found_midway(told: Told) -> None:
    """Before the last third of the people, and the alert names who searched and for whom."""
    (case,) = told.story.due
    alert = told.alert_on(case)
    before = [e for e in told.story.misuse() if int(e["event_time"]) <= raised_at(alert)]
    noticed = {e["subject_id"] for e in before if e["capture_class"] == "social"}

    assert len(noticed) <= MOST_LAUNDERED
    assert alert.actors == told.story.actors
    assert noticed & set(alert.subjects)


@stories([story for story in MISUSE if story.pattern is BULK])
def test_scraper_is_found_early(told: Told) -> None:
    """Before it has taken a twentieth of the people that it would take."""
    (entity,) = told.story.due
    misuse = told.story.misuse()
    found = raised_at(told.alert_on(entity))
    taken = sum(int(event["event_time"]) <= found for event in misuse)

    assert taken <= MOST_TAKEN * len(misuse)
    assert found >= min(int(event["event_time"]) for event in misuse)


@stories([story for story in MISUSE if story.pattern is PROBING])
def test_climber_is_found_early(told: Told) -> None:
    """Before it has sent more than a few probes."""
    (entity,) = told.story.due
    found = raised_at(told.alert_on(entity))
    sent = sum(int(event["event_time"]) <= found for event in told.story.misuse())

    assert 0 < sent <= ENOUGH_PROBES


@stories([story for story in MISUSE if story.pattern is SHARING])
def test_sharing_is_found_early(told: Told) -> None:
    """Within a week."""
    (entity,) = told.story.due
    began = min(int(event["event_time"]) for event in told.story.misuse())

    assert 0 <= raised_at(told.alert_on(entity)) - began <= ENOUGH_SHARED * DAY


@stories([story for story in MISUSE if story.pattern is SHARED_OUT])
def test_fleet_is_found_while_it_works(told: Told) -> None:
    """Before it has half of what it came for, by an alert that names accounts of its own only."""
    (alert,) = [a for a in told.opened if a.pattern is SHARED_OUT][:1]
    taken = sum(int(e["event_time"]) <= raised_at(alert) for e in told.story.misuse())

    assert 0 < taken <= len(told.story.misuse()) / 2
    assert set(alert.actors) <= set(told.story.actors)
