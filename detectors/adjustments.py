"""Changes to figures of events, each of one thing that a person would name; see `levers`."""

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .base import Figures
from .kernels.cases import ALONE
from .state.actors import PEERED, Trait

Values = NDArray[np.float64]
"""One per event."""


def number(table: str, name: str) -> Callable[[Figures], float]:
    """A figure."""
    return lambda figures: float(getattr(figures, table)[name][0])


def number_where(table: str, name: str, beside: str) -> Callable[[Figures], float]:
    """A figure, where another one says that there is such a thing."""

    def read(figures: Figures) -> float:
        records = getattr(figures, table)
        return float(records[name][0]) if records[beside][0] > 0 else math.nan

    return read


def setting(table: str, *names: str) -> Callable[[Figures, Values], None]:
    """Write values into figures."""

    def write(figures: Figures, values: Values) -> None:
        for name in names:
            getattr(figures, table)[name] = values

    return write


def between(least: float, most: float) -> Callable[[Figures], tuple[float, float]]:
    """Bounds that are always the same."""
    return lambda _: (least, most)


def flag(figures: Figures) -> float:
    """0, of an event that was counted."""
    return 0.0 if figures.actors["row"][0] >= 0 else math.nan


ONCE: Final = between(0.0, 1.0)


def more_days(figures: Figures, days: Values) -> None:
    """More days at the same pace, with the same images and reasons a search."""
    pair = figures.actors
    ratio = days / np.maximum(pair["pair_days"], 1)
    pair["pair_days"] = days
    for name in ("pair_searches", "pair_explained", "pair_social", "pair_probes"):
        pair[name] = np.round(pair[name] * ratio)
    pair["pair_searches"] = np.maximum(pair["pair_searches"], days)


def people(figures: Figures) -> float:
    """New people in a day."""
    observed = float(figures.actors["observed"][0, Trait.REACH_DAY])
    return float(np.round(np.expm1(observed)))


def reach(figures: Figures, people: Values) -> None:
    """More people in a day, and in its busiest hour in proportion."""
    actors = figures.actors
    seen = np.maximum(np.expm1(actors["observed"][:, Trait.REACH_DAY].astype(np.float64)), 1.0)
    hour = np.expm1(actors["observed"][:, Trait.REACH_HOUR].astype(np.float64))
    actors["observed"][:, Trait.REACH_DAY] = np.log1p(people)
    actors["observed"][:, Trait.REACH_HOUR] = np.log1p(hour * people / seen)
    for name in ("reach_today", "looks_today"):
        actors[name] = np.round(actors[name] * people / seen)


def known(figures: Figures) -> float:
    """Today's searches that met people whom the account knew."""
    row = figures.actors[0]
    return float(max(int(row["looks_today"]) - int(row["reach_today"]), 0))


def know(figures: Figures, known: Values) -> None:
    """More of them."""
    figures.actors["looks_today"] = figures.actors["reach_today"] + known


def own_days_alike(figures: Figures, _: Values) -> None:
    """An own past like this day, where the day is more."""
    actors = figures.actors
    actors["expected"] = np.fmax(actors["expected"], actors["observed"])


def peers_days_alike(figures: Figures, _: Values) -> None:
    """Peers' days like this one, where it is more."""
    actors = figures.actors
    actors["peer_expected"] = np.fmax(actors["peer_expected"], actors["observed"][:, PEERED])


_MANNERS: Final = (Trait.AWAKE, Trait.LIMIT, Trait.OPENNESS, Trait.PAGING, Trait.REGULARITY)


def usual_manner(figures: Figures, _: Values) -> None:
    """Hours, lists, thresholds and pauses as usual."""
    actors = figures.actors
    for trait in _MANNERS:
        usual = np.fmin(actors["observed"][:, trait], actors["expected"][:, trait])
        actors["observed"][:, trait] = usual


def probes(figures: Figures) -> float:
    """Most different probes at one target."""
    row = figures.actors[0]
    most = max(float(row["near"]), float(row["shots"]))
    return float(np.round(most)) if most > 0 else math.nan


def probe(figures: Figures, probes: Values) -> None:
    """More of them, at either kind of target."""
    actors = figures.actors
    most = np.maximum(np.maximum(actors["near"], actors["shots"]), 1.0).astype(np.float64)
    for name in ("near", "shots"):
        actors[name] = actors[name] * probes / most


def level_scores(figures: Figures, _: Values) -> None:
    """Scores without a climb."""
    actors = figures.actors
    actors["near_climb"] = actors["shots_climb"] = 0.0
    actors["shots_mean"] = 1.0 - actors["expected"][:, Trait.DOUBT]


def parties(figures: Figures) -> float:
    """Clients or networks of the day."""
    return float(np.round(np.exp(float(figures.actors["observed"][0, Trait.PARTIES]))))


def part(figures: Figures, parties: Values) -> None:
    """More of them."""
    actors = figures.actors
    before = np.exp(actors["observed"][:, Trait.PARTIES].astype(np.float64))
    actors["observed"][:, Trait.PARTIES] = np.log(np.maximum(parties, 1.0))
    for name in ("clients", "networks"):
        actors[name] = np.maximum(actors[name] * parties / before, 1.0)


def overlap(figures: Figures, spans: Values) -> None:
    """More spans with two at work."""
    figures.actors["parallel"] = spans
    figures.actors["observed"][:, Trait.PARALLEL] = np.log1p(spans)


def fewer_alone(figures: Figures, alone: Values) -> None:
    """Late days that brought somebody back, in place of those with new persons only."""
    actors = figures.actors
    usual = np.clip(actors["case_usual"].astype(np.float64), 1e-3, 1 - 1e-3)
    of_a_day = np.log(ALONE / usual) - np.log((1 - ALONE) / (1 - usual))
    actors["case_nats"] += (alone - actors["case_alone"]) * of_a_day
    actors["case_alone"] = alone


def late_days(figures: Figures) -> tuple[float, float]:
    """None, or all that there are."""
    return 0.0, float(figures.actors["case_late"][0])


def searches(figures: Figures) -> tuple[float, float]:
    """None, or all of this person."""
    return 0.0, float(figures.actors["pair_searches"][0])


def reason_crowd(figures: Figures, share: Values) -> None:
    """More of the newcomers with a reason, which makes having few of them less of a surprise."""
    crowd = figures.subjects
    now, usual = (crowd[name].astype(np.float64) for name in ("crowd_explained", "crowd_usual"))
    left = np.clip((usual - share) / np.maximum(usual - now, 1e-9), 0.0, 1.0)
    crowd["crowd_explained"], crowd["crowd_nats"] = share, crowd["crowd_nats"] * left


def no_earlier_days(figures: Figures, _: Values) -> None:
    """Nothing left by earlier days."""
    figures.actors["carried"] = figures.actors["crowded"] = 0.0


def no_oddest_habit(figures: Figures, _: Values) -> None:
    """Without the habit that surprises most."""
    actors = figures.actors
    actors["odd"] = np.maximum(actors["odd"] - actors["habit_nats"][:, 0], 0.0)
