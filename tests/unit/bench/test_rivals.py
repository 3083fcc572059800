from collections import defaultdict

import numpy as np
import orjson
import pytest

from bench.detection import Job
from bench.rig import days, midas
from bench.rig.midas import DECAY, THRESHOLD
from bench.rivals_detection import Run, bursts, compared, run

SEARCHES = [
    {
        "event_time": f"2026-03-0{day}T1{n}:00:00Z",
        "tenant_id": "t",
        "actor_id": actor,
        "actor_role": "officer",
        "operation": "identify",
        "subject_id": person,
        "probe_id": f"p{n}",
    }
    for day in (1, 2, 3)
    for n, (actor, person) in enumerate([("a", "x"), ("a", "x"), ("b", "x"), ("b", "y")])
]
LOG = days.read(orjson.dumps(search) for search in SEARCHES)


def test_days_are_counted() -> None:
    """Two searches of one person by one account, of two persons by the other."""
    first, second = list(LOG.days.values())[:2]

    assert (first.searches, dict(first.people), len(first.probes_at["x"])) == (2, {"x": 2}, 2)
    assert dict(second.people) == {"x": 1, "y": 1}
    assert all(np.isfinite(list(first.vector().values())))


def test_rules_count_what_they_say() -> None:
    """Each rule's highest score."""
    highest = {name: max((s.score for s in found), default=0) for name, found in days.rules(LOG)}

    assert highest["searches a day"] == 2
    assert highest["same person, days of 30"] == 3
    assert highest["probes at one person a day"] == 2
    assert highest["accounts at one person in 7 days"] == 2


def test_exclusive_returns_are_of_people_nobody_else_searched_for() -> None:
    """Person x is both accounts', y only the second's."""
    assert {s.subject for s in days.returns(LOG, alone=True)} == {"y"}


def plain(edges: list[tuple[int, int, int]]) -> list[float]:
    """MIDAS-F with exact counts."""
    current: defaultdict[tuple[str, int, int], float] = defaultdict(float)
    total: defaultdict[tuple[str, int, int], float] = defaultdict(float)
    last: dict[tuple[str, int, int], float] = {}
    now, result = 1, []
    for source, target, tick in edges:
        if tick > now:
            for key in set(current) | set(total):
                if last.get(key, 0.0) < THRESHOLD:
                    total[key] += current[key]
                elif now > 1:
                    total[key] += total[key] / (now - 1)
                current[key] *= DECAY
            now = tick
        best = 0.0
        for key in (("e", source, target), ("s", source, 0), ("t", 0, target)):
            current[key] += 1
            a, s = current[key], total[key]
            last[key] = (a + s - a * now) ** 2 / (s * (now - 1)) if s and now > 1 else 0.0
            best = max(best, last[key])
        result.append(best)
    return result


def test_midas_is_its_plain_reference_where_nothing_collides() -> None:
    """Few edges in many cells."""
    random = np.random.default_rng(3)
    ticks = np.sort(random.integers(1, 8, 60))
    ticks[0] = 1
    edges = np.column_stack([random.integers(1, 5, 60), random.integers(5, 9, 60), ticks])

    scores = midas.scores(edges)

    assert scores == pytest.approx(plain([(int(a), int(b), int(tick)) for a, b, tick in edges]))
    assert scores.max() > 0


def test_bursts_are_a_days_highest_edge() -> None:
    """One suspicion for each account and day."""
    assert len(list(bursts(LOG, 3_600))) == 6


@pytest.fixture(scope="module")
def ran() -> Run:
    """A small world, judged by everybody."""
    return run(Job(world="police", seed=1, actors=60, days=25, campaigns=1.0))


def test_methods_are_compared_at_as_many_false_alerts(ran: Run) -> None:
    """A line for ours, for each method, and for all limits at once."""
    other = Run(name="police-2", world="police", ours=ran.ours, ladders=ran.ladders)

    sheet = compared([ran, other])

    assert [row[0] for row in sheet.rows][:2] == ["Probewatch", "limit: searches a day"]
    assert sheet.rows[-1][0] == "all limits together"
    assert all(len(row) == len(sheet.left) + len(sheet.right) for row in sheet.rows)
