from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.errors import ConfigError, SnapshotError
from detectors.events import EventBatch, empty_rows
from streams.ingest.admission import Admission, TimeRules

HOUR = 3_600_000
MINUTE = 60_000
FAR = 10**13


def batch_of(times: list[int], first: int = 0) -> EventBatch:
    """Events of these times, each of which exposed its own number."""
    rows = empty_rows(len(times))
    rows["time"] = times
    rows["index"] = np.arange(first, first + len(times))
    return EventBatch(
        rows,
        [str(i) for i in rows["index"]],
        np.arange(len(times) + 1, dtype=np.int64),
        rows["index"].astype(np.uint64),
        {},
    )


Admitted = list[tuple[int, int]]
"""Number and time of each event that was let through."""


def events_of(batch: EventBatch) -> Admitted:
    """The events of a batch, each of which must still have all that belongs to it."""
    index = batch.rows["index"].tolist()
    assert batch.event_ids == [str(i) for i in index]
    assert batch.exposed.tolist() == index
    return list(zip(index, batch.rows["time"].tolist(), strict=True))


def run(
    rules: TimeRules,
    times: list[int],
    timestamps: list[int] | None,
    size: int,
    *,
    restarting: bool = False,
) -> tuple[Admitted, int, int]:
    """Everything that is admitted of a stream cut into batches, and the counts."""
    admission = Admission(rules)
    admitted: Admitted = []
    for start in range(0, len(times), size):
        part = slice(start, start + size)
        stamps = None if timestamps is None else np.array(timestamps[part], np.int64)
        admitted += events_of(admission.admit(batch_of(times[part], start), stamps))
        if restarting:
            state, admission = admission.snapshot(), Admission(rules)
            admission.restore(state)
    return admitted + events_of(admission.flush()), admission.late, admission.clock_ahead


@st.composite
def streams(draw: st.DrawFn) -> list[int]:
    """Minutes that go by, with gaps, stragglers and broken clocks."""
    clock, times = 0, []
    for minutes in draw(st.lists(st.sampled_from([0, 1, 5, 6, 700]), max_size=60)):
        clock += minutes * MINUTE
        off = draw(st.sampled_from([0, 0, 0, -1, -20, -59, -61, -500, 4, 90]))
        times.append(draw(st.just(max(0, clock + off * MINUTE)) | st.just(FAR)))
    return times


windows = st.sampled_from([0, 10 * MINUTE, HOUR])


@given(times=streams(), window=windows, kafka=st.booleans(), restarting=st.booleans())
def test_cutting_the_stream_changes_nothing(
    times: list[int], window: int, *, kafka: bool, restarting: bool
) -> None:
    """Nor does a restart after every batch: the same events in the same order."""
    rules = TimeRules(sort_window_ms=window)
    timestamps = [min(time, 10**9) if i % 3 else -1 for i, time in enumerate(times)]
    results = [
        run(rules, times, timestamps if kafka else None, size, restarting=restarting)
        for size in (1, 7, 1_000)
    ]

    assert results[0] == results[1] == results[2]
    assert len(results[0][0]) + results[0][1] == len(times)


@given(streams())
def test_without_a_window_order_is_kept(times: list[int]) -> None:
    """Events come out as they came in."""
    admitted, *_ = run(TimeRules(), times, None, 7)

    assert [index for index, _ in admitted] == sorted(index for index, _ in admitted)


@given(st.lists(st.integers(0, 10 * MINUTE), max_size=60))
def test_window_sorts_what_is_within_it(jitter: list[int]) -> None:
    """Events that are out of order by no more than the window come out in order of time."""
    times = [HOUR + i * MINUTE - late for i, late in enumerate(jitter)]
    admitted, late, ahead = run(TimeRules(sort_window_ms=10 * MINUTE), times, None, 7)

    assert admitted == sorted(enumerate(times), key=lambda event: (event[1], event[0]))
    assert (late, ahead) == (0, 0)


def test_window_lets_go_of_what_nothing_can_precede() -> None:
    """An event waits until the clock is a window further."""
    admission = Admission(TimeRules(sort_window_ms=MINUTE))

    def admit(times: list[int], first: int) -> Admitted:
        return events_of(admission.admit(batch_of(times, first), np.array(times)))

    assert admit([10 * MINUTE, 9 * MINUTE], 0) == [(1, 9 * MINUTE)]
    assert admit([11 * MINUTE], 2) == [(0, 10 * MINUTE)]
    assert events_of(admission.flush()) == [(2, 11 * MINUTE)]


def test_late_and_wrong_clocks_are_counted() -> None:
    """The former are dropped, the latter set back."""
    times = [HOUR, 3 * HOUR, 3 * HOUR, HOUR, FAR, 3 * HOUR]

    assert run(TimeRules(), times, None, 1_000) == (
        [(0, HOUR), (1, 3 * HOUR), (2, 3 * HOUR), (4, 3 * HOUR), (5, 3 * HOUR)],
        1,
        1,
    )


def test_given_batch_stays_as_it_is() -> None:
    """Setting a clock back happens in a copy."""
    batch = batch_of([HOUR, FAR, HOUR])
    admission = Admission(TimeRules())
    admitted = events_of(admission.admit(batch)) + events_of(admission.flush())

    assert [time for _, time in admitted] == [HOUR] * 3
    assert batch.rows["time"].tolist() == [HOUR, FAR, HOUR]


def test_state_is_small() -> None:
    """Without a window it is the clock, the counts and a handful of undecided events."""
    admission = Admission(TimeRules())
    admission.admit(batch_of(list(range(0, 100_000 * MINUTE, MINUTE))))

    assert len(admission.snapshot()) < 10_000


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x90"])
def test_foreign_state_is_refused(data: bytes) -> None:
    """Nothing of it is taken on."""
    with pytest.raises(SnapshotError, match=r"^admission: "):
        Admission(TimeRules()).restore(data)


@pytest.mark.parametrize("name", ["clock_tolerance_ms", "sort_window_ms"])
@pytest.mark.parametrize("value", [-1, HOUR + 1])
def test_rules_have_to_make_sense(name: str, value: int) -> None:
    """A tolerance beyond the allowed lateness would let one clock make all others late."""
    with pytest.raises(ConfigError, match=f"^{name}: expected 0 to allowed_lateness_ms"):
        TimeRules(**{name: value})


def test_batches_come_out_in_one_order() -> None:
    """Times that are admitted in order of time rise within and across batches."""
    rules = TimeRules(sort_window_ms=HOUR)
    admitted, *_ = run(rules, [i * MINUTE for i in range(500)], None, 7)

    assert all(one <= other for (_, one), (_, other) in pairwise(admitted))
