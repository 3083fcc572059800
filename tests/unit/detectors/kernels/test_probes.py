"""Runs of probes at one target against a plain list of what was tried."""

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from detectors.kernels.blanks import BLANK_SPREAD, MOST_A_DAY, MOST_STEP
from detectors.kernels.probes import CLIMBING, HEAD_START, LONG_RUN, PATIENCE
from detectors.shards.actors import ActorShard
from detectors.state.probes import LAST
from tests.logs import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Fields,
    at,
    batch,
    figures_of,
    in_order,
    one_in,
    pipeline,
    search,
)

CELLS = 128
_32_BITS = (1 << 32) - 1


class Run:
    """Probes at one target, since a time."""

    def __init__(self, since: int) -> None:
        self.since = since
        self.last = since
        self.cells: set[int] = set()
        self.scores: list[float] = []

    def add(self, probe: int, score: float) -> None:
        """Another one; what falls into the cell of a former one is taken for it."""
        if probe % CELLS not in self.cells:
            self.cells.add(probe % CELLS)
            self.scores += [] if math.isnan(score) else [score]

    def figures(self) -> list[float]:
        """Number, scored, records, mean, climb."""
        records, climb = 0, 0.0
        for k, score in enumerate(self.scores, 1):
            record = k == 1 or score > max(self.scores[: k - 1]) + 1e-4
            records += record
            if k > 1:
                chance = 1 / k if record else 1 - 1 / k
                ratio = (CLIMBING if record else 1 - CLIMBING) / chance
                climb = max(climb + math.log(ratio), -HEAD_START)
        mean = math.fsum(self.scores) / len(self.scores) if self.scores else 1.0
        number = -CELLS * math.log(1 - len(self.cells) / CELLS)
        return [number, len(self.scores), records, mean, climb]


class Prober:
    """An account's last probes, and its runs."""

    def __init__(self) -> None:
        # By place: cluster, person, probe, minute, score.
        self.last: dict[int, list[Any]] = {}
        self.next = 0
        self.runs: dict[tuple[str, int], Run] = {}

    def observe(self, row: Any) -> dict[str, list[float]]:
        """Take an event in, and say what its figures should be."""
        probe, time = int(row["probe"]), int(row["time"])
        cluster, person = int(row["probe_cluster"]), int(row["subject"][0])
        score = float(row["top_score"])
        found = {}
        for place, (name, target) in enumerate((("near", cluster), ("shots", person))):
            if target:
                run = self._run(name, place, target, (probe, time))
                if run:
                    run.add(probe, score)
                    run.last = time
                found[name] = run.figures() if run else [1.0, 0, 0, 0.0, 0.0]
        places = [p for p, kept in self.last.items() if kept[2] == probe & _32_BITS]
        place = places[0] if places else self.next
        if place == self.next:
            self.next = (place + 1) % LAST
        halves = [value & _32_BITS for value in (cluster, person, probe)]
        self.last[place] = [*halves, time // MINUTE, score]
        return found

    def _run(self, name: str, place: int, target: int, now: tuple[int, int]) -> Run | None:
        probe, time = now
        run = self.runs.get((name, target))
        if run is None or time - run.since > DAY:
            others = [
                kept
                for _, kept in sorted(self.last.items())
                if kept[place] == target & _32_BITS
                and kept[2] != probe & _32_BITS
                and time - kept[3] * MINUTE <= DAY
            ]
            if run and time - run.last <= PATIENCE:
                run.since = others[0][3] * MINUTE if others else time
                run.cells = {others[0][2] % CELLS} if others else set()
                return run
            if not others:
                return None
            run = self.runs[name, target] = Run(others[0][3] * MINUTE)
            run.add(others[0][2], others[0][4])
        return run


@st.composite
def trials(draw: st.DrawFn) -> list[Fields]:
    """An account's probes at a few faces, some again, some alike, with gaps up to a day."""
    time, events = at(0), []
    score = st.sampled_from([0.4, 0.5, 0.50005, 0.6, 0.7, 0.8])
    gap = st.sampled_from([0, SECOND, 20 * MINUTE, 7 * HOUR, 25 * HOUR, 100 * HOUR])
    for _ in range(draw(st.integers(1, 60))):
        time += draw(gap)
        number = draw(st.integers(0, 11))
        events.append(
            search(
                time,
                "ada",
                draw(st.sampled_from([None, "ann", "bea"])),
                operation=draw(st.sampled_from(["identify", "verify"])),
                probe_id=f"probe-{number}",
                **draw(st.sampled_from([{}, {"probe_cluster_id": f"cluster-{number % 3}"}])),
                **draw(st.one_of(st.just({}), st.builds(lambda s: {"top_score": s}, score))),
            )
        )
    return in_order(events)


@given(events=trials())
@one_in(2)
def test_a_run_is_what_was_tried(events: list[Fields]) -> None:
    """Numbers, records, means and climbs are those of the plain lists; else they are 0."""
    log = batch(events)
    prober = Prober()
    for row, found in zip(log.rows, figures_of(log).actors, strict=True):
        expected = prober.observe(row)
        for name in ("near", "shots"):
            seen = [
                float(found[name]),
                *(float(found[f"{name}_{what}"]) for what in ("scored", "records", "mean")),
                float(found[f"{name}_climb"]),
            ]
            assert seen == pytest.approx(expected.get(name, [0.0] * 5), rel=1e-4, abs=1e-4)


def climb(scores: list[float]) -> list[float]:
    """The evidence of climbing after each near-duplicate with these scores."""
    events = [
        search(at(0, 9, i), "ada", probe_id=f"p{i}", probe_cluster_id="c", top_score=score)
        for i, score in enumerate(scores)
    ]
    found: list[float] = figures_of(batch(events)).actors["near_climb"].tolist()
    return found


def test_rising_scores_are_evidence_of_climbing() -> None:
    """More with every record; falling and equal ones are evidence against it."""
    rising = climb([0.5 + 0.01 * i for i in range(8)])

    assert all(a < b for a, b in pairwise(rising))
    assert climb([0.9 - 0.01 * i for i in range(8)])[-1] < 0
    assert climb([0.5] * 8)[-1] < 0


def test_a_long_disorder_does_not_excuse_a_later_climb() -> None:
    """What goes before costs a climber no more than a head start."""
    level = [0.5, 0.4] * 20
    late = climb([*level, *(0.5 + 0.01 * i for i in range(1, 12))])

    assert late[len(level) - 1] == pytest.approx(-HEAD_START)
    assert late[-1] > HEAD_START


days_of_scores = st.lists(
    st.lists(st.floats(0.125, 0.875, width=32), max_size=9), max_size=12
).filter(any)


def rises(days: list[list[float]]) -> list[float]:
    """The evidence that they rise, after each, by the formula."""
    found, before, rise = [], list[float](), 0.0
    for day in days:
        after = rise
        for count in range(1, len(day) + 1):
            mean = math.fsum(day[:count]) / count
            if len(before) >= 4:
                usual = math.fsum(before) / len(before)
                squares = math.fsum((score - usual) ** 2 for score in before)
                spread = math.sqrt((squares + 4 * BLANK_SPREAD**2) / (len(before) + 3))
                step = min(count, MOST_A_DAY) * ((mean - usual) / spread - 0.5)
                after = max(rise + min(max(step, -MOST_STEP), MOST_STEP), 0.0)
            found.append(after)
        before += day
        rise = after
    return found


def blanks(days: list[list[float]], **fields: object) -> list[Fields]:
    """Searches with these scores that find nobody."""
    return [
        search(at(day, 9, i), "ada", None, probe_id=f"p{day}-{i}", top_score=float(score), **fields)
        for day, scores in enumerate(days)
        for i, score in enumerate(scores)
    ]


@given(days=days_of_scores)
@example(days=[[0.5, 0.5, 0.5, 0.25], [], [], [0.5]])
@one_in(2)
def test_scores_of_probes_that_find_nobody_rise_as_they_do_by_the_formula(
    days: list[list[float]],
) -> None:
    """Day by day, whatever the moments were folded from."""
    found = figures_of(batch(blanks(days))).actors["rise"]

    assert found.tolist() == pytest.approx(rises(days), rel=1e-2, abs=1e-2)


def test_a_day_of_another_task_is_no_rise() -> None:
    """It adds once and is taken back; a climb adds day by day."""
    level = [[0.4, 0.42, 0.38] for _ in range(8)]
    once = rises([*level, [0.6, 0.62, 0.58], *level])
    climb = rises([*level, *([0.42 + 0.03 * i, 0.4 + 0.03 * i] for i in range(10))])

    assert max(once) == pytest.approx(MOST_STEP)
    assert once[-1] == 0
    assert climb[-1] > 3 * MOST_STEP


def test_who_was_found_does_not_count_among_those_who_were_not() -> None:
    """Neither by name nor by number."""
    days = [[0.4 + 0.03 * day] * 3 for day in range(10)]
    log = batch(blanks(days, candidate_count=2))

    assert figures_of(log).actors["rise"].max() == 0


def test_trying_again_is_counted_beside_other_targets() -> None:
    """Runs of three at each of four people: for the last one, three targets and six retries."""
    log = batch(
        search(at(0, 9, 3 * person + i), "ada", f"person-{person}", probe_id=f"p{person}-{i}")
        for person in range(4)
        for i in range(3)
    )
    row = figures_of(log).actors[-1]

    assert float(row["other_targets"]) == 3
    assert float(row["other_retries"]) == pytest.approx(6, abs=0.1)


def test_a_long_run_is_no_habit_of_trying_again() -> None:
    """It counts as one of `LONG_RUN` afterwards."""
    run = [search(at(0, 9, i), "ada", "target", probe_id=f"p{i}") for i in range(40)]
    log = batch([*run, search(at(0, 12), "ada", "other", probe_id="q")])

    assert float(figures_of(log).actors["other_retries"][-1]) <= LONG_RUN


def test_an_account_with_one_probe_a_person_draws_no_run() -> None:
    """Runs are kept of second, different probes only; habits outlive them, until long idle."""
    judge = pipeline()
    day = [search(at(0, 9, i), "ada", f"person-{i}", probe_id=f"p{i}") for i in range(30)]
    judge.observe(batch(day))
    (shard,) = [s for s in judge.actors.shards.values() if len(s.probes.recent)]

    assert (len(shard.probes.recent), len(shard.probes.runs)) == (1, 0)
    judge.advance(judge.today + 20)
    assert held(shard) == (1, 0)
    judge.advance(judge.today + 20)
    assert held(shard) == (0, 0)


def held(shard: ActorShard) -> tuple[int, int]:
    """Accounts with probes, and runs."""
    return len(shard.probes.recent), len(shard.probes.runs)
