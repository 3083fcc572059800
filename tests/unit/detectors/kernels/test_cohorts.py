"""What is known of a cohort, against plain sums over its actors."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.baseline import merge
from detectors.config import Detection, Learning
from detectors.kernels.cohorts import (
    DAILY_MEMORY,
    MOST_LOGS,
    MOST_NAMED,
    MOST_PAIRS,
    MOST_RETURNS,
    count_actors,
)
from detectors.kernels.pairs import LOG_UNIT
from detectors.shards.tables import Table
from detectors.state.actors import ACTOR, DAY, Trait
from detectors.state.cohorts import COHORT
from tests.logs import at, batch, in_order, one_in, pipeline, search

NOTHING_IS_SUSPECT = Detection(learning=Learning(suspect_score=1.0))

actors = st.lists(
    st.fixed_dictionaries(
        {
            "cohort": st.integers(1, 3),
            "pairs": st.integers(0, 40),
            "returning": st.integers(0, 40),
            "return_days": st.integers(0, 400),
            "return_logs": st.integers(0, 200 * LOG_UNIT),
            "named": st.integers(0, 500),
            "explained": st.integers(0, 500),
            "social": st.integers(0, 500),
        }
    ),
    max_size=12,
)


def counted(rows: Sequence[dict[str, int]]) -> dict[int, Any]:
    """The cohorts after counting actors with these figures."""
    table, cohorts = Table(ACTOR), Table(COHORT)
    table.view(len(rows))
    table.used[0] = len(rows)
    for number, row in enumerate(rows):
        for name, value in row.items():
            table.rows[number][name] = value
    count_actors(table.view(0), cohorts.view(len(rows)))
    return {int(row["cohort"]): row for row in cohorts.rows[: len(cohorts)]}


@given(rows=actors)
def test_actors_are_counted_by_cohort(rows: list[dict[str, int]]) -> None:
    """Each actor once, with its own shares, and none with more than a bounded weight."""
    found = counted(rows)

    assert found.keys() == {row["cohort"] for row in rows}
    for key, cohort in found.items():
        members = [row for row in rows if row["cohort"] == key]
        known = [row for row in members if row["pairs"] and row["named"]]
        back = [row for row in known if row["returning"]]
        expected = {
            "actors": len(members),
            "pairs": sum(min(row["pairs"], MOST_PAIRS) for row in known),
            "returning": sum(
                min(row["pairs"], MOST_PAIRS) * row["returning"] / row["pairs"] for row in known
            ),
            "named": sum(min(row["named"], MOST_NAMED) for row in known),
            "explained": sum(
                min(row["named"], MOST_NAMED) * row["explained"] / row["named"] for row in known
            ),
            "social": sum(
                min(row["named"], MOST_NAMED) * row["social"] / row["named"] for row in known
            ),
            "return_pairs": sum(min(row["returning"], MOST_RETURNS) for row in back),
            "return_logs": sum(
                min(row["returning"], MOST_RETURNS)
                * min(row["return_logs"] / LOG_UNIT / row["returning"], MOST_LOGS)
                for row in back
            ),
        }
        assert {name: cohort[name] for name in expected} == pytest.approx(expected)


def test_one_monitor_does_not_speak_for_its_peers() -> None:
    """An account that comes back to thousands every day leaves the cohort's shares as they are."""
    plain = {"cohort": 1, "pairs": 10, "named": 12, "returning": 1, "return_days": 1}
    monitor = {"pairs": 5000, "named": 90_000, "returning": 5000, "return_days": 90_000}
    monitor["return_logs"] = 5000 * 3 * LOG_UNIT
    (cohort,) = counted([*[plain] * 30, {"cohort": 1, **monitor}]).values()

    assert cohort["returning"] / cohort["pairs"] < 0.15
    assert cohort["return_logs"] / cohort["return_pairs"] < 0.3


@given(reach=st.lists(st.lists(st.integers(1, 6), min_size=3, max_size=3), min_size=1, max_size=6))
@one_in(8)
def test_moments_are_those_of_all_actor_days(reach: list[list[int]]) -> None:
    """Sums and squares of every actor's days, fading by the day that has passed since."""
    judge = pipeline(NOTHING_IS_SUSPECT)
    log = batch(
        in_order(
            search(at(day, 8, i), f"actor-{actor}", f"person-{day}-{actor}-{i}")
            for day, people in enumerate(reach)
            for actor, count in enumerate(people)
            for i in range(count)
        )
    )
    judge.observe(log)
    for day in (judge.today + 1, judge.today + 2):
        judge.advance(day)
    (cohort,) = merge(shard.known() for shard in judge.actors.shards.values())

    days = np.log1p(np.array(reach, float))
    left = DAILY_MEMORY ** np.arange(len(reach) - 1, -1, -1)[:, None]
    trait = Trait.REACH_DAY
    assert cohort["days"][trait] == pytest.approx((left * np.ones_like(days)).sum(), rel=1e-6)
    assert cohort["sums"][trait] == pytest.approx((left * days).sum(), rel=1e-6)
    assert cohort["squares"][trait] == pytest.approx((left * days**2).sum(), rel=1e-6)
    own = [days[d] - days[:d].mean(axis=0) for d in range(1, len(reach))]
    unbiased = [left[d + 1] * off**2 * (d + 1) / (d + 2) for d, off in enumerate(own)]
    expected = math.fsum(value for row in unbiased for value in row)
    assert cohort["own_squares"][trait] == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert int(log.rows["time"].max()) // DAY == judge.today - 2
