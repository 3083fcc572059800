"""Groups: accounts that have something in common and are all a little like scrapers.

An account-day climbs a ladder of searches. How many of the same role, with as long a past,
climb as high and reach as many new people is learned; the log-likelihood ratio of a scraper's
day to that, in nats, is small for one account and adds up over a group. An account's whole life
climbs likewise, and says more. A group is judged by the mean over its account-days, and by that
over its accounts' lives: against its own past, with the spread that the means of other
groups of its kind have. So what a whole office, a client program or a wave of sign-ups has
always been like is no surprise, nor how much such groups differ.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..events import Records, Row
from ..state.actors import DAY
from ..state.groups import KINDS
from .compile import kernel
from .hashing import EVENT_ROWS, FREE, TableView, add_row, find_row, has_room, mix
from .ladders import (
    fade_ladder,
    is_habit,
    life_newness_of,
    life_rung_of,
    nats_of_day,
    nats_of_life,
    newness_of,
    past_of,
    rung_of,
)
from .likeness import fill_values
from .standing import LEAST_ACCOUNTS, accounts_of, expected_of, judge, mean_of, variance_of

SUSPECT_NATS = (3.0, 1.5)
"""From so many on nothing is learned from a group's account-days, and from its accounts' lives."""

RELEASE_DAYS = 21
LASTS = (5.0, 28.0)
"""Days that an account-day, and an account's life, count in its group, as a mean lifetime."""

LAG = 28.0
"""And an account's life teaches what is usual so many days later, in the mean: whoever has one of
many accounts teaches it before they are told apart."""

OF_LIVES = np.uint64(0x4C495645)  # keeps lives apart from account-days
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
) -> int:
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

    Returns:
        How many of the events; not all of them if there is no room for the next.
    """
    for done in range(len(order)):
        if not _is_roomy(state, limit):
            return done
        i = order[done]
        event = events[i]
        actor = actor_figures[i]
        out = figures[i]
        rung = rung_of(event, actor)
        life = life_rung_of(event, actor)
        if rung < 0 and life < 0:
            continue
        scene_key = mix(event.tenant, event.gallery)
        out.row = _scene_of(state.scenes, scene_key, event.time)
        fill_values(event, actor, state.scenes.rows[out.row].first, values)
        room = True
        if rung >= 0:
            ladder = _ladder_of(state.ladders, mix(scene_key, event.role), event.time)
            past = past_of(actor)
            new = newness_of(actor)
            nats = nats_of_day(ladder, past, rung, new, is_habit(event, actor, rung))
            before = 0.0
            if rung > 0:
                lower = is_habit(event, actor, rung - 1)
                before = nats_of_day(ladder, past, rung - 1, new, lower)
            more = (nats, nats - before, nats * nats - before * before)
            room = _join(event.time, scene_key, 0, rung, more, state, limit, values, out)
            if out.nats < SUSPECT_NATS[0]:
                ladder.today[past, rung, new] += 1.0
        if life >= 0:
            scene_key = mix(scene_key, OF_LIVES)
            ladder = _ladder_of(state.ladders, mix(scene_key, event.role), event.time)
            new = life_newness_of(actor)
            # As much of what is new counts as is left of the account itself in its groups.
            left = math.exp(-max(event.time - actor.first, 0) / (LASTS[1] * DAY))
            nats = nats_of_life(ladder, life, new)
            before = nats_of_life(ladder, life - 1, new) if life > 0 else 0.0
            more = (nats, left * (nats - before), left * (nats * nats - before * before))
            room &= _join(event.time, scene_key, 1, life, more, state, limit, values, out)
            ladder.life = 1
            if out.nats < SUSPECT_NATS[1]:
                ladder.today[0, life, new] += 1.0
        counts[0] += not room
    return len(order)


@kernel
def _is_roomy(state: GroupState, limit: int) -> bool:
    """Whether another event finds room, as far as the limit allows."""
    groups = min(state.groups.used[0] + EVENT_ROWS * KINDS, limit)
    return has_room(state.scenes) and has_room(state.ladders) and groups <= len(state.groups.rows)


@kernel
def _join(
    time: int,
    scene_key: np.uint64,
    life: int,
    rung: int,
    more: tuple[float, float, float],
    state: GroupState,
    limit: int,
    values: NDArray[np.uint64],
    out: Row,
) -> bool:
    """Let an account's day or life count with more than before, in all of its groups.

    `more` are the nats that it comes to, how many more these are, and how many more as squares.

    Returns:
        Whether there was room.
    """
    scene = state.scenes.rows[_scene_of(state.scenes, scene_key, time)]
    scene.life = life
    scene.today_days += rung == 0
    scene.today_nats += more[1]
    scene.today_squares += more[2]
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
            state.groups.rows[row].life = life
        group = state.groups.rows[row]
        group.last = max(group.last, time)
        group.today_days += rung == 0
        group.today_nats += more[1]
        if more[0] > 0:
            judge(scene, group, key, more[0], out)
    return room


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
def _ladder_of(ladders: TableView, key: np.uint64, time: int) -> Row:
    row = find_row(ladders, key)
    if row == FREE:
        row = add_row(ladders, key)
    ladder = ladders.rows[row]
    ladder.last = max(ladder.last, time)
    return ladder


@kernel
def pass_day(state: GroupState) -> None:
    """Let a day pass: what it taught holds from now on, except of suspect groups."""
    for row in range(state.groups.used[0]):
        scene = find_row(state.scenes, state.groups.rows[row].scene)
        if scene != FREE:
            _pass_group(state.scenes.rows[scene], state.groups.rows[row])
    for row in range(state.scenes.used[0]):
        scene = state.scenes.rows[row]
        lag = LAG if scene.life else 1.0
        scene.recent[0] += scene.today_days
        scene.recent[1] += scene.today_nats
        scene.recent[2] += scene.today_squares
        scene.days = MEMORY * (scene.days + scene.recent[0] / lag)
        scene.nats = MEMORY * (scene.nats + scene.recent[1] / lag)
        scene.squares = MEMORY * (scene.squares + scene.recent[2] / lag)
        for k in range(3):
            scene.recent[k] -= scene.recent[k] / lag
        scene.today_days = 0.0
        scene.today_nats = 0.0
        scene.today_squares = 0.0
        for kind in range(KINDS):
            scene.groups[kind] *= MEMORY
            scene.apart[kind] *= MEMORY
    for row in range(state.ladders.used[0]):
        ladder = state.ladders.rows[row]
        fade_ladder(ladder, MEMORY, LAG if ladder.life else 1.0)


@kernel
def _pass_group(scene: Row, group: Row) -> None:
    accounts = accounts_of(group)
    lasts = LASTS[group.life]
    left = math.exp(-1.0 / lasts)
    suspect = group.today_best >= SUSPECT_NATS[group.life]
    group.suspect_days = group.suspect_days + 1 if suspect else 0
    learned = not suspect or group.suspect_days > RELEASE_DAYS
    if learned and accounts >= LEAST_ACCOUNTS and group.today_days > 0:
        # A group is about the same for as long as its account-days last.
        apart = mean_of(group) - expected_of(scene, group)
        apart = max(apart * apart - variance_of(scene) / accounts, 0.0)
        scene.groups[group.kind] += 1.0 / lasts
        scene.apart[group.kind] += apart / lasts
    if learned:
        group.recent[0] += group.today_days
        group.recent[1] += group.today_nats
    lag = LAG if group.life else 1.0
    group.past_days = MEMORY * (group.past_days + group.recent[0] / lag)
    group.past_nats = MEMORY * (group.past_nats + group.recent[1] / lag)
    for k in range(2):
        group.recent[k] -= group.recent[k] / lag
    group.days = left * (group.days + group.today_days)
    group.nats = left * (group.nats + group.today_nats)
    group.peak = max(left * group.peak, group.today_days)
    group.today_days = 0.0
    group.today_nats = 0.0
    group.today_best = 0.0
