"""What every event costs on the shard of its actor: count it, and say what stood out.

`observe` scores before it learns: what an event is compared with was learned from days
that ended at least a day before.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..events import Operation, Outcome, Records, Row
from ..state.actors import DAY, HORIZONS, REACH_HORIZONS
from .cases import CaseState, observe_case
from .compile import kernel
from .conduct import ConductState, observe_conduct
from .decay import add, fade
from .hashing import (
    FREE,
    MembersView,
    PoolView,
    TableView,
    add_row,
    can_draw,
    can_remember,
    contains,
    find_row,
    has_room,
    remember,
)
from .pairs import observe_pair
from .probes import ProbeState, observe_probe
from .sheets import PeerView, expect_of_peers, fill_sheet
from .sketch import estimate, insert, release

IDENTIFY = int(Operation.IDENTIFY)
LIST = int(Operation.LIST)
VERIFY = int(Operation.VERIFY)
SUCCESS = int(Outcome.SUCCESS)

SKETCH_DAYS = 30
"""Identities exposed are counted within calendar epochs of so many days."""


class ActorState(NamedTuple):
    """The arrays of an actor shard."""

    actors: TableView
    pairs: TableView
    sheets: PoolView
    medleys: PoolView
    baselines: PoolView
    histories: PoolView
    short: PoolView
    dense: PoolView
    probes: ProbeState
    cases: CaseState
    # Events of even and of odd days.
    seen: tuple[MembersView, MembersView]
    conduct: ConductState


@kernel
def observe(
    order: NDArray[np.int64],
    events: Records,
    exposed_offsets: NDArray[np.int64],
    exposed: NDArray[np.uint64],
    cohorts: NDArray[np.uint64],
    peer_rows: NDArray[np.int64],
    today: int,
    state: ActorState,
    peers: PeerView,
    limits: NDArray[np.int64],
    counts: NDArray[np.int64],
    figures: Records,
) -> int:
    """Apply the events `order` (numbers into `events`) and fill their `figures`.

    Args:
        order: which events, in the order of the log.
        events: `EVENT` records.
        exposed_offsets: as in `EventBatch`.
        exposed: as in `EventBatch`.
        cohorts: each event's cohort.
        peer_rows: each event's row in `peers`.
        today: the day number (days since the epoch, UTC) that is being filled; rows of
            today and of the day before are judged, older ones only counted.
        state: the shard; changed in place.
        peers: what actors are compared with today.
        limits: most [actors, pairs] to hold; of cases as many as of pairs.
        counts: [duplicates, without room for the actor, for the pair or the case, for the
            probes]; added to.
        figures: `ACTOR_FIGURES` records, one per event.

    Returns:
        How many of the events; not all of them if the shard has no room for the next.
    """
    for done in range(len(order)):
        if not _is_roomy(state):
            return done
        i = order[done]
        event = events[i]
        out = figures[i]
        out.row = FREE
        out.deed = FREE
        out.odd = np.nan
        day = event.time // DAY
        if contains(state.seen[(day + 1) & 1], event.event) or not remember(
            state.seen[day & 1], event.event
        ):
            counts[0] += 1
            continue
        if day >= today - 1:
            observe_conduct(i, event, cohorts[i], day, peer_rows[i], state.conduct, limits[0], out)
        if event.operation == VERIFY:
            # Nobody is searched for, but a reference may be climbed at.
            observe_probe(event, state.probes, limits, counts, out)
            expect_of_peers(peers, peer_rows[i], out)
            if day < today - 1:
                out.spread[:] = np.nan
        if event.operation not in (IDENTIFY, LIST):
            continue
        row = find_row(state.actors, event.actor[0])
        if row == FREE:
            if state.actors.used[0] >= limits[0]:
                counts[1] += 1
                continue
            row = _begin_actor(state.actors, event, cohorts[i])
        actor = state.actors.rows[row]
        out.row = row
        reached = observe_pair(
            event, row, actor, state.pairs, state.histories, limits[1], counts, out
        )
        observe_case(event, row, actor, state.cases, peers, peer_rows[i], limits[1], counts, out)
        gap = float(event.time - actor.last) if actor.searches > 0 else 0.0
        _count(actor, event, reached)
        observe_probe(event, state.probes, limits, counts, out)
        if day >= today - 1:
            fill_sheet(
                actor,
                event,
                day,
                reached,
                gap,
                state.sheets,
                state.medleys,
                state.baselines,
                peers,
                peer_rows[i],
                out,
            )
        else:
            out.spread[:] = np.nan
        _expose(
            actor, day, exposed[exposed_offsets[i] : exposed_offsets[i + 1]], event.subject, state
        )
        out.exposed = estimate(actor.sketch, state.short, state.dense)
        out.peer_returning = peers.returning[peer_rows[i]]
        out.peer_return_logs = peers.return_logs[peer_rows[i]]
        out.peer_explained = peers.explained[peer_rows[i]]
        out.peer_social = peers.social[peer_rows[i]]
    return len(order)


@kernel
def _is_roomy(state: ActorState) -> bool:
    """Whether another event finds room."""
    room = has_room(state.actors) and has_room(state.pairs)
    room &= can_draw(state.sheets) and can_draw(state.medleys) and can_draw(state.histories)
    room &= can_draw(state.short) and can_draw(state.dense)
    room &= has_room(state.probes.recent) and has_room(state.probes.runs)
    room &= has_room(state.cases.cases) and can_draw(state.cases.dossiers)
    room &= can_remember(state.seen[0]) and can_remember(state.seen[1])
    return room and has_room(state.conduct.deeds[0]) and has_room(state.conduct.deeds[1])


@kernel
def _begin_actor(actors: TableView, event: Row, cohort: np.uint64) -> int:
    row = add_row(actors, event.actor[0])
    actor = actors.rows[row]
    actor.actor[0] = event.actor[0]
    actor.actor[1] = event.actor[1]
    actor.tenant = event.tenant
    actor.cohort = cohort
    actor.first = event.time
    actor.last = event.time
    actor.sheets[0] = FREE
    actor.sheets[1] = FREE
    actor.baseline = FREE
    actor.rhythm = FREE
    actor.sketch = FREE
    actor.suspect_on = FREE
    return row


@kernel
def _count(actor: Row, event: Row, reached: bool) -> None:
    elapsed = float(event.time - actor.last)
    actor.searches += 1
    actor.looks += event.outcome == SUCCESS and event.offset <= 0
    actor.reached += reached
    add(actor.rates, HORIZONS, elapsed)
    if reached:
        add(actor.reaches, REACH_HORIZONS, elapsed)
    else:
        fade(actor.reaches, REACH_HORIZONS, elapsed)
    actor.first = min(actor.first, event.time)
    if event.time >= actor.last:
        actor.last = event.time
        actor.utc_offset = event.utc_offset


@kernel
def _expose(
    actor: Row,
    day: int,
    identities: NDArray[np.uint64],
    subject: NDArray[np.uint64],
    state: ActorState,
) -> None:
    """Enter the identities that the search returned into the actor's sketch."""
    epoch = day // SKETCH_DAYS
    if epoch < actor.sketch_epoch:
        return
    if epoch > actor.sketch_epoch:
        release(actor.sketch, state.short, state.dense)
        actor.sketch = FREE
        actor.sketch_epoch = epoch
    for identity in identities:
        actor.sketch = insert(actor.sketch, identity, state.short, state.dense)
    if subject[0] != 0:
        actor.sketch = insert(actor.sketch, subject[0], state.short, state.dense)
