"""Events against a second reading of the event's definition, written apart from the first."""

import re
from collections.abc import Callable
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from zoneinfo import available_timezones

import orjson
import pytest

from streams.simulate import Level, Recipe, generate
from tests.unit.streams.simulate.made_worlds import Made

Check = Callable[[Any], bool]

ZONES = available_timezones()


def text(longest: int) -> Check:
    """A string of 1 to `longest` characters."""
    return lambda value: isinstance(value, str) and 1 <= len(value) <= longest


def one_of(*values: str) -> Check:
    """One of these words."""
    return lambda value: value in values


def whole(value: Any) -> bool:
    """An integer of 0 or more."""
    return type(value) is int and value >= 0


def unit(value: Any) -> bool:
    """A number from 0 to 1."""
    return type(value) in (int, float) and 0 <= value <= 1


def amount(value: Any) -> bool:
    """A number of 0 or more."""
    return type(value) in (int, float) and value >= 0


def instant(value: Any) -> bool:
    """A time with an offset."""
    return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None


def people(value: Any) -> bool:
    """At most 100 ids, nobody twice."""
    return (
        isinstance(value, list)
        and 1 <= len(value) <= 100
        and len(set(value)) == len(value)
        and all(map(text(256), value))
    )


def address(value: Any) -> bool:
    """An IPv4 or IPv6 address that no network in the world has."""
    return ip_address(value).is_private


REQUIRED: dict[str, Check] = {
    "event_id": text(128),
    "event_time": instant,
    "tenant_id": text(128),
    "actor_id": text(256),
    "operation": one_of(
        "identify", "verify", "enrol", "detect", "extract", "list", "delete", "other"
    ),
    "outcome": one_of("success", "failure", "denied"),
}
OPTIONAL: dict[str, Check] = {
    "error_code": text(64),
    "credential_id": text(256),
    "gallery_id": text(256),
    "probe_id": text(128),
    "probe_cluster_id": text(128),
    "probe_quality": unit,
    "probe_face_count": whole,
    "capture_class": one_of("cctv", "live", "social", "document", "unknown"),
    "candidate_limit": whole,
    "result_offset": whole,
    "score_threshold": unit,
    "candidate_count": whole,
    "top_score": unit,
    "second_score": unit,
    "subject_id": text(256),
    "candidate_ids": people,
    "subject_namespace": text(128),
    "subject_relation": one_of("self", "consented", "other", "unknown"),
    "embedding_returned": lambda value: isinstance(value, bool),
    "purpose": text(64),
    "case_ref": text(128),
    "source_ip": address,
    "source_asn": whole,
    "source_country": lambda value: re.fullmatch("[A-Z]{2}", value) is not None,
    "user_agent": text(512),
    "tls_ja4": text(64),
    "device_id": text(256),
    "actor_role": text(64),
    "actor_unit": text(128),
    "actor_created_at": instant,
    "actor_tz": lambda value: value in ZONES,
    "latency_ms": amount,
    "request_bytes": amount,
    "response_bytes": amount,
}


def faults(event: dict[str, Any]) -> list[str]:
    """The fields that are missing, unknown, or of a wrong value."""
    missing = [name for name in REQUIRED if name not in event]
    checks = REQUIRED | OPTIONAL
    return missing + [
        name for name, value in event.items() if name not in checks or not checks[name](value)
    ]


def test_validator_finds_faults() -> None:
    """It would notice what it is there for."""
    event = {"event_id": "", "event_time": "2025-01-01T00:00:00", "image": "…", "top_score": 1.2}

    assert set(faults(event)) == {
        "tenant_id",
        "actor_id",
        "operation",
        "outcome",
        "event_id",
        "event_time",
        "image",
        "top_score",
    }


def test_every_event_is_valid(made: Made) -> None:
    """No field is missing, unknown, of a wrong type or out of range, in any world."""
    wrong = [(event, found) for event in made.events if (found := faults(event))]

    assert not wrong[:3]


def test_events_survive_json(made: Made) -> None:
    """What is written is what is read."""
    sample = made.events[::97]

    assert [orjson.loads(orjson.dumps(event)) for event in sample] == sample


def test_event_ids_are_distinct(made: Made) -> None:
    """The same id would be the same event."""
    ids = {event["event_id"] for event in made.events}

    assert len(ids) == len(made.events)


def test_ids_are_opaque(made: Made) -> None:
    """An id is a letter or two and hexadecimal digits; it cannot hint at what an event is."""
    for name in ("event_id", "tenant_id", "actor_id", "subject_id", "case_ref", "probe_id"):
        ids = {event[name] for event in made.events if name in event}
        assert all(re.fullmatch("[a-z]{0,2}[0-9a-f]{8,16}", id_) for id_ in ids), name


def test_nobody_searches_before_the_account_is_opened(made: Made) -> None:
    """An account's first event follows its creation."""
    early = [event for event in made.events if event["event_time"] < event["actor_created_at"]]

    assert not early


def test_answers_agree_with_questions(made: Made) -> None:
    """A list is no longer than was asked for, led by the subject, above the threshold."""
    listed = [event for event in made.events if "candidate_ids" in event]
    assert listed
    for event in listed:
        assert event["candidate_count"] <= event["candidate_limit"]
        assert len(event["candidate_ids"]) == min(event["candidate_count"], 100)
        # Both are rounded.
        assert event["top_score"] >= event["score_threshold"] - 1e-3
        if event.get("result_offset") == 0:
            assert event["candidate_ids"][0] == event["subject_id"]
        else:
            assert event["candidate_ids"][0] != event["subject_id"] or "result_offset" not in event


def test_nobody_found_means_no_subject(made: Made) -> None:
    """A first page without candidates names no subject; a failed search answers nothing."""
    for event in made.events:
        if event["operation"] != "identify":
            continue
        if event.get("candidate_count") == 0 and event.get("result_offset") == 0:
            assert "subject_id" not in event
        if event["outcome"] != "success":
            assert "subject_id" not in event
            assert "top_score" not in event
            assert "candidate_ids" not in event


def test_the_same_file_gets_the_same_answer(made: Made) -> None:
    """The engine is deterministic: equal probe, gallery and threshold, equal scores."""
    seen: dict[tuple[Any, ...], float] = {}
    repeats = 0
    for event in made.events:
        if event["operation"] == "identify" and "top_score" in event and "probe_id" in event:
            key = (
                event["tenant_id"],
                event["probe_id"],
                event["gallery_id"],
                event["score_threshold"],
            )
            repeats += key in seen
            assert seen.setdefault(key, event["top_score"]) == event["top_score"]
    assert repeats > 100


@pytest.mark.parametrize(
    ("level", "absent"),
    [
        ("L0", {"gallery_id", "candidate_limit", "subject_id", "top_score", "purpose", "case_ref"}),
        ("L1", {"subject_id", "candidate_ids", "probe_id", "top_score", "purpose", "case_ref"}),
        ("L2", {"purpose", "case_ref"}),
    ],
)
def test_a_level_leaves_fields_out(level: str, absent: set[str]) -> None:
    """A log of a level has no field of a higher one, and the events are the same otherwise."""
    full = list(generate(Recipe(world="police", seed=4, actors=40, days=8)))
    cut = list(generate(Recipe(world="police", seed=4, actors=40, days=8, level=Level[level])))

    fields = {name for event in cut for name in event}
    assert fields.isdisjoint(absent)
    assert absent <= {name for event in full for name in event}
    assert all(part.items() <= whole_.items() for part, whole_ in zip(cut, full, strict=True))
