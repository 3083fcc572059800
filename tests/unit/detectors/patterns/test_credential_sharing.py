"""What the pattern says of itself, as comparisons: none of its constants stands here."""

import math

import numpy as np

from detectors.alerts import PatternCode
from detectors.calibration import calibrate
from detectors.patterns import CredentialSharing
from detectors.state.actors import ACTOR_FIGURES, Trait
from tests.logs import DAY, Fields, at, batch, figures_of, in_order, pipeline, search

DAYS = 15


def office(
    actors: int = 12, devices: int = 2, networks: int = 2, role: str = "officer"
) -> list[Fields]:
    """Weeks of a few searches a day, each account with its devices and networks."""
    rng = np.random.default_rng(9)
    return [
        search(
            at(day, rng.uniform(8, 18)),
            f"peer-{actor}",
            f"person-{actor}-{day}-{i}",
            source_ip=f"net-{actor}-{rng.integers(networks)}",
            device_id=f"device-{actor}-{rng.integers(devices)}",
            actor_role=role,
        )
        for day in range(DAYS)
        for actor in range(actors)
        for i in range(rng.integers(2, 7))
    ]


def guests(
    count: int, visits: int = 3, *, clients: bool = True, places: bool = True, **fields: str
) -> list[Fields]:
    """On the day after, others use an account, one after the other, in turns."""
    events = []
    for visit in range(visits):
        for guest in range(count):
            place = {"source_ip": f"abroad-{guest}"} if places else {}
            client = {"device_id": f"guest-{guest}"} if clients else {}
            time = at(DAYS, 9 + 3 * visit, 10 * guest)
            events.append(search(time, "peer-0", actor_role="officer", **place, **client, **fields))
    return events


def evidence(events: list[Fields], background: list[Fields] | None = None) -> float:
    """The most nats of the day after."""
    log = batch(in_order([*(office() if background is None else background), *events]))
    (pattern,) = [p for p in pipeline().patterns if p.code is PatternCode.CREDENTIAL_SHARING]
    nats = pattern.evidence(figures_of(log))
    return float(np.asarray(nats)[log.rows["time"] >= at(DAYS)].max())


def threshold() -> float:
    """Evidence from which there is an alert."""
    (pattern,) = [p for p in pipeline().patterns if p.code is PatternCode.CREDENTIAL_SHARING]
    return calibrate(pattern, 1.0).threshold


def test_more_guests_are_more_evidence() -> None:
    """Nothing with one, the more the more, and many raise an alert."""
    alone, few, many = (evidence(guests(count)) for count in (1, 4, 16))

    assert alone < few < many
    assert many > threshold()


def test_earlier_days_count_as_far_as_today_is_like_them() -> None:
    """In full on a day like theirs, in proportion on another one, not at all on a quiet one."""
    actors = np.zeros(3, ACTOR_FIGURES)
    actors["freedom"], actors["sides"], actors["clients"] = 20, 2, 6
    actors["crowded"] = 10
    actors["observed"][:, Trait.PARTIES] = math.log(8), math.log(2), 0
    actors["spread"] = actors["peer_spread"] = 0.4
    *_, earlier = CredentialSharing().parts(actors).T

    assert earlier[0] == 10
    assert 1 < earlier[1] < 9
    assert earlier[2] == 0


def test_a_vpn_is_no_crowd() -> None:
    """One device in many networks, or many devices in one office, is next to nothing."""
    networks = evidence(guests(12, clients=False, device_id="device-0-0"))
    machines = evidence(guests(12, places=False, source_ip="net-0-0"))

    assert max(networks, machines) < 0.2 * evidence(guests(12))


def test_one_side_counts_less() -> None:
    """Networks alone, in a log that never has devices, say less than both; and something."""
    background = [
        {name: value for name, value in event.items() if name != "device_id"} for event in office()
    ]
    alone = evidence(guests(12, clients=False), background)

    assert 0 < alone < evidence(guests(12))


def test_fleets_are_as_always() -> None:
    """Where everybody's searches come from four hosts in turns, four are no surprise."""
    fleet = [
        {**event, "event_time": event["event_time"] - DAY * ago, "actor_id": f"peer-{actor}"}
        for ago in range(1, DAYS)
        for actor in range(8)
        for event in guests(4)
    ]

    assert evidence(guests(4), fleet) < 0.2 * evidence(guests(4))


def test_two_countries_at_once_add_to_it() -> None:
    """The same guests from two countries are more evidence than from one."""
    apart = [
        {**event, "source_country": ("DE", "BR")[number % 2]}
        for number, event in enumerate(guests(6))
    ]

    assert evidence(apart) > evidence(guests(6))


def test_a_person_rests() -> None:
    """An account that never rests is suspect, day by day more; one that works late is not."""
    client = {"source_ip": "net-0-0", "device_id": "device-0-0", "actor_role": "officer"}

    def day_and_night(days: int) -> list[Fields]:
        return [search(at(DAYS, hour), "peer-0", **client) for hour in range(24 * days)]

    late = [search(at(DAYS, hour / 2), "peer-0", **client) for hour in range(12, 44)]

    assert evidence(late) == 0
    assert 0 < evidence(day_and_night(2)) < evidence(day_and_night(5))


def test_a_log_without_places_is_judged_without() -> None:
    """Rest alone is left; nothing else is made up."""
    bare = [search(at(DAYS, 9, i), "peer-0") for i in range(30)]

    assert evidence(bare) == 0


def test_reasons_say_who_was_there() -> None:
    """Clients and networks of the day are named, beside what is usual."""
    log = batch(in_order([*office(), *guests(4)]))
    (pattern,) = [p for p in pipeline().patterns if p.code is PatternCode.CREDENTIAL_SHARING]
    figures = figures_of(log).at(np.array([len(log) - 1]))

    reasons = {reason.feature: reason for reason in pattern.reasons(figures)}

    assert "about 4 clients in 4 networks" in reasons["parties"].text
    assert reasons["parties"].observed > reasons["parties"].expected
