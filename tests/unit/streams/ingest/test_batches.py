import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.errors import SnapshotError
from detectors.events import EventBatch, empty_rows
from streams.ingest.batches import StoredBatch, concat, load, pick, store

Event = tuple[str, str, list[int]]
"""An event's id, its gallery, and the subjects that it exposed."""

events = st.tuples(st.text(max_size=3), st.sampled_from("abc"), st.lists(st.integers(1, 9)))


def batch_of(events: list[Event]) -> EventBatch:
    """A batch of such events."""
    rows = empty_rows(len(events))
    rows["gallery"] = [ord(gallery) for _, gallery, _ in events]
    lengths = [len(exposed) for *_, exposed in events]
    return EventBatch(
        rows,
        [event_id for event_id, *_ in events],
        np.cumsum([0, *lengths], dtype=np.int64),
        np.array([one for *_, exposed in events for one in exposed], np.uint64),
        {ord(gallery): gallery for _, gallery, _ in events},
    )


def events_of(batch: EventBatch) -> list[Event]:
    """The events of a batch."""
    bounds = batch.exposed_offsets.tolist()
    return [
        (event_id, batch.names[int(row["gallery"])], batch.exposed[start:end].tolist())
        for event_id, row, start, end in zip(
            batch.event_ids, batch.rows, bounds, bounds[1:], strict=False
        )
    ]


@given(st.lists(st.lists(events, max_size=5), min_size=1, max_size=5))
def test_batches_are_put_together(parts: list[list[Event]]) -> None:
    """In order, empty ones included, whatever was exposed."""
    whole = concat([batch_of(part) for part in parts])

    assert events_of(whole) == [event for part in parts for event in part]
    assert len(whole.exposed_offsets) == len(whole) + 1


@given(st.lists(events, min_size=1, max_size=8), st.data())
def test_events_are_picked_in_the_order_asked_for(
    all_events: list[Event], data: st.DataObject
) -> None:
    """Each with its own candidates, and with no name that none of them uses."""
    which = data.draw(st.lists(st.integers(0, len(all_events) - 1), max_size=8))
    picked = pick(batch_of(all_events), np.array(which, np.int64))

    assert events_of(picked) == [all_events[i] for i in which]
    assert set(picked.names.values()) == {all_events[i][1] for i in which}


@given(st.lists(events, max_size=8))
def test_stored_batch_is_loaded_as_it_was(all_events: list[Event]) -> None:
    """And can be changed, as any other."""
    loaded = load(store(batch_of(all_events)))
    loaded.rows["time"] = 5

    assert events_of(loaded) == all_events


def test_batch_of_other_columns_is_refused() -> None:
    """Bytes of another layout would be read as nonsense."""
    stored = store(batch_of([]))
    other = StoredBatch(
        "another", stored.rows, stored.event_ids, stored.exposed_offsets, stored.exposed, {}
    )

    with pytest.raises(SnapshotError, match="other columns"):
        load(other)
