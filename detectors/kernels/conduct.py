"""What every event costs, whatever its operation: count it in its account's day."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..events import CaptureClass, Operation, Outcome, Row
from ..state.actors import HOUR, HOURS_PER_DAY, MINUTE
from ..state.conduct import ENOUGH, HABITS, MARKS_KEPT, Habit
from .compile import kernel, signed
from .habits import HabitView, describe, surprise
from .hashing import FREE, TableView, add_row, find_row, mix

IDENTIFY = int(Operation.IDENTIFY)
VERIFY = int(Operation.VERIFY)
ENROL = int(Operation.ENROL)
EXTRACT = int(Operation.EXTRACT)
LIST = int(Operation.LIST)
DELETE = int(Operation.DELETE)
FAILURE = int(Outcome.FAILURE)
DENIED = int(Outcome.DENIED)
SOCIAL_MEDIA = int(CaptureClass.SOCIAL)

SEARCHES = int(Habit.SEARCHES)
VERIFIES = int(Habit.VERIFIES)
ENROLS = int(Habit.ENROLS)
DELETES = int(Habit.DELETES)
LISTS = int(Habit.LISTS)
EMBEDDINGS = int(Habit.EMBEDDINGS)
OTHERS = int(Habit.OTHERS)
FAILURES = int(Habit.FAILURES)
DENIALS = int(Habit.DENIALS)
SOCIAL = int(Habit.SOCIAL)
STRANGE_GALLERY = int(Habit.STRANGE_GALLERY)
STRANGE_HOUR = int(Habit.STRANGE_HOUR)
STRANGE_CLIENT = int(Habit.STRANGE_CLIENT)
STRANGE_NETWORK = int(Habit.STRANGE_NETWORK)
STRANGE_ORIGIN = int(Habit.STRANGE_ORIGIN)
STRANGE_DEMAND = int(Habit.STRANGE_DEMAND)

DAYS_OF_RHYTHM = 5.0
"""Days of a past from which on an hour without an event says something."""


OWN_DAY = 10.0
"""An account's own day tells of it as much as so many of its tenant's accounts."""


class ConductState(NamedTuple):
    """The arrays of what accounts do, and those of a stretch that are filled.

    Attributes:
        deeds: of even and of odd days.
        conducts: the accounts' past.
        peers: what peers do.
        least_days: clean actor-days of a tenant before anything is judged.
        due: events whose day is to be judged now, as numbers into the batch.
        nats: of each of these, by habit.
        found: ln(number) by habit; NaN for none.
        usual: the usual number by habit.
        used: int64 [how many are due].
    """

    deeds: tuple[TableView, TableView]
    conducts: TableView
    peers: HabitView
    least_days: float
    due: NDArray[np.int64]
    nats: NDArray[np.float64]
    found: NDArray[np.float32]
    usual: NDArray[np.float64]
    used: NDArray[np.int64]


@kernel
def observe_conduct(
    number: int,
    event: Row,
    cohort: np.uint64,
    day: int,
    peer_row: int,
    state: ConductState,
    most: int,
    out: Row,
) -> None:
    """Count an event, and judge its account's day if its events have doubled.

    Args:
        number: of the event in the batch.
        event: of any operation.
        cohort: of its account.
        day: one of the two days that are open.
        peer_row: of the cohort in the peers.
        state: changed in place.
        most: accounts of a day to hold.
        out: its `ACTOR_FIGURES`; `deed` and `odd` are set.
    """
    table = state.deeds[day & 1]
    key = event.actor[0]
    row = find_row(table, key)
    if row == FREE:
        if table.used[0] >= most:
            return
        row = add_row(table, key)
        _begin(table.rows[row], event, cohort)
    deeds = table.rows[row]
    past = find_row(state.conducts, key)
    known = past != FREE
    own = state.conducts.rows[max(past, 0)]
    _count(deeds, event)
    if known:
        _count_strange(deeds, event, own)
    out.deed = row
    told = state.peers.days[peer_row] + (OWN_DAY * own.total if known else 0.0)
    if told < state.least_days:
        return
    out.odd = 0.0
    if is_due(deeds.events):
        at = state.used[0]
        state.used[0] += 1
        state.due[at] = number
        describe(deeds, state.found[at])
        surprise(
            state.found[at], own, known, state.peers, peer_row, state.nats[at], state.usual[at]
        )
        deeds.judged = 1
        for k in range(HABITS):
            deeds.nats[k] = state.nats[at, k]


@kernel
def is_due(events: int) -> bool:
    """Whether a day's events are `ENOUGH`, or have doubled since it was last looked at."""
    times = events // ENOUGH
    return bool(times > 0 and events % ENOUGH == 0 and times & (times - 1) == 0)


@kernel
def _begin(deeds: Row, event: Row, cohort: np.uint64) -> None:
    deeds.tenant = event.tenant
    deeds.cohort = cohort
    deeds.suspect = 0
    deeds.judged = 0
    deeds.events = 0
    deeds.counts[:] = 0
    deeds.demands = 0
    deeds.persons = 0
    deeds.probes = 0
    deeds.galleries = 0
    deeds.hours = 0
    deeds.gallery = 0
    deeds.clients[:] = 0
    deeds.networks[:] = 0
    deeds.asked[:] = 0


@kernel
def _count(deeds: Row, event: Row) -> None:
    """Count what needs no past."""
    operation = event.operation
    deeds.events += 1
    deeds.hours |= np.uint32(1 << local_hour(event))
    embedded = event.embedding_returned == 1 or operation == EXTRACT
    if operation == IDENTIFY:
        deeds.counts[SEARCHES] += 1
    elif operation == VERIFY:
        deeds.counts[VERIFIES] += 1
    elif operation == ENROL:
        deeds.counts[ENROLS] += 1
    elif operation == DELETE:
        deeds.counts[DELETES] += 1
    elif operation == LIST:
        deeds.counts[LISTS] += 1
    elif operation != EXTRACT:
        deeds.counts[OTHERS] += 1
    deeds.counts[EMBEDDINGS] += embedded
    deeds.counts[FAILURES] += event.outcome == FAILURE
    deeds.counts[DENIALS] += event.outcome == DENIED
    deeds.counts[SOCIAL] += event.capture == SOCIAL_MEDIA
    if event.limit >= 0:
        deeds.demands |= _cell(np.uint64(event.limit), np.uint64(1))
    if event.threshold >= 0:
        deeds.demands |= _cell(np.uint64(event.threshold * 1000.0 + 0.5), np.uint64(2))
    probe = event.probe_cluster if event.probe_cluster != 0 else event.probe
    if probe != 0 and event.subject[0] != 0:
        deeds.persons |= _cell(event.subject[0], np.uint64(3))
        deeds.probes |= _cell(probe, np.uint64(4))
    gallery = mark(event.gallery, np.uint64(0))
    if gallery != 0:
        deeds.galleries |= _cell(event.gallery, np.uint64(5))
        if deeds.gallery == 0 or gallery < deeds.gallery:
            deeds.gallery = gallery
    keep(deeds.clients, client_of(event))
    keep(deeds.networks, network_of(event))
    keep(deeds.asked, demand_of(event))


@kernel
def _count_strange(deeds: Row, event: Row, own: Row) -> None:
    """Count what is unlike the account's past."""
    gallery = mark(event.gallery, np.uint64(0))
    if gallery != 0 and own.gallery != 0:
        deeds.counts[STRANGE_GALLERY] += gallery != own.gallery
    hour = local_hour(event)
    around = signed(own.hours[hour])
    around += signed(own.hours[(hour + 1) % HOURS_PER_DAY])
    around += signed(own.hours[(hour + HOURS_PER_DAY - 1) % HOURS_PER_DAY])
    if own.total >= DAYS_OF_RHYTHM and around == 0:
        deeds.counts[STRANGE_HOUR] += 1
    client = is_strange(own.clients, client_of(event))
    network = is_strange(own.networks, network_of(event))
    deeds.counts[STRANGE_CLIENT] += client
    deeds.counts[STRANGE_NETWORK] += network
    deeds.counts[STRANGE_ORIGIN] += client and network
    deeds.counts[STRANGE_DEMAND] += is_strange(own.asked, demand_of(event))


@kernel
def local_hour(event: Row) -> int:
    """Hour of the day where the account is."""
    return signed((event.time + event.utc_offset * MINUTE) // HOUR % HOURS_PER_DAY)


@kernel
def client_of(event: Row) -> np.uint32:
    """32 bits for its TLS fingerprint, which outlives a browser's versions; else user agent."""
    return mark(event.tls if event.tls != 0 else event.user_agent, np.uint64(0))


@kernel
def network_of(event: Row) -> np.uint32:
    """32 bits for the owner of its network, who outlives addresses; else for the network."""
    if event.asn >= 0:
        return mark(np.uint64(event.asn), np.uint64(1))
    return mark(event.network[0], np.uint64(0))


@kernel
def demand_of(event: Row) -> np.uint32:
    """32 bits for the limit and the threshold that it asks for, 0 if it names neither."""
    limit = np.uint64(event.limit + 1) if event.limit >= 0 else np.uint64(0)
    threshold = np.uint64(0)
    if event.threshold >= 0:
        threshold = np.uint64(event.threshold * 1000.0 + 1.5)
    return mark(limit, threshold)


@kernel
def mark(value: np.uint64, with_value: np.uint64) -> np.uint32:
    """32 bits for two values, 0 if there is neither."""
    if value == 0 and with_value == 0:
        return np.uint32(0)
    return np.uint32((mix(value, with_value) >> np.uint64(32)) | np.uint64(1))


@kernel
def keep(marks: NDArray[np.uint32], new: np.uint32) -> None:
    """Keep the least ones, in ascending order: the same in whatever order they come."""
    for k in range(MARKS_KEPT):
        if new == 0 or marks[k] == new:
            return
        if marks[k] == 0 or new < marks[k]:
            marks[k], new = new, marks[k]


@kernel
def is_strange(marks: NDArray[np.uint32], seen: np.uint32) -> bool:
    """Whether the past has such marks, but not this one."""
    if seen == 0 or marks[0] == 0:
        return False
    for k in range(MARKS_KEPT):  # noqa: SIM110  kernels have no generators
        if marks[k] == seen:
            return False
    return True


@kernel
def _cell(value: np.uint64, kind: np.uint64) -> np.uint64:
    return np.uint64(1) << (mix(value, kind) >> np.uint64(58))
