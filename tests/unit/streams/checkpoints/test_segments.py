from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.shards.tables import Table
from detectors.state.actors import ACTOR
from streams.checkpoints.segments import Segment, Tracker
from tests.unit.streams.checkpoints.units import (
    Arrays,
    assembled,
    copied,
    edit,
    edits,
    random_rows,
    same,
)


@given(edits(), st.integers(0, 1 << 32))
def test_a_base_and_its_deltas_make_the_arrays(
    steps: list[tuple[str, int, int]], seed: int
) -> None:
    """Whatever happens to a unit, its segments give it back as it was at each of them."""
    rng = np.random.default_rng(seed)
    arrays: Arrays = {}
    tracker = Tracker()
    segments = [tracker.base({"step": 0}, arrays)]
    for number, step in enumerate(steps, 1):
        edit(arrays, step, rng)
        segments.append(tracker.delta({"step": number}, arrays))
        expected = copied(arrays)

        restored = assembled(segments)

        assert restored.about == {"step": number}
        assert same(restored.arrays, expected)


@given(edits(), edits(), st.integers(0, 1 << 32))
def test_deltas_go_on_after_a_recovery(
    before: list[tuple[str, int, int]], after: list[tuple[str, int, int]], seed: int
) -> None:
    """A tracker that resumes from what was restored needs no base to go on."""
    rng = np.random.default_rng(seed)
    arrays: Arrays = {"array.0": random_rows(rng, np.dtype(ACTOR), 50)}
    first = Tracker()
    segments = [first.base({}, arrays)]
    for step in before:
        edit(arrays, step, rng)
        segments.append(first.delta({}, arrays))
    restored = assembled(segments)
    arrays = copied(restored.arrays)
    second = Tracker()
    second.resume(restored)

    for step in after:
        edit(arrays, step, rng)
        segments.append(second.delta({}, arrays))

    assert all(segment.after for segment in segments[1:])
    assert same(assembled(segments).arrays, arrays)


def test_a_segment_is_a_copy() -> None:
    """What happens to the arrays after the call is not in the segment."""
    rows = np.arange(1000)
    tracker = Tracker()
    base = tracker.base({}, {"rows": rows})
    rows[3] = -1
    delta = tracker.delta({}, {"rows": rows})
    expected = rows.copy()

    rows[:] = 0

    assert np.array_equal(assembled([base]).arrays["rows"], np.arange(1000))
    assert np.array_equal(assembled([base, delta]).arrays["rows"], expected)


def test_only_pages_that_changed_are_taken() -> None:
    """One changed row of more than 128 bytes costs itself, one of 8 its page of 128."""
    rows, keys = np.zeros(1000, ACTOR), np.zeros(1000, np.uint64)
    tracker = Tracker()
    tracker.base({}, {"rows": rows, "keys": keys})
    rows["searches"][500] += 1
    keys[20] = 1

    delta = tracker.delta({}, {"rows": rows, "keys": keys})

    assert [part.data.nbytes for part in delta.arrays] == [ACTOR.itemsize, 128]
    assert [part.pages.tolist() for part in delta.arrays if part.pages is not None] == [[500], [1]]


def test_nothing_changed_costs_nothing() -> None:
    """A delta of an idle unit has no arrays."""
    arrays: Arrays = {"rows": np.zeros(1000, ACTOR), "empty": np.zeros(0, ACTOR)}
    tracker = Tracker()
    tracker.base({}, arrays)

    assert tracker.delta({}, arrays).arrays == ()


@pytest.mark.parametrize(
    "array",
    [
        pytest.param(np.zeros(100, np.uint64), id="another dtype"),
        pytest.param(np.zeros((100, 2), np.int64), id="wider"),
        pytest.param(np.ones(100, np.int64), id="most of it changed"),
    ],
)
def test_what_pages_cannot_tell_is_taken_whole(array: np.ndarray[Any, Any]) -> None:
    """An array that is another, or mostly changed, is written whole."""
    tracker = Tracker()
    tracker.base({}, {"rows": np.zeros(100, np.int64)})

    (part,) = tracker.delta({}, {"rows": array}).arrays

    assert part.pages is None
    assert part.data.nbytes == array.nbytes


def test_a_stack_that_shrinks_costs_its_last_page() -> None:
    """Rows taken away at the end, and put there again, leave the pages before them alone."""
    stack = np.arange(10_000, dtype=np.int32)
    tracker = Tracker()
    segments = [
        tracker.delta({}, {"stack": stack[:length]}) for length in (10_000, 9_985, 9_984, 9_990, 0)
    ]

    taken = [sum(part.data.nbytes for part in segment.arrays) for segment in segments]
    lengths = [
        len(assembled(segments[: count + 1]).arrays["stack"]) for count in range(len(segments))
    ]

    assert taken == [40_000, 4, 0, 24, 0]
    assert lengths == [10_000, 9_985, 9_984, 9_990, 0]


def test_the_first_segment_is_a_base() -> None:
    """A tracker that has taken nothing yet gives all, asked for a delta or not."""
    segment = Tracker().delta({}, {"rows": np.arange(3)})

    assert segment.after == 0
    assert segment.nbytes == 24


def test_each_segment_names_the_one_before() -> None:
    """Deltas are a chain; a base begins a new one."""
    tracker = Tracker()
    arrays = {"rows": np.arange(3)}

    def take(*kinds: str) -> list[Segment]:
        return [getattr(tracker, kind)({}, arrays) for kind in kinds]

    first, second, third, fourth = take("base", "delta", "delta", "base")

    assert [first.after, second.after, third.after] == [0, first.id, second.id]
    assert fourth.after == 0


def test_arrays_that_do_not_lie_in_one_piece_are_taken() -> None:
    """Every second row of an array is an array like others."""
    rows = np.arange(100)
    tracker = Tracker()
    base = tracker.base({}, {"rows": rows[::2]})
    rows[4] = -1

    delta = tracker.delta({}, {"rows": rows[::2]})

    assert np.array_equal(assembled([base, delta]).arrays["rows"], rows[::2])


def test_a_table_comes_back() -> None:
    """A table that loads what was restored finds its rows again, and holds the same."""
    table = Table(ACTOR)
    table.view(40)
    table.used[0] = 30
    table.keys[:30] = np.arange(1, 31)
    table.rows["searches"][:30] = np.arange(30)
    tracker = Tracker()
    segments = [tracker.base({}, table.arrays())]
    table.rows["searches"][7] = 700
    segments.append(tracker.delta({}, table.arrays()))

    again = Table(ACTOR)
    again.load(assembled(segments).arrays)

    assert same(again.arrays(), table.arrays())
