import pytest

from detectors.alerts import PatternCode
from detectors.levels import Levels
from detectors.pipeline import Pipeline
from detectors.standing import Standing, standings
from detectors.state.actors import DAY
from detectors.tenure import Term
from tests.logs import MONDAY, Fields, at, batch, in_order, pipeline, search

FIRST = MONDAY // DAY


def crowd(tenant: str, days: range, actors: int, **fields: str) -> list[Fields]:
    """Accounts of a tenant that search a few times on each of some days."""
    return [
        search(at(day, 9 + turn, number), f"{tenant}-{number}", tenant_id=tenant, **fields)
        for day in days
        for number in range(actors)
        for turn in range(4)
    ]


def after(*crowds: list[Fields]) -> tuple[Pipeline, dict[str, Standing]]:
    """How tenants stand after a log."""
    whole, levels = pipeline(), Levels()
    log = batch(in_order([event for crowd in crowds for event in crowd]))
    levels.observe(log)
    whole.observe(log)
    return whole, {standing.tenant: standing for standing in standings(whole, levels)}


def test_every_tenant_of_the_log_is_there_by_name() -> None:
    """In order, each since its own first day, with its own level and accounts."""
    _, found = after(
        crowd("old", range(6), 5, subject_id="ann"),
        crowd("new", range(4, 6), 2),
        crowd("a", range(1), 1),
    )

    assert list(found) == ["a", "new", "old"]
    assert found["old"].term == Term(FIRST, 30, found["old"].term.ripe_days)
    assert found["new"].term == Term(FIRST + 4, 4, 0)
    assert {name: standing.level for name, standing in found.items()} == {
        "a": 0,
        "new": 0,
        "old": 2,
    }
    assert found["old"].carried == pytest.approx((1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0))
    assert PatternCode.PERSISTENT_STALKING not in found["old"].blind
    assert {PatternCode.PERSISTENT_STALKING, PatternCode.CASE_LAUNDERING} <= found["a"].blind
    assert {standing.today for standing in found.values()} == {FIRST + 5}


def test_young_accounts_are_those_whose_days_are_open() -> None:
    """Two days are: the newcomers' first."""
    _, found = after(crowd("t", range(6), 5), crowd("u", range(4, 6), 2))

    assert (found["t"].accounts.searching, found["t"].accounts.young) == (5, 0)
    assert (found["u"].accounts.searching, found["u"].accounts.young) == (2, 2)
    assert found["u"].accounts.suspected == 0


@pytest.mark.parametrize("days", range(4, 9))
def test_what_is_foretold_comes_true(days: int) -> None:
    """If as many accounts go on as they did, the tenant is judged from the day foretold on."""
    _, now = after(crowd("t", range(days), 9))
    foretold = now["t"].ripe_in
    assert foretold is not None
    if foretold:
        _, sooner = after(crowd("t", range(days + foretold - 1), 9))
        assert sooner["t"].clean_days < 50
    _, then = after(crowd("t", range(days + foretold), 9))
    assert then["t"].clean_days >= 50
    assert then["t"].ripe_in == 0


def test_own_traffic_weighs_more_by_the_day() -> None:
    """From nothing; for every pattern."""
    _, early = after(crowd("t", range(1), 9))
    _, late = after(crowd("t", range(9), 9))

    assert set(early["t"].own_law) == set(PatternCode)
    assert set(early["t"].own_law.values()) == {0.0}
    assert all(0 < share < 0.5 for share in late["t"].own_law.values())


def test_a_log_without_events_has_no_tenants() -> None:
    """Nor has one that nobody was told of."""
    assert standings(pipeline(), Levels()) == []
