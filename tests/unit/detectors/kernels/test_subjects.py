"""Persons and networks against plain lists of the searches for and from them."""

import math
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given

from detectors.kernels.pairs import LOG_UNIT
from detectors.state.subjects import NETWORK_HORIZONS, SUBJECT_HORIZONS
from tests.logs import DAY, MINUTE, Fields, at, batch, figures_of, one_in, search, stories


def decayed(times: list[int], lifetime: float) -> float:
    """By definition: every event counts exp(-age / lifetime)."""
    return math.fsum(math.exp((time - times[-1]) / lifetime) for time in times)


def others_return(looks: list[Any], actor: int) -> list[int]:
    """For every other actor who looked: on how many further local days."""
    days: dict[int, set[int]] = defaultdict(set)
    for row in looks:
        local = int(row["time"]) + MINUTE * int(row["utc_offset"])
        days[int(row["actor"][0])].add(local // DAY)
    return [len(days[other]) - 1 for other in days if other != actor]


@given(events=stories())
@one_in(3)
def test_subjects_are_who_was_looked_for(events: list[Fields]) -> None:
    """Searches, searchers, days and rates, of everybody and of everybody else."""
    log = batch(events)
    looks: dict[int, list[Any]] = defaultdict(list)
    for row, found in zip(log.rows, figures_of(log).subjects, strict=True):
        person = int(row["subject"][0])
        counts = row["operation"] in (0, 5) and row["outcome"] == 0 and row["relation"] != 1
        assert (found["row"] >= 0) == bool(counts and person)
        if found["row"] < 0:
            continue
        looked = looks[person]
        looked.append(row)
        actor = int(row["actor"][0])
        times = [int(look["time"]) for look in looked]
        further = others_return(looked, actor)
        expected = {
            "searches": len(looked),
            "actors": len({int(look["actor"][0]) for look in looked}),
            "active_days": len({time // DAY for time in times}),
            "rate_1d": decayed(times, SUBJECT_HORIZONS[0]),
            "rate_30d": decayed(times, SUBJECT_HORIZONS[2]),
            "other_searches": sum(int(look["actor"][0]) != actor for look in looked),
            "other_actors": len(further),
            "other_returning": sum(days > 0 for days in further),
            "other_return_logs": sum(round(LOG_UNIT * math.log(max(days, 1))) for days in further)
            / LOG_UNIT,
        }

        assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-6)


@given(events=stories())
@one_in(3)
def test_networks_are_where_searches_come_from(events: list[Fields]) -> None:
    """Searches, accounts and persons seen from a network in this month of thirty days."""
    log = batch(events)
    searches: dict[int, list[Any]] = defaultdict(list)
    for row, found in zip(log.rows, figures_of(log).networks, strict=True):
        network = int(row["network"][0])
        assert (found["row"] >= 0) == bool(row["operation"] in (0, 5) and network)
        if found["row"] < 0:
            continue
        made = searches[network]
        made.append(row)
        epoch = int(row["time"]) // DAY // 30
        recent = [r for r in made if int(r["time"]) // DAY // 30 == epoch]
        persons = {int(r["subject"][0]) for r in recent} - {0}

        assert found["searches"] == len(made)
        assert found["actors"] == len({int(r["actor"][0]) for r in recent})
        if len(persons) <= 14:
            assert found["subjects"] == len(persons)
        times = [int(r["time"]) for r in made]
        assert found["rate_1d"] == pytest.approx(decayed(times, NETWORK_HORIZONS[1]), rel=1e-6)


def test_own_verified_face_is_nobodys_interest() -> None:
    """Self-searches make no subject."""
    log = batch(search(at(day), subject="me", subject_relation="self") for day in range(3))

    assert figures_of(log).subjects["row"].tolist() == [-1, -1, -1]


def test_days_out_of_the_window_are_forgotten_for_others_too() -> None:
    """What one account did more than 128 days ago is no way in which others come back."""
    old = [search(at(day, 9), "bob", "ann") for day in range(10)]
    kept = [search(at(day, 9), "bob", "ann") for day in range(100, 260, 40)]
    log = batch([*old, *kept, search(at(260), "ada", "ann")])
    found = figures_of(log).subjects[-1]

    assert found["other_return_logs"] == pytest.approx(math.log(3), abs=1 / LOG_UNIT)
    assert found["other_returning"] == 1
