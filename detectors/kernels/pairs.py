"""An actor and the persons it searched for: how often, on which days, with what reason."""

import numpy as np
from numpy.typing import NDArray

from ..events import CaptureClass, Outcome, Relation, Row
from ..state.actors import DAY, MINUTE
from .bits import DAYS, age_days, cells_to_count, count_days, mark_day
from .compile import kernel, signed
from .hashing import FREE, PoolView, TableView, add_row, draw, find_row, give_back, mix

SUCCESS = int(Outcome.SUCCESS)
SELF = int(Relation.SELF)
CONSENTED = int(Relation.CONSENTED)
SOCIAL = int(CaptureClass.SOCIAL)

LOG_UNIT = 1024
"""Logarithms are counted in so many parts of a nat: whole numbers have no order of adding."""

RETURN_LOGS: NDArray[np.int64] = np.rint(
    LOG_UNIT * np.log(np.maximum(np.arange(DAYS + 1) - 1, 1))
).astype(np.int64)
"""ln(days - 1) of a pair by its days, in 1/`LOG_UNIT` nats; 0 up to the second day."""

ONE_DAY_PAIRS = 30
"""A person searched for on one day only is forgotten after so many days."""

PAIR_DAYS = DAYS
"""Others after so many without a search, which is as far as their bitmaps reach."""

_PROBE_KIND = np.uint64(0x50524F4245)  # keeps a probe's key apart from a person's


@kernel
def observe_pair(
    event: Row,
    row: int,
    actor: Row,
    pairs: TableView,
    histories: PoolView,
    limit: int,
    counts: NDArray[np.int64],
    out: Row,
) -> bool:
    """Count the search in its pair; True if it reached somebody (or nobody known) anew.

    A search that failed shows nobody, and must not hide that its repetition does.
    """
    if event.outcome != SUCCESS:
        return False
    person = event.subject[0] != 0
    if person:
        key = mix(event.actor[0], event.subject[0])
    elif event.probe != 0:
        key = mix(event.actor[0], event.probe ^ _PROBE_KIND)
    else:
        return True
    day = (event.time + MINUTE * signed(event.utc_offset)) // DAY
    number = find_row(pairs, key)
    fresh = number == FREE
    if not fresh and _expired(pairs.rows[number], day):
        forget_pair(pairs.rows[number], actor, histories)
        pairs.rows[number].day = day
        actor.pairs += person
        fresh = True
    elif fresh:
        if pairs.used[0] >= limit:
            counts[2] += 1
            return True
        number = add_row(pairs, key)
        pairs.rows[number].actor_row = row
        pairs.rows[number].day = day
        pairs.rows[number].history = FREE
        pairs.rows[number].person = person
        if person:
            actor.pairs += 1
    pair = pairs.rows[number]
    if event.relation == SELF:
        return fresh
    reason = event.case[0] != 0 or event.relation == CONSENTED
    _mark_pair_day(pair, day, not reason, actor, histories, person, out)
    pair.searches += 1
    pair.explained += reason
    pair.social += event.capture == SOCIAL
    if person:
        actor.named += 1
        actor.explained += reason
        actor.social += event.capture == SOCIAL
    if event.probe != 0:
        pair.probes |= np.uint64(1) << (event.probe & np.uint64(63))
    if person:
        _describe_pair(pair, actor, histories, out)
        out.pair_is_new = pair.searches == 1
    return fresh


@kernel
def _expired(pair: Row, day: int) -> bool:
    """Whether a search on `day` begins the pair anew, long after the last one."""
    lifetime = ONE_DAY_PAIRS if pair.history == FREE else PAIR_DAYS
    return bool(day - pair.day >= lifetime)


@kernel
def forget_pair(pair: Row, actor: Row, histories: PoolView) -> None:
    """Make the pair as if it had never been: at its actor, in its pool and in its row."""
    if pair.person:
        actor.pairs -= np.uint32(1)
        actor.named -= pair.searches
        actor.explained -= pair.explained
        actor.social -= pair.social
    if pair.history != FREE:
        if pair.person:
            days = count_days(histories.rows[pair.history].days)
            actor.returning -= np.uint32(days > 1)
            actor.return_days -= np.uint32(days - 1)
            actor.return_logs -= np.uint32(RETURN_LOGS[days])
        else:
            days = count_days(histories.rows[pair.history].days)
            actor.blank_returning -= np.uint32(days > 1)
            actor.blank_logs -= np.uint32(RETURN_LOGS[days])
        give_back(histories, pair.history)
        pair.history = FREE
    pair.searches = 0
    pair.explained = 0
    pair.social = 0
    pair.probes = 0


@kernel
def _mark_pair_day(
    pair: Row,
    day: int,
    plain: bool,
    actor: Row,
    histories: PoolView,
    person: bool,
    out: Row,
) -> None:
    """Mark the day in the pair's bitmaps; count at the actor the days that came and went."""
    if pair.history == FREE:
        if pair.searches == 0:
            pair.day = day
        if day == pair.day:
            return
        pair.history = draw(histories)
        history = histories.rows[pair.history]
        history.days[:] = 0
        history.plain[:] = 0
        history.days[0] = 1
        history.plain[0] = 1 if pair.explained < pair.searches else 0
        history.first_day = pair.day
    history = histories.rows[pair.history]
    before = count_days(history.days)
    if day > pair.day:
        age_days(history.days, day - pair.day)
        age_days(history.plain, day - pair.day)
        pair.day = day
    history.first_day = min(history.first_day, day)
    mark_day(history.days, pair.day - day)
    if plain:
        mark_day(history.plain, pair.day - day)
    after = count_days(history.days)
    if not person:
        actor.blank_returning += signed(after > 1) - signed(before > 1)
        actor.blank_logs += RETURN_LOGS[after] - RETURN_LOGS[before]
    if person:
        out.pair_returned = signed(after > 1) - signed(before > 1)
        out.pair_new_days = after - before
        out.pair_new_logs = RETURN_LOGS[after] - RETURN_LOGS[before]
        actor.returning += out.pair_returned
        actor.return_days += out.pair_new_days
        actor.return_logs += out.pair_new_logs


@kernel
def _describe_pair(pair: Row, actor: Row, histories: PoolView, out: Row) -> None:
    out.pair_searches = pair.searches
    out.pair_explained = pair.explained
    out.pair_probes = cells_to_count(pair.probes)
    out.pair_social = pair.social
    out.other_named = actor.named - pair.searches
    out.other_explained = actor.explained - pair.explained
    out.other_social = actor.social - pair.social
    out.other_pairs = actor.pairs - 1
    out.blank_returning = actor.blank_returning
    out.blank_logs = actor.blank_logs / LOG_UNIT
    if pair.history == FREE:
        out.pair_days = 1
        out.pair_plain_days = 1 if pair.explained < pair.searches else 0
        out.pair_since = pair.day
        out.other_returning = actor.returning
        out.other_return_days = actor.return_days
        out.other_return_logs = actor.return_logs / LOG_UNIT
    else:
        history = histories.rows[pair.history]
        out.pair_days = count_days(history.days)
        out.pair_plain_days = count_days(history.plain)
        out.pair_since = history.first_day
        out.other_returning = actor.returning - (out.pair_days > 1)
        out.other_return_days = actor.return_days - (out.pair_days - 1)
        out.other_return_logs = (actor.return_logs - RETURN_LOGS[out.pair_days]) / LOG_UNIT
