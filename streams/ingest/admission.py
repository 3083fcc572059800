"""Which events of a source are used, at what time, and in what order."""

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from detectors.errors import ConfigError, SnapshotError
from detectors.events import ABSENT_TIME, EventBatch, empty_rows

from .batches import StoredBatch, concat, load, pick, store
from .clock import AHEAD, LATE, NO_TIMESTAMP, judge_times


@dataclass(frozen=True, slots=True)
class TimeRules:
    """How event times are judged, in milliseconds.

    Attributes:
        allowed_lateness_ms: how far behind the newest event of its source one still counts.
        clock_tolerance_ms: how far ahead (of the record's timestamp in Kafka, of its
            neighbours in a file) an event is believed without proof. Kerberos asks the
            same of clocks, RFC 4120.
        sort_window_ms: events that are out of order by less are put in order; 0 leaves
            them as they come.

    Raises:
        ConfigError: if a value is negative, or more than the allowed lateness.
    """

    allowed_lateness_ms: int = 3_600_000
    clock_tolerance_ms: int = 300_000
    sort_window_ms: int = 0

    def __post_init__(self) -> None:
        """Check the values."""
        for name in ("clock_tolerance_ms", "sort_window_ms"):
            if not 0 <= getattr(self, name) <= self.allowed_lateness_ms:
                raise ConfigError(
                    f"{name}: expected 0 to allowed_lateness_ms ({self.allowed_lateness_ms}),"
                    f" got {getattr(self, name)}"
                )


class _Stored(msgspec.Struct, frozen=True):
    """The state of an `Admission`."""

    newest: int
    written: int
    late: int
    clock_ahead: int
    undecided: StoredBatch
    timestamps: bytes
    sorting: StoredBatch
    keys: bytes


class Admission:
    """The gate of one source partition. How its stream is cut into batches changes nothing.

    Attributes:
        late: events that were dropped, since they were too far behind.
        clock_ahead: events whose time was set back, since it was too far ahead.
    """

    def __init__(self, rules: TimeRules) -> None:
        self._rules = rules
        self.late = 0
        self.clock_ahead = 0
        self._newest = ABSENT_TIME
        self._written = NO_TIMESTAMP
        self._undecided = _nothing()
        self._timestamps = np.empty(0, np.int64)
        self._sorting = _nothing()
        self._keys = np.empty(0, np.int64)

    def admit(self, batch: EventBatch, timestamps: NDArray[np.int64] | None = None) -> EventBatch:
        """The events that can be used by now, in the order in which they are to be judged.

        Args:
            batch: the next events of the source.
            timestamps: int64, shape (n,): those of the Kafka records, -1 where there is none.
        """
        if timestamps is None:
            timestamps = np.full(len(batch), NO_TIMESTAMP, np.int64)
        return self._sort(*self._judge(batch, timestamps, last=False))

    def flush(self) -> EventBatch:
        """The events that waited for others which will not come."""
        waiting = self._sort(*self._judge(_nothing(), np.empty(0, np.int64), last=True))
        batch = concat([waiting, self._sorting])
        self._sorting, self._keys = _nothing(), self._keys[:0]
        return batch

    @property
    def newest(self) -> int:
        """The source's clock: the newest time that was believed, `ABSENT_TIME` before any."""
        return self._newest

    @property
    def written(self) -> int:
        """Timestamp of the newest record that was judged."""
        return self._written

    def believed(
        self, times: NDArray[np.int64], timestamps: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """What would be believed of the next events' times if they were admitted now."""
        times = np.array(times)
        verdicts = np.empty(len(times), np.uint8)
        limits = self._rules.allowed_lateness_ms, self._rules.clock_tolerance_ms
        last = True
        judge_times(times, timestamps, self._newest, self._written, limits, verdicts, last)
        return times

    def resume(self, newest: int, written: int) -> None:
        """Go on with a source's clock, and its last timestamp, where nothing of it is waiting."""
        self._newest, self._written = newest, written

    def snapshot(self) -> bytes:
        """The state, for `restore`."""
        return msgspec.msgpack.encode(
            _Stored(
                self._newest,
                self._written,
                self.late,
                self.clock_ahead,
                store(self._undecided),
                self._timestamps.tobytes(),
                store(self._sorting),
                self._keys.tobytes(),
            )
        )

    def restore(self, data: bytes) -> None:
        """Take on the state of a `snapshot`.

        Raises:
            SnapshotError: if the bytes are no snapshot of this version.
        """
        try:
            stored = msgspec.msgpack.decode(data, type=_Stored)
        except msgspec.DecodeError as error:
            raise SnapshotError(f"admission: {error}") from error
        self._undecided, self._sorting = load(stored.undecided), load(stored.sorting)
        self._timestamps = np.frombuffer(stored.timestamps, np.int64).copy()
        self._keys = np.frombuffer(stored.keys, np.int64).copy()
        self._newest, self._written = stored.newest, stored.written
        self.late, self.clock_ahead = stored.late, stored.clock_ahead

    def _judge(
        self, batch: EventBatch, timestamps: NDArray[np.int64], *, last: bool
    ) -> tuple[EventBatch, NDArray[np.int64]]:
        """The events that are neither late nor undecided, and the clock as each one left it."""
        batch = concat([self._undecided, batch])
        timestamps = np.concatenate((self._timestamps, timestamps))
        times = np.ascontiguousarray(batch.rows["time"])
        verdicts = np.empty(len(batch), np.uint8)
        before = self._newest
        judged, self._newest = judge_times(
            times,
            timestamps,
            before,
            self._written,
            (self._rules.allowed_lateness_ms, self._rules.clock_tolerance_ms),
            verdicts,
            last,
        )
        self._written = int(timestamps[judged - 1]) if judged else self._written
        self._undecided = pick(batch, np.arange(judged, len(batch)))
        self._timestamps = timestamps[judged:]
        verdicts, times = verdicts[:judged], times[:judged]
        used = verdicts != LATE
        self.late += judged - int(np.count_nonzero(used))
        ahead = int(np.count_nonzero(verdicts == AHEAD))
        self.clock_ahead += ahead
        if judged < len(batch) or not used.all():
            batch = pick(batch, np.flatnonzero(used))
            times = times[used]
        if ahead:
            batch = _at(batch, times)
        return batch, np.maximum.accumulate(np.maximum(times, before))

    def _sort(self, batch: EventBatch, clock: NDArray[np.int64]) -> EventBatch:
        window = self._rules.sort_window_ms
        if window == 0:
            return batch
        # An event that is out of order by more than the window goes where the window
        # stands when it comes, so that its place depends on what came before it alone.
        keys = np.concatenate((self._keys, np.maximum(batch.rows["time"], clock - window)))
        order = np.argsort(keys, kind="stable")
        ready = int(np.searchsorted(keys[order], self._newest - window, side="right"))
        batch = concat([self._sorting, batch])
        self._sorting, self._keys = pick(batch, order[ready:]), keys[order[ready:]]
        return pick(batch, order[:ready])


def _nothing() -> EventBatch:
    nobody = np.empty(0, np.uint64)
    return EventBatch(empty_rows(0), [], np.zeros(1, np.int64), nobody, {})


def _at(batch: EventBatch, times: NDArray[np.int64]) -> EventBatch:
    """The batch with other times; the given one stays as it is."""
    rows = batch.rows.copy()
    rows["time"] = times
    return EventBatch(rows, batch.event_ids, batch.exposed_offsets, batch.exposed, batch.names)
