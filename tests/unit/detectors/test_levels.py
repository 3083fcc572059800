import pytest

from detectors.levels import Levels
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

    assert levels.shares("tenant") == (0.25, 0.5, 0.25)
    assert levels.names == {code("tenant"): "tenant"}


def test_a_tenant_without_a_search_carries_nothing() -> None:
    """There is nothing to divide by."""
    levels = Levels()
    levels.observe(batch([search(at(0), operation="enrol", subject_id="ann")]))

    assert levels.shares("tenant") == (0.0, 0.0, 0.0)
