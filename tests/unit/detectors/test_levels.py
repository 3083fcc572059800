import pytest

from detectors.alerts import PatternCode
from detectors.levels import LEVELS, NEEDS, Levels
from detectors.patterns import Patterns
from tests.logs import Fields, at, batch, code, search

L1: Fields = {"candidate_limit": 10}
L2: Fields = {"subject_id": "ann"}
L3: Fields = {"subject_id": "ann", "case_ref": "case"}


@pytest.mark.parametrize(
    ("fields", "level"),
    [
        ({}, 0),
        ({"gallery_id": "g"}, 1),
        ({"candidate_limit": 0}, 1),
        ({"score_threshold": 0.0}, 1),
        ({"probe_id": "p"}, 0),
        ({"top_score": 0.5, "candidate_limit": 5}, 1),
        ({"subject_id": "ann"}, 2),
        ({"case_ref": "case"}, 0),
        ({"subject_id": "ann", "case_ref": "case"}, 3),
        ({"subject_id": "ann", "purpose": "investigation"}, 3),
    ],
)
def test_a_level_is_reached_by_its_fields(fields: Fields, level: int) -> None:
    """The highest whose fields, and those of the level below that it needs, are there."""
    levels = Levels()
    levels.observe(batch(search(at(0, minute=i), **fields) for i in range(10)))

    assert levels.of("tenant") == level


def test_a_field_now_and_then_is_no_level() -> None:
    """One search in a thousand with a case number is a slip, not a practice."""
    levels = Levels()
    for start in range(0, 1000, 100):
        levels.observe(
            batch(
                search(at(0, second=i), event_id=f"e{i}", **(L3 if i == 500 else L2))
                for i in range(start, start + 100)
            )
        )

    assert levels.of("tenant") == 2


def test_only_searches_count() -> None:
    """What enrolments carry says nothing of searches."""
    levels = Levels()
    levels.observe(
        batch([search(at(0), **L1), *(search(at(1), operation="enrol", **L3) for _ in range(9))])
    )

    assert levels.of("tenant") == 1


def test_tenants_have_their_own() -> None:
    """One tenant's fields are no other's."""
    levels = Levels()
    levels.observe(
        batch([search(at(0), tenant_id="rich", **L3), search(at(0), tenant_id="poor")] * 3)
    )

    assert (levels.of("rich"), levels.of("poor")) == (3, 0)
    assert levels.tenants() == {"rich": 3, "poor": 3}


def test_shares_are_of_searches() -> None:
    """One for each level from 1 on; and the tenant's name is known by its code."""
    levels = Levels()
    kinds = [{}, L1, L2, L3]
    levels.observe(batch(search(at(0, minute=i), **kind) for i, kind in enumerate(kinds)))

    assert levels.shares("tenant")[:LEVELS] == (1.0, 0.25, 0.5, 0.25)
    assert levels.names == {code("tenant"): "tenant"}


def test_a_tenant_without_a_search_carries_nothing() -> None:
    """There is nothing to divide by."""
    levels = Levels()
    levels.observe(batch([search(at(0), operation="enrol", subject_id="ann")]))

    assert set(levels.shares("tenant")) == {0.0}


@pytest.mark.parametrize(
    ("fields", "sighted"),
    [
        ({}, set()),
        ({"source_ip": "192.0.2.1"}, {PatternCode.CREDENTIAL_SHARING}),
        ({"device_id": "phone"}, {PatternCode.CREDENTIAL_SHARING}),
        ({"probe_id": "p"}, set()),
        ({"top_score": 0.5}, set()),
        ({"probe_id": "p", "top_score": 0.5}, {PatternCode.PROBE_HILL_CLIMBING}),
        ({"probe_id": "p", "probe_cluster_id": "c"}, {PatternCode.PROBE_HILL_CLIMBING}),
        ({"case_ref": "case"}, {PatternCode.CASE_LAUNDERING}),
    ],
)
def test_a_pattern_without_its_fields_is_blind(fields: Fields, sighted: set[PatternCode]) -> None:
    """However high the level: a purpose makes L3, and tells no case."""
    levels = Levels()
    plain = {"subject_id": "ann", "purpose": "investigation"}
    levels.observe(batch(search(at(0, minute=i), **plain, **fields) for i in range(10)))

    assert levels.of("tenant") == 3
    blind = {p.code for p in Patterns().all() if levels.blind("tenant", p.code, p.level)}
    assert blind == set(NEEDS) - sighted
