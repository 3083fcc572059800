import numpy as np
import pytest

from detectors.errors import SnapshotError
from streams.checkpoints.journal import Entry, Journal, Playback, Record, key_of
from streams.checkpoints.records import encode
from streams.checkpoints.segments import Tracker

UNIT = "actors.00"


def journal_of(*checkpoints: list[tuple[str, int, int, int]]) -> Journal:
    """A journal of checkpoints at offsets 0, 10, 20, ..."""
    journal = Journal()
    for number, entries in enumerate(checkpoints):
        journal.add((Entry(*entry) for entry in entries), 10 * number, 10 * number + 9)
    return journal


def test_a_unit_without_a_base_wants_one() -> None:
    """The first segment of a unit is whole."""
    assert Journal().wants_base(UNIT)
    assert not journal_of([(UNIT, 1, 0, 100)]).wants_base(UNIT)


def test_a_unit_whose_deltas_outweigh_its_base_wants_one() -> None:
    """Recovery reads at most twice what a base takes."""
    journal = journal_of([(UNIT, 1, 0, 100)], [(UNIT, 2, 1, 60)], [(UNIT, 3, 2, 40)])

    assert not journal.wants_base(UNIT)

    journal.add([Entry(UNIT, 4, 3, 1)], 30, 39)
    assert journal.wants_base(UNIT)


def test_an_idle_unit_does_not_keep_the_head_for_ever() -> None:
    """Of a log much larger than what lives, the oldest unit writes a base, and only that."""
    idle = [("idle.0", 1, 0, 100)], [("idle.1", 2, 0, 100)]
    busy = [[("busy", 10 + n, 0, 100)] for n in range(7)]

    assert not journal_of(*idle, *busy).wants_base("idle.0")
    crowded = journal_of(*idle, *busy, [("busy", 20, 0, 100)])

    assert [crowded.wants_base(unit) for unit in ("idle.0", "idle.1", "busy")] == [
        True,
        False,
        False,
    ]


def test_what_no_recovery_needs_can_be_cut() -> None:
    """The head reaches to the checkpoint that holds the oldest base still needed."""
    journal = journal_of([("a", 1, 0, 100), ("b", 2, 0, 50)], [("a", 3, 0, 100)])
    assert journal.superseded() is None
    assert (journal.log_bytes, journal.live_bytes) == (250, 150)

    journal.add([Entry("b", 4, 0, 50)], 20, 29)
    assert journal.superseded() == 10

    journal.cut()
    assert (journal.log_bytes, journal.live_bytes) == (150, 150)
    assert journal.superseded() is None


def test_a_cut_must_be_worth_a_request() -> None:
    """A few superseded bytes stay until there are more."""
    journal = journal_of([("a", 1, 0, 100), ("b", 2, 0, 1)], [("a", 3, 0, 1_000)])

    journal.add([Entry("b", 4, 0, 1)], 20, 29)

    assert journal.superseded() is None


def test_a_delta_of_a_segment_that_was_not_written_is_refused() -> None:
    """A gap would show only at the next recovery; it shows at once."""
    journal = journal_of([(UNIT, 1, 0, 100)])

    journal.check(UNIT, 1)
    journal.check("actors.01", 0)
    with pytest.raises(SnapshotError, match=r"a delta of actors\.00 does not follow"):
        journal.check(UNIT, 2)
    with pytest.raises(SnapshotError, match=r"a delta of actors\.01 does not follow"):
        journal.check("actors.01", 1)


class Log:
    """Records as a partition would hold them."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.rows = np.arange(100)
        self.tracker = Tracker()

    def checkpoint(self, number: int, kind: str = "delta", *, ended: bool = True) -> None:
        """Append one of a unit whose rows it changes."""
        self.rows[number] = -number
        segment = getattr(self.tracker, kind)({"number": number}, {"rows": self.rows})
        values = [*encode(UNIT, segment), *([b""] if ended else [])]
        for index, value in enumerate(values):
            self.records.append(Record(len(self.records), key_of(number, index), value))


def test_playback_reads_up_to_a_checkpoint() -> None:
    """Every checkpoint that ended is read, and the journal is as when it was written."""
    log = Log()
    log.checkpoint(1, "base")
    log.checkpoint(2)
    playback = Playback()

    assert not playback.take(log.records[:-1], until=2)
    assert playback.take(log.records[-1:], until=2)

    restored = playback.assembler.units()[UNIT]
    assert restored.about == {"number": 2}
    assert np.array_equal(restored.arrays["rows"], log.rows)
    assert playback.journal.last_offset == 3
    assert playback.journal.live_bytes == sum(len(record.value) for record in log.records)
    playback.journal.check(UNIT, restored.id)


def test_a_checkpoint_that_never_ended_is_not_there() -> None:
    """Without its end a checkpoint is torn, and the one before it counts."""
    log = Log()
    log.checkpoint(1, "base")
    log.checkpoint(2, ended=False)
    end = Record(9, key_of(3, 0), b"")
    playback = Playback()

    assert playback.take([*log.records, end], until=3)
    playback.finish()

    assert playback.assembler.units()[UNIT].about == {"number": 1}
    assert playback.journal.log_bytes == sum(len(record.value) for record in log.records)
    assert playback.journal.live_bytes < playback.journal.log_bytes


def test_a_checkpoint_with_a_record_missing_is_not_there() -> None:
    """The end of a checkpoint says how many records it has."""
    log = Log()
    log.checkpoint(1, "base")
    log.checkpoint(2)
    del log.records[2]
    playback = Playback()

    assert playback.take(log.records, until=2)

    assert playback.assembler.units()[UNIT].about == {"number": 1}


def test_records_that_came_twice_count_once() -> None:
    """A producer without idempotence may repeat what it sent."""
    log = Log()
    log.checkpoint(1, "base")
    log.checkpoint(2)
    playback = Playback()

    playback.take([log.records[0], log.records[0], *log.records[1:]], until=2)

    assert playback.assembler.units()[UNIT].about == {"number": 2}


def test_a_strangers_record_is_refused() -> None:
    """A topic that holds something else is not the state's."""
    with pytest.raises(SnapshotError, match="not a record of Probewatch's state"):
        Playback().take([Record(0, b"key", b"value")], until=1)
