"""A service that starts today knows nothing yet, and stays quiet about ordinary work."""

import numpy as np
import pytest

from tests.logs import Fields, at, batch, in_order, pipeline, search


def first_weeks(seed: int, *, role: str, per_day: float, days: int = 14) -> list[Fields]:
    """Thirty colleagues, each with as many searches a day as its temper says, in working hours."""
    rng = np.random.default_rng(seed)
    events = []
    for actor in range(30):
        temper = per_day * rng.gamma(4, 0.25)
        for day in range(days):
            events += [
                search(
                    at(day, rng.uniform(7, 19)),
                    f"actor-{actor}",
                    f"person-{rng.integers(10**6)}",
                    actor_role=role,
                    candidate_limit=10,
                )
                for _ in range(rng.poisson(temper) if day % 7 < 5 else 0)
            ]
    return in_order(events)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("role", "per_day"), [("consumer", 1.0), ("officer", 5.0), ("service", 60.0)]
)
def test_ordinary_first_weeks_raise_nothing(seed: int, role: str, per_day: float) -> None:
    """Neither individuals nor services whose work is steady from the first day are alerts."""
    alerts = pipeline().observe(batch(first_weeks(seed, role=role, per_day=per_day))).alerts

    assert [(alert.pattern, alert.entity.id, alert.event_count) for alert in alerts] == []


def test_nothing_gives_nothing() -> None:
    """An empty batch, before anything and after, is no event and no day."""
    judge = pipeline()
    empty = batch([])

    assert judge.observe(empty).alerts == []
    judge.observe(batch([search(at(0), subject="ann")]))
    before = judge.snapshot()
    assert judge.observe(empty).alerts == []
    assert judge.snapshot() == before
