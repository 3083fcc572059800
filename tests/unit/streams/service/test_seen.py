import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.service.seen import Seen

rows = st.lists(st.tuples(st.sampled_from([1, 3, 5]), st.integers(0, 4), st.integers(0, 30)))


def fresh(seen: Seen, some: list[tuple[int, int, int]]) -> list[bool]:
    """What is said of rows, each a shard, an origin and a position."""
    shards, origins, positions = (list(column) for column in zip(*some, strict=True))
    found = seen.fresh(
        np.array(shards, np.uint8), np.array(origins, np.int32), np.array(positions, np.int64)
    )
    return [bool(one) for one in found]


@given(some=rows, cut=st.integers(0, 20), saved=st.booleans())
def test_a_row_is_fresh_once(some: list[tuple[int, int, int]], cut: int, *, saved: bool) -> None:
    """If nothing at or behind its position was seen by its unit of its origin, before or since."""
    last: dict[tuple[int, int], int] = {}
    expected = []
    for shard, origin, position in some:
        expected.append(position > last.get((shard, origin), -1))
        last[shard, origin] = max(position, last.get((shard, origin), -1))
    seen = Seen([1, 3, 5])
    found = fresh(seen, some[:cut]) if some[:cut] else []
    if saved:
        old, seen = seen, Seen([1, 3, 5])
        for shard in (1, 3, 5):
            seen.put(shard, old.of(shard))
    found += fresh(seen, some[cut:]) if some[cut:] else []

    assert found == expected


def test_nothing_is_seen_of_no_rows() -> None:
    """A batch may be empty, and a checkpoint older than any row."""
    seen = Seen([1])
    seen.put(1, [])

    assert seen.fresh(np.zeros(0, np.uint8), np.zeros(0, np.int32), np.zeros(0, np.int64)).size == 0
    assert fresh(seen, [(1, 0, 0)]) == [True]


def test_rows_of_other_shards_are_refused() -> None:
    """They would be booked to nobody."""
    with pytest.raises(LookupError):
        fresh(Seen([1, 3]), [(1, 0, 0), (2, 0, 1)])
