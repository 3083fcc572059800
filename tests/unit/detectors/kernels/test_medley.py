"""How many may be behind an account on a day, against plain sets."""

import math
from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.events import EventBatch
from detectors.kernels.medley import FLIGHT, REST, lacking_rest
from detectors.state.actors import DAY, SPANS, Trait
from tests.logs import Fields, at, batch, figures_of, in_order, one_in, pipeline, search

CLIENTS = ("phone", "computer", "tablet")
NETWORKS = ("192.0.2.0", "198.51.100.0", "203.0.113.0")

visits = st.lists(
    st.fixed_dictionaries(
        {"minute": st.integers(0, 2 * 24 * 60 - 1)},
        optional={
            "device_id": st.sampled_from(CLIENTS),
            "source_ip": st.sampled_from(NETWORKS),
            "source_country": st.sampled_from(["DE", "US"]),
        },
    ),
    min_size=1,
    max_size=40,
)
"""Two days of searches; what may be absent is, now and then."""


def searches(found: list[Fields]) -> list[Fields]:
    """Events of one account."""
    return in_order(
        search(at(0, minute=visit["minute"]), **{k: v for k, v in visit.items() if k != "minute"})
        for visit in found
    )


def plainly(events: list[Fields]) -> list[tuple[int, int, int, int]]:
    """Clients and networks of its day, spans with two of both; how often in two countries."""
    names = ("device_id", "source_ip", "source_country")
    seen: dict[tuple[int, str], set[str]] = defaultdict(set)
    spans: dict[tuple[int, str], dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    figures = []
    for event in events:
        day, rest = divmod(int(event["event_time"]), DAY)
        for name in names:
            if name in event:
                seen[day, name].add(event[name])
                spans[day, name][rest * SPANS // DAY].add(event[name])
        clients, networks, countries = (
            {span for span, found in spans[day, name].items() if len(found) > 1} for name in names
        )
        known = [name for name in names[:2] if seen[day, name]]
        both = {"device_id": clients, "source_ip": networks}
        overlap = set.intersection(*(both[name] for name in known)) if known else set()
        figures.append(
            (
                len(seen[day, "device_id"]),
                len(seen[day, "source_ip"]),
                len(overlap),
                len(overlap & countries) + changes(spans[day, "source_country"]),
            )
        )
    return figures


def changes(countries: dict[int, set[str]]) -> int:
    """Spans of one country that come soon after one of another."""
    single = {span: min(found) for span, found in countries.items() if len(found) == 1}
    return sum(
        single[before] != single[now] and now - before <= FLIGHT
        for before, now in pairwise(sorted(single))
    )


@given(found=visits)
@one_in(4)
def test_day_is_counted_like_sets(found: list[Fields]) -> None:
    """Clients, networks, spans with two of both, and how often in two countries."""
    events = searches(found)
    rows = figures_of(batch(events)).actors
    counted = [
        (round(float(row["clients"])), round(float(row["networks"])), row["parallel"])
        for row in rows
    ]

    expected = plainly(events)
    assert counted == [figures[:3] for figures in expected]
    assert rows["travels"].tolist() == [figures[3] for figures in expected]


@given(found=visits, seed=st.integers(0, 1000))
@one_in(4)
def test_order_is_no_matter(found: list[Fields], seed: int) -> None:
    """Whoever came first, the day is the same in the end."""
    events = [{**event, "event_time": event["event_time"] % DAY} for event in searches(found)]
    mixed = np.random.default_rng(seed).permutation(len(events))

    assert last(batch([events[i] for i in mixed])) == last(batch(events))


def last(log: EventBatch) -> tuple[float, ...]:
    """The figures after the last event."""
    row = figures_of(log).actors[-1]
    traits = row["observed"][[Trait.PARTIES, Trait.PARALLEL]]
    names = ("clients", "networks", "parallel", "travels", "sides")
    return (*np.nan_to_num(traits).tolist(), *(float(row[name]) for name in names))


def test_networks_of_one_carrier_count_less() -> None:
    """Four phones in four networks are two people's at most, if all are one carrier's."""
    apart, alike = (
        figures_of(
            batch(
                search(at(0, hour), source_ip=f"net-{hour}", device_id=f"phone-{hour}", **of(hour))
                for hour in range(4)
            )
        ).actors[-1]["observed"][Trait.PARTIES]
        for of in (lambda hour: {"source_asn": 64500 + hour}, lambda _: {"source_asn": 64500})
    )

    assert math.exp(apart) == pytest.approx(4, rel=0.1)
    assert math.exp(alike) == pytest.approx(2, rel=0.1)


@given(before=st.integers(0, 2**24 - 1), today=st.integers(0, 2**24 - 1), hour=st.integers(0, 23))
def test_rest_is_the_longest_pause(before: int, today: int, hour: int) -> None:
    """Of pauses that ended within the last day, or have not yet; the first began before."""
    today |= 1 << hour
    bits = [bool(before >> h & 1) for h in range(24)]
    bits += [bool(today >> h & 1) for h in range(hour + 1)]
    pauses, pause = [0], int(REST)
    for place, active in enumerate(bits):
        pause = 0 if active else pause + 1
        if place > hour:
            pauses.append(pause)
    busy = sum(bits[hour + 1 :])

    lacking = lacking_rest(np.uint32(before), np.uint32(today), hour)

    assert lacking == (max(REST - max(pauses), 0) if busy >= 6 else 0)


def test_nobody_rests_less_than_who_never_stops() -> None:
    """A search every hour lacks all of it from the second day on; working hours lack nothing."""
    tireless = [search(at(0, hour)) for hour in range(48)]
    human = [search(at(day, 8 + hour)) for day in range(2) for hour in range(14)]

    assert figures_of(batch(tireless)).actors["observed"][-1, Trait.UNREST] == REST
    assert figures_of(batch(human)).actors["observed"][:, Trait.UNREST].max() == 0


def test_medleys_are_given_back() -> None:
    """Two days later nothing is left of who mingled."""
    judge = pipeline()
    log = batch(
        search(at(0, 9, i), device_id=CLIENTS[i % 3], source_ip=NETWORKS[i % 3]) for i in range(9)
    )
    judge.observe(log)
    medleys = [shard.pools["medleys"] for shard in judge.actors.shards.values()]
    drawn = sum(pool.live for pool in medleys)
    for day in (1, 2):
        judge.advance(at(day) // DAY)

    assert drawn == 1
    assert sum(pool.live for pool in medleys) == 0
