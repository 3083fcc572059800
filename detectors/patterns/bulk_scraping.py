"""bulk_scraping: one account reaches far more people than it, or its peers, ever did."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Final

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ..alerts import EntityType, PatternCode, Reason, Severity, Taxonomy
from ..base import Count, Figures, Positive, Share, StageKind
from ..events import Records
from ..kernels.carry import SLEEPLESS_HOURS
from ..state.actors import TRAITS, VOLUMES, Trait
from ..surprises import either, of_volume, surprise

_DAY, _HOUR = int(Trait.REACH_DAY), int(Trait.REACH_HOUR)
_EARLIER, _STEADY = TRAITS, TRAITS + 1
_MANNERS: Final = (Trait.LIMIT, Trait.OPENNESS, Trait.PAGING, Trait.REGULARITY)
# A program's even gaps say little where programs are the rule.
_WEIGHT: Final = np.array([1.0, 1.0, 1.0, 0.4])


class BulkScraping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Scraping by one account, fast or slow.

    What is counted is *reach*: searches that returned a person (or, where nobody was
    found, used a probe) that the account had not searched for before. So a load test with
    the same few probes, or a nightly job over the same list, reaches nobody.

    A day is judged against a Student-t prediction from the account's own earlier days,
    shrunk to its peers'. Evidence is the surprise of the volume (busiest of hour and day),
    to which the manner adds at most as much again: longer candidate lists, lower
    thresholds, paging, machine-like gaps; and half as much the hours awake and busier days
    before. A slow scraper is told by its pace: many people on every day, and about as many
    on each, where people's days vary; that adds up over weeks. Coming back to the same
    people takes from it: who copies a gallery wants everybody once, who works or is curious
    does not.

    Fails when: an account scraped from its first day among peers that nobody knows yet;
    it never exceeds what its own past, or its peers', makes usual, or does so on days that
    differ as theirs do; it is one of many that share the work (that is
    `distributed_scraping`).

    Sources: Voyager Labs' 600,000 profiles (Meta v. Voyager Labs, 2023); PimEyes' limit
    of 25 searches a day; sequential tests after Page, "Continuous inspection schemes"
    (Biometrika 1954).
    """

    code: ClassVar[PatternCode] = PatternCode.BULK_SCRAPING
    entity: ClassVar[EntityType] = "actor"
    judged_on: ClassVar[StageKind] = "actor"
    level: ClassVar[int] = 0
    quiet_days: ClassVar[int] = 3
    memory_days: ClassVar[int] = 30
    taxonomy: ClassVar[Taxonomy] = Taxonomy(
        owasp_oat="OAT-011", owasp_api="API6:2023", mitre_atlas="AML.T0036", mitre_attack="T1119"
    )

    # The slope as fitted at two episodes in 10,000 actor-days, where learning stops; the level so
    # that the threshold holds on seeds 1-8 (219,876 innocent actor-days), whose tail is flatter.
    null: ClassVar[tuple[float, float]] = (-1.6, 0.79)

    budget_share: Annotated[Share, Meta(description="share of the alert budget")] = 0.2
    shadow: Annotated[bool, Meta(description="run and explain, but page nobody")] = False
    least_reach: Annotated[
        Count, Meta(description="people reached in a day before it is judged")
    ] = 8
    manner_nats: Annotated[
        Positive, Meta(description="most evidence that one trait of manner adds, in nats")
    ] = 4.0
    awake_nats: Annotated[
        Positive, Meta(description="most evidence that hours awake add, in nats")
    ] = 8.0
    carried_nats: Annotated[
        Positive, Meta(description="most evidence that busier days before leave, in nats")
    ] = 8.0
    steady_nats: Annotated[
        Positive, Meta(description="most evidence that a kept pace adds, in nats")
    ] = 12.0

    def evidence(self, figures: Figures) -> NDArray[np.float64]:
        """Nats per event; NaN where the event is no search or too old to compare."""
        actors = figures.actors
        judged = (actors["row"] >= 0) & ~np.isnan(actors["spread"][:, Trait.REACH_DAY])
        result = np.where(judged, 0.0, np.nan)
        busy = np.flatnonzero(judged & (actors["reach_today"] >= self.least_reach))
        if len(busy):
            # `actors[busy]` copies field by field, which takes 25 times as long.
            some = actors.take(busy)
            result[busy] = less_repeated(self.parts(some).sum(axis=1), some)
        return result

    def parts(self, actors: Records) -> NDArray[np.float64]:
        """What the evidence is made of, before what repetition takes.

        Args:
            actors: `ACTOR_FIGURES` records, shape (n,).

        Returns:
            Nats by trait, and by what earlier days left and by a kept pace in the last columns;
            shape (n, traits + 2).
        """
        own = surprise(actors, "expected", "spread")
        shared = either(own[:, :VOLUMES], surprise(actors, "peer_expected", "peer_spread", VOLUMES))
        result = np.zeros((len(actors), TRAITS + 2))
        busiest = np.where(shared[:, _DAY] >= shared[:, _HOUR], _DAY, _HOUR)
        volume = np.maximum(shared[:, _DAY], shared[:, _HOUR])
        result[np.arange(len(actors)), busiest] = volume
        awake = np.minimum(self._sleepless(actors, shared[:, Trait.AWAKE]), AWAKE_BESIDE * volume)
        result[:, Trait.AWAKE] = awake / several(actors)
        manner = np.minimum(own[:, _MANNERS], self.manner_nats * _WEIGHT)
        total = np.maximum(manner.sum(axis=1), 1e-9)
        result[:, _MANNERS] = manner * np.minimum(volume / total, 1.0)[:, None]
        today = of_volume(actors, np.log1p(actors["reach_today"].astype(np.float64)), _DAY)
        result[:, _EARLIER] = np.minimum(
            np.minimum(actors["carried"], self.carried_nats), MORE_BESIDE * today
        )
        kept = np.minimum(actors["steady"], self.steady_nats)
        result[:, _STEADY] = kept * np.minimum(today / FULL_TODAY, 1.0)
        return result

    def _sleepless(self, actors: Records, nats: NDArray[np.float64]) -> NDArray[np.float64]:
        """Nats of being awake for longer than a person can, where a person is to be expected."""
        sleepless = actors["observed"][:, Trait.AWAKE] >= SLEEPLESS_HOURS
        person = np.clip((14 - actors["expected"][:, Trait.AWAKE]) / 8, 0, 1)
        kept: NDArray[np.float64] = person * np.where(
            sleepless, np.minimum(nats, self.awake_nats), 0.0
        )
        return kept

    def most_severe(self, figures: Figures) -> Severity:  # noqa: ARG002  same for all
        """Anything: what was taken does not come back."""
        return Severity.CRITICAL

    def reasons(self, figures: Figures) -> tuple[Reason, ...]:
        """Why, strongest first, for figures of one event."""
        row = figures.actors[0]
        nats = self.parts(figures.actors)[0]
        total = nats.sum(keepdims=True)
        nats *= less_repeated(total, figures.actors[:1]) / np.maximum(total, 1e-9)
        found = [
            _OF_DAYS[part]
            if part in _OF_DAYS
            else _reason(Trait(part), float(row["observed"][part]), float(row["expected"][part]))
            for part in sorted(range(len(nats)), key=lambda part: (part in _OF_DAYS, -nats[part]))
            if nats[part] >= _WORTH_SAYING
        ]
        exposed = float(round(float(row["exposed"])))
        harm = Reason(
            feature="identities_exposed",
            observed=exposed,
            expected=0.0,
            unit="people",
            text=f"about {exposed:,.0f} different people were returned within a month",
        )
        return (*found, *_of_novelty(row), harm)


AWAKE_BESIDE: Final = 1.5
"""Being awake counts for at most so many times what volume does: more takes longer."""

MORE_BESIDE: Final = 0.5
"""And busier days before this one for so many times what this one says by itself: one burst over
midnight is no two days, and busy spells last some days."""

FULL_TODAY: Final = 2.0
"""From so many nats of its own on, a day may show the pace of those before."""

_WORTH_SAYING: Final = 0.5
_OF_DAYS: Final = {
    _EARLIER: Reason(
        feature="earlier_days",
        observed=1.0,
        expected=0.0,
        unit="flag",
        text="days before this one were unusually busy already",
    ),
    _STEADY: Reason(
        feature="kept_pace",
        observed=1.0,
        expected=0.0,
        unit="flag",
        text="one day is as busy as another, as if by a quota; people's days vary",
    ),
}


ALL_NEW: Final = 0.9
"""From this share of new people on nothing is taken: some are met twice in any gallery."""

MOSTLY_KNOWN: Final = 0.5
"""Down to this one it is taken in full: a scraper who hides like this works twice as long."""

MOST_REPEATED: Final = 8.0
"""And so many nats it takes at most: how often people are met again is one observation, and who
goes through a list twice has taken it all the same."""

LEFT: Final = 0.3
"""What is left then."""


def several(actors: Records) -> NDArray[np.float64]:
    """How many people may be behind the account today: clients, or networks if they are fewer."""
    parties = np.nan_to_num(actors["observed"][:, Trait.PARTIES].astype(np.float64))
    people: NDArray[np.float64] = np.exp(np.maximum(parties, 0.0))
    return people


def share_new(actors: Records) -> NDArray[np.float64]:
    """Of today's searches that could reach somebody, the share that reached somebody new."""
    looks = np.maximum(actors["looks_today"].astype(np.float64), 1.0)
    share: NDArray[np.float64] = np.minimum(actors["reach_today"] / looks, 1.0)
    return share


def novel(actors: Records) -> NDArray[np.float64]:
    """What repetition leaves of the evidence: all, if nearly everybody was new."""
    part = np.clip((share_new(actors) - MOSTLY_KNOWN) / (ALL_NEW - MOSTLY_KNOWN), 0.0, 1.0)
    return LEFT + (1 - LEFT) * part


def less_repeated(nats: NDArray[np.float64], actors: Records) -> NDArray[np.float64]:
    """What repetition leaves of nats, shape (n,): one observation, which says so much at most."""
    return np.maximum(nats * novel(actors), nats - MOST_REPEATED)


def _of_novelty(row: np.void) -> Iterator[Reason]:
    share = min(int(row["reach_today"]) / max(int(row["looks_today"]), 1), 1.0)
    if share >= ALL_NEW:
        text = f"{share:.0%} of today's searches reached people whom the account had not searched"
        yield Reason("share_new", share, ALL_NEW, "share", text)


def _reason(trait: Trait, observed: float, expected: float) -> Reason:
    """A trait in its natural unit and in words."""
    if trait in (Trait.REACH_DAY, Trait.REACH_HOUR):
        span = "a day" if trait is Trait.REACH_DAY else "an hour"
        seen, usual = np.expm1(observed), max(np.expm1(expected), 0.0)
        # A count that fades with this mean lifetime: a plain one of the hour may be larger.
        text = (
            f"reached about {seen:,.0f} new people within {span}, earlier ones counting less; "
            f"{usual:,.1f} are usual for this account"
        )
        return Reason(f"reach_per_{span[2:].strip()}", float(seen), float(usual), "people", text)
    if trait is Trait.AWAKE:
        text = f"active in {observed:.0f} of the last 24 hours; {expected:.1f} are usual"
        return Reason("hours_awake", observed, expected, "hours", text)
    if trait is Trait.LIMIT:
        seen, usual = np.expm1(observed), np.expm1(expected)
        text = f"asked for {seen:,.0f} candidates a search; {usual:,.0f} are usual"
        return Reason("candidate_limit", float(seen), float(usual), "candidates", text)
    if trait is Trait.OPENNESS:
        text = f"score threshold lowered to {1 - observed:.2f}; {1 - expected:.2f} is usual"
        return Reason("score_threshold", 1 - observed, 1 - expected, "score", text)
    if trait is Trait.PAGING:
        text = f"{observed:.0%} of searches page deeper into the list; {expected:.0%} are usual"
        return Reason("paging", observed, expected, "share", text)
    varied, usual = float(np.exp(-observed)), float(np.exp(-expected))
    text = f"gaps between searches vary by a factor of {varied:.1f}; {usual:.1f} is usual"
    return Reason("gap_variation", varied, usual, "factor", text)
