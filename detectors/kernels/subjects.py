"""What every event costs on the shards of its subject and of its network."""

import numpy as np
from numpy.typing import NDArray

from ..events import Records, Row
from ..state.actors import DAY
from ..state.subjects import NETWORK_HORIZONS, SUBJECT_HORIZONS
from .actors import SKETCH_DAYS
from .bits import age_days, count_days, mark_day
from .circles import age_circle, clear_circle, observe_member
from .compile import kernel, signed
from .crowds import (
    begin_crowd,
    begin_custom,
    describe_crowd,
    learn_custom,
    observe_crowd,
    usual_crowd,
)
from .decay import add
from .hashing import FREE, PoolView, TableView, add_row, draw, find_row
from .pairs import LOG_UNIT, RETURN_LOGS, SELF, SUCCESS
from .rings import describe_ring
from .sketch import estimate, insert, release

SEVERAL_ACTORS = 4
SEVERAL_DAYS = 3
"""A circle is drawn for a person with so many searchers; or with two, and so many days."""


@kernel
def observe_subjects(
    order: NDArray[np.int64],
    events: Records,
    actor_figures: Records,
    subjects: TableView,
    circles: PoolView,
    customs: TableView,
    limit: int,
    counts: NDArray[np.int64],
    figures: Records,
) -> None:
    """Apply the events `order` to their subjects and fill their `figures`.

    Args:
        order: which events, in the order of the log.
        events: `EVENT` records.
        actor_figures: `ACTOR_FIGURES` of the same events: what their actors' shards said.
        subjects: the shard; changed in place.
        circles: who comes back to them; changed in place.
        customs: what is usual at the tenants; changed in place.
        limit: most subjects to hold.
        counts: [not tracked]; added to.
        figures: `SUBJECT_FIGURES` records, one per event.
    """
    for i in order:
        event = events[i]
        pair = actor_figures[i]
        out = figures[i]
        out.row = FREE
        if pair.row == FREE or event.subject[0] == 0 or event.outcome != SUCCESS:
            continue
        # A verified self-search says nothing of anybody's interest in another.
        if event.relation == SELF:
            continue
        row = find_row(subjects, event.subject[0])
        if row == FREE:
            if subjects.used[0] >= limit:
                counts[0] += 1
                continue
            row = add_row(subjects, event.subject[0])
            subjects.rows[row].first = event.time
            subjects.rows[row].last = event.time
            subjects.rows[row].day = event.time // DAY
            subjects.rows[row].circle = FREE
        subject = subjects.rows[row]
        elapsed = float(event.time - subject.last)
        aged = max(event.time // DAY - subject.day, 0)
        _count(subject, event, pair)
        custom = find_row(customs, event.tenant)
        if custom == FREE:
            custom = add_row(customs, event.tenant)
            begin_custom(customs.rows[custom], event.time)
        searchers, returning = signed(subject.actors), signed(subject.returning)
        learn_custom(customs.rows[custom], event, pair, searchers, returning)
        out.usual_crowd = usual_crowd(customs.rows[custom])
        if subject.circle == FREE and _is_company(subject):
            subject.circle = draw(circles)
            others = signed(subject.actors) - signed(pair.pair_is_new)
            past = float(subject.last - subject.first)
            clear_circle(circles.rows[subject.circle])
            circle = circles.rows[subject.circle]
            begin_crowd(circle, others, past, subject.day, subject.first)
        if subject.circle != FREE:
            circle = circles.rows[subject.circle]
            if aged > 0:
                age_circle(circle, aged)
            everybody = signed(subject.actors)
            observe_crowd(circle, event, pair, elapsed, everybody, customs.rows[custom].alike)
            since = customs.rows[custom].since
            describe_crowd(circle, everybody, subject.first, subject.last, since, out)
            age = subject.day - event.time // DAY
            member = observe_member(circle, customs.rows[custom], event, pair, age)
            if member >= 0:
                describe_ring(circle, customs.rows[custom], member, signed(subject.actors), out)
        out.row = row
        out.searches = subject.searches
        out.actors = subject.actors
        out.active_days = count_days(subject.days)
        out.rate_1d = subject.rates[0]
        out.rate_30d = subject.rates[2]
        own_returns = max(0, signed(pair.pair_days) - 1)
        out.other_searches = max(0, signed(subject.searches) - signed(pair.pair_searches))
        out.other_actors = max(0, signed(subject.actors) - 1)
        out.other_returning = max(0, signed(subject.returning) - (own_returns > 0))
        own_logs = RETURN_LOGS[pair.pair_days]
        out.other_return_logs = max(0, signed(subject.return_logs) - own_logs) / LOG_UNIT


@kernel
def _is_company(subject: Row) -> bool:
    if subject.actors >= SEVERAL_ACTORS:
        return True
    return bool(subject.actors > 1 and count_days(subject.days) >= SEVERAL_DAYS)


@kernel
def _count(subject: Row, event: Row, pair: Row) -> None:
    subject.searches += 1
    subject.explained += event.case[0] != 0
    subject.actors += pair.pair_is_new
    # Less only if both rows are as old as the days that are gone, so never below 0.
    subject.returning = max(0, subject.returning + signed(pair.pair_returned))
    subject.return_logs = max(0, subject.return_logs + signed(pair.pair_new_logs))
    add(subject.rates, SUBJECT_HORIZONS, float(event.time - subject.last))
    subject.first = min(subject.first, event.time)
    subject.last = max(subject.last, event.time)
    day = event.time // DAY
    if day > subject.day:
        age_days(subject.days, day - subject.day)
        subject.day = day
    mark_day(subject.days, subject.day - day)


@kernel
def observe_networks(
    order: NDArray[np.int64],
    events: Records,
    actor_figures: Records,
    networks: TableView,
    short: PoolView,
    dense: PoolView,
    limit: int,
    counts: NDArray[np.int64],
    figures: Records,
) -> None:
    """Apply the events `order` to their networks and fill their `figures`.

    Arguments are as in `observe_subjects`; `short` and `dense` hold the sketches.
    """
    for i in order:
        event = events[i]
        out = figures[i]
        out.row = FREE
        if actor_figures[i].row == FREE or event.network[0] == 0:
            continue
        row = find_row(networks, event.network[0])
        if row == FREE:
            if networks.used[0] >= limit:
                counts[0] += 1
                continue
            row = add_row(networks, event.network[0])
            fresh = networks.rows[row]
            fresh.first = event.time
            fresh.last = event.time
            fresh.actors = FREE
            fresh.subjects = FREE
        network = networks.rows[row]
        network.searches += 1
        add(network.rates, NETWORK_HORIZONS, float(event.time - network.last))
        network.first = min(network.first, event.time)
        network.last = max(network.last, event.time)
        _sketch(network, event, short, dense)
        out.row = row
        out.searches = network.searches
        out.rate_1d = network.rates[1]
        out.actors = estimate(network.actors, short, dense)
        out.subjects = estimate(network.subjects, short, dense)


@kernel
def _sketch(network: Row, event: Row, short: PoolView, dense: PoolView) -> None:
    epoch = event.time // DAY // SKETCH_DAYS
    if epoch < network.epoch:
        return
    if epoch > network.epoch:
        release(network.actors, short, dense)
        release(network.subjects, short, dense)
        network.actors = FREE
        network.subjects = FREE
        network.epoch = epoch
    network.actors = insert(network.actors, event.actor[0], short, dense)
    if event.subject[0] != 0:
        network.subjects = insert(network.subjects, event.subject[0], short, dense)
