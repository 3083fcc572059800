from collections.abc import Iterable

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.errors import SnapshotError
from detectors.snapshot import VERSION as STATE_VERSION
from detectors.state.actors import ACTOR
from streams.checkpoints.assembler import Assembler
from streams.checkpoints.records import PART_BYTES, VERSION, encode, read_part
from streams.checkpoints.segments import Restored, Segment, Tracker
from tests.unit.streams.checkpoints.units import assembled, random_rows

ROWS = random_rows(np.random.default_rng(1), np.dtype(ACTOR), 8_000)
"""More than a megabyte of noise: several records."""


def large_base() -> Segment:
    """A segment that takes several records."""
    return Tracker().base({"day": 20_000}, {"rows": ROWS})


def units_of(records: Iterable[bytes]) -> dict[str, Restored]:
    """What records make."""
    assembler = Assembler()
    for record in records:
        assembler.feed(record)
    return assembler.units()


def test_records_stay_below_kafkas_limit() -> None:
    """A segment of any size is cut into records of half a megabyte."""
    records = encode("actors.07", large_base())

    assert len(records) == -(-ROWS.nbytes // PART_BYTES) > 2
    assert max(map(len, records)) < PART_BYTES + 200


def test_records_are_put_together_in_order() -> None:
    """A segment of several records gives its arrays."""
    restored = assembled([large_base()])

    assert restored.about == {"day": 20_000}
    assert restored.arrays["rows"].tobytes() == ROWS.tobytes()


def test_what_is_restored_can_be_changed() -> None:
    """Arrays come back as owned by nobody else."""
    tracker = Tracker()
    rows = np.arange(300)
    segments = [tracker.base({}, {"rows": rows}), tracker.delta({}, {"rows": rows})]

    restored = assembled(segments)

    restored.arrays["rows"][:] = 1
    assert restored.arrays["rows"].sum() == 300


def test_rows_of_counts_shrink() -> None:
    """Plane by plane, counts take little of their bytes."""
    rows = np.zeros(10_000, ACTOR)
    rows["searches"] = np.random.default_rng(2).integers(0, 50, len(rows))
    segment = Tracker().base({}, {"rows": rows})

    assert sum(map(len, encode("actors.07", segment))) < segment.nbytes / 100


@given(st.data())
def test_a_changed_byte_is_refused(data: st.DataObject) -> None:
    """No record with another byte in it is taken for what was written."""
    tracker = Tracker()
    rows = np.arange(200)
    records = encode("actors.07", tracker.base({"day": 1}, {"rows": rows}))
    rows[3] = 0
    records += encode("actors.07", tracker.delta({"day": 2}, {"rows": rows}))
    which = data.draw(st.integers(0, 1))
    place = data.draw(st.integers(0, len(records[which]) - 1))
    torn = bytearray(records[which])
    torn[place] ^= data.draw(st.integers(1, 255))
    records[which] = bytes(torn)

    with pytest.raises(SnapshotError):
        units_of(records)


@given(st.integers(0, 300))
def test_a_record_that_ends_early_is_refused(length: int) -> None:
    """What is not whole is not read."""
    record = encode("actors.07", Tracker().base({}, {"rows": np.arange(200)}))[0]

    with pytest.raises(SnapshotError):
        read_part(record[: min(length, len(record) - 1)])


def test_another_encoding_is_refused() -> None:
    """A program that writes segments in another way says so in each record."""
    record = bytearray(encode("actors.07", Tracker().base({}, {}))[0])
    record[4] += 1

    with pytest.raises(SnapshotError) as refusal:
        read_part(bytes(record))

    assert str(refusal.value) == (
        f"state has encoding version {VERSION + 1}, this program reads {VERSION}"
    )


def test_state_of_another_version_is_refused() -> None:
    """A version whose figures mean something else is told by its number."""
    record = bytearray(encode("actors.07", Tracker().base({}, {}))[0])
    record[6] += 1

    with pytest.raises(SnapshotError) as refusal:
        read_part(bytes(record))

    assert str(refusal.value) == (
        f"state has layout version {STATE_VERSION + 1}, this program reads {STATE_VERSION}"
    )


@pytest.mark.parametrize("record", [b"", b"PWSG", msgspec.json.encode({"day": 1}), bytes(100)])
def test_what_is_no_record_is_refused(record: bytes) -> None:
    """Other bytes in the topic are not read as state."""
    with pytest.raises(SnapshotError, match="not a record of Probewatch's state"):
        read_part(record)
