"""probe_hill_climbing: probe after probe at one face, each a little closer to a match."""

import math
from collections.abc import Iterator
from typing import Annotated, ClassVar, Final

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ..alerts import EntityType, PatternCode, Reason, Severity, Taxonomy
from ..base import Count, Figures, Positive, Share, StageKind
from ..events import Records
from ..state.actors import Trait

Nats = NDArray[np.float64]


class ProbeHillClimbing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A face is rebuilt from scores, or forged: many different probes at one target in a day.

    A target is a cluster of near-duplicate probes, or a person. Judged is how many different
    probes were tried at it within a day, against the most that is usual for the account and
    its peers, and against how often the account tries again at its other targets: a kiosk has
    many short runs. To that adds, as far as it is backed by the number of probes, how often a score
    was the best so far: the k-th of independent probes is with the chance 1/k, a climber's
    nearly always; and, of probes that are not alike, how low the scores are for this account:
    composites that creep up to a threshold score less than photos of the person do. Many
    photos of one person, in any order, with usual scores, count by their number only. A climb that
    goes on after pauses of some days counts by its scores alone.

    A patient climber, below the threshold, has no target that the log could name. So it is also
    judged whether the scores of probes that found nobody rise from day to day, beyond those of
    the account's days before; however much of it there is, a day adds 3 nats at most.

    Fails when: the provider computes no clusters and names nobody below the threshold; a
    climber goes slower than a probe every four days, and the log has no scores of probes that find
    nobody; it shares its probes out over accounts; comparisons do not say with whom.
    Who enhances one still many times in a row, and gets ever closer, looks the same.

    Sources: leaked similarities rebuild faces with a success of 93.65 % (Mai et al., arXiv
    1901.09769); one batch of 100 composites opens AWS CompareFaces with more than 93 % (arXiv
    2507.12107); few near-duplicates suffice to notice (Blacklight, USENIX Security 2022).
    """

    code: ClassVar[PatternCode] = PatternCode.PROBE_HILL_CLIMBING
    entity: ClassVar[EntityType] = "actor"
    judged_on: ClassVar[StageKind] = "actor"
    level: ClassVar[int] = 2
    quiet_days: ClassVar[int] = 7
    memory_days: ClassVar[int] = 180
    taxonomy: ClassVar[Taxonomy] = Taxonomy(
        owasp_oat="OAT-018", owasp_api="API6:2023", mitre_atlas="AML.T0043.001"
    )

    # The slope as fitted on development seeds 1-8 at first; the level such that the threshold is
    # that of `bench/null.py` on the same seeds: 219,876 innocent actor-days.
    null: ClassVar[tuple[float, float]] = (0.3, 1.69)

    budget_share: Annotated[Share, Meta(description="share of the alert budget")] = 0.05
    shadow: Annotated[bool, Meta(description="run and explain, but page nobody")] = False
    least_probes: Annotated[
        Count, Meta(description="different probes at one target before it is judged")
    ] = 8
    number_share: Annotated[
        Positive, Meta(description="what the number of probes counts for by itself")
    ] = 0.6
    scores_share: Annotated[
        Positive,
        Meta(description="most that scores add, as a share of the surprise of the number"),
    ] = 1.5
    patient_share: Annotated[
        Positive, Meta(description="what a climb counts for however few probes a day it takes")
    ] = 0.6
    rise_share: Annotated[
        Positive, Meta(description="what rising scores of probes that find nobody count for")
    ] = 0.7

    def evidence(self, figures: Figures) -> Nats:
        """Nats per event; NaN where it has no probe."""
        actors = figures.actors
        probes = np.maximum(actors["near"], actors["shots"])
        rise = self.rise_share * actors["rise"].astype(np.float64)
        judged = ((probes > 0) | (rise > 0)) & ~np.isnan(actors["spread"][:, Trait.SHOTS])
        result = np.where(judged, rise, np.nan)
        many = np.flatnonzero(judged & (probes >= self.least_probes - _HALF))
        if len(many):
            some = actors.take(many)
            for name, trait in _KINDS:
                result[many] = np.maximum(result[many], self._of(some, name, trait))
        slow = np.flatnonzero(
            judged & (actors["shots_climb"] > 0) & (actors["shots_scored"] >= self.least_probes)
        )
        if len(slow):
            some = actors.take(slow)
            tries = some["shots_scored"].astype(np.float64)
            climb = np.minimum(some["shots_climb"], trying(some, tries)) * unlikely_match(some)
            result[slow] = np.maximum(result[slow], self.patient_share * climb)
        return result

    def _of(self, actors: Records, name: str, trait: Trait) -> Nats:
        """Nats of the run at one kind of target."""
        number = np.minimum(
            surprise_of_number(actors, name, trait), surprise_of_trying(actors, name)
        )
        scores = np.maximum(actors[f"{name}_climb"], 0.0).astype(np.float64)
        if name == "shots":
            scores = scores * unlikely_match(actors) + surprise_of_doubt(actors)
        nats = self.number_share * number + np.minimum(scores, self.scores_share * number)
        return np.where(actors[name] >= self.least_probes - _HALF, nats, 0.0)

    def most_severe(self, figures: Figures) -> Severity:  # noqa: ARG002  same for all
        """Anything."""
        return Severity.CRITICAL

    def reasons(self, figures: Figures) -> tuple[Reason, ...]:
        """Why, strongest first, for figures of one event."""
        actors = figures.actors
        kinds = [kind for kind in _KINDS if actors[kind[0]][0] >= self.least_probes - _HALF]
        if not kinds:
            return tuple(_of_rise(actors)) or tuple(_of_number(actors, *kind) for kind in _KINDS)
        kinds.sort(key=lambda kind: -surprise_of_number(actors, *kind)[0])
        climbing = max(kinds, key=lambda kind: actors[f"{kind[0]}_climb"][0])[0]
        numbers = [_of_number(actors, *kind) for kind in kinds]
        rest = (*_of_climb(actors, climbing), *_of_doubt(actors), *_of_rise(actors))
        return (*numbers, *rest)


_KINDS: Final = (("near", Trait.NEAR), ("shots", Trait.SHOTS))

_HALF: Final = 0.5  # probes are counted by cells: seven may come out as 7.02 or 6.9

LEAST_SPREAD: Final = 0.5
"""In nats of the number: where nobody ever tries two probes, two or three are still no news."""

LEAST_DOUBT: Final = 0.08
"""Spread of mean scores, at least: how much photos of one person differ (NIST FRVT 1:N)."""

MOST_OF_DOUBT: Final = 8.0
"""Nats that low scores count for at most."""

SCORES: Final = 4
"""Scores of probes that are not alike, from which on their mean says something."""

_WORTH_SAYING: Final = 0.5


def surprise_of_number(actors: Records, name: str, trait: Trait) -> Nats:
    """Nats of so many different probes, 0 up to the usual."""
    number = np.log(np.maximum(actors[name].astype(np.float64), 1.0))
    return _surprise(actors, number, trait, LEAST_SPREAD)


def surprise_of_trying(actors: Records, name: str) -> Nats:
    """Nats of so many probes at one target for an account that tries again so often.

    If a further probe is for the same target with the chance p, one of n targets gets k or more
    with the chance n p^(k - 1) at most. What p is say the account's other targets.
    """
    return trying(actors, actors[name].astype(np.float64))


def trying(actors: Records, tries: Nats) -> Nats:
    """The same for so many tries, which may have taken days."""
    retries, targets = (actors[f"other_{of}"].astype(np.float64) for of in ("retries", "targets"))
    again = np.log((retries + 1.0) / (retries + targets + 2.0))
    nats: Nats = -(tries - 1.0) * again - np.log1p(targets)
    return np.maximum(nats, 0.0)


def unlikely_match(actors: Records) -> Nats:
    """What the order of scores counts for: nothing if they are as high as they usually are."""
    doubt = 1.0 - actors["shots_mean"].astype(np.float64)
    share: Nats = (doubt - actors["expected"][:, Trait.DOUBT]) / LEAST_DOUBT
    return np.clip(share, 0.0, 1.0)


def surprise_of_doubt(actors: Records) -> Nats:
    """Nats of scores as low as those of a face that is not quite the person's yet.

    Of near-duplicates they would say little: one poor photo gives all of them.
    """
    doubt = 1.0 - actors["shots_mean"].astype(np.float64)
    nats = _surprise(actors, doubt, Trait.DOUBT, LEAST_DOUBT)
    unlike = actors["shots_scored"] - np.maximum(actors["near"], 1.0) + 1
    return np.where(unlike >= SCORES, np.minimum(nats, MOST_OF_DOUBT), 0.0)


def _surprise(actors: Records, observed: Nats, trait: Trait, least: float) -> Nats:
    """The Student-t log-likelihood ratio against what was to be expected, 0 below it."""
    spread = np.maximum(actors["spread"][:, trait], least)
    freedom = actors["freedom"].astype(np.float64)
    z = np.maximum(observed - actors["expected"][:, trait], 0.0) / spread
    nats: Nats = (freedom + 1) / 2 * np.log1p(z * z / freedom)
    return nats


def _of_number(actors: Records, name: str, trait: Trait) -> Reason:
    probes, usual = float(actors[name][0]), math.exp(float(actors["expected"][0, trait]))
    what = "near-duplicates of one probe" if name == "near" else "different probes at one person"
    text = f"about {probes:.0f} {what} within a day; {usual:.1f} are the usual most of a day"
    feature = "near_duplicates" if name == "near" else "probes_at_one_person"
    return Reason(feature, probes, usual, "probes", text)


def _of_climb(actors: Records, name: str) -> Iterator[Reason]:
    scored, records = int(actors[f"{name}_scored"][0]), int(actors[f"{name}_records"][0])
    by_chance = sum(1 / k for k in range(1, scored + 1))
    if actors[f"{name}_climb"][0] >= _WORTH_SAYING and records > by_chance:
        text = (
            f"{records} of these {scored} had the best score so far; in a random order about "
            f"{by_chance:.1f} would"
        )
        yield Reason("best_scores", float(records), by_chance, "probes", text)


def _of_doubt(actors: Records) -> Iterator[Reason]:
    if surprise_of_doubt(actors)[0] >= _WORTH_SAYING:
        mean, usual = float(actors["shots_mean"][0]), 1 - float(actors["expected"][0, Trait.DOUBT])
        text = f"their scores are {mean:.2f} on average; {usual:.2f} is usual"
        yield Reason("mean_score", mean, usual, "score", text)


def _of_rise(actors: Records) -> Iterator[Reason]:
    if actors["rise"][0] >= _WORTH_SAYING:
        mean, usual = float(actors["rise_mean"][0]), float(actors["rise_usual"][0])
        text = (
            f"probes that found nobody score ever higher: {mean:.2f} on average today, {usual:.2f} "
            "before"
        )
        yield Reason("rising_scores", mean, usual, "score", text)
