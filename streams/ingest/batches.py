"""Event batches put together, picked from, and written to bytes."""

from collections.abc import Sequence
from itertools import chain
from typing import cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from detectors.errors import SnapshotError
from detectors.events import EVENT, EventBatch, Records

_NAMED = ("tenant", "role", "gallery", "purpose", "unit")


def concat(batches: Sequence[EventBatch]) -> EventBatch:
    """The events of one batch after those of the other; there is at least one."""
    batches = [batch for batch in batches if len(batch)] or batches[:1]
    if len(batches) == 1:
        return batches[0]
    counts = [np.diff(batch.exposed_offsets) for batch in batches]
    names: dict[int, str] = {}
    for batch in batches:
        names |= batch.names
    return EventBatch(
        rows=stacked([batch.rows for batch in batches]),
        event_ids=list(chain.from_iterable(batch.event_ids for batch in batches)),
        exposed_offsets=_offsets(np.concatenate(counts)),
        exposed=np.concatenate([batch.exposed for batch in batches]),
        names=names,
    )


def stacked(parts: Sequence[Records]) -> Records:
    """Records of one dtype behind each other."""
    # As bytes: `np.concatenate` copies records field by field, which takes ten times as long.
    whole = np.concatenate([np.ascontiguousarray(part).view(np.uint8) for part in parts])
    return cast("Records", whole.view(parts[0].dtype))


def pick(batch: EventBatch, which: NDArray[np.int64]) -> EventBatch:
    """The events of these rows, in this order, with only the names that they use."""
    # `rows[which]` copies records field by field, which takes 25 times as long.
    rows = batch.rows.take(which)
    counts = np.diff(batch.exposed_offsets)[which]
    offsets = _offsets(counts)
    # Where each event's candidates begin, less where they go, plus the running number.
    shift = np.repeat(batch.exposed_offsets[which] - offsets[:-1], counts)
    used = {code for column in _NAMED for code in np.unique(rows[column]).tolist()}
    return EventBatch(
        rows=rows,
        event_ids=[batch.event_ids[i] for i in which.tolist()],
        exposed_offsets=offsets,
        exposed=batch.exposed[shift + np.arange(offsets[-1])],
        names={code: word for code, word in batch.names.items() if code in used},
    )


class StoredBatch(msgspec.Struct, frozen=True):
    """A batch as plain values, for a snapshot."""

    layout: str
    rows: bytes
    event_ids: list[str]
    exposed_offsets: bytes
    exposed: bytes
    names: dict[int, str]


_LAYOUT = repr(EVENT.descr)


def store(batch: EventBatch) -> StoredBatch:
    """The batch as plain values."""
    return StoredBatch(
        _LAYOUT,
        batch.rows.tobytes(),
        batch.event_ids,
        batch.exposed_offsets.tobytes(),
        batch.exposed.tobytes(),
        batch.names,
    )


def load(stored: StoredBatch) -> EventBatch:
    """The batch that was stored.

    Raises:
        SnapshotError: if it was stored with other columns.
    """
    if stored.layout != _LAYOUT:
        raise SnapshotError("events were stored with other columns than this version's")
    return EventBatch(
        np.frombuffer(stored.rows, EVENT).copy(),
        stored.event_ids,
        np.frombuffer(stored.exposed_offsets, np.int64).copy(),
        np.frombuffer(stored.exposed, np.uint64).copy(),
        stored.names,
    )


def _offsets(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
