import numpy as np
import pytest

from detectors.errors import SnapshotError
from detectors.state.actors import ACTOR
from streams.checkpoints.assembler import Assembler
from streams.checkpoints.records import PART_BYTES, encode
from streams.checkpoints.segments import Segment, Tracker
from tests.unit.streams.checkpoints.units import random_rows


class Life:
    """A unit with one array, that changes a row between two segments."""

    def __init__(self, name: str, rows: int = 8_000) -> None:
        self.name = name
        self.rows = random_rows(np.random.default_rng(1), np.dtype(ACTOR), rows)
        self._tracker = Tracker()

    def base(self) -> list[bytes]:
        """Several records, if there are 8,000 rows."""
        return self._records(self._tracker.base({}, self._change()))

    def delta(self) -> list[bytes]:
        """One record."""
        return self._records(self._tracker.delta({}, self._change()))

    def _change(self) -> dict[str, np.ndarray[tuple[int], np.dtype[np.generic]]]:
        self.rows["searches"][5] += 1  # type: ignore[call-overload]
        return {"rows": self.rows}

    def _records(self, segment: Segment) -> list[bytes]:
        return encode(self.name, segment)


def fed(*records: bytes) -> Assembler:
    """An assembler that was fed these."""
    assembler = Assembler()
    for record in records:
        assembler.feed(record)
    return assembler


def test_units_lie_side_by_side() -> None:
    """Records of several units may alternate."""
    one, other = Life("actors.00"), Life("actors.01")
    records = [
        record for pair in zip(one.base(), other.base(), strict=True) for record in pair
    ] + other.delta()

    units = fed(*records).units()

    assert list(units) == ["actors.00", "actors.01"]
    assert units["actors.00"].arrays["rows"].tobytes() == one.rows.tobytes()
    assert units["actors.01"].arrays["rows"].tobytes() == other.rows.tobytes()


def test_the_last_base_counts() -> None:
    """What went before a base is not needed."""
    life = Life("actors.00")
    old = life.base() + life.delta()

    units = fed(*old, *life.base(), *life.delta()).units()

    assert units["actors.00"].arrays["rows"].tobytes() == life.rows.tobytes()


def test_a_head_that_was_cut_anywhere_is_passed_over() -> None:
    """Records before the base may be missing, of a base or a delta, or be parts of one."""
    life = Life("actors.00")
    old = life.base() + life.delta() + life.delta()
    records = life.base() + life.delta()

    for cut in range(len(old) + 1):
        units = fed(*old[cut:], *records).units()
        assert units["actors.00"].arrays["rows"].tobytes() == life.rows.tobytes()


@pytest.mark.parametrize("lost", range(len(Life("actors.00").base()) + 2))
def test_a_missing_record_is_refused(lost: int) -> None:
    """Neither a part of the base nor a delta in the chain can be done without."""
    life = Life("actors.00")
    records = life.base() + life.delta() + life.delta() + life.delta()
    del records[lost]

    with pytest.raises(SnapshotError, match=r"actors\.00 is not whole.*missing"):
        fed(*records).units()


def test_a_last_segment_without_its_end_is_refused() -> None:
    """A base that never ended leaves the unit without one."""
    life = Life("actors.00")
    records = life.base() + life.base()

    with pytest.raises(SnapshotError, match="missing"):
        fed(*records[:-1]).units()


def test_a_delta_without_its_base_is_refused() -> None:
    """A chain needs its beginning."""
    life = Life("actors.00")
    life.base()

    with pytest.raises(SnapshotError, match="missing"):
        fed(*life.delta()).units()


def test_a_delta_of_another_owner_is_refused() -> None:
    """Two workers that go on from one segment cannot both be right."""
    life, base = Life("actors.00"), Life("actors.00").base()
    first = fed(*base).units()["actors.00"]
    deltas = []
    for _ in range(2):
        tracker = Tracker()
        tracker.resume(first)
        life.rows["searches"][6] += 1  # type: ignore[call-overload]
        deltas += encode("actors.00", tracker.delta({}, {"rows": life.rows}))

    with pytest.raises(SnapshotError, match="missing"):
        fed(*base, *deltas).units()


def test_feeding_tells_where_a_segment_ends() -> None:
    """The last record of a segment says whose it was and what it follows."""
    life = Life("actors.00")
    assembler = Assembler()

    ends = [assembler.feed(record) for record in life.base()]

    *within, last = ends
    assert within == [None] * (life.rows.nbytes // PART_BYTES)
    assert within
    assert last is not None
    assert (last.unit, last.after) == ("actors.00", 0)
