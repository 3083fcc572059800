"""The circle around a person against what its definition says of plain lists of searches."""

import math
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from detectors.kernels.circles import EXPLAINED, ONE_ALONE, SURE_RETURNS
from detectors.kernels.subjects import SEVERAL_ACTORS
from detectors.state.subjects import CIRCLE_SIZE, PANEL_SIZE
from tests.logs import DAY, Fields, at, batch, figures_of, in_order, one_in, search, stories


def ring(days: range, accounts: int = 5, person: str = "target", **shared: Any) -> list[Fields]:
    """Each day two of the accounts search for the person, in turn."""
    return [
        search(at(day, 20, 7 * turn), f"friend-{(2 * day + turn) % accounts}", person, **shared)
        for day in days
        for turn in range(2)
    ]


def colleagues(accounts: int, days: int = 20) -> list[Fields]:
    """Others at the same tenant, each from a place of its own, of ever other people."""
    return [
        search(
            at(day, 9 + hour),
            f"colleague-{i}",
            f"client-{i}-{day}-{hour}",
            source_ip=f"10.0.{i}.0",
            device_id=f"device-{i}",
        )
        for i in range(accounts)
        for day in range(days)
        for hour in range(3)
    ]


def last_of(events: list[Fields], person: str) -> tuple[Any, Any]:
    """The actor's and the person's figures of the last search for the person."""
    ordered = in_order(events)
    figures = figures_of(batch(ordered))
    last = max(i for i, event in enumerate(ordered) if event.get("subject_id") == person)
    return figures.actors[last], figures.subjects[last]


def test_accounts_with_nothing_in_common_are_so_many() -> None:
    """Five accounts that come back are five groups, on all days since the fourth joined."""
    _, found = last_of([*colleagues(30), *ring(range(2, 16))], "target")

    assert (found["ring_accounts"], found["ring_groups"]) == (5, 5)
    assert found["ring_days"] == 14 - 1
    assert found["ring_links"] == 0


def test_accounts_of_one_machine_and_address_are_one() -> None:
    """What nobody else at the tenant has tells that one person is behind them."""
    shared: Fields = {"source_ip": "192.0.2.0", "device_id": "laptop"}
    _, found = last_of([*colleagues(30), *ring(range(2, 16), **shared)], "target")

    assert (found["ring_accounts"], found["ring_groups"]) == (5, 1)
    assert found["ring_links"] > 0


def test_what_everybody_shares_links_nobody() -> None:
    """Colleagues behind one address with the same client are still independent."""
    office = {"source_ip": "192.0.2.0", "user_agent": "browser", "actor_unit": "unit"}
    work = [{**event, **office, "device_id": event["actor_id"]} for event in colleagues(30)]
    alike = [{**event, **office, "device_id": event["actor_id"]} for event in ring(range(2, 16))]
    _, found = last_of([*work, *alike], "target")

    assert found["ring_groups"] == found["ring_accounts"] == 5


def test_a_ring_is_as_surprising_as_its_members_and_no_more_than_they_may_be() -> None:
    """The sum of their laws, each to a limit, less the share of the tenant that they are."""
    events = in_order([*colleagues(30), *ring(range(2, 16))])
    figures = figures_of(batch(events))
    last: dict[str, Any] = {}
    for event, pair, person in zip(events, figures.actors, figures.subjects, strict=True):
        if event["subject_id"] == "target":
            last[event["actor_id"]] = pair
            found = person
    nats = [min(surprise(pair), ONE_ALONE) for pair in last.values()]

    business = 1 - float(found["ring_nats"]) / sum(nats)
    assert 0 <= business <= len(last) / PANEL_SIZE
    assert business * PANEL_SIZE == pytest.approx(round(business * PANEL_SIZE), abs=1e-4)
    assert found["ring_choice"] == pytest.approx(0, abs=1e-6)


def surprise(pair: Any) -> float:
    """Lomax's law of coming back, by definition."""
    own = (pair["other_returning"] + SURE_RETURNS * pair["peer_returning"]) / (
        pair["other_pairs"] + SURE_RETURNS
    )
    once = -math.log(max(own, pair["peer_returning"], 0.05))
    scale = SURE_RETURNS * max(pair["peer_return_logs"], 0.4) + pair["other_return_logs"]
    shape = SURE_RETURNS + pair["other_returning"]
    further = shape * math.log1p(math.log(pair["pair_days"] - 1) / scale)
    left = 1 - EXPLAINED * min(pair["pair_explained"] / pair["pair_searches"] / 0.05, 1)
    return float((once + further) * left)


def test_reasons_take_most_of_it() -> None:
    """A ring that works on a case is hardly one."""
    plain = last_of([*colleagues(30), *ring(range(2, 16))], "target")[1]
    cases = last_of([*colleagues(30), *ring(range(2, 16), case_ref="case")], "target")[1]

    assert 0 < cases["ring_nats"] < 0.3 * plain["ring_nats"]


def test_whoever_comes_once_is_in_no_ring() -> None:
    """The figures of a passer-by say nothing of the others."""
    passer = search(at(18), "passer", "target")
    _, found = last_of([*colleagues(30), *ring(range(2, 16)), passer], "target")

    assert found["ring_accounts"] == 0


def test_a_person_on_a_list_is_no_ring_s() -> None:
    """Whom somebody comes back to who comes back to many, others come back to as well."""
    listed = [
        search(at(day, 7, i), "lister", f"wanted-{i}") for day in range(2, 16) for i in range(40)
    ]
    known = [search(at(day, 7, 50), "lister", "target") for day in range(2, 16)]
    alone = last_of([*colleagues(30), *listed, *ring(range(2, 16))], "target")[1]
    with_lister = last_of([*colleagues(30), *listed, *known, *ring(range(2, 16))], "target")[1]

    assert with_lister["ring_nats"] < 0.3 * alone["ring_nats"]


def test_whom_most_of_a_tenant_come_back_to_is_its_business() -> None:
    """The same five accounts are no ring where there are few others."""
    few = last_of([*colleagues(1), *ring(range(2, 16))], "target")[1]
    many = last_of([*colleagues(30), *ring(range(2, 16))], "target")[1]

    assert few["ring_nats"] < 0.3 * many["ring_nats"]


@given(events=stories(days=25, most_bursts=25))
@one_in(4)
def test_a_crowd_is_at_most_the_newcomers_of_other_days(events: list[Fields]) -> None:
    """Whoever came on the busiest day does not count, nor anybody twice."""
    log = batch(events)
    figures = figures_of(log)
    firsts: dict[int, dict[int, int]] = defaultdict(dict)
    for i in np.flatnonzero(figures.subjects["row"] >= 0):
        person, actor = int(log.rows["subject"][i, 0]), int(log.rows["actor"][i, 0])
        firsts[person].setdefault(actor, int(log.rows["time"][i]) // DAY)
        days = Counter(firsts[person].values())

        assert 0 <= figures.subjects["crowd"][i] <= len(firsts[person])
        if len(days) == 1:
            assert figures.subjects["crowd"][i] <= SEVERAL_ACTORS


def test_newcomers_are_counted_beside_the_busiest_day() -> None:
    """Twelve accounts on twelve days are nearly all of them a crowd, but for one day's."""
    events = [search(at(day, 12), f"curious-{day}", "victim") for day in range(12)]
    _, found = last_of(events, "victim")

    assert 7 < found["crowd"] < 11


def test_a_training_day_is_no_crowd() -> None:
    """Whoever all came on one day does not count."""
    events = [search(at(3, 9, i), f"trainee-{i}", "test-person") for i in range(40)]
    _, found = last_of(events, "test-person")

    assert found["crowd"] < 1


def test_fame_explains_newcomers() -> None:
    """Whoever has always had so many newcomers a month has no crowd."""
    steady = [search(at(3 * day, 9), f"fan-{day}", "star") for day in range(60)]
    sudden = [search(at(150 + day / 2, 9), f"new-{day}", "star") for day in range(40)]
    _, before = last_of(steady, "star")
    _, after = last_of([*steady, *sudden], "star")

    assert before["crowd"] < 2
    assert after["crowd"] > 15


def office(**shared: Any) -> list[Fields]:
    """Twenty days of searches for ever other persons, for three purposes in turn."""
    return [
        search(
            at(day, 9, i), f"clerk-{i}", f"client-{day}-{i}", purpose=f"purpose-{i % 3}", **shared
        )
        for day in range(20)
        for i in range(12)
    ]


def newcomers(purposes: list[str]) -> list[Fields]:
    """An account each day from the twentieth on, for these purposes."""
    return [
        search(at(20 + day, 12), f"curious-{day}", "victim", purpose=purpose)
        for day, purpose in enumerate(purposes)
    ]


def test_a_common_cause_is_one_purpose() -> None:
    """Whatever is usual; without it purposes are as alike as those of any searches."""
    _, apart = last_of([*office(), *newcomers([f"purpose-{i % 3}" for i in range(12)])], "victim")
    _, agreed = last_of([*office(), *newcomers(["purpose-1"] * 12)], "victim")

    assert apart["crowd_alike"] == pytest.approx(1 / 3, abs=0.01)
    assert apart["crowd_common"] < 0.6
    assert apart["crowd_apart"] > 4
    assert agreed["crowd_common"] == pytest.approx(1)
    assert agreed["crowd_apart"] < -4


def test_the_most_common_purpose_is_found_among_many() -> None:
    """Also if it comes after more other ones than are counted."""
    many = [f"other-{i}" for i in range(8)] + ["purpose-1"] * 16
    _, found = last_of([*office(), *newcomers(many)], "victim")

    assert 16 / 24 <= found["crowd_common"] < 0.9


def test_what_nobody_states_tells_nothing() -> None:
    """A log without purposes."""
    _, found = last_of(
        [search(at(day, 12), f"curious-{day}", "victim") for day in range(12)], "victim"
    )

    assert found["crowd_stated"] < 1e-6


def test_a_crowd_is_sudden_after_quiet() -> None:
    """Not if people came ever since the tenant is known, nor if it has just begun."""
    _, sudden = last_of([*office(), *newcomers(["purpose-1"] * 12)], "victim")
    _, begun = last_of(newcomers(["purpose-1"] * 12), "victim")
    steady = [search(at(2 * day, 12), f"fan-{day}", "victim") for day in range(16)]
    _, star = last_of([*office(), *steady], "victim")

    assert sudden["crowd_sudden"] > 8
    assert begun["crowd_sudden"] == 0
    assert star["crowd_sudden"] < 1


def test_a_circle_has_so_many_places() -> None:
    """More accounts than it has places: those that come back most are in it."""
    many = CIRCLE_SIZE + 4
    events = [
        search(at(day, 8 + i / 60), f"friend-{i}", "target")
        for i in range(many)
        for day in range(2 + i)
    ]
    _, found = last_of([*colleagues(30), *events], "target")

    assert 0 < found["ring_accounts"] <= CIRCLE_SIZE
