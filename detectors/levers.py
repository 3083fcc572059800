"""What-ifs: figures of one event that can be changed by themselves, whatever pattern reads them.

A lever changes one thing that a person would name (days, people, reasons given), and with it
the figures that mean the same. What else such a change would bring about is left as it is. A
pattern that does not look at it has the same evidence as before.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from .adjustments import (
    ONCE,
    Values,
    between,
    fewer_alone,
    flag,
    know,
    known,
    late_days,
    level_scores,
    more_days,
    no_earlier_days,
    no_oddest_habit,
    number,
    number_where,
    overlap,
    own_days_alike,
    part,
    parties,
    peers_days_alike,
    people,
    probe,
    probes,
    reach,
    reason_crowd,
    searches,
    setting,
    usual_manner,
)
from .base import Figures


@dataclass(frozen=True, slots=True)
class Lever:
    """One thing that could have been otherwise.

    Attributes:
        feature: its code.
        text: what would have been; `{then}` and `{now}` stand for the numbers.
        unit: of the numbers; `flag` goes from 0 to 1, and has none in its text.
        read: how it is, of figures of one event; NaN where it means nothing.
        write: makes it so; on figures of as many events as values.
        bounds: the least and the most that makes sense.
    """

    feature: str
    text: str
    unit: str
    read: Callable[[Figures], float]
    write: Callable[[Figures, Values], None]
    bounds: Callable[[Figures], tuple[float, float]]

    @property
    def shares(self) -> bool:
        """Whether its numbers are between 0 and 1."""
        return self.unit == "share"

    def values(self, figures: Figures) -> Values:
        """Other values worth a try, the nearest first."""
        now = self.read(figures)
        if not math.isfinite(now):
            return np.empty(0)
        least, most = self.bounds(figures)
        if self.unit == "flag":
            found = np.array([1.0])
        elif self.unit in {"share", "nats"}:
            found = np.linspace(least, most, 201)
        else:
            near = np.arange(max(least, now - _NEAR), min(most, now + _NEAR) + 1)
            found = np.unique(np.concatenate([np.round(near), [least, most]]))
        found = found[(found >= least) & (found <= most) & (np.abs(found - now) >= _LEAST)]
        return found[np.argsort(np.abs(found - now), kind="stable")]

    def tried(self, figures: Figures, values: Values) -> Figures:
        """The figures of one event as they would be with each of the values."""
        copies = figures.at(np.zeros(len(values), np.intp))
        self.write(copies, values)
        return copies


_NEAR: Final = 1_000.0
_LEAST: Final = 1e-6

_PAIR = "pair_searches"

LEVERS: Final = (
    Lever(
        "pair_days",
        "a search of this person on {then} days instead of {now}",
        "days",
        number_where("actors", "pair_days", _PAIR),
        more_days,
        between(1, 128),
    ),
    Lever(
        "pair_explained",
        "a case or consent for {then} of the account's searches of this person instead of {now}",
        "searches",
        number_where("actors", "pair_explained", _PAIR),
        setting("actors", "pair_explained"),
        searches,
    ),
    Lever(
        "pair_probes",
        "{then} different images of this person instead of {now}",
        "images",
        number_where("actors", "pair_probes", _PAIR),
        setting("actors", "pair_probes"),
        searches,
    ),
    Lever(
        "pair_social",
        "{then} photos of this person from social media instead of {now}",
        "searches",
        number_where("actors", "pair_social", _PAIR),
        setting("actors", "pair_social"),
        searches,
    ),
    Lever(
        "other_returning",
        "{then} other persons whom the account comes back to instead of {now}",
        "persons",
        number_where("actors", "other_returning", _PAIR),
        setting("actors", "other_returning"),
        between(0, 1_000),
    ),
    Lever(
        "peer_returning",
        "peers who come back to {then} of persons instead of {now}",
        "share",
        number("actors", "peer_returning"),
        setting("actors", "peer_returning"),
        ONCE,
    ),
    Lever(
        "other_actors",
        "{then} other accounts that looked for this person instead of {now}",
        "accounts",
        number_where("subjects", "other_actors", "searches"),
        setting("subjects", "other_actors"),
        between(0, 1_000),
    ),
    Lever(
        "ring_nats",
        "coming back that surprises by {then} nats in all these accounts together instead of {now}",
        "nats",
        number_where("subjects", "ring_nats", "ring_accounts"),
        setting("subjects", "ring_nats"),
        between(0, 100),
    ),
    Lever(
        "crowd",
        "{then} accounts new to this person within a month instead of {now}",
        "accounts",
        lambda figures: float(np.round(figures.subjects["crowd"][0])) or math.nan,
        setting("subjects", "crowd"),
        between(1, 1_000),
    ),
    Lever(
        "crowd_explained",
        "a case or consent for {then} of these accounts instead of {now}",
        "share",
        number_where("subjects", "crowd_explained", "crowd"),
        reason_crowd,
        ONCE,
    ),
    Lever(
        "new_people",
        "{then} new people in a day instead of {now}",
        "people",
        people,
        reach,
        between(0, 10_000),
    ),
    Lever(
        "known_people",
        "{then} of today's searches that met people whom the account knew instead of {now}",
        "searches",
        known,
        know,
        between(0, 10_000),
    ),
    Lever(
        "own_past",
        "other days of the account's own that are like this one",
        "flag",
        flag,
        own_days_alike,
        ONCE,
    ),
    Lever("peers", "peers whose days are like this one", "flag", flag, peers_days_alike, ONCE),
    Lever(
        "manner",
        "the account's usual hours, lists, thresholds and pauses",
        "flag",
        flag,
        usual_manner,
        ONCE,
    ),
    Lever(
        "earlier_days",
        "days before this one that were as usual",
        "flag",
        flag,
        no_earlier_days,
        ONCE,
    ),
    Lever(
        "probes",
        "{then} different probes at one target within a day instead of {now}",
        "probes",
        probes,
        probe,
        between(1, 1_000),
    ),
    Lever("scores", "scores that do not climb and are as usual", "flag", flag, level_scores, ONCE),
    Lever(
        "parties",
        "{then} clients or networks in a day instead of {now}",
        "parties",
        parties,
        part,
        between(1, 64),
    ),
    Lever(
        "parallel",
        "{then} spans of a day in which two were at work at once instead of {now}",
        "spans",
        number("actors", "parallel"),
        overlap,
        between(0, 64),
    ),
    Lever(
        "case_alone",
        "{then} late days of the case with new persons only instead of {now}",
        "days",
        number_where("actors", "case_alone", "case_late"),
        fewer_alone,
        late_days,
    ),
    Lever(
        "other_cases",
        "{then} other cases of the account instead of {now}",
        "cases",
        number_where("actors", "other_cases", "case_persons"),
        setting("actors", "other_cases"),
        between(0, 1_000),
    ),
    Lever(
        "group_accounts",
        "{then} accounts of the group on its busiest day instead of {now}",
        "accounts",
        number_where("groups", "accounts", "nats"),
        setting("groups", "accounts"),
        between(1, 1_000),
    ),
    Lever(
        "group_nats",
        "a group whose days surprise by {then} nats instead of {now}",
        "nats",
        number_where("groups", "nats", "accounts"),
        setting("groups", "nats"),
        between(0, 100),
    ),
    Lever(
        "oddest_habit",
        "nothing of what surprised most",
        "flag",
        lambda figures: 0.0 if figures.actors["odd"][0] > 0 else math.nan,
        no_oddest_habit,
        ONCE,
    ),
)
"""Everything that is varied, one at a time."""


def usable(figures: Figures) -> Iterator[tuple[Lever, float]]:
    """The levers that mean something for an event, each with how it is."""
    for lever in LEVERS:
        now = lever.read(figures)
        if math.isfinite(now):
            yield lever, now
