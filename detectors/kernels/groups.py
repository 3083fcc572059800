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

from ..events import ABSENT_TIME, Outcome, Records, Row
from ..state.actors import DAY, Trait
from ..state.groups import KINDS, NEWNESS, PASTS, RUNGS, Common
from .compile import kernel, signed
from .hashing import FREE, TableView, add_row, find_row, mix

SUCCESS = int(Outcome.SUCCESS)
NO_TIME = int(ABSENT_TIME)
REACH_DAY = int(Trait.REACH_DAY)

CLIENT = int(Common.CLIENT)
TLS = int(Common.TLS)
ASN = int(Common.ASN)
OPENED = int(Common.OPENED)
BEGUN = int(Common.BEGUN)
TLS_OPENED = int(Common.TLS_OPENED)
CLIENT_BEGUN = int(Common.CLIENT_BEGUN)
CLIENT_SETTINGS = int(Common.CLIENT_SETTINGS)
CLIENT_ASN = int(Common.CLIENT_ASN)
SETTINGS = int(Common.SETTINGS)
GALLERY = int(Common.GALLERY)

CLIMBS = 0.85
"""Chance of a scraper's day to come to the next rung: it goes on."""

SCRAPES_NEW = (0.85, 0.12, 0.03)
"""And that nearly all, at least half, fewer of its searches reach somebody new."""

USUALLY_CLIMBS = 0.45
USUALLY_NEW = (0.6, 0.2, 0.2)
SURE_DAYS = 30.0
"""The same of days of which nothing is known, which count as so many account-days. Orders of
magnitude: a ladder's own days replace them within the first day of a busy gallery."""

LEAST_NATS = -2.0
MOST_NATS = 6.0
"""What one account-day can say at most, for and against."""

OLD = 28 * DAY
"""From this age on an account's own habit is no sign of anything."""

USUAL_NATS = -0.5
USUAL_SQUARES = 2.0
SURE_OF_SCENE = 50.0
SURE_OF_GROUP = 30.0
APART_SQUARES = 0.16
SURE_APART = 10.0
"""Of groups of a kind of which nothing is known: the spread of their means is 0.4 nats."""

FREEDOM = 12.0
GROUP_DAYS = 5.0
"""Degrees of freedom of the prediction for a group, and how many days of groups add one: the
spread is known from few groups, of which each is about the same for so many days. A group's own
accounts limit them too."""

LEAST_ACCOUNTS = 4.0
FULL_NATS = 1.0
"""From this mean on evidence counts in full; below 0 the group is no more like scrapers than
like anybody."""

SUSPECT_NATS = 3.0
RELEASE_DAYS = 21
RECENT = 0.8187307530779818  # exp(-1/5): some days' mean lifetime is five days
MEMORY = 0.98  # as in `kernels.cohorts`
WEEK = 7 * DAY


class GroupState(NamedTuple):
    """The tables of a shard."""

    ladders: TableView
    scenes: TableView
    groups: TableView


@kernel
def rung_of(event: Row, figures: Row) -> int:
    """The rung that the event's account comes to with it; -1 if to none."""
    if figures.row == FREE or event.outcome != SUCCESS or event.offset > 0:
        return -1
    for k in range(len(RUNGS)):
        if figures.looks_today == RUNGS[k]:
            return k
    return -1


@kernel
def mark_climbs(events: Records, actor_figures: Records, climbs: NDArray[np.bool_]) -> None:
    """Say of every event whether its account comes to a rung with it."""
    for i in range(len(events)):
        climbs[i] = rung_of(events[i], actor_figures[i]) >= 0


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
        past = _past_of(actor)
        new = _newness_of(actor)
        nats = nats_of_day(ladder, past, rung, new, _is_habit(event, actor, rung))
        before = 0.0
        if rung > 0:
            lower = _is_habit(event, actor, rung - 1)
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
                _judge(scene, group, key, out)
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
def _past_of(actor: Row) -> int:
    before = signed(actor.searches) - signed(actor.searches_today)
    past = 0
    while past < len(PASTS) and before >= PASTS[past]:
        past += 1
    return past


@kernel
def _newness_of(actor: Row) -> int:
    share = actor.reach_today / actor.looks_today
    new = 0
    while new < len(NEWNESS) and share < NEWNESS[new]:
        new += 1
    return new


@kernel
def _is_habit(event: Row, actor: Row, rung: int) -> bool:
    """Whether an old account comes no higher than it usually does."""
    if event.time - actor.first < OLD or math.isnan(actor.expected[REACH_DAY]):
        return False
    return bool(actor.expected[REACH_DAY] >= math.log1p(float(RUNGS[rung])))


@kernel
def nats_of_day(ladder: Row, past: int, rung: int, new: int, habit: bool) -> float:
    """How much likelier a scraper's day comes to this rung like that than a peer's, in nats."""
    days = 0.0
    for k in range(len(USUALLY_NEW)):
        days += ladder.past[past, 0, k]
    usual = USUALLY_CLIMBS**rung * USUALLY_NEW[new]
    share = (ladder.past[past, rung, new] + SURE_DAYS * usual) / (days + SURE_DAYS)
    nats = math.log(CLIMBS**rung * SCRAPES_NEW[new] / share)
    return min(max(nats, LEAST_NATS), 0.0 if habit else MOST_NATS)


@kernel
def fill_values(event: Row, actor: Row, beginning: int, values: NDArray[np.uint64]) -> None:
    """What the event's account may have in common with others, by kind; 0 if not known.

    Of accounts that were there as the log began (`beginning`) nobody knows when they had.
    """
    values[:] = 0
    values[GALLERY] = 1
    values[TLS] = event.tls
    if event.limit >= 0 or event.threshold >= 0:
        values[SETTINGS] = np.uint64((event.limit + 2) * 1024)
        if event.threshold >= 0:
            values[SETTINGS] += np.uint64(1 + int(1000 * event.threshold))
    if event.tls != 0 or event.user_agent != 0:
        values[CLIENT] = mix(event.user_agent, event.tls)
        values[CLIENT_SETTINGS] = mix(values[CLIENT], values[SETTINGS])
    if event.asn >= 0:
        values[ASN] = np.uint64(event.asn + 1)
        if values[CLIENT] != 0:
            values[CLIENT_ASN] = mix(values[CLIENT], values[ASN])
    if event.created != NO_TIME:
        values[OPENED] = np.uint64(event.created // WEEK + (1 << 32))
        if event.tls != 0:
            values[TLS_OPENED] = mix(event.tls, np.uint64(event.created // (4 * WEEK) + (1 << 32)))
    if actor.first >= beginning + WEEK:
        values[BEGUN] = np.uint64(actor.first // WEEK + (1 << 32))
        if values[CLIENT] != 0:
            begun = np.uint64(actor.first // (2 * WEEK) + (1 << 32))
            values[CLIENT_BEGUN] = mix(values[CLIENT], begun)


@kernel
def _judge(scene: Row, group: Row, key: np.uint64, out: Row) -> None:
    """Say what the group comes to, if no other of the account's says more for longer."""
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
    if nats > out.nats:
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
    return (freedom + 1.0) / 2.0 * math.log1p(z * z / freedom)


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
    return max(squares - mean * mean, 0.1)


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
        ladder = state.ladders.rows[row]
        for past in range(len(PASTS) + 1):
            for rung in range(len(RUNGS)):
                for new in range(len(NEWNESS) + 1):
                    count = ladder.past[past, rung, new] + ladder.today[past, rung, new]
                    ladder.past[past, rung, new] = MEMORY * count
                    ladder.today[past, rung, new] = 0.0


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
