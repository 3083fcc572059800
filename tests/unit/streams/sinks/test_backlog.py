"""What waits is bounded, comes in order within an episode, and the important comes first."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from detectors.alerts import Severity, Status
from streams.sinks.backlog import Backlog, Place
from tests.alerts import an_alert


def put(backlog: Backlog, offset: int, **changed: object) -> list[str]:
    """Add an alert that is at an offset of the only partition."""
    return backlog.put(an_alert(**changed), Place(0, offset), b"%d" % offset, 0.0)


def drained(backlog: Backlog) -> list[int]:
    """The offsets of all that is left, in the order in which it is sent."""
    found = []
    while taken := backlog.take():
        alert_id, waiting = taken
        found.append(waiting.place.offset)
        backlog.done(alert_id)
    return found


def test_the_most_severe_come_first_then_the_rarest_then_the_oldest() -> None:
    """Whatever the order in which they came."""
    backlog = Backlog(9)
    kinds = [("low", 0.1), ("high", 0.5), ("critical", 0.9), ("high", 0.2), ("high", 0.2)]
    for offset, (severity, rarity) in enumerate(kinds):
        put(backlog, offset, alert_id=f"{offset}", severity=Severity(severity), rarity=rarity)

    assert drained(backlog) == [2, 3, 4, 1, 0]


def test_revisions_wait_for_the_one_before() -> None:
    """The second is not ready while the first is on its way, even if it is more severe."""
    backlog = Backlog(9)
    put(backlog, 0, revision=1)
    first = backlog.take()
    put(backlog, 1, revision=2, severity=Severity.CRITICAL)

    assert first is not None
    assert backlog.take() is None
    backlog.done(first[0])
    assert drained(backlog) == [1]


def test_an_episode_that_becomes_severe_overtakes_with_all_its_revisions() -> None:
    """Those before the severe one go first, since they are in order."""
    backlog = Backlog(9)
    put(backlog, 0, alert_id="other", severity=Severity.HIGH)
    put(backlog, 1, alert_id="worse", revision=1)
    put(backlog, 2, alert_id="worse", revision=2, severity=Severity.CRITICAL)

    assert drained(backlog) == [1, 2, 0]


def test_what_is_only_counted_is_told_by_kind() -> None:
    """And nothing of it is done with until somebody was told."""
    backlog = Backlog(2)
    for offset, severity in enumerate(["high", "low", "critical", "low"]):
        put(backlog, offset, alert_id=f"{offset}", severity=Severity(severity))

    assert backlog.overflow.severities == {"low": 2}
    assert backlog.overflow.patterns == {"bulk_scraping": 2}
    assert backlog.open_places() == {0: 0}
    assert drained(backlog) == [2, 0]
    assert backlog.open_places() == {0: 1}
    assert backlog.flush().first == {0: 1}
    assert backlog.open_places() == {}


def test_an_end_that_is_only_counted_is_said() -> None:
    """So that whoever repeats what is open can stop."""
    backlog = Backlog(1)
    put(backlog, 0, alert_id="a", severity=Severity.HIGH)

    assert put(backlog, 1, alert_id="b") == []
    assert put(backlog, 2, alert_id="c", status=Status.CLOSED) == ["c"]


@given(
    st.integers(1, 8),
    st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from(Severity), st.floats(0, 10), st.integers(0, 3))
    ),
)
def test_everything_is_sent_or_counted_once_and_in_order(
    most: int, story: list[tuple[int, Severity, float, int]]
) -> None:
    """Bounded at every moment; `open_places` never passes over what is not done with."""
    backlog = Backlog(most)
    sent = defaultdict[str, list[int]](list)
    sending: list[str] = []
    pending = set[int]()
    for offset, (episode, severity, rarity, sends) in enumerate(story):
        put(backlog, offset, alert_id=f"{episode}", severity=severity, rarity=rarity)
        pending.add(offset)
        for _ in range(sends):
            if len(sending) > 1:
                backlog.done(sending.pop(0))
            if taken := backlog.take():
                alert_id, waiting = taken
                assert alert_id not in sending
                sending.append(alert_id)
                sent[alert_id].append(waiting.place.offset)
                pending.discard(waiting.place.offset)
        assert len(backlog) <= most
        assert len(pending) == len(backlog) + backlog.overflow.total
        assert not pending or backlog.open_places()[0] <= min(pending)
    for alert_id in sending:
        backlog.done(alert_id)
    left = drained(backlog)

    assert all(offsets == sorted(offsets) for offsets in sent.values())
    assert len(story) == sum(map(len, sent.values())) + len(left) + backlog.overflow.total
