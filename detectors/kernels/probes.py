"""Probe after probe at one target: how many different ones within a day, and whether scores climb.

Of n independent probes in any order about ln n set a new record of the score: the k-th does
so with the chance 1/k, whatever the distribution (Renyi 1962). Who climbs sets records nearly
always. The likelihood ratio of the two is summed up, like a CUSUM (Page 1954) down to a bound.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..events import Operation, Outcome, Relation, Row
from ..state.actors import DAY, MINUTE
from ..state.probes import LAST
from .bits import ones
from .blanks import raise_blanks
from .compile import kernel, signed
from .hashing import FREE, TableView, add_row, find_row, mix

IDENTIFY = int(Operation.IDENTIFY)
SUCCESS = int(Outcome.SUCCESS)
SELF = int(Relation.SELF)

CLIMBING = 0.7
"""How often a climber's next probe is a record. A hill climber proposes, and keeps what is better:
even a blind one is right at first about every second time, and its proposals improve."""

HEAD_START = 5.0
"""Nats that a climb is behind at most, however many probes in no order went before."""

LONG_RUN = 8.0
"""Probes at one target up to which somebody tries again; more are no habit of trying again."""

PATIENCE = 4 * DAY
"""A climb goes on after a pause of so long; what it has reached is remembered."""

CELLS = 128

_CLUSTER_KIND = np.uint64(0x434C5553)  # keeps a cluster's key apart from a person's
_WORD = 64
_LEAST_STEP = 1e-4  # scores are written with four digits; equal ones are no record
_MOST_CLIMB = 100.0
_MOST_TARGETS = 64.0
_LOW = np.uint64(0xFFFFFFFF)
_MOST = 65_535


class ProbeState(NamedTuple):
    """The arrays about probes of an actor shard."""

    recent: TableView
    runs: TableView


@kernel
def observe_probe(
    event: Row, state: ProbeState, limits: NDArray[np.int64], counts: NDArray[np.int64], out: Row
) -> bool:
    """Count a search's probe in the runs at its person and at its near-duplicates.

    Args:
        event: a search or a comparison, not seen before.
        state: the shard's probes; changed in place.
        limits: most [actors, runs] to hold.
        counts: [.., .., .., events without room]; added to.
        out: its `ACTOR_FIGURES`: `near` (near-duplicates) and `shots` (at the person) are
            filled, 0 where the event has no probe, cluster, person; with their records.

    Returns:
        Whether there was room.
    """
    if event.outcome != SUCCESS or event.probe == 0 or event.relation == SELF:
        return True
    number = find_row(state.recent, event.actor[0])
    if number == FREE:
        if state.recent.used[0] >= limits[0]:
            counts[3] += 1
            return False
        number = add_row(state.recent, event.actor[0])
    recent = state.recent.rows[number]
    if event.probe_cluster != 0:
        key = mix(event.actor[0], event.probe_cluster ^ _CLUSTER_KIND)
        run = _run_of(event, key, event.probe_cluster, recent, recent.clusters, state.runs, limits)
        if run == FREE:
            out.near = 1.0
        else:
            rows = state.runs.rows
            out.near = count_cells(rows[run].cells)
            out.near_scored = rows[run].scored
            out.near_records = rows[run].records
            out.near_mean = _mean(rows[run])
            out.near_climb = rows[run].climb
    if event.subject[0] != 0:
        key = mix(event.actor[0], event.subject[0])
        run = _run_of(event, key, event.subject[0], recent, recent.persons, state.runs, limits)
        if run == FREE:
            out.shots = 1.0
        else:
            rows = state.runs.rows
            out.shots = count_cells(rows[run].cells)
            out.shots_scored = rows[run].scored
            out.shots_records = rows[run].records
            out.shots_mean = _mean(rows[run])
            out.shots_climb = rows[run].climb
    if not _is_known(recent, event):
        _count_retry(recent, out.shots if event.subject[0] != 0 else out.near)
        if _found_nobody(event):
            raise_blanks(recent, event, out)
    count = min(max(out.near, out.shots), LONG_RUN) - 1.0
    out.other_targets = max(recent.targets - 1.0, 0.0)
    out.other_retries = max(recent.retries - count, 0.0)
    _remember(recent, event)
    return True


@kernel
def _run_of(
    event: Row,
    key: np.uint64,
    target: np.uint64,
    recent: Row,
    targets: NDArray[np.uint32],
    runs: TableView,
    limits: NDArray[np.int64],
) -> int:
    """The run at the target with this probe in it, `FREE` if the probe is the first one.

    Probes are counted within a day; their scores as long as no pause exceeds `PATIENCE`.
    """
    number = find_row(runs, key)
    if number == FREE or event.time - runs.rows[number].since > DAY:
        before = _different(event, target, recent, targets)
        patient = number != FREE and event.time - runs.rows[number].last <= PATIENCE
        if before == FREE and not patient:
            return FREE
        if number == FREE:
            if runs.used[0] >= limits[1]:
                return FREE
            number = add_row(runs, key)
        run = runs.rows[number]
        run.since = event.time if before == FREE else MINUTE * signed(recent.minutes[before])
        run.cells[:] = 0
        if not patient:
            run.last = event.time
            run.scored = 0
            run.records = 0
            run.score_sum = 0.0
            run.climb = 0.0
            _try(run, np.uint64(recent.probes[before]), recent.scores[before])
        elif before != FREE:
            _mark(run, np.uint64(recent.probes[before]))
    run = runs.rows[number]
    run.last = max(run.last, event.time)
    _try(run, event.probe & _LOW, event.top_score)
    return number


@kernel
def _different(event: Row, target: np.uint64, recent: Row, targets: NDArray[np.uint32]) -> int:
    """The place of another probe for the same target among the last ones."""
    for place in range(LAST):
        same = targets[place] == np.uint32(target & _LOW)
        other = recent.probes[place] != np.uint32(event.probe & _LOW)
        if same and other and event.time - MINUTE * signed(recent.minutes[place]) <= DAY:
            return place
    return FREE


@kernel
def _try(run: Row, probe: np.uint64, score: float) -> None:
    """Count a probe, and its score if it is a new one."""
    if not _mark(run, probe) or math.isnan(score) or run.scored >= _MOST:
        return
    run.scored += 1
    run.score_sum += score
    record = run.scored == 1 or score > run.best + _LEAST_STEP
    if record:
        run.records += 1
        run.best = score
    if run.scored > 1:
        step = math.log(CLIMBING * run.scored)
        if not record:
            step = math.log((1.0 - CLIMBING) / (1.0 - 1.0 / run.scored))
        run.climb = min(max(run.climb + step, -HEAD_START), _MOST_CLIMB)


@kernel
def _mark(run: Row, probe: np.uint64) -> bool:
    """Count a probe; False if it was counted before."""
    word = (probe & np.uint64(CELLS - 1)) // np.uint64(_WORD)
    bit = np.uint64(1) << (probe & np.uint64(_WORD - 1))
    known = run.cells[word] & bit != 0
    run.cells[word] |= bit
    return not known


@kernel
def _mean(run: Row) -> float:
    """The mean score; that of nothing counts as a perfect one."""
    return float(run.score_sum / run.scored) if run.scored > 0 else 1.0


@kernel
def count_cells(cells: NDArray[np.uint64]) -> float:
    """How many distinct probes marked these of 128 cells (linear counting, Whang 1990)."""
    marked = min(ones(cells[0]) + ones(cells[1]), CELLS - 1)
    return -CELLS * math.log(1.0 - marked / CELLS)


@kernel
def _is_known(recent: Row, event: Row) -> bool:
    """Whether the probe is among the last ones."""
    probe = np.uint32(event.probe & _LOW)
    for place in range(LAST):  # noqa: SIM110  kernels have no generators
        if recent.probes[place] == probe:
            return True
    return False


@kernel
def _count_retry(recent: Row, number: float) -> None:
    """Count a probe as one for another target, or as a further one of a run that is not long."""
    if number <= 1.0:
        recent.targets += 1.0
    elif number <= LONG_RUN:
        recent.retries += 1.0
    if recent.targets > _MOST_TARGETS:
        recent.targets /= 2.0
        recent.retries /= 2.0


@kernel
def _found_nobody(event: Row) -> bool:
    """Whether it is a search with a score that was too low for anybody."""
    nobody = event.operation == IDENTIFY and event.subject[0] == 0 and event.candidates <= 0
    return bool(nobody and event.top_score >= 0)


@kernel
def _remember(recent: Row, event: Row) -> None:
    """Keep the probe among the last ones, in its own place if it is there already."""
    probe = np.uint32(event.probe & _LOW)
    place = signed(recent.next)
    for known in range(LAST):
        if recent.probes[known] == probe:
            place = known
    if place == recent.next:
        recent.next = (place + 1) % LAST
    recent.clusters[place] = np.uint32(event.probe_cluster & _LOW)
    recent.persons[place] = np.uint32(event.subject[0] & _LOW)
    recent.minutes[place] = np.uint32(event.time // MINUTE)
    recent.probes[place] = probe
    recent.scores[place] = event.top_score
