"""Groups against plain sums over the account-days of a log."""

import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given

from detectors.events import EventBatch
from detectors.kernels.ladders import (
    CLIMBS,
    LEAST_NATS,
    MOST_NATS,
    SCRAPES_NEW,
    SURE_DAYS,
    USUALLY_CLIMBS,
    USUALLY_NEW,
    nats_of_day,
)
from detectors.kernels.standing import surprise_of_group
from detectors.pipeline import Pipeline
from detectors.state.actors import DAY
from detectors.state.groups import LADDER, NEWNESS, PASTS, RUNGS, Common
from tests.logs import Fields, at, batch, figures_of, in_order, one_in, pipeline, search, stories


def tenants_of(judge: Pipeline) -> list[np.void]:
    """The rows of all groups that have nothing but the gallery in common."""
    rows = [row for s in judge.cohorts.shards.values() for row in s.groups.rows[: len(s.groups)]]
    return [row for row in rows if row["kind"] == Common.GALLERY and not row["life"]]


def plain_nats(past: int, rung: int, new: int, ladder: np.ndarray) -> float:
    """As `nats_of_day`, of an account without habits."""
    usual = USUALLY_CLIMBS**rung * USUALLY_NEW[new]
    days, all_days = ladder[past, 0].sum(), ladder[:, 0].sum()
    usual = (ladder[:, rung, new].sum() + SURE_DAYS * usual) / (all_days + SURE_DAYS)
    share = (ladder[past, rung, new] + SURE_DAYS * usual) / (days + SURE_DAYS)
    nats = np.log(CLIMBS**rung * SCRAPES_NEW[new] / share) * all_days / (all_days + SURE_DAYS)
    return float(np.clip(nats, LEAST_NATS, MOST_NATS[new]))


@given(events=stories(days=1, tenants=1))
@one_in(4)
def test_a_gallerys_first_day_adds_up(events: list[Fields]) -> None:
    """Every account-day counts once, with what its last rung is worth at the newness by then."""
    log = batch(events)
    log = log.take(0, int(np.searchsorted(log.rows["time"] // DAY, log.rows["time"][0] // DAY + 1)))
    figures = figures_of(log)
    nobody = np.zeros((len(PASTS) + 1, len(RUNGS), len(NEWNESS) + 1))
    days: dict[int, int] = defaultdict(int)
    nats: dict[int, float] = defaultdict(float)
    for event, actor in zip(figures.events, figures.actors, strict=True):
        is_look = actor["row"] >= 0 and event["outcome"] == 0 and event["offset"] <= 0
        if not is_look or actor["looks_today"] not in RUNGS:
            continue
        rung = RUNGS.index(actor["looks_today"])
        before = int(actor["searches"]) - int(actor["searches_today"])
        past = sum(before >= least for least in PASTS)
        new = sum(actor["reach_today"] / actor["looks_today"] < share for share in NEWNESS)
        lower = plain_nats(past, rung - 1, new, nobody) if rung else 0.0
        gallery = int(event["gallery"])
        days[gallery] += rung == 0
        nats[gallery] += plain_nats(past, rung, new, nobody) - lower
    judge = pipeline()
    judge.observe(log)
    found = tenants_of(judge)

    assert sorted(row["today_days"] for row in found) == sorted(days.values())
    assert sorted(row["today_nats"] for row in found) == pytest.approx(sorted(nats.values()))


def test_what_peers_do_is_worth_nothing() -> None:
    """And what few of them do is worth the more; a habit is worth nothing, but may speak for."""
    ladder = np.zeros(1, LADDER)
    ladder["past"][0, 0, :, 0] = [900, 600, 450, 5, 0]
    ladder["past"][0, 0, 0, 2] = 100

    usual = nats_of_day(ladder[0], 0, 2, 0, habit=False)
    assert usual == pytest.approx(plain_nats(0, 2, 0, ladder["past"][0]))
    assert abs(usual) < 0.5
    assert nats_of_day(ladder[0], 0, 3, 0, habit=False) > 3
    assert nats_of_day(ladder[0], 0, 3, 0, habit=True) == 0
    assert nats_of_day(ladder[0], 0, 0, 2, habit=True) < 0


def test_surprise_is_the_log_likelihood_ratio_of_students_t() -> None:
    """Of the prediction's mode to the mean that was observed."""
    density = (1 + 2.5**2 / 9) ** -5

    assert surprise_of_group(2.5, 9.0) == pytest.approx(-math.log(density))


def fleet(accounts: int, each: int, *, known: int = 0) -> EventBatch:
    """A fortnight of thirty accounts' quiet use, then a fleet's day; `known`: so many persons."""
    quiet = [
        search(at(day, 8 + actor / 3), f"actor-{actor}", f"own-{actor}-{day}")
        for day in range(14)
        for actor in range(30)
    ]
    busy = [
        search(
            at(14, 9 + i / 10, actor / 10),
            f"new-{actor}",
            f"person-{(i % known) if known else f'{actor}-{i}'}",
        )
        for actor in range(accounts)
        for i in range(each)
    ]
    return batch(in_order([*quiet, *busy]))


def most_nats(log: EventBatch) -> float:
    """The most evidence of any group that its account-days give."""
    groups = figures_of(log).groups
    return float(groups["nats"][groups["life"] == 0].max())


def test_more_accounts_say_more() -> None:
    """None of them alone says enough."""
    few, many = most_nats(fleet(5, 8)), most_nats(fleet(40, 8))

    assert most_nats(fleet(3, 8)) < 1
    assert few < many
    assert many > 8


def test_a_crowd_that_looks_the_same_few_up_is_no_fleet() -> None:
    """As on the day on which everybody talks about somebody."""
    assert most_nats(fleet(40, 8, known=1)) < 1
    assert most_nats(fleet(40, 8, known=2)) < 5


def lives(accounts: int, *, known: int = 0) -> EventBatch:
    """Two months of accounts that come and go, and three weeks of patient ones at the end."""
    usual = [
        search(at(2 * actor + 7 * i, 10), f"actor-{actor}", f"own-{actor}-{i % 3}")
        for actor in range(30)
        for i in range(12)
    ]
    patient = [
        search(
            at(60 + i, 9 + actor / 20, look),
            f"new-{actor}",
            f"person-{(look % known) if known else f'{actor}-{i}-{look}'}",
        )
        for actor in range(accounts)
        for i in range(20)
        for look in range(3)
    ]
    return batch(in_order([*usual, *patient]))


def most_nats_of_lives(log: EventBatch) -> float:
    """The most evidence of any group that its accounts' lives give."""
    groups = figures_of(log).groups
    return float(groups["nats"][groups["life"] == 1].max(initial=0.0))


def test_patient_accounts_are_told_by_their_lives() -> None:
    """Three new people a day are nothing; sixty in a life, by many accounts, nobody twice, are."""
    few, many = most_nats_of_lives(lives(5)), most_nats_of_lives(lives(40))

    assert few < many
    assert many > 5


def test_a_club_that_looks_the_same_people_up_is_no_fleet_either() -> None:
    """However long they do."""
    assert most_nats_of_lives(lives(25, known=2)) < 1


def test_a_fleet_of_one_user_agent_is_told_whatever_else_varies() -> None:
    """Each of its accounts has a TLS fingerprint of its own."""
    log = fleet(12, 8)
    plain = most_nats(log)
    mine = log.rows["time"] >= at(14)
    log.rows["user_agent"] = np.where(mine, 7, 1 + np.arange(len(log)) % 5)
    log.rows["tls"] = np.where(mine, log.rows["actor"][:, 0], 1)

    assert most_nats(log) > plain + 1
    groups = figures_of(log).groups
    assert Common(int(groups[np.argmax(groups["nats"])]["kind"])) is Common.AGENT
