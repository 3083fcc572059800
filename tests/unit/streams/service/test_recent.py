from types import SimpleNamespace
from typing import Any

import msgspec
import orjson
from hypothesis import given
from hypothesis import strategies as st

from streams.service.recent import MOST_SHOWN, AlertReader, Recent
from tests.alerts import an_alert


def noted(*records: tuple[bytes, bytes | None]) -> Recent:
    """What is known after records of a topic, each a key and a value."""
    recent = Recent()
    reader = AlertReader({}, "alerts", recent)
    reader._note(  # noqa: SLF001 - what it does with what it fetched
        SimpleNamespace(key=key, value=value, topic="alerts", partition=0, offset=offset)
        for offset, (key, value) in enumerate(records)
    )
    return recent


def written(**changed: Any) -> tuple[bytes, bytes]:
    """An alert as a record."""
    alert = an_alert(**changed)
    return alert.alert_id.encode(), orjson.dumps(msgspec.to_builtins(alert))


def test_the_last_revision_stands() -> None:
    """What is delivered again, or late, does not take an alert back to what it was."""
    recent = noted(written(revision=2), written(revision=1), written(revision=2))

    assert [alert.revision for alert in recent.newest_first()] == [2]


def test_an_alert_that_is_deleted_is_gone() -> None:
    """A record without a value deletes what has its key."""
    recent = noted(written(), (b"a1", None), (b"unknown", None))

    assert recent.get("a1") is None
    assert recent.newest_first() == []


def test_what_is_no_alert_is_passed_over() -> None:
    """Others may write to that topic too, whatever they like."""
    deep = b'{"x":' + b"[" * 5_000 + b"]" * 5_000 + b"}"
    recent = noted(
        (b"", b"{}"), (b"", deep), (b"\xff", b"\xff"), (b"", b"[1]"), written(), (b"\xff", None)
    )

    assert [alert.alert_id for alert in recent.newest_first()] == ["a1"]


@given(st.lists(st.integers(0, MOST_SHOWN + 50), max_size=600))
def test_those_that_changed_last_are_kept(numbers: list[int]) -> None:
    """As many as are shown, however many there have been."""
    recent = Recent()
    for number in numbers:
        recent.put(an_alert(alert_id=f"{number}"))

    last = list(dict.fromkeys(f"{number}" for number in reversed(numbers)))[:MOST_SHOWN]
    assert {alert.alert_id for alert in recent.newest_first()} == set(last)


def test_the_newest_event_comes_first() -> None:
    """Whichever was written last."""
    times = ("2026-03-05T10:00:00.000Z", "2026-03-07T10:00:00.000Z", "2026-03-06T10:00:00.000Z")
    recent = noted(
        *(written(alert_id=f"{day}", last_event_time=time) for day, time in enumerate(times))
    )

    assert [alert.alert_id for alert in recent.newest_first()] == ["1", "2", "0"]
