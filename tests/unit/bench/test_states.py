import numpy as np
import pytest

from bench.rig.states import Role, Table, compare, differences, relative, sketches
from detectors.events import EventBatch
from detectors.kernels.hashing import FREE
from detectors.kernels.sketch import DENSE, LIST_LENGTH, SHORT, insert_all
from detectors.shards.tables import Arrays, Pool, records
from detectors.snapshot import unpack
from tests.logs import misuse_log, pipeline


def state_of(log: EventBatch) -> Arrays:
    """What is known after a log."""
    judge = pipeline()
    judge.observe(log)
    return unpack(judge.snapshot())[1]


def test_a_state_is_like_itself() -> None:
    """Nothing differs, and all kinds of entity were compared."""
    state = state_of(misuse_log())
    found = list(differences(state, state))

    assert not any(field.differing for field in found)
    assert {field.kind for field in found if field.compared} >= {
        *("actor", "pair", "sheet", "baseline", "cohort", "subject", "network", "event"),
    }


def test_a_changed_count_is_found() -> None:
    """One more search of one person is one difference, of the kind that must not be."""
    before = state_of(misuse_log())
    name = next(n for n, part in before.items() if n.endswith("subjects.rows") and len(part))
    rows = records(before[name])
    rows["searches"][0] += 1
    (changed,) = (f for f in differences(before, before | {name: rows}) if f.differing)

    assert (changed.kind, changed.field, changed.role) == ("subject", "searches", Role.EXACT)
    assert changed.differing == 1


def test_a_missing_event_is_found() -> None:
    """A log without its last event leaves another state."""
    log = misuse_log()
    found = list(differences(state_of(log), state_of(log.take(0, len(log) - 1))))

    assert any(f.kind == "event" and f.field == "(there)" and f.differing == 1 for f in found)
    assert any(f.kind == "actor" and f.field == "searches" and f.differing == 1 for f in found)


def test_rows_are_found_by_key() -> None:
    """The order of rows does not matter, and whoever is in one state only is counted."""
    one = Table(np.array([[1, 0], [2, 0], [3, 0]], np.uint64), {"n": np.array([10, 20, 30])})
    other = Table(np.array([[3, 0], [1, 0], [9, 0]], np.uint64), {"n": np.array([30, 11, 90])})
    there, count = compare("subject", one, other)

    assert (there.compared, there.differing) == (4, 2)
    assert (count.compared, count.differing) == (2, 1)
    assert count.largest == pytest.approx(1 / 11)


def test_relative_differences_are_shares_of_the_larger() -> None:
    """Equal values and two NaN do not differ; NaN and a number do, wholly."""
    one = np.array([0.0, 2.0, 4.0, np.nan, np.nan, 0.0])
    other = np.array([0.0, 2.0, 5.0, np.nan, 1.0, 1.0])

    assert relative(one, other).tolist() == pytest.approx([0, 0, 0.2, 0, 1, 1])


def test_large_integers_differ_by_one() -> None:
    """Bitmaps that are equal as floating-point numbers may still differ."""
    one, other = (np.array([2**63 + k], np.uint64) for k in (0, 1))

    assert relative(one, other)[0] > 0


@pytest.mark.parametrize("count", [0, 1, LIST_LENGTH, LIST_LENGTH + 1, 400])
def test_sketches_of_the_same_set_are_equal(count: int) -> None:
    """What a sketch holds does not depend on the order in which it came."""
    rng = np.random.default_rng(count)
    values = rng.integers(1, 1 << 63, size=count, dtype=np.uint64)
    held = []
    for ordered in (values, rng.permutation(values)):
        short, dense = Pool(SHORT), Pool(DENSE)
        handle = insert_all(FREE, ordered, short.view(1), dense.view(1))
        held.append(sketches(np.array([handle], np.int32), short.rows, dense.rows))

    assert np.array_equal(held[0], held[1])
    assert held[0].any() == (count > 0)
