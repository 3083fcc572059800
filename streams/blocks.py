"""Columnar blocks: what one Kafka record between the hops of the service carries.

A block is a prefix that names its layout, and one Zstandard frame (RFC 8878) with a
MessagePack head and the bytes of the arrays. Records go in row after row: Zstandard finds
what a row repeats of an earlier one of its actor in one piece. Cut into columns they took
1.3 to 2.5 times as long to write, into byte planes 1.1 to 3.3 times; blocks of columns were
mostly larger, those of planes always.
"""

import struct
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import accumulate, pairwise
from typing import Any, Final

import msgspec
import numpy as np
import zstandard
from numpy.typing import NDArray

from detectors.errors import SnapshotError
from detectors.events import EVENT, EventBatch, Records, Row
from detectors.kernels.compile import kernel
from detectors.kernels.hashing import FREE, find, index_keys
from detectors.state.actors import ACTOR_FIGURES
from streams.ingest.batches import concat, stacked

VERSION: Final = 1
"""Raised with every change of layout, or of what a value means, that the dtypes do not show."""

LARGEST: Final = 1 << 28
"""Bytes that a block may unfold to, 400,000 rows at least; torn bytes can claim any size."""

MOST_BYTES: Final = 1 << 20
"""Of a block before it is compressed, so that no record is larger than topics take."""

_ROW_BYTES: Final = EVENT.itemsize + ACTOR_FIGURES.itemsize + 12  # a day, a count, an id's length

_MAGIC: Final = b"PWBLOCK"
_DTYPES: Final = repr((EVENT.descr, ACTOR_FIGURES.descr)).encode()
_PREFIX: Final = _MAGIC + bytes([VERSION]) + blake2b(_DTYPES, digest_size=8).digest()
_LENGTH: Final = struct.Struct("<I")  # of the head

_LEVEL: Final = -3
"""Of Zstandard. Level 1 takes 1.4 to 2 times as long, for blocks that are 2 to 16 % smaller."""

_DAY: Final = np.dtype("<i4")
_COUNT: Final = np.dtype("<i4")
_EXPOSED: Final = np.dtype("<u8")


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of one upstream partition, for one partition downstream.

    Attributes:
        origin: number of the upstream partition.
        day: days since the epoch (UTC) that have begun upstream; a block without rows
            tells nothing else.
        batch: the events; their `index` is the position in the upstream partition, rising.
        days: int32, shape (n,): the day that was open upstream when each row was judged.
        figures: `ACTOR_FIGURES` of the rows behind the actor stage, None before it.
        read_at: when the queries were read, ms since the epoch, 0 if nobody knows; only measured.
    """

    origin: int
    day: int
    batch: EventBatch
    days: NDArray[np.int32]
    figures: Records | None
    read_at: int = 0


def no_rows() -> tuple[EventBatch, NDArray[np.int32]]:
    """Batch and days of a block that only tells the day."""
    nothing = np.zeros(0, np.uint64)
    batch = EventBatch(np.zeros(0, EVENT), [], np.zeros(1, np.int64), nothing, {})
    return batch, np.zeros(0, np.int32)


def fitting(batch: EventBatch) -> Iterator[tuple[int, int]]:
    """(start, stop): where to cut events so that each part's block fits into one record."""
    words = sum(len(word.encode("utf-8", "surrogatepass")) for word in batch.names.values())
    ids = [len(event_id.encode("utf-8", "surrogatepass")) for event_id in batch.event_ids]
    row_bytes = _ROW_BYTES + words // max(len(batch), 1)
    bytes_before = np.arange(len(batch) + 1) * row_bytes + batch.exposed_offsets * 8
    bytes_before[1:] += np.cumsum(ids, dtype=np.int64)
    start = 0
    while start < len(batch):
        most = bytes_before[start] + MOST_BYTES
        stop = max(start + 1, int(np.searchsorted(bytes_before, most, side="right")) - 1)
        yield start, stop
        start = stop


def part(block: Block, start: int, stop: int) -> Block:
    """The rows from `start` to before `stop`, as views."""
    figures = None if block.figures is None else block.figures[start:stop]
    return replace(
        block, batch=block.batch.take(start, stop), days=block.days[start:stop], figures=figures
    )


def joined(blocks: Sequence[Block]) -> Block:
    """The rows of all blocks, at least one, with the origin and day of the last."""
    figures = [block.figures for block in blocks if block.figures is not None]
    return replace(
        blocks[-1],
        batch=concat([block.batch for block in blocks]),
        days=np.concatenate([block.days for block in blocks]),
        figures=stacked(figures) if figures else None,
    )


def split(block: Block, destination: NDArray[np.uint8]) -> dict[int, Block]:
    """The rows for each destination, in their order and with only the names that they use.

    Args:
        block: the rows, n of them.
        destination: uint8, shape (n,): where each of them goes.

    Returns:
        Blocks by destination, lowest first; none for a destination without rows.
    """
    order = np.argsort(destination, kind="stable")
    bounds = [0, *np.cumsum(np.bincount(destination)).tolist()]
    names = _names_used(block.batch, destination)
    batch = _arranged(block.batch, order)
    days = block.days[order]
    figures = None if block.figures is None else block.figures.take(order)
    return {
        number: replace(
            block,
            batch=replace(batch.take(start, stop), names=names[number]),
            days=days[start:stop],
            figures=None if figures is None else figures[start:stop],
        )
        for number, (start, stop) in enumerate(pairwise(bounds))
        if start < stop
    }


def _arranged(batch: EventBatch, order: NDArray[np.int64]) -> EventBatch:
    """The same events in another order."""
    counts = np.diff(batch.exposed_offsets)[order]
    offsets = _offsets(counts)
    # Where each event's candidates begin, less where they go, plus the running number.
    shift = np.repeat(batch.exposed_offsets[order] - offsets[:-1], counts)
    return EventBatch(
        # `rows[order]` copies records field by field, which takes 25 times as long.
        rows=batch.rows.take(order),
        event_ids=[batch.event_ids[i] for i in order.tolist()],
        exposed_offsets=offsets,
        exposed=batch.exposed[shift + np.arange(offsets[-1])],
        names=batch.names,
    )


def _names_used(batch: EventBatch, destination: NDArray[np.uint8]) -> list[dict[int, str]]:
    """For each destination the names that its rows use."""
    names = list(batch.names.items())
    codes = np.fromiter(batch.names, np.uint64, len(names))
    slots = np.full(2 << len(names).bit_length(), FREE, np.int32)
    index_keys(slots, codes, len(codes))
    used = np.zeros((int(destination.max(initial=0)) + 1, len(names)), np.bool_)
    _mark_used(batch.rows, destination, slots, codes, used)
    return [dict(names[i] for i in np.flatnonzero(mine).tolist()) for mine in used]


@kernel
def _mark_used(
    rows: Records,
    destination: NDArray[np.uint8],
    slots: NDArray[np.int32],
    codes: NDArray[np.uint64],
    used: NDArray[np.bool_],
) -> None:
    # Takes half to a fifth of `np.unique` of each column for each destination.
    for i in range(len(rows)):
        row: Row = rows[i]
        for code in (row.tenant, row.role, row.gallery, row.purpose, row.unit):
            name = slots[find(slots, codes, code)]
            if name != FREE:
                used[destination[i], name] = True


class _Head(msgspec.Struct, frozen=True, array_like=True):
    origin: int
    day: int
    exposed: int
    has_figures: bool
    event_ids: list[str]
    names: dict[int, str]
    read_at: int = 0


class _Zstandard(threading.local):
    """Threads may not share these; to make both anew takes 17 µs, as long as 30 rows do."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=_LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()


_zstandard = _Zstandard()
_read_head = msgspec.msgpack.Decoder(_Head).decode

_UNREADABLE = (struct.error, msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What the head's decoder raises: it lets two of Python's own errors through."""


def encode(block: Block) -> bytes:
    """The block as bytes. It is far smaller than `LARGEST`: Kafka's records are."""
    batch = block.batch
    about = (block.origin, block.day, len(batch.exposed), block.figures is not None)
    head = msgspec.msgpack.encode(_Head(*about, batch.event_ids, batch.names, block.read_at))
    body = [
        _LENGTH.pack(len(head)),
        head,
        block.days.astype(_DAY).tobytes(),
        np.diff(batch.exposed_offsets).astype(_COUNT).tobytes(),
        batch.exposed.astype(_EXPOSED).tobytes(),
        batch.rows.tobytes(),
    ]
    if block.figures is not None:
        body.append(block.figures.tobytes())
    return _PREFIX + _zstandard.compressor.compress(b"".join(body))


def decode(data: bytes) -> Block:
    """The block that was encoded; its arrays can be written to.

    Raises:
        SnapshotError: it is no block, not whole, or of another layout.
    """
    body = memoryview(_unfolded(data))
    try:
        (length,) = _LENGTH.unpack_from(body)
        head = _read_head(body[_LENGTH.size : _LENGTH.size + length])
    except _UNREADABLE as fault:
        raise SnapshotError(f"block is not whole: its head cannot be read: {fault}") from fault
    n = len(head.event_ids)
    arrays = _arrays(
        body[_LENGTH.size + length :],
        (_DAY, n),
        (_COUNT, n),
        (_EXPOSED, head.exposed),
        (EVENT, n),
        (ACTOR_FIGURES, n if head.has_figures else 0),
    )
    days, counts, exposed, rows, figures = arrays
    offsets = _offsets(counts)
    if counts.min(initial=0) < 0 or offsets[-1] != len(exposed):
        raise SnapshotError("block is not whole: its candidates are not those of its rows")
    return Block(
        head.origin,
        head.day,
        EventBatch(rows, head.event_ids, offsets, exposed, head.names),
        days,
        figures if head.has_figures else None,
        head.read_at,
    )


def _unfolded(data: bytes) -> bytes:
    if not data.startswith(_MAGIC):
        raise SnapshotError("not a block: it does not begin as one")
    if not data.startswith(_PREFIX):
        raise SnapshotError("block has another layout than this version's")
    frame = memoryview(data)[len(_PREFIX) :]
    try:
        if zstandard.frame_content_size(frame) > LARGEST:
            raise SnapshotError("block is not whole: it claims a size that no block has")
        return _zstandard.decompressor.decompress(frame, allow_extra_data=False)
    except zstandard.ZstdError as fault:
        raise SnapshotError(f"block is not whole: {fault}") from fault


def _arrays(data: memoryview, *layout: tuple[np.dtype[Any], int]) -> list[NDArray[Any]]:
    """Arrays of so many elements that follow each other in `data`."""
    sizes = [dtype.itemsize * count for dtype, count in layout]
    if sum(sizes) != len(data) or min(sizes) < 0:
        raise SnapshotError("block is not whole: its arrays are not as long as its head says")
    ends = accumulate(sizes)
    # A `bytearray` is aligned and can be written to, which kernels are compiled for, and is
    # copied at once, where an array's `copy` goes field by field.
    return [
        np.frombuffer(bytearray(data[end - size : end]), dtype)
        for (dtype, _), size, end in zip(layout, sizes, ends, strict=True)
    ]


def _offsets(counts: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)))
