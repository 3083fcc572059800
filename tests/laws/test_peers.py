"""What peers do today is not held against anybody today."""

import numpy as np
from hypothesis import given

from detectors.alerts import PatternCode
from detectors.state.actors import Trait
from tests.logs import (
    DAY,
    MONDAY,
    Fields,
    at,
    batch,
    figures_of,
    in_order,
    one_in,
    pipeline,
    search,
    stories,
)

BULK = PatternCode.BULK_SCRAPING.value


def of_others(events: list[Fields], day: int) -> list[Fields]:
    """The same bursts by other accounts of the same roles, all on one day."""
    return [
        {
            **event,
            "event_id": f"other-{event['event_id']}",
            "actor_id": f"other-{event['actor_id']}",
            "event_time": MONDAY + day * DAY + (event["event_time"] - MONDAY) % DAY,
        }
        for event in events
    ]


@given(events=stories(tenants=1), noise=stories(days=1, tenants=1))
@one_in(5)
def test_peers_of_the_day_change_nothing(events: list[Fields], noise: list[Fields]) -> None:
    """Bulk scores up to the end of a day are the same whatever one's cohort does on that day."""
    last = (int(events[-1]["event_time"]) - MONDAY) // DAY
    alone = pipeline().observe(batch(events)).scores[BULK]
    crowd = in_order([*events, *of_others(noise, last)])
    own = np.array([not event["event_id"].startswith("other-") for event in crowd])
    together = pipeline().observe(batch(crowd)).scores[BULK][own]

    assert together.tobytes() == alone.tobytes()


def test_peers_of_earlier_days_are_compared_with() -> None:
    """From the second day on, what a whole cohort does is expected of a newcomer."""

    def expected(people: int) -> float:
        cohort = [
            search(at(day, 9, i), f"peer-{peer}", f"person-{day}-{peer}-{i}")
            for day in range(10)
            for peer in range(30)
            for i in range(people)
        ]
        log = batch(in_order([*cohort, search(at(12), "newcomer", "ann")]))
        newcomer = figures_of(log).actors[-1]
        return float(newcomer["expected"][Trait.REACH_DAY])

    assert expected(12) > expected(4) > expected(1)
