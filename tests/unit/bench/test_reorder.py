import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.reorder import (
    changes,
    changes_sheet,
    disordered,
    fields_sheet,
    margin,
    orders_sheet,
    run,
    same_alerts,
    shifts,
    tried,
)
from detectors.alerts import Entity
from detectors.calibration import calibrate
from detectors.config import Detection
from streams.settings import Settings
from streams.simulate import Recipe, build
from tests.alerts import an_alert

ALERT = an_alert(
    rarity=0.01,
    entity=Entity("actor", "a"),
    actors=("a",),
)


@given(
    gaps=st.lists(st.integers(0, 5_000), min_size=1, max_size=60),
    delay=st.sampled_from([0, 1, 1_000, 60_000]),
    seed=st.integers(0, 9),
)
def test_no_event_comes_later_than_allowed(gaps: list[int], delay: int, seed: int) -> None:
    """An event is at most `delay` older than any that came before it; none is lost."""
    times = np.cumsum(gaps)
    order = disordered(times, delay, seed)
    newest = np.maximum.accumulate(times[order])

    assert sorted(order.tolist()) == list(range(len(times)))
    assert (newest - times[order]).max() <= delay


@pytest.mark.parametrize("beyond", [0.0, 1.5])
def test_margin_is_the_evidence_beyond_the_threshold(beyond: float) -> None:
    """The rarity that an alert states says how far its evidence passed the threshold."""
    detection = Detection()
    budget = detection.budget.false_alerts_per_10000_actor_days
    scale = calibrate(detection.patterns.bulk_scraping, budget)
    rarity = scale.rarity(scale.threshold + beyond)
    nats, share = margin(msgspec.structs.replace(ALERT, rarity=rarity), detection)

    assert nats == pytest.approx(beyond)
    assert share == pytest.approx(beyond / scale.threshold)


def test_gained_and_lost_are_told_apart() -> None:
    """Episodes are the same if their ids are; their last revision says how strong they were."""
    lost, gained = (msgspec.structs.replace(ALERT, alert_id=name) for name in ("a2", "a3"))
    weaker = msgspec.structs.replace(lost, rarity=0.3)
    found = list(changes([ALERT, weaker, lost], [ALERT, gained]))

    assert [change.gained for change in found] == [False, True]
    assert found[0].margin == found[1].margin


def test_moments_of_raising_are_compared() -> None:
    """Only episodes of both orders can have moved."""
    later = msgspec.structs.replace(ALERT, raised_event_time="2026-03-05T11:30:00.000Z")
    other = msgspec.structs.replace(ALERT, alert_id="a2")

    assert shifts([ALERT, other], [later]) == [90.0]


def test_configuration_alone_makes_no_difference() -> None:
    """Alerts that differ in their hash of the configuration only are the same."""
    elsewhere = msgspec.structs.replace(ALERT, config_hash="other")

    assert same_alerts([ALERT], [elsewhere])
    assert not same_alerts([ALERT], [msgspec.structs.replace(ALERT, event_count=10)])
    assert not same_alerts([ALERT], [])


def test_an_order_is_tried_from_end_to_end() -> None:
    """A log out of order has the same counts, and sorting gives the same state again."""
    scenario = build(Recipe(world="police", seed=1, actors=40, days=6))
    lines = [msgspec.json.encode(event) + b"\n" for event in scenario.events()]
    times = scenario.rows["time"].astype(np.int64)
    order = tried("59 min", 1, lines, times, run(lines, Settings()))

    assert order.plain.summary.events == len(lines)
    assert order.plain.summary.late == 0
    assert order.sorted_alerts
    assert order.sorted_state
    assert orders_sheet([order]).rows[0][:4] == ["59 min", "1", "0", "identical"]
    assert ["actor", "rates"] in [row[1:3] for row in fields_sheet([order]).rows]
    # An alert a hundredth of a nat above the threshold may be one or none.
    assert all(float(row[4]) < 0.05 for row in changes_sheet([order]).rows)
