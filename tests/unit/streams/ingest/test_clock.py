import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.events import ABSENT_TIME
from streams.ingest.clock import AHEAD, BELIEVED, FOLLOWERS, LATE, PLAUSIBLE_JUMP_MS, judge_times

LATENESS, TOLERANCE = 60, 5
NONE = -1
FAR = 10**12


def judge(
    times: list[int], timestamps: list[int] | None = None, *, last: bool = True
) -> tuple[list[int], list[int], int, int]:
    """The times that are used, the verdicts, how many were judged, and the clock."""
    used = np.array(times, np.int64)
    verdicts = np.full(len(times), 99, np.uint8)
    stamps = np.array(timestamps or [NONE] * len(times), np.int64)
    judged, newest = judge_times(
        used, stamps, ABSENT_TIME, NONE, (LATENESS, TOLERANCE), verdicts, last
    )
    return used.tolist(), verdicts.tolist(), judged, newest


def reference(times: list[int], timestamps: list[int]) -> tuple[list[int], list[int]]:
    """The rules of a whole stream, as they would be told."""
    newest: int | None = None
    used, verdicts = [], []
    for i, (time, stamp) in enumerate(zip(times, timestamps, strict=True)):
        believed = time
        followers = times[i + 1 : i + 1 + FOLLOWERS]
        written = timestamps[i - 1] if i else NONE
        if stamp != NONE:
            behind = 0 if newest is None or written == NONE else max(written - newest, 0)
            true = stamp if newest is None else min(stamp, max(stamp - behind, newest))
            believed = true if time > stamp + TOLERANCE else time
        elif newest is None or time > newest + TOLERANCE:
            agree = [other for other in followers if other >= time - LATENESS]
            deny = [other for other in followers if other < time - LATENESS]
            if newest is None:
                believed = deny[-1] if len(deny) >= 2 and len(deny) > len(agree) else time
            else:
                deny = [other for other in deny if other >= newest - LATENESS]
                undivided = len(agree) - len(deny)
                plausible = time <= newest + PLAUSIBLE_JUMP_MS
                real = plausible if undivided == 0 else undivided > 0
                believed = time if real else newest
        late = newest is not None and believed < newest - LATENESS
        verdicts.append(LATE if late else BELIEVED if believed == time else AHEAD)
        used.append(believed)
        if not late:
            newest = believed if newest is None else max(newest, believed)
    return used, verdicts


steps = st.sampled_from([0, 1, 3, 6, 50, 70, 500, -1, -30, -61, -200])
wrong = st.sampled_from([0, FAR, 2 * FAR, 1])


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Times that wander about, some of them far off; timestamps of Kafka on some."""
    clock, times, stamps = 10_000, [], []
    behind = draw(st.sampled_from([0, 0, 40, 5_000]))
    for step in draw(st.lists(steps, max_size=60)):
        clock += step
        times.append(draw(st.just(clock) | wrong))
        stamps.append(draw(st.just(NONE) | st.just(clock + behind)))
    return times, stamps


@given(stream=streams(), file=st.booleans())
def test_kernel_equals_reference(stream: tuple[list[int], list[int]], *, file: bool) -> None:
    """With timestamps and without, judged all at once."""
    times, stamps = stream
    stamps = [NONE] * len(times) if file else stamps

    used, verdicts, judged, _ = judge(times, stamps)

    assert judged == len(times)
    assert (used, verdicts) == reference(times, stamps)


@given(streams(), st.integers(0, 60))
def test_what_is_judged_early_is_judged_the_same(
    stream: tuple[list[int], list[int]], cut: int
) -> None:
    """An event waits for its followers, and no longer; at most so many wait."""
    times, stamps = stream
    used, verdicts, judged, _ = judge(times[:cut], stamps[:cut], last=False)

    assert len(times[:cut]) - judged <= FOLLOWERS
    expected = reference(times, stamps)
    assert used[:judged] == expected[0][:judged]
    assert verdicts[:judged] == expected[1][:judged]


def test_late_event_is_not_used() -> None:
    """Up to the allowed lateness it counts in full, also behind the first event of all."""
    assert judge([100, 40, 39])[1] == [BELIEVED, BELIEVED, LATE]
    assert judge([100, 39])[1] == [BELIEVED, LATE]


def test_wrong_clock_does_not_make_the_rest_late() -> None:
    """The event itself is taken to be as new as the one before it."""
    used, verdicts, _, newest = judge([100, FAR, 101, 102])

    assert used == [100, 100, 101, 102]
    assert verdicts == [BELIEVED, AHEAD, BELIEVED, BELIEVED]
    assert newest == 102


def test_wrong_clock_in_a_log_that_is_sent_later_does_not_make_the_rest_late() -> None:
    """A source that is a day behind its records still is."""
    stamps = [90_000, 90_000, 90_001, 90_002]

    assert judge([100, FAR, 101, 102], stamps)[:2] == (
        [100, 100, 101, 102],
        [BELIEVED, AHEAD, BELIEVED, BELIEVED],
    )


def test_wrong_clock_after_a_quiet_night_has_the_time_of_its_record() -> None:
    """Where records are written as things happen."""
    assert judge([100, FAR, 901], [101, 900, 902])[0] == [100, 899, 901]


def test_wrong_clock_may_come_first() -> None:
    """Before there is anything to compare it with."""
    assert judge([FAR, 101, 102])[:2] == ([102, 101, 102], [AHEAD, BELIEVED, BELIEVED])


def test_two_wrong_clocks_do_not_confirm_each_other() -> None:
    """One machine's events often come in a row."""
    times = [100, FAR, FAR + 1, 101, *range(102, 110)]

    assert judge(times)[1] == [BELIEVED, AHEAD, AHEAD, *[BELIEVED] * 9]


def test_quiet_night_is_believed() -> None:
    """Most that follows is there too; one from before it is late."""
    used, verdicts, _, newest = judge([100, 10_100, 90, 10_101, 10_102])

    assert used == [100, 10_100, 90, 10_101, 10_102]
    assert verdicts == [BELIEVED, BELIEVED, LATE, BELIEVED, BELIEVED]
    assert newest == 10_102


@pytest.mark.parametrize(("jump", "verdict"), [(PLAUSIBLE_JUMP_MS, BELIEVED), (2 * FAR, AHEAD)])
def test_last_event_is_believed_within_reason(jump: int, verdict: int) -> None:
    """Nobody can confirm it, and a sparse log has long silences."""
    assert judge([100, 100 + jump])[1] == [BELIEVED, verdict]


@pytest.mark.parametrize(("jump", "verdict"), [(10_000, BELIEVED), (FAR, AHEAD)])
def test_divided_followers_believe_within_reason(jump: int, verdict: int) -> None:
    """As many are there as are not: the next event of a short log, and a straggler."""
    assert judge([100, 100 + jump, 101 + jump, 99])[1][1] == verdict


def test_kafkas_timestamp_settles_it() -> None:
    """Ahead of its record's timestamp no event can be, whatever follows."""
    used, verdicts, *_ = judge([FAR, FAR + 1, 102], [100, 101, 102])

    assert used == [100, 101, 102]
    assert verdicts == [AHEAD, AHEAD, BELIEVED]
