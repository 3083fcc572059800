import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from detectors import snapshot
from detectors.errors import SnapshotError
from detectors.events import Records
from detectors.snapshot import pack, unpack
from detectors.state.actors import ACTOR
from tests.logs import misuse_log, pipeline

RECORDS = np.dtype([("a", "u8", (2,)), ("b", "i2"), ("c", "f4", (3,))])


@given(
    numbers=hnp.arrays(np.int64, st.integers(0, 5)),
    records=hnp.arrays(RECORDS, st.integers(0, 3)),
)
def test_arrays_come_back(numbers: NDArray[np.int64], records: Records) -> None:
    """Numbers and records of any length come back with their layout, and so does the rest."""
    about = {"today": 7, "hash": "x"}
    found, arrays = unpack(pack(about, {"numbers": numbers, "records": records}))

    assert found == about
    assert arrays["numbers"].tobytes() == numbers.tobytes()
    assert arrays["records"].dtype == RECORDS
    assert arrays["records"].tobytes() == records.tobytes()


BLOB = pack({"today": 7}, {"numbers": np.arange(5), "actors": np.zeros(2, ACTOR)})


@given(at=st.integers(0, len(BLOB) - 1), bit=st.integers(0, 7))
def test_a_flipped_bit_is_noticed(at: int, bit: int) -> None:
    """Wherever a bit flips, in the head as in the arrays, nothing is read."""
    torn = bytearray(BLOB)
    torn[at] ^= 1 << bit

    with pytest.raises(SnapshotError):
        unpack(bytes(torn))


@given(end=st.integers(0, len(BLOB) - 1))
def test_a_cut_is_noticed(end: int) -> None:
    """Whatever part of it was written, nothing is read."""
    with pytest.raises(SnapshotError):
        unpack(BLOB[:end])


@pytest.mark.parametrize(
    ("blob", "message"),
    [
        (b"", "not a Probewatch state: it does not begin as one"),
        (b'{"today": 7}', "not a Probewatch state: it does not begin as one"),
        (BLOB[:30], "state is not whole: it ends too early"),
        (BLOB[:-1], "state is not whole: its checksum does not match"),
        (BLOB + b"\0", "state is not whole: its checksum does not match"),
    ],
)
def test_the_message_says_what_is_wrong(blob: bytes, message: str) -> None:
    """A person learns whether it is another file or half of one."""
    with pytest.raises(SnapshotError) as raised:
        unpack(blob)

    assert str(raised.value) == message


def test_another_version_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """State of another layout version is refused, and both versions are named."""
    monkeypatch.setattr(snapshot, "VERSION", 41)
    other = pack({"today": 7}, {})
    monkeypatch.undo()

    with pytest.raises(SnapshotError, match=f"version 41, this program reads {snapshot.VERSION}"):
        unpack(other)


def test_another_layout_is_named() -> None:
    """State whose rows have other fields is refused."""
    about, arrays = unpack(pipeline().snapshot())
    arrays["actor.3.shard.pairs.rows"] = np.zeros(0, RECORDS)

    with pytest.raises(SnapshotError, match="this version has"):
        pipeline().restore(pack(about, arrays))


def test_lacking_parts_are_named() -> None:
    """State from before a pattern was added is refused."""
    about, arrays = unpack(pipeline().snapshot())
    del arrays["actor.3.bulk_scraping.episodes"]

    with pytest.raises(SnapshotError, match="lacks 'episodes'"):
        pipeline().restore(pack(about, arrays))


def test_another_number_of_shards_is_named() -> None:
    """State that was spread differently is refused."""
    about, arrays = unpack(pipeline().snapshot())

    with pytest.raises(SnapshotError, match="64 shards, this program 32"):
        pipeline().restore(pack({**about, "shards": 64}, arrays))


def test_restored_state_is_the_same_state() -> None:
    """A snapshot of what was restored is the same snapshot."""
    judge, restored = pipeline(), pipeline()
    judge.observe(misuse_log())
    blob = judge.snapshot()
    restored.restore(blob)

    assert restored.snapshot() == blob
    assert restored.tracked().keys() == judge.tracked().keys()
    for kind, held in judge.tracked().items():
        assert restored.tracked()[kind].count == held.count
        assert restored.tracked()[kind].evicted == held.evicted
    assert restored.duplicates == judge.duplicates
    assert restored.untracked == judge.untracked
