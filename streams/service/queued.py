"""Records of blocks that a station has taken, until all of their rows are applied."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streams.blocks import Block, joined

ROWS_PER_RECORD: Final = 1 << 20
"""A row's position is its record's offset times this, and its number in the record."""


@dataclass(slots=True)
class Queued:
    """Records that were decoded, as far as they have not been applied.

    Attributes:
        block: all of their rows; `origin` means nothing.
        origins: int32, per row: the upstream partition.
        positions: int64, per row: offset * `ROWS_PER_RECORD` + number in its record.
        begin: the offset of the first record.
        read_at: when the oldest of their queries was read, ms; 0 if nobody knows.
        at: the number of the row to go on with.
    """

    block: Block
    origins: NDArray[np.int32]
    positions: NDArray[np.int64]
    begin: int
    read_at: int
    at: int = 0


def queue_up(blocks: Sequence[Block], record_offsets: Sequence[int]) -> Queued:
    """The rows of some blocks, at least one, each of a record."""
    counts = [len(block.batch) for block in blocks]
    newest = np.maximum.accumulate([block.day for block in blocks])
    days = [
        np.maximum(block.days, before)
        for block, before in zip(blocks, [0, *newest[:-1].tolist()], strict=True)
    ]
    numbers = np.concatenate([np.arange(count) for count in counts])
    return Queued(
        block=replace(joined(blocks), day=int(newest[-1]), days=np.concatenate(days)),
        origins=np.repeat([block.origin for block in blocks], counts).astype(np.int32),
        positions=np.repeat(record_offsets, counts) * ROWS_PER_RECORD + numbers,
        begin=record_offsets[0],
        read_at=min((block.read_at for block in blocks if block.read_at), default=0),
    )
