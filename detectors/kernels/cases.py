"""An actor's cases: whom they bring, and whether an old one still brings ever new persons.

An inquiry begins with new persons and comes back to them. Judged are its late days, those after
its first few and its first week: did a day bring more new persons than it brought back (it is
*alone*)? What is usual is learned from late days of the actor's other cases, of its peers' and of
others' searches for the same case. Where a case serves as an excuse, most late days are alone. The
likelihood ratio of the two is summed up, like a CUSUM (Page 1954) down to a bound.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..events import CaptureClass, Outcome, Relation, Row
from ..state.actors import DAY, MINUTE
from ..state.cases import CASE_CELLS
from .bits import DAYS, age_days, is_marked, mark_day, newest_day
from .compile import kernel, signed
from .hashing import FREE, PoolView, TableView, add_row, draw, find_row, give_back, mix
from .probes import CELLS, count_cells
from .sheets import PeerView

SUCCESS = int(Outcome.SUCCESS)
SELF = int(Relation.SELF)
SOCIAL = int(CaptureClass.SOCIAL)

EARLY_DAYS = 2
"""Days with a search that a case takes to bring its persons together."""

EARLY_AGE = 7
"""And days since the first of them."""

ALONE = 0.6
"""How often a late day of a misused case brings new persons only: some days are real work."""

LEAST_ALONE, MOST_ALONE = 0.1, 0.98
"""Bounds of what is usual."""

AT_FIRST = 0.15
"""The share of late days that are alone, of peers of whom nothing is known."""

SURE_LATE = 10.0
"""With so many late days the account's own share counts as much as its peers', theirs as much
as `AT_FIRST`."""

HEAD_START = 2.0
"""Nats that a case is behind at most, however much real work went before."""

INCIDENT_DAYS, CASE_DAYS = 45, 180
"""A case of one person on one day is forgotten after so many days without a search; others."""

MOST_LATE = 2.0
"""One case counts as so many late days among peers, lest it speaks for all."""

_CASE_KIND = np.uint64(0x43415345)  # keeps a case's key apart from a person's
_LOW = np.uint64(0xFFFFFFFF)
_MOST = 60_000


class CaseState(NamedTuple):
    """The arrays about cases of an actor shard."""

    cases: TableView
    dossiers: PoolView


@kernel
def observe_case(
    event: Row,
    row: int,
    actor: Row,
    state: CaseState,
    peers: PeerView,
    peer_row: int,
    limit: int,
    counts: NDArray[np.int64],
    out: Row,
) -> None:
    """Count a search in its case, and say what the case looks like.

    Args:
        event: a search, not seen before.
        row: its actor's number.
        actor: its actor.
        state: the shard's cases; changed in place.
        peers: what is usual among peers.
        peer_row: the actor's row in `peers`.
        limit: most cases to hold.
        counts: [.., .., searches without room, ..]; added to.
        out: its `ACTOR_FIGURES`; says of the pair what `observe_pair` found. The figures of
            the case stay 0 where the event has no case or nobody was found.
    """
    nobody = event.subject[0] == 0 or event.relation == SELF
    if event.outcome != SUCCESS or event.case[0] == 0 or nobody:
        return
    day = (event.time + MINUTE * signed(event.utc_offset)) // DAY
    key = mix(event.actor[0], event.case[0] ^ _CASE_KIND)
    number = find_row(state.cases, key)
    if number == FREE:
        if state.cases.used[0] >= limit:
            counts[2] += 1
            return
        number = add_row(state.cases, key)
        state.cases.rows[number].actor_row = row
        state.cases.rows[number].dossier = FREE
        _begin(state.cases.rows[number], actor, event, day)
    elif _expired(state.cases.rows[number], day):
        forget_case(state.cases.rows[number], actor, state.dossiers)
        _begin(state.cases.rows[number], actor, event, day)
    case = state.cases.rows[number]
    case.searches += 1
    case.social += event.capture == SOCIAL
    if case.dossier == FREE and (day != case.day or case.person != _half(event)):
        _open_dossier(case, event, state.dossiers)
    if case.dossier != FREE:
        _mark(case, state.dossiers.rows[case.dossier], event, day, out)
        _describe(case, state.dossiers.rows[case.dossier], actor, peers, peer_row, out)
    else:
        out.case_persons = 1.0
        out.case_days = 1
        out.case_since = day
    out.case_searches = case.searches
    out.case_social = case.social
    out.other_cases = actor.cases - 1
    out.peer_cases = peers.cases[peer_row]


@kernel
def _half(event: Row) -> np.uint32:
    return np.uint32(event.subject[0] & _LOW)


@kernel
def _begin(case: Row, actor: Row, event: Row, day: int) -> None:
    case.day = day
    case.person = _half(event)
    actor.cases += 1


@kernel
def _expired(case: Row, day: int) -> bool:
    """Whether a search on `day` begins the case anew, long after the last one."""
    return bool(day - case.day >= (INCIDENT_DAYS if case.dossier == FREE else CASE_DAYS))


@kernel
def forget_case(case: Row, actor: Row, dossiers: PoolView) -> None:
    """Make the case as if it had never been: at its actor, in its pool and in its row."""
    actor.cases -= np.uint32(1)
    if case.dossier != FREE:
        actor.late -= np.uint32(dossiers.rows[case.dossier].late)
        actor.alone -= np.uint32(dossiers.rows[case.dossier].alone)
        give_back(dossiers, case.dossier)
        case.dossier = FREE
    case.searches = 0
    case.social = 0


@kernel
def _open_dossier(case: Row, event: Row, dossiers: PoolView) -> None:
    """Begin a dossier with the first day and person."""
    case.dossier = draw(dossiers)
    dossier = dossiers.rows[case.dossier]
    dossier.first_day = case.day
    dossier.fresh[:] = 0
    dossier.fresh[0] = 1
    dossier.back[:] = 0
    dossier.today_fresh = 1
    dossier.today_back = 0
    dossier.persons[:] = 0
    _enter(dossier.persons, np.uint64(case.person))
    dossier.past_days = 0
    dossier.past_late = 0
    dossier.past_alone = 0
    dossier.late = 0
    dossier.alone = 0
    dossier.cell = event.case[0] % np.uint64(CASE_CELLS)


@kernel
def _enter(cells: NDArray[np.uint64], person: np.uint64) -> bool:
    """Mark a person's cell; True if it was not marked before."""
    cell = person & np.uint64(CELLS - 1)
    bit = np.uint64(1) << (cell & np.uint64(63))
    word = cell // np.uint64(64)
    fresh = bool((cells[word] & bit) == 0)
    cells[word] |= bit
    return fresh


@kernel
def _mark(case: Row, dossier: Row, event: Row, day: int, out: Row) -> None:
    """Mark what the search brought its day."""
    if day > case.day:
        _let_go(dossier, case.day, day - case.day)
        age_days(dossier.fresh, day - case.day)
        age_days(dossier.back, day - case.day)
        case.day = day
        dossier.today_fresh = 0
        dossier.today_back = 0
    dossier.first_day = min(dossier.first_day, day)
    age = case.day - day
    if _enter(dossier.persons, np.uint64(_half(event))):
        mark_day(dossier.fresh, age)
        dossier.today_fresh += age == 0 and dossier.today_fresh < _MOST
    elif out.pair_since < case.day - newest_day(dossier.fresh, age + 1) and out.pair_new_days > 0:
        mark_day(dossier.back, age)
        dossier.today_back += age == 0 and dossier.today_back < _MOST
    if age == 0 and dossier.today_back < dossier.today_fresh:
        dossier.back[0] &= ~np.uint64(1)
    elif age == 0 and dossier.today_back > 0:
        dossier.back[0] |= np.uint64(1)


@kernel
def _let_go(dossier: Row, newest: int, by: int) -> None:
    """Keep the counts of the days that leave the bitmaps when `by` more days have passed."""
    for age in range(DAYS - 1, max(DAYS - 1 - by, -1), -1):
        fresh, back = is_marked(dossier.fresh, age), is_marked(dossier.back, age)
        if not (fresh or back) or dossier.past_days >= _MOST:
            continue
        dossier.past_days += 1
        if _is_late(dossier, dossier.past_days, newest - age):
            dossier.past_late += 1
            dossier.past_alone += not back


@kernel
def _is_late(dossier: Row, number: int, day: int) -> bool:
    """Whether the day, the `number`th of the case, is one by which it should know its persons."""
    return bool(number > EARLY_DAYS and day - dossier.first_day >= EARLY_AGE)


@kernel
def _describe(
    case: Row, dossier: Row, actor: Row, peers: PeerView, peer_row: int, out: Row
) -> None:
    """Say what the case looks like; count at the actor what became of its late days."""
    late = signed(actor.late) - signed(dossier.late)
    alone = signed(actor.alone) - signed(dossier.alone)
    cell = dossier.cell
    of_peers = _without(
        peers.late[peer_row], peers.alone[peer_row], float(actor.late), float(actor.alone)
    )
    of_case = _without(
        peers.case_late[peer_row, cell],
        peers.case_alone[peer_row, cell],
        float(dossier.late),
        float(dossier.alone),
    )
    expected = usual_share(AT_FIRST, *of_peers)
    usual = max(usual_share(expected, late, alone), usual_share(expected, *of_case))
    out.case_usual = min(max(usual, LEAST_ALONE), MOST_ALONE)
    _weigh(dossier, case.day, out)
    actor.alone = alone + dossier.alone
    actor.late = late + dossier.late
    out.case_persons = count_cells(dossier.persons)
    out.case_since = dossier.first_day
    out.case_late = dossier.late
    out.case_alone = dossier.alone


@kernel
def _without(late: float, alone: float, own_late: float, own_alone: float) -> tuple[float, float]:
    """Late days of all and those that were alone, without what one's own count for in them."""
    if own_late == 0:
        return late, alone
    counted = min(own_late, MOST_LATE)
    rest = max(late - counted, 0.0)
    return rest, min(max(alone - counted * own_alone / own_late, 0.0), rest)


@kernel
def usual_share(expected: float, late: float, alone: float) -> float:
    """The expected share of late days that are alone, moved by those of some cases."""
    return (SURE_LATE * expected + alone) / (SURE_LATE + late)


@kernel
def _weigh(dossier: Row, newest: int, out: Row) -> None:
    """Count the days of the case, and the likelihood ratio of its late ones."""
    more = math.log(ALONE / out.case_usual)
    less = math.log((1.0 - ALONE) / (1.0 - out.case_usual))
    number, late, alone = signed(dossier.past_days), dossier.past_late, dossier.past_alone
    nats = max(alone * more + (late - alone) * less, -HEAD_START)
    for age in range(min(DAYS - 1, newest - dossier.first_day), -1, -1):
        back = is_marked(dossier.back, age)
        if not (back or is_marked(dossier.fresh, age)):
            continue
        number += 1
        if _is_late(dossier, number, newest - age):
            late += 1
            alone += not back
            nats = max(nats + (less if back else more), -HEAD_START)
    dossier.late = late
    dossier.alone = alone
    out.case_days = number
    out.case_nats = nats
