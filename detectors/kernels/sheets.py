"""An actor's day while it is being filled, against what was to be expected of it."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..events import Outcome, Row
from ..state.actors import H_1H, H_5M, HOUR, HOURS_PER_DAY, PEERED, R_1D, R_1H, TRAITS, Trait
from .bits import ones
from .carry import carried_on
from .compile import kernel
from .hashing import FREE, PoolView, draw
from .medley import abroad, begin_medley, lacking_rest, mingle, overlap, sides

SUCCESS = int(Outcome.SUCCESS)
REACH_DAY = int(Trait.REACH_DAY)
REACH_HOUR = int(Trait.REACH_HOUR)
AWAKE = int(Trait.AWAKE)
LIMIT = int(Trait.LIMIT)
OPENNESS = int(Trait.OPENNESS)
PAGING = int(Trait.PAGING)
REGULARITY = int(Trait.REGULARITY)
NEAR = int(Trait.NEAR)
SHOTS = int(Trait.SHOTS)
DOUBT = int(Trait.DOUBT)
PARTIES = int(Trait.PARTIES)
PARALLEL = int(Trait.PARALLEL)
UNREST = int(Trait.UNREST)

LEAST_SEARCHES = 5
"""A day's means (limit, threshold, paging) say nothing before so many searches."""

LEAST_GAPS = 10
"""Nor does the spread of the gaps before so many."""

_PRIOR_FREEDOM = 8.0  # how many days the spread among peers is worth to one actor
_DESK_FREEDOM = 4.0
"""Degrees of freedom of how many people are usually behind an account: nearly always one, and
for a desk many. Who is far from peers is another kind of account, and believed sooner."""


class PeerView(NamedTuple):
    """What actors are compared with: one row per cohort, the shipped prior last."""

    mean: NDArray[np.float64]
    between: NDArray[np.float64]
    within: NDArray[np.float64]
    # Share of pairs with a second day; mean ln(further days) of those; shares of searches with
    # a reason and with a probe from social media.
    returning: NDArray[np.float64]
    return_logs: NDArray[np.float64]
    explained: NDArray[np.float64]
    social: NDArray[np.float64]
    # Cases of an actor; late days of all, and those of them that were alone; the same of the
    # tenant's cases by cell, shape (rows, cells).
    cases: NDArray[np.float64]
    late: NDArray[np.float64]
    alone: NDArray[np.float64]
    case_late: NDArray[np.float64]
    case_alone: NDArray[np.float64]


@kernel
def fill_sheet(
    actor: Row,
    event: Row,
    day: int,
    reached: bool,
    gap: float,
    sheets: PoolView,
    medleys: PoolView,
    baselines: PoolView,
    peers: PeerView,
    peer_row: int,
    out: Row,
) -> None:
    """Count a search in its day's sheet and describe the day so far.

    Args:
        actor: the actor's row; its counts have the search already.
        event: the search.
        day: its day number.
        reached: whether it returned somebody new to the actor.
        gap: milliseconds since the actor's last search; 0 or less if there is none.
        sheets: pool of sheets, with room for one more.
        medleys: pool of medleys, likewise.
        baselines: the actors' own past.
        peers: what cohorts expect.
        peer_row: the actor's row in `peers`.
        out: its `ACTOR_FIGURES`; says of its probes what `observe_probe` found.
    """
    number = actor.sheets[day & 1]
    if number == FREE:
        number = draw(sheets)
        actor.sheets[day & 1] = number
        _begin_sheet(sheets.rows[number], day, actor.baseline, baselines, peers, peer_row)
        _begin_carried(actor, sheets, number)
    sheet = sheets.rows[number]
    hour = (event.time // HOUR) % HOURS_PER_DAY
    sheet.searches += 1
    sheet.hours[hour] += 1
    new_hour = sheet.awake & np.uint32(1 << hour) == 0
    sheet.awake |= np.uint32(1 << hour)
    if reached:
        sheet.reach += 1
        sheet.reach_hours[hour] += 1
        sheet.peak = max(sheet.peak, np.uint32(sheet.reach_hours[hour]))
    if event.limit >= 0:
        sheet.limits += 1
        sheet.limit_sum += math.log1p(float(event.limit))
    if event.threshold >= 0:
        sheet.thresholds += 1
        sheet.threshold_sum += event.threshold
    if event.offset > 0:
        sheet.pages += 1
    elif event.outcome == SUCCESS:
        sheet.looks += 1
    if gap > 0:
        spacing = math.log1p(gap / 1000.0)
        sheet.gaps += 1
        sheet.gap_sum += spacing
        sheet.gap_squares += spacing * spacing
    sheet.near = max(sheet.near, out.near)
    sheet.shots = max(sheet.shots, out.shots)
    if event.top_score >= 0 and (event.subject[0] != 0 or event.candidates > 0):
        sheet.scores += 1
        sheet.score_sum += event.top_score
    mingle(sheet, event, medleys)
    before = actor.sheets[(day + 1) & 1]
    if new_hour and before != FREE and sheets.rows[before].day == day - 1:
        lacking = lacking_rest(sheets.rows[before].awake, sheet.awake, hour)
        sheet.unrest = max(sheet.unrest, lacking)
    describe_day(sheet, medleys, out.observed)
    out.observed[REACH_DAY] = math.log1p(actor.reaches[R_1D])
    out.observed[REACH_HOUR] = math.log1p(actor.reaches[R_1H])
    if before != FREE and sheets.rows[before].day == day - 1:
        late_hours = sheets.rows[before].awake >> np.uint32(hour + 1)
        out.observed[AWAKE] += ones(np.uint64(late_hours))
    for k in range(TRAITS):
        out.expected[k] = sheet.expected[k]
        out.spread[k] = sheet.spread[k]
    for place in range(len(PEERED)):
        out.peer_expected[place] = sheet.peer_expected[place]
        out.peer_spread[place] = sheet.peer_spread[place]
    out.freedom = sheet.freedom
    out.carried = sheet.carried
    out.steady = sheet.steady
    out.crowded = actor.crowded
    out.clients = ones(sheet.clients)
    out.networks = ones(sheet.networks)
    out.parallel = ones(overlap(sheet, medleys))
    out.travels = abroad(sheet, medleys)
    out.sides = sides(sheet)
    out.searches_today = sheet.searches
    out.looks_today = sheet.looks
    out.reach_today = sheet.reach
    out.rate_5m = actor.rates[H_5M]
    out.rate_1h = actor.rates[H_1H]
    out.searches = actor.searches
    out.looks = actor.looks
    out.reached = actor.reached
    out.first = actor.first


@kernel
def expect_of_peers(peers: PeerView, peer_row: int, out: Row) -> None:
    """Say what to expect of an event that is in no sheet: what the actor's peers do."""
    for k in range(TRAITS):
        out.expected[k] = peers.mean[peer_row, k]
        out.spread[k] = math.hypot(peers.between[peer_row, k], peers.within[peer_row, k])
    out.freedom = _PRIOR_FREEDOM


@kernel
def _begin_sheet(
    sheet: Row,
    day: int,
    baseline: int,
    baselines: PoolView,
    peers: PeerView,
    peer_row: int,
) -> None:
    """An empty day and what to expect of it: the actor's own days, shrunk to its peers'.

    Normal days around an actor's own mean, which is normal around its peers' mean; the
    prediction for one more day is Student's t.
    """
    sheet.day = day
    sheet.suspect = 0
    sheet.searches = 0
    sheet.looks = 0
    sheet.reach = 0
    sheet.pages = 0
    sheet.limits = 0
    sheet.thresholds = 0
    sheet.gaps = 0
    sheet.limit_sum = 0.0
    sheet.threshold_sum = 0.0
    sheet.gap_sum = 0.0
    sheet.gap_squares = 0.0
    sheet.near = 0.0
    sheet.shots = 0.0
    sheet.scores = 0
    sheet.score_sum = 0.0
    sheet.awake = 0
    sheet.peak = 0
    sheet.hours[:] = 0
    sheet.reach_hours[:] = 0
    begin_medley(sheet)
    sheet.freedom = _PRIOR_FREEDOM
    for k in range(TRAITS):
        between = peers.between[peer_row, k] ** 2
        within = peers.within[peer_row, k] ** 2
        center = peers.mean[peer_row, k]
        sure = 1.0 / between
        if baseline != FREE:
            own = baselines.rows[baseline]
            days = own.days[k]
            if k >= PARTIES and days > 0:
                off = own.mean[k] - center
                off = off * off / (between + within / days)
                sure *= (_DESK_FREEDOM + 1.0) / (_DESK_FREEDOM + off)
            within = (_PRIOR_FREEDOM * within + own.squares[k]) / (_PRIOR_FREEDOM + days)
            sure += days / within
            center += (own.mean[k] - center) * (days / within) / sure
            if k == REACH_DAY:
                sheet.freedom = _PRIOR_FREEDOM + days
        sheet.expected[k] = center
        sheet.spread[k] = math.sqrt(within + 1.0 / sure)
    for place in range(len(PEERED)):
        k = PEERED[place]
        sheet.peer_expected[place] = peers.mean[peer_row, k]
        sheet.peer_spread[place] = math.hypot(peers.between[peer_row, k], peers.within[peer_row, k])


@kernel
def _begin_carried(actor: Row, sheets: PoolView, number: int) -> None:
    """What earlier days left, yesterday included, which may not be over for all."""
    sheet = sheets.rows[number]
    sheet.carried = actor.carried
    sheet.steady = actor.steady
    yesterday = actor.sheets[(sheet.day + 1) & 1]
    if yesterday != FREE and sheets.rows[yesterday].day == sheet.day - 1:
        sheet.carried, sheet.steady = carried_on(actor, sheets.rows[yesterday])


@kernel
def describe_day(sheet: Row, medleys: PoolView, traits: NDArray[np.float32]) -> None:
    """The day's traits; NaN where it says too little."""
    traits[REACH_DAY] = math.log1p(float(sheet.reach))
    traits[REACH_HOUR] = math.log1p(float(sheet.peak))
    traits[AWAKE] = ones(np.uint64(sheet.awake))
    traits[LIMIT] = np.nan
    traits[OPENNESS] = np.nan
    traits[PAGING] = np.nan
    traits[REGULARITY] = np.nan
    traits[NEAR] = math.log(sheet.near) if sheet.near > 0 else np.nan
    traits[SHOTS] = math.log(sheet.shots) if sheet.shots > 0 else np.nan
    traits[DOUBT] = 1.0 - sheet.score_sum / sheet.scores if sheet.scores > 0 else np.nan
    traits[PARTIES] = sheet.parties
    traits[PARALLEL] = 0.0 if sides(sheet) > 0 else np.nan
    if sheet.medley != FREE:
        traits[PARALLEL] = math.log1p(ones(overlap(sheet, medleys)))
    traits[UNREST] = sheet.unrest
    if sheet.limits >= LEAST_SEARCHES:
        traits[LIMIT] = sheet.limit_sum / sheet.limits
    if sheet.thresholds >= LEAST_SEARCHES:
        traits[OPENNESS] = 1.0 - sheet.threshold_sum / sheet.thresholds
    if sheet.searches >= LEAST_SEARCHES:
        traits[PAGING] = sheet.pages / sheet.searches
    if sheet.gaps >= LEAST_GAPS:
        mean = sheet.gap_sum / sheet.gaps
        traits[REGULARITY] = -math.sqrt(max(0.0, sheet.gap_squares / sheet.gaps - mean * mean))
