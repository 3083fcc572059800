import struct
from dataclasses import replace
from itertools import pairwise

import msgspec
import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from detectors.errors import SnapshotError
from detectors.events import EVENT, EventBatch, Records
from detectors.state.actors import ACTOR_FIGURES
from streams.blocks import (
    MOST_BYTES,
    VERSION,
    Block,
    decode,
    encode,
    fitting,
    joined,
    no_rows,
    part,
    split,
)
from streams.ingest.batches import concat

NAMED = ("tenant", "role", "gallery", "purpose", "unit")
PREFIX = 16
"""Bytes before the compressed part: what it is, its version, its dtypes."""


def any_records(dtype: np.dtype[np.void], n: int, rng: np.random.Generator) -> Records:
    """Records of random bytes: NaNs of every kind, the smallest and the largest numbers."""
    return np.frombuffer(bytearray(rng.bytes(n * dtype.itemsize)), dtype)


@st.composite
def blocks(draw: st.DrawFn, most: int = 12) -> Block:
    """Blocks of any rows, whose indices rise, with names for most of their codes."""
    event_ids = draw(st.lists(st.text(max_size=5), max_size=most))
    n = len(event_ids)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows = any_records(EVENT, n, rng)
    rows["index"] = np.cumsum(rng.integers(1, 1000, n))
    codes = rng.integers(0, 2**64, 4, np.uint64)
    for field in NAMED:
        rows[field] = rng.choice(codes, n)
    counts = rng.integers(0, 4, n)
    batch = EventBatch(
        rows,
        event_ids,
        np.concatenate((np.zeros(1, np.int64), np.cumsum(counts))),
        rng.integers(0, 2**64, counts.sum(), np.uint64),
        # The first code stands for an absent word.
        {code: draw(st.text(max_size=3)) for code in codes[1:].tolist()},
    )
    return Block(
        origin=draw(st.integers(0, 2**31 - 1)),
        day=draw(st.integers(-1, 2**31 - 1)),
        batch=batch,
        days=rng.integers(0, 2**31, n, np.int32),
        figures=any_records(ACTOR_FIGURES, n, rng) if draw(st.booleans()) else None,
        read_at=draw(st.integers(0, 2**53)),
    )


@st.composite
def routed(draw: st.DrawFn) -> tuple[Block, NDArray[np.uint8]]:
    """Blocks, and a destination for each of their rows."""
    block = draw(blocks())
    numbers = st.sampled_from([0, 1, 2, 7, 255])
    n = len(block.batch)
    return block, np.array(draw(st.lists(numbers, min_size=n, max_size=n)), np.uint8)


def contents(block: Block) -> list[tuple[object, ...]]:
    """All that a block says of each of its rows, the names of its codes included."""
    batch = block.batch
    bounds = batch.exposed_offsets.tolist()
    return [
        (
            batch.rows[i].tobytes(),
            batch.event_ids[i],
            batch.exposed[bounds[i] : bounds[i + 1]].tolist(),
            [batch.names.get(int(batch.rows[field][i])) for field in NAMED],
            int(block.days[i]),
            None if block.figures is None else block.figures[i].tobytes(),
        )
        for i in range(len(batch))
    ]


@given(blocks())
def test_block_is_decoded_as_it_was_encoded(block: Block) -> None:
    """Whatever its rows hold; without rows it still says what has begun upstream."""
    decoded = decode(encode(block))

    told = (decoded.origin, decoded.day, decoded.read_at)
    assert told == (block.origin, block.day, block.read_at)
    assert contents(decoded) == contents(block)
    assert decoded.batch.names == block.batch.names
    assert (decoded.figures is None) == (block.figures is None)


@given(blocks())
def test_decoded_arrays_are_like_those_of_ingest(block: Block) -> None:
    """A kernel would be compiled again for arrays of another type or that are read only."""
    decoded = decode(encode(block))

    pairs = [
        (decoded.batch.rows, block.batch.rows),
        (decoded.batch.exposed_offsets, block.batch.exposed_offsets),
        (decoded.batch.exposed, block.batch.exposed),
        (decoded.days, block.days),
    ]
    for array, original in pairs:
        assert array.dtype == original.dtype
        assert array.flags.writeable
        assert array.flags.aligned
        assert array.flags.c_contiguous


@given(routed())
def test_every_row_goes_to_its_destination_once(case: tuple[Block, NDArray[np.uint8]]) -> None:
    """In the order it was in; a destination without rows gets no block."""
    block, destination = case
    parts = split(block, destination)

    whole = contents(block)
    assert list(parts) == sorted(set(destination.tolist()))
    for number, piece in parts.items():
        expected = [row for row, to in zip(whole, destination, strict=True) if to == number]
        assert contents(piece) == expected
        assert (piece.origin, piece.day) == (block.origin, block.day)


@given(routed())
def test_parts_carry_the_names_that_they_use(case: tuple[Block, NDArray[np.uint8]]) -> None:
    """And no other."""
    block, destination = case

    for piece in split(block, destination).values():
        used = {int(code) for field in NAMED for code in piece.batch.rows[field]}
        assert set(piece.batch.names) == used & set(block.batch.names)


@given(routed())
def test_parts_in_the_order_of_their_indices_are_the_whole(
    case: tuple[Block, NDArray[np.uint8]],
) -> None:
    """Also when each has been sent as bytes, so what was cut can be merged downstream."""
    block, destination = case
    sent = [decode(encode(part)) for part in split(block, destination).values()]
    if not sent:
        return
    order = np.argsort(np.concatenate([part.batch.rows["index"] for part in sent]))
    gathered = Block(
        block.origin,
        block.day,
        concat([part.batch for part in sent]),
        np.concatenate([part.days for part in sent]),
        None
        if block.figures is None
        else np.concatenate([part.figures for part in sent if part.figures is not None]),
    )
    rows = contents(gathered)

    assert [rows[i] for i in order] == contents(block)


@given(blocks(), st.binary(max_size=40))
def test_bytes_that_are_no_block_are_refused(block: Block, noise: bytes) -> None:
    """By one kind of error, whether foreign, cut short, or with something behind."""
    data = encode(block)

    for other in (noise, data[:PREFIX] + noise, data + noise + b"\0"):
        with pytest.raises(SnapshotError):
            decode(other)


@given(blocks(most=4), st.data())
def test_block_cut_anywhere_is_refused(block: Block, data: st.DataObject) -> None:
    """As a whole block; none of its rows is passed on."""
    whole = encode(block)

    with pytest.raises(SnapshotError):
        decode(whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(blocks(most=4), st.data())
def test_damage_raises_nothing_but_a_snapshot_error(block: Block, data: st.DataObject) -> None:
    """Kafka's checksum finds a flipped bit; if it did not, the worker could still say so."""
    damaged = bytearray(encode(block))
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))

    try:
        decoded = decode(bytes(damaged))
    except SnapshotError:
        return
    assert len(decoded.batch.exposed_offsets) == len(decoded.batch) + 1


def test_block_of_another_version_is_refused() -> None:
    """Its version, and the dtypes that it was written with, come before all else."""
    data = bytearray(encode(empty()))
    assert data[7] == VERSION

    for place in (7, 8, PREFIX - 1):
        other = data.copy()
        other[place] ^= 1
        with pytest.raises(SnapshotError, match="another layout"):
            decode(bytes(other))


def empty() -> Block:
    """A block that says no more than that a day has begun."""
    nothing = EventBatch(np.zeros(0, EVENT), [], np.zeros(1, np.int64), np.zeros(0, np.uint64), {})
    return Block(3, 20_000, nothing, np.zeros(0, np.int32), None)


def framed(body: bytes, *, says_size: bool = True) -> bytes:
    """`body` behind the prefix of a block, compressed."""
    compressor = zstandard.ZstdCompressor(write_content_size=says_size)
    return encode(empty())[:PREFIX] + compressor.compress(body)


def headed(head: bytes, arrays: bytes = b"") -> bytes:
    """A block of such a head and arrays."""
    return framed(struct.pack("<I", len(head)) + head + arrays)


def test_block_is_what_its_parts_say() -> None:
    """The frame that the tests of refusal spoil is, unspoilt, a block."""
    decoded = decode(headed(msgspec.msgpack.encode([3, 20_000, 0, False, [], {}])))

    assert (decoded.origin, decoded.day, len(decoded.batch)) == (3, 20_000, 0)


@given(st.binary(max_size=60))
def test_frame_of_anything_is_refused(body: bytes) -> None:
    """What is compressed well need not be a block."""
    for data in (framed(body), headed(body)):
        with pytest.raises(SnapshotError, match="not whole"):
            decode(data)


@pytest.mark.parametrize(
    ("head", "arrays"),
    [
        pytest.param([3, 20_000, 0, False, []], 0, id="lacks names"),
        pytest.param([3, 20_000, 0, False, ["a"], {}], 0, id="has no row for an event"),
        pytest.param([3, 20_000, 0, False, [], {}], 1, id="has bytes for no event"),
        pytest.param([3, 20_000, -1, False, [], {}], 0, id="negative number of candidates"),
        pytest.param(
            [3, 20_000, -1, False, ["a"], {}], EVENT.itemsize, id="negative, the sum fitting"
        ),
        pytest.param([3, 20_000, 2**63, False, [], {}], 0, id="candidates beyond all memory"),
        pytest.param([3, 20_000, 0, False, [1], {}], 0, id="event id is a number"),
    ],
)
def test_head_that_does_not_fit_is_refused(head: list[object], arrays: int) -> None:
    """Lengths are checked before a byte of the arrays is read."""
    with pytest.raises(SnapshotError, match="not whole"):
        decode(headed(msgspec.msgpack.encode(head), bytes(arrays)))


@pytest.mark.parametrize("counts", [[1, 2], [-1, 2], [2, -1], [2**31 - 1, 2**31 - 1]])
def test_candidates_that_are_not_those_of_the_rows_are_refused(counts: list[int]) -> None:
    """Kernels read them unchecked, so an offset must not point outside."""
    head = msgspec.msgpack.encode([3, 20_000, 1, False, ["a", "b"], {}])
    days = np.zeros(2, np.int32).tobytes()
    rows = np.zeros(2, EVENT).tobytes()
    arrays = days + np.array(counts, np.int32).tobytes() + bytes(8) + rows

    with pytest.raises(SnapshotError, match="candidates"):
        decode(headed(head, arrays))


def test_text_that_is_not_utf_8_is_refused() -> None:
    """MessagePack's decoder passes Python's own error on."""
    with pytest.raises(SnapshotError, match="not whole"):
        decode(
            headed(
                msgspec.msgpack.encode([3, 20_000, 0, False, ["??"], {}]).replace(
                    b"??", b"\xff\xfe"
                )
            )
        )


def test_lists_without_end_are_refused() -> None:
    """A decoder that calls itself for each of them runs out of stack."""
    with pytest.raises(SnapshotError, match="not whole"):
        decode(headed(b"\x97\x01\x02\x00\xc2\x90\x80" + b"\x91" * 100_000))


@pytest.mark.parametrize("size", [2**28 + 1, 2**40, 2**64 - 3])
def test_frame_that_claims_too_much_is_refused(size: int) -> None:
    """No memory is taken for it."""
    frame = b"\x28\xb5\x2f\xfd" + b"\xe0" + struct.pack("<Q", size) + b"\x01\x00\x00"

    with pytest.raises(SnapshotError, match="size"):
        decode(encode(empty())[:PREFIX] + frame)


def test_frame_that_hides_its_size_is_refused() -> None:
    """This version never writes one, and would have to guess how much memory it takes."""
    with pytest.raises(SnapshotError, match="size"):
        decode(framed(b"x" * 100, says_size=False))


def alike(n: int) -> Block:
    """A block of `n` rows that differ in nothing but their index."""
    rows = np.repeat(any_records(EVENT, 1, np.random.default_rng(5)), n)
    rows["index"] = np.arange(n)
    offsets = np.zeros(n + 1, np.int64)
    batch = EventBatch(rows, ["same"] * n, offsets, np.zeros(0, np.uint64), {})
    return replace(empty(), batch=batch, days=np.full(n, 20_000, np.int32))


def test_order_is_kept_in_a_long_block() -> None:
    """Sorting keeps the order of a few equal numbers by chance, of many only if it must."""
    destination = np.random.default_rng(6).integers(0, 8, 4000).astype(np.uint8)

    for number, piece in split(alike(4000), destination).items():
        expected = np.flatnonzero(destination == number).tolist()
        assert piece.batch.rows["index"].tolist() == expected


def test_block_of_repeated_rows_is_small() -> None:
    """What an actor's rows have in common costs little."""
    block = alike(1000)

    assert len(encode(block)) < 0.1 * block.batch.rows.nbytes


@given(blocks(), st.lists(st.integers(0, 12), max_size=4))
def test_parts_joined_are_the_whole(block: Block, cuts: list[int]) -> None:
    """Wherever it is cut, and whether parts have rows or not."""
    bounds = [0, *sorted(min(cut, len(block.batch)) for cut in cuts), len(block.batch)]
    parts = [part(block, start, stop) for start, stop in pairwise(bounds)]

    whole = joined(parts)

    assert contents(whole) == contents(block)
    assert (whole.origin, whole.day) == (block.origin, block.day)
    assert (whole.figures is None) == (block.figures is None)
    assert set(whole.batch.names) == set(block.batch.names)


@given(blocks(), blocks())
def test_joined_blocks_have_origin_and_day_of_the_last(first: Block, last: Block) -> None:
    """The rows of each are in their order; a block that only tells the day adds none."""
    last = replace(last, figures=None)
    first = replace(first, figures=None)
    tick = Block(7, 20_000, *no_rows(), None)

    assert [row[:3] for row in contents(joined([first, tick, last]))] == [
        row[:3] for row in contents(first) + contents(last)
    ]
    whole = joined([first, last, tick])
    assert (whole.origin, whole.day) == (7, 20_000)


def test_ticks_among_blocks_with_figures_change_nothing() -> None:
    """They have no figures, as they have no rows."""
    rows = replace(alike(3), figures=any_records(ACTOR_FIGURES, 3, np.random.default_rng(1)))
    tick = Block(0, 20_000, *no_rows(), None)

    for some in ([tick, rows, tick], [rows], [tick, rows], [rows, tick]):
        assert contents(decode(encode(joined(some)))) == contents(rows)
    assert len(joined([tick, tick]).batch) == 0


@given(
    st.lists(st.sampled_from([0, 1, 100, 20_000]), max_size=30),
    st.integers(1, 4_000),
)
def test_events_are_cut_so_that_blocks_fit(counts: list[int], repeated: int) -> None:
    """Every event is in one part, in order; only one event alone may be larger than that."""
    lengths = np.repeat(np.array(counts, np.int64), repeated)[:6_000]
    batch = EventBatch(
        np.zeros(len(lengths), EVENT),
        ["i" * 36] * len(lengths),
        np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
        np.zeros(int(lengths.sum()), np.uint64),
        {},
    )

    cuts = list(fitting(batch))

    assert [start for start, _ in cuts] == [0, *(stop for _, stop in cuts)][: len(cuts)]
    assert (cuts[-1][1] if cuts else 0) == len(batch)
    for start, stop in cuts:
        assert stop > start
        assert stop - start == 1 or unfolded(batch.take(start, stop)) <= MOST_BYTES
    # Nothing is cut without need.
    for (start, _), (_, stop) in pairwise(cuts):
        assert unfolded(batch.take(start, stop)) > 0.9 * MOST_BYTES


def unfolded(batch: EventBatch) -> int:
    """Bytes of the arrays of a block with figures, and of its event ids."""
    ids = sum(map(len, batch.event_ids))
    row = EVENT.itemsize + ACTOR_FIGURES.itemsize + 8
    return len(batch) * row + ids + batch.exposed.nbytes


def test_a_block_may_have_no_rows() -> None:
    """And then says what day it is."""
    tick = decode(encode(Block(3, 20_000, *no_rows(), None)))

    assert (tick.origin, tick.day, len(tick.batch), tick.figures) == (3, 20_000, 0, None)
    assert list(fitting(tick.batch)) == []
    assert split(tick, np.zeros(0, np.uint8)) == {}
