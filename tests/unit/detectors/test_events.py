import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.events import ABSENT, ABSENT_TIME, empty_rows
from tests.logs import Fields, at, batch, one_in, search, stories


@given(events=stories(), data=st.data())
@one_in(3)
def test_a_part_is_a_batch_of_its_events(events: list[Fields], data: st.DataObject) -> None:
    """Taking a stretch gives what a batch of those events alone would be."""
    start = data.draw(st.integers(0, len(events)))
    stop = data.draw(st.integers(start, len(events)))
    part, alone = batch(events).take(start, stop), batch(events[start:stop])
    alone.rows["index"] += start

    assert len(part) == stop - start
    assert part.rows.tobytes() == alone.rows.tobytes()
    assert part.event_ids == alone.event_ids
    assert part.exposed_offsets.tolist() == alone.exposed_offsets.tolist()
    assert part.exposed.tolist() == alone.exposed.tolist()


def test_empty_rows_have_nothing_optional() -> None:
    """Numbers are NaN or -1, ids 0, times absent."""
    rows = empty_rows(2)

    assert np.isnan(rows["threshold"]).all()
    assert np.isnan(rows["top_score"]).all()
    assert rows["limit"].tolist() == rows["embedding_returned"].tolist() == [ABSENT, ABSENT]
    assert rows["created"].tolist() == [ABSENT_TIME, ABSENT_TIME]
    assert not rows["subject"].any()


def test_the_builder_leaves_out_what_an_event_leaves_out() -> None:
    """Tests' events without optional fields are as empty as empty rows."""
    (row,) = batch([search(at(0))]).rows
    empty = empty_rows(1)
    for name in ("time", "operation", "outcome", "tenant", "event", "actor"):
        empty[name] = row[name]

    assert row.tobytes() == empty.tobytes()
