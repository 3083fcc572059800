"""Groups: accounts that have something in common and are all a little like scrapers.

An account-day climbs a ladder of searches. How many of the same role, with as long a past,
climb as high and reach as many new people is learned; the log-likelihood ratio of a scraper's
day to that, in nats, is small for one account and adds up over a group. A group is judged by
the mean over its account-days: against its own past, with the spread that the means of other
groups of its kind have. So what a whole office, a client program or a wave of sign-ups has
always been like is no surprise, nor how much such groups differ.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..events import Records, Row
from ..state.groups import KINDS
from .compile import kernel
from .hashing import FREE, TableView, add_row, find_row, mix
from .ladders import fade_ladder, is_habit, nats_of_day, newness_of, past_of, rung_of
from .likeness import fill_values

USUAL_NATS = -0.5
USUAL_SQUARES = 2.0
SURE_OF_SCENE = 50.0
"""Mean and mean square of account-days of a gallery of which nothing is known, which count as so
many. Orders of magnitude from simulated traffic (seeds 11-13)."""

SURE_OF_GROUP = 30.0
"""With so many account-days a group's own past counts as much as its gallery's."""

APART_SQUARES = 0.16
SURE_APART = 10.0
"""The means of groups of a kind of which nothing is known are 0.4 nats apart; counts as so many
days of groups."""

FREEDOM = 12.0
GROUP_DAYS = 5.0
"""Degrees of freedom of the prediction for a group, and how many days of groups add one: the
spread is known from few groups, of which each is about the same for so many days. A group's own
accounts limit them too."""

LEAST_ACCOUNTS = 4.0
FULL_NATS = 1.0
"""From this mean on evidence counts in full; below 0 the group is no more like scrapers than
like anybody."""

SPEAKS = 0.8
"""An account speaks for a group if its day is at least this share of the group's mean."""

CLEARLY = 1.1
"""Of groups with about the same accounts the first kind speaks, lest chance decides which."""

SUSPECT_NATS = 3.0
RELEASE_DAYS = 21
RECENT = 0.8187307530779818  # exp(-1/5): some days' mean lifetime is five days
MEMORY = 0.98  # as in `kernels.cohorts`


class GroupState(NamedTuple):
    """The tables of a shard."""

    ladders: TableView
    scenes: TableView
    groups: TableView


@kernel
def observe_groups(
    order: NDArray[np.int64],
    events: Records,
    actor_figures: Records,
    state: GroupState,
    limit: int,
    counts: NDArray[np.int64],
    values: NDArray[np.uint64],
    figures: Records,
) -> None:
    """Apply the events `order` to their groups and fill their `figures`.

    Args:
        order: which events, in the order of the log.
        events: `EVENT` records.
        actor_figures: `ACTOR_FIGURES` of the same events.
        state: the shard; changed in place.
        limit: most groups to hold.
        counts: [events without room for one of their groups]; added to.
        values: of length `KINDS`; written to.
        figures: `GROUP_FIGURES` records, one per event.
    """
    for i in order:
        event = events[i]
        actor = actor_figures[i]
        out = figures[i]
        rung = rung_of(event, actor)
        if rung < 0:
            continue
        scene_key = mix(event.tenant, event.gallery)
        scene_row = _scene_of(state.scenes, scene_key, event.time)
        scene = state.scenes.rows[scene_row]
        ladder = state.ladders.rows[_ladder_of(state.ladders, mix(scene_key, event.role))]
        ladder.last = max(ladder.last, event.time)
        past = past_of(actor)
        new = newness_of(actor)
        nats = nats_of_day(ladder, past, rung, new, is_habit(event, actor, rung))
        before = 0.0
        if rung > 0:
            lower = is_habit(event, actor, rung - 1)
            before = nats_of_day(ladder, past, rung - 1, new, lower)
        scene.today_days += rung == 0
        scene.today_nats += nats - before
        scene.today_squares += nats * nats - before * before
        out.row = scene_row
        fill_values(event, actor, scene.first, values)
        room = True
        for kind in range(KINDS):
            if values[kind] == 0:
                continue
            key = mix(scene_key, mix(values[kind], np.uint64(kind + 1)))
            row = find_row(state.groups, key)
            if row == FREE:
                if state.groups.used[0] >= limit:
                    room = False
                    continue
                row = add_row(state.groups, key)
                state.groups.rows[row].scene = scene_key
                state.groups.rows[row].kind = kind
            group = state.groups.rows[row]
            group.last = max(group.last, event.time)
            group.today_days += rung == 0
            group.today_nats += nats - before
            if nats > 0:
                _judge(scene, group, key, nats, out)
        counts[0] += not room
        # Nothing is learned from those whom a group makes suspect.
        if out.nats < SUSPECT_NATS:
            ladder.today[past, rung, new] += 1.0


@kernel
def _scene_of(scenes: TableView, key: np.uint64, time: int) -> int:
    row = find_row(scenes, key)
    if row == FREE:
        row = add_row(scenes, key)
        scenes.rows[row].first = time
    scene = scenes.rows[row]
    scene.first = min(scene.first, time)
    scene.last = max(scene.last, time)
    return row


@kernel
def _ladder_of(ladders: TableView, key: np.uint64) -> int:
    row = find_row(ladders, key)
    return add_row(ladders, key) if row == FREE else row


@kernel
def _judge(scene: Row, group: Row, key: np.uint64, own: float, out: Row) -> None:
    """Say what the group comes to, if the account speaks for it and for no more telling one.

    `own` are the nats of the account's day.
    """
    accounts = max(group.peak, group.today_days)
    if accounts < LEAST_ACCOUNTS:
        return
    mean = _mean_of(group)
    expected = _expected_of(scene, group)
    if mean <= max(expected, 0.0):
        return
    spread = math.sqrt(_apart_of(scene, group.kind) + _variance_of(scene) / accounts)
    freedom = 1.0 / (1.0 / (FREEDOM + scene.groups[group.kind] / GROUP_DAYS) + 1.0 / accounts)
    nats = surprise_of_group((mean - expected) / spread, freedom) * min(mean / FULL_NATS, 1.0)
    # At most what its accounts say together.
    nats = min(nats, accounts * mean)
    group.today_best = max(group.today_best, nats)
    if nats > CLEARLY * out.nats and own >= SPEAKS * mean:
        out.key[0] = key
        out.key[1] = group.scene
        out.kind = group.kind
        out.accounts = accounts
        out.mean = mean
        out.expected = expected
        out.spread = spread
        out.nats = nats


@kernel
def surprise_of_group(z: float, freedom: float) -> float:
    """Nats of a mean that lies z spreads beyond its Student-t prediction."""
    nats: float = (freedom + 1.0) / 2.0 * math.log1p(z * z / freedom)
    return nats


@kernel
def _mean_of(group: Row) -> float:
    days = group.days + group.today_days
    mean: float = (group.nats + group.today_nats) / max(days, 1.0)
    return mean


@kernel
def _expected_of(scene: Row, group: Row) -> float:
    usual = (SURE_OF_SCENE * USUAL_NATS + scene.nats) / (SURE_OF_SCENE + scene.days)
    expected: float = (SURE_OF_GROUP * usual + group.past_nats) / (SURE_OF_GROUP + group.past_days)
    return expected


@kernel
def _variance_of(scene: Row) -> float:
    days = SURE_OF_SCENE + scene.days
    mean = (SURE_OF_SCENE * USUAL_NATS + scene.nats) / days
    squares = (SURE_OF_SCENE * USUAL_SQUARES + scene.squares) / days
    variance: float = max(squares - mean * mean, 0.1)
    return variance


@kernel
def _apart_of(scene: Row, kind: int) -> float:
    """The square of the spread of groups' means."""
    apart: float = (SURE_APART * APART_SQUARES + scene.apart[kind]) / (
        SURE_APART + scene.groups[kind]
    )
    return apart


@kernel
def pass_day(state: GroupState) -> None:
    """Let a day pass: what it taught holds from now on, except of suspect groups."""
    for row in range(state.groups.used[0]):
        scene = find_row(state.scenes, state.groups.rows[row].scene)
        if scene != FREE:
            _pass_group(state.scenes.rows[scene], state.groups.rows[row])
    for row in range(state.scenes.used[0]):
        scene = state.scenes.rows[row]
        scene.days = MEMORY * (scene.days + scene.today_days)
        scene.nats = MEMORY * (scene.nats + scene.today_nats)
        scene.squares = MEMORY * (scene.squares + scene.today_squares)
        scene.today_days = 0.0
        scene.today_nats = 0.0
        scene.today_squares = 0.0
        for kind in range(KINDS):
            scene.groups[kind] *= MEMORY
            scene.apart[kind] *= MEMORY
    for row in range(state.ladders.used[0]):
        fade_ladder(state.ladders.rows[row], MEMORY)


@kernel
def _pass_group(scene: Row, group: Row) -> None:
    accounts = max(group.peak, group.today_days)
    suspect = group.today_best >= SUSPECT_NATS
    group.suspect_days = group.suspect_days + 1 if suspect else 0
    learned = not suspect or group.suspect_days > RELEASE_DAYS
    if learned and accounts >= LEAST_ACCOUNTS and group.today_days > 0:
        apart = _mean_of(group) - _expected_of(scene, group)
        scene.groups[group.kind] += 1.0
        scene.apart[group.kind] += max(apart * apart - _variance_of(scene) / accounts, 0.0)
    if learned:
        group.past_days += group.today_days
        group.past_nats += group.today_nats
    group.past_days *= MEMORY
    group.past_nats *= MEMORY
    group.days = RECENT * (group.days + group.today_days)
    group.nats = RECENT * (group.nats + group.today_nats)
    group.peak = max(RECENT * group.peak, group.today_days)
    group.today_days = 0.0
    group.today_nats = 0.0
    group.today_best = 0.0
