import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.errors import SnapshotError
from detectors.kernels.hashing import (
    FREE,
    absent,
    add_row,
    can_draw,
    can_remember,
    draw,
    find_row,
    give_back,
    has_room,
)
from detectors.shards.tables import Members, Pool, Table, under

ROW = np.dtype([("value", "u8")])
OTHER = np.dtype([("value", "u4")])


def filled(keys: list[int]) -> Table:
    """A table with a row for each key, that holds it."""
    table = Table(ROW)
    for key in keys:
        row = add_row(table.view(1), np.uint64(key))
        table.rows[row]["value"] = key
    return table


def contents(table: Table, keys: list[int]) -> dict[int, int]:
    """Key and value of each of some keys that the table knows."""
    view = table.view(0)
    rows = {key: find_row(view, np.uint64(key)) for key in keys}
    return {key: int(table.rows[row]["value"]) for key, row in rows.items() if row != FREE}


unique_keys = st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=200)


@given(keys=unique_keys, data=st.data())
def test_a_table_keeps_what_it_is_told_to(keys: list[int], data: st.DataObject) -> None:
    """Rows move together, old numbers map to new ones, and new keys find room."""
    table = filled(keys)
    assert contents(table, keys) == {key: key for key in keys}

    kept = data.draw(st.lists(st.booleans(), min_size=len(keys), max_size=len(keys)))
    moved = table.keep(np.array(kept, np.bool_))
    left = [key for key, stays in zip(keys, kept, strict=True) if stays]
    assert contents(table, keys) == {key: key for key in left}
    numbers = iter(range(len(left)))
    assert moved.tolist() == [next(numbers) if stays else FREE for stays in kept]

    gone = [key for key in keys if key not in set(left)]
    for key in gone:
        row = add_row(table.view(1), np.uint64(key))
        assert table.rows[row]["value"] == 0
        table.rows[row]["value"] = key
    assert contents(table, keys) == {key: key for key in keys}


@given(keys=unique_keys)
def test_a_table_comes_back(keys: list[int]) -> None:
    """What it keeps is enough to find every row again, and leaves the original alone."""
    table, again = filled(keys), Table(ROW)
    again.load(table.arrays())
    if keys:
        again.rows[0]["value"] = 1

    assert contents(again, keys).keys() == set(keys)
    assert contents(table, keys) == {key: key for key in keys}
    assert again.view(100).used.tolist() == [len(keys)]


@given(drawing=st.lists(st.booleans(), max_size=100))
def test_a_pool_comes_back(drawing: list[bool]) -> None:
    """It gives out the same rows as the original would have."""
    pool = Pool(ROW)
    held: list[int] = []
    for wants in drawing:
        if wants or not held:
            held.append(draw(pool.view(1)))
        else:
            give_back(pool.view(0), held.pop())
    again = Pool(ROW)
    again.load(pool.arrays())

    assert again.live == pool.live == len(held)
    assert [draw(again.view(1)) for _ in range(5)] == [draw(pool.view(1)) for _ in range(5)]


@given(held=st.integers(0, 3_000), most=st.integers(1, 10_000))
def test_room_grows_with_what_is_used(held: int, most: int) -> None:
    """An event finds room, and hardly more is taken than what is held, however many come."""
    table, pool, members = Table(ROW), Pool(ROW), Members()
    for part in (table, pool, members):
        part.view(held)
        part.used[0] = held
        part.some(most)

    assert has_room(table.view(0))
    assert can_draw(pool.view(0))
    assert can_remember(members.view(0))
    assert len(table.rows) == len(pool.rows) == len(members.keys) <= 1.25 * held + 128


def test_rows_given_back_are_room() -> None:
    """A pool that others gave their rows back to takes no more memory for new ones."""
    pool = Pool(ROW)
    room = pool.view(10)
    for row in [draw(room) for _ in range(10)]:
        give_back(room, row)

    assert len(pool.view(10).rows) == 10
    assert len(pool.view(11).rows) > 10


@given(keys=unique_keys, others=unique_keys)
def test_absent_keys_are_counted(keys: list[int], others: list[int]) -> None:
    """As many as a table would have to find room for."""
    found = absent(np.array(others, np.uint64), filled(keys).view(0))
    assert found == len(set(others) - set(keys))


@pytest.mark.parametrize("part", [Table, Pool])
def test_another_layout_is_refused(part: type[Table] | type[Pool]) -> None:
    """Rows of another layout are not taken for one's own."""
    with pytest.raises(SnapshotError, match="laid out as"):
        part(ROW).load(part(OTHER).arrays())


def test_names_are_told_apart_to_the_dot() -> None:
    """Arrays of one part are found by their prefix, and another's that begins alike is not."""
    one, two = np.zeros(1), np.zeros(2)

    assert under({"actors.1.rows": one, "actors.10.rows": two}, "actors.1") == {"rows": one}
