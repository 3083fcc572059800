"""What is known of an account's cases, against plain lists of their days and persons."""

import math
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.baseline import merge
from detectors.kernels.cases import (
    ALONE,
    AT_FIRST,
    CASE_DAYS,
    EARLY_AGE,
    EARLY_DAYS,
    HEAD_START,
    INCIDENT_DAYS,
    LEAST_ALONE,
    MOST_LATE,
    SURE_LATE,
)
from detectors.kernels.hashing import FREE
from detectors.pipeline import Pipeline
from detectors.shards.actors import ActorShard
from tests.logs import Fields, at, batch, figures_of, in_order, one_in, pipeline, search


class Days:
    """One case: its persons by the day on which they came, and the persons of each day."""

    def __init__(self) -> None:
        self.came: dict[str, int] = {}
        self.fresh: dict[int, set[str]] = defaultdict(set)
        self.back: dict[int, set[str]] = defaultdict(set)

    def add(self, day: int, person: str) -> None:
        """A search on the newest day."""
        if person not in self.came:
            self.came[person] = day
            self.fresh[day].add(person)
        before = [came for came in self.came.values() if came < day]
        if self.came[person] < max(before, default=day):
            self.back[day].add(person)

    def late(self) -> list[bool]:
        """Of each late day, whether it was alone."""
        days = sorted(day for day in self.fresh | self.back if self.fresh[day] | self.back[day])
        return [
            len(self.back[day]) < len(self.fresh[day])
            for number, day in enumerate(days)
            if number >= EARLY_DAYS and day - days[0] >= EARLY_AGE
        ]


def nats(late: list[bool], usual: float) -> float:
    """The log-likelihood ratio, never below the head start."""
    found = 0.0
    for alone in late:
        step = math.log(ALONE / usual) if alone else math.log((1 - ALONE) / (1 - usual))
        found = max(found + step, -HEAD_START)
    return found


cases = st.lists(
    st.tuples(st.integers(0, 29), st.sampled_from("abcdefgh"), st.sampled_from(["one", "two"])),
    min_size=1,
    max_size=50,
)


@given(searches=cases)
@one_in(2)
def test_a_case_is_its_days_and_persons(searches: list[tuple[int, str, str]]) -> None:
    """Persons, late days, alone ones and evidence are those of the plain lists."""
    events = [
        search(at(day, 9, i / 10), "ada", f"{case}-{person}", case_ref=case)
        for i, (day, person, case) in enumerate(sorted(searches))
    ]
    figures = figures_of(batch(in_order(events))).actors
    known: dict[str, Days] = defaultdict(Days)
    for event, found in zip(in_order(events), figures, strict=True):
        day = (int(event["event_time"]) - at(0)) // (at(1) - at(0))
        known[event["case_ref"]].add(day, event["subject_id"])
        case = known[event["case_ref"]]
        late = case.late()
        others = [alone for other in known.values() if other is not case for alone in other.late()]

        assert round(float(found["case_persons"])) == pytest.approx(len(case.came), abs=1)
        assert (found["case_late"], found["case_alone"]) == (len(late), sum(late))
        if late:
            usual = (SURE_LATE * AT_FIRST + sum(others)) / (SURE_LATE + len(others))
            usual = max(usual, AT_FIRST, LEAST_ALONE)
            assert float(found["case_usual"]) == pytest.approx(usual, rel=1e-5)
            assert float(found["case_nats"]) == pytest.approx(nats(late, usual), rel=1e-4, abs=1e-4)


def excuse(days: range, actor: str = "ada", case: str = "case") -> list[Fields]:
    """Somebody new on each of the days, under one case."""
    return [search(at(day, 9), actor, f"{actor}-{case}-{day}", case_ref=case) for day in days]


def test_what_left_the_bitmaps_still_counts() -> None:
    """A case of 200 days has late days of all of them; persons who share a cell are lost."""
    figures = figures_of(batch(excuse(range(0, 200, 4)))).actors

    late = int(figures["case_late"][-1])
    assert late == figures["case_alone"][-1] == pytest.approx(48, abs=12)
    assert figures["case_nats"][-1] == pytest.approx(late * math.log(ALONE / AT_FIRST), rel=1e-4)


def test_an_incident_draws_no_dossier() -> None:
    """One person on one day costs a row; it goes when idle, as a dossier does, later."""
    judge = pipeline()
    incidents = [search(at(0, 9, i), "ada", f"p{i}", case_ref=f"case-{i}") for i in range(30)]
    judge.observe(batch(in_order([*incidents, *excuse(range(3), case="long")])))
    shard = shard_of(judge)

    assert (len(shard.cases), shard.dossiers.live) == (31, 1)
    judge.advance(judge.today + INCIDENT_DAYS + 10)
    assert (len(shard.cases), shard.dossiers.live) == (1, 1)
    assert shard.actors.rows["cases"][0] == 1
    judge.advance(judge.today + CASE_DAYS)
    assert (len(shard.cases), shard.dossiers.live) == (0, 0)


def shard_of(judge: Pipeline) -> ActorShard:
    """The shard of the only account."""
    (shard,) = [s for s in judge.actors.shards.values() if len(s.actors)]
    return shard


@pytest.mark.parametrize("gap", [INCIDENT_DAYS, INCIDENT_DAYS - 1])
def test_an_incident_begins_anew_after_a_lifetime(gap: int) -> None:
    """A number that is used again much later is another case."""
    events = [search(at(0, 9), "ada", "ann", case_ref="c")]
    events += [search(at(gap, 9), "ada", "bea", case_ref="c")]

    found = round(float(figures_of(batch(events)).actors["case_persons"][1]))
    assert found == (1 if gap >= INCIDENT_DAYS else 2)


def test_counts_of_an_account_are_those_of_its_dossiers() -> None:
    """Cases, late days and alone ones, also after some were forgotten."""
    rng = np.random.default_rng(5)
    events = [
        search(at(int(day), 9), "ada", f"p{person}", case_ref=f"c{case}")
        for case in range(20)
        for day, person in zip(
            rng.integers(case * 8, case * 8 + 60, 14), rng.integers(0, 99, 14), strict=True
        )
    ]
    judge = pipeline()
    judge.observe(batch(in_order(events)))
    shard = shard_of(judge)
    for idle in (0, 60, 60, 60):
        judge.advance(judge.today + idle)
        rows: Any = shard.cases.rows[: len(shard.cases)]
        kept = shard.dossiers.rows[rows["dossier"][rows["dossier"] != FREE]]
        actor = shard.actors.rows[0]
        if len(shard.actors):
            assert (actor["cases"], actor["late"], actor["alone"]) == (
                len(rows),
                kept["late"].sum(),
                kept["alone"].sum(),
            )


def test_peers_know_late_days_and_shared_cases() -> None:
    """Every account, and every case in its cell, counts as a few late days at most."""
    accounts = [f"actor-{i}" for i in range(6)]
    judge = pipeline()
    judge.observe(
        batch(in_order(e for a in accounts for e in excuse(range(0, 60, 3), a, "catch-all")))
    )
    judge.advance(judge.today + 1)
    judge.advance(judge.today + 1)
    (cohort,) = merge(shard.known() for shard in judge.actors.shards.values())

    assert cohort["cases"] == len(accounts)
    assert cohort["late"] == cohort["alone"] == MOST_LATE * len(accounts)
    assert cohort["case_late"].max() == cohort["case_alone"].max() == MOST_LATE * len(accounts)
    assert np.count_nonzero(cohort["case_late"]) == 1
