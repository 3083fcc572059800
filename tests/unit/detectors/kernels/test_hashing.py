import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.kernels.hashing import (
    FREE,
    MembersView,
    PoolView,
    TableView,
    add_row,
    contains,
    draw,
    find_row,
    give_back,
    index_keys,
    mix,
    mix_columns,
    remember,
)

ROOM = 64
word = st.integers(0, 2**64 - 1)
# Neighbours and multiples of 2^32 collide in the index or nearly so.
keys = st.one_of(st.integers(0, 20), st.integers(0, 20).map(lambda k: k << 32), word)


def plain_mix(a: int, b: int) -> int:
    """The same in Python's unbounded integers."""
    multiplier, full = 0x9E3779B97F4A7C15, 2**64 - 1
    x = (a ^ a >> 32) * multiplier & full
    x = ((x ^ x >> 32) + b) * multiplier & full
    return x ^ x >> 32


@given(a=word, b=word)
def test_mix_is_the_plain_formula(a: int, b: int) -> None:
    """Element by element and column by column."""
    expected = plain_mix(a, b)

    assert int(mix(np.uint64(a), np.uint64(b))) == expected
    columns = np.empty(2, np.uint64)
    mix_columns(np.array([a, b], np.uint64), np.array([b, a], np.uint64), columns)
    assert columns.tolist() == [expected, plain_mix(b, a)]


def test_mix_spreads_small_numbers() -> None:
    """A hundred by a hundred neighbouring numbers give as many keys, in order and reversed."""
    mixed = {plain_mix(a, b) for a in range(100) for b in range(100)}

    assert len(mixed) == 10_000


def empty_table() -> TableView:
    """Room for `ROOM` rows."""
    return TableView(
        rows=np.zeros(ROOM, np.dtype([("x", "i4")])),
        keys=np.zeros(ROOM, np.uint64),
        slots=np.full(2 * ROOM, FREE, np.int32),
        used=np.zeros(1, np.int64),
    )


@given(wanted=st.lists(keys, max_size=ROOM))
def test_table_is_a_dictionary(wanted: list[int]) -> None:
    """Every key finds the row that it was given, and no other key finds one."""
    table = empty_table()
    rows: dict[int, int] = {}
    for key in wanted:
        assert find_row(table, np.uint64(key)) == rows.get(key, FREE)
        if key not in rows:
            rows[key] = add_row(table, np.uint64(key))

    assert sorted(rows.values()) == list(range(len(rows)))
    assert {key: find_row(table, np.uint64(key)) for key in rows} == rows


@given(wanted=st.sets(keys, max_size=ROOM))
def test_index_is_rebuilt_from_keys(wanted: set[int]) -> None:
    """An index made anew finds the same rows."""
    table = empty_table()
    rows = {key: add_row(table, np.uint64(key)) for key in sorted(wanted)}
    again = table._replace(slots=np.full(2 * ROOM, FREE, np.int32))
    index_keys(again.slots, again.keys, len(rows))

    assert {key: find_row(again, np.uint64(key)) for key in rows} == rows


@given(drawing=st.lists(st.booleans(), max_size=ROOM))
def test_pool_is_a_stack(drawing: list[bool]) -> None:
    """What was given back last is drawn first; what is drawn is nobody else's."""
    pool = PoolView(
        rows=np.zeros(ROOM, np.dtype([("x", "i4")])),
        used=np.zeros(2, np.int64),
        free=np.zeros(ROOM, np.int32),
    )
    held: list[int] = []
    returned: list[int] = []
    for wants in drawing:
        if wants:
            row = draw(pool)
            assert row not in held
            assert row == (returned.pop() if returned else len(held))
            held.append(row)
        elif held:
            returned.append(held.pop(0))
            give_back(pool, returned[-1])

    assert pool.used.tolist() == [len(held) + len(returned), len(returned)]


def empty_set() -> MembersView:
    """Room for `ROOM` members."""
    return MembersView(
        keys=np.zeros(ROOM, np.uint64),
        slots=np.full(2 * ROOM, FREE, np.int32),
        used=np.zeros(1, np.int64),
    )


@given(wanted=st.lists(keys, max_size=ROOM))
def test_members_are_a_set(wanted: list[int]) -> None:
    """A key is new once, and contained from then on."""
    members = empty_set()
    seen: set[int] = set()
    for key in wanted:
        assert contains(members, np.uint64(key)) == (key in seen)
        assert remember(members, np.uint64(key)) == (key not in seen)
        seen.add(key)

    assert set(members.keys[: members.used[0]].tolist()) == seen
