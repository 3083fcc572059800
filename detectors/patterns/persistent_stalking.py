"""persistent_stalking: one account comes back to the same person, day after day."""

from typing import Annotated, ClassVar, Final

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ..alerts import EntityType, PatternCode, Reason, Severity, Taxonomy
from .base import Count, Figures, Positive, Share


class PersistentStalking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Repeated look-ups of one person by one account, over days to months.

    Judged is the pair of account and person: on how many days did the account come back?
    The innocent come back with a rate that is estimated from the account's other persons
    (an analyst with a wanted list comes back to all of them), from the person's other
    searchers (a celebrity's fans come back), and from peers. Each further day is worth
    ln(1 + 1/rate) nats, a geometric law; further searches on the same days add a little.
    What the account shares with others who search for the person lowers it
    (exclusivity), and so does a reason (case, consent) as far as reasons are usual
    among its peers - but never to nothing: documented abusers typed one every time.

    Fails when: the account looks fewer than three days; every search carries a real
    case reference in a tenant where that is usual (that is `case_laundering`); the person
    is spread over several accounts (`coordinated_stalking`); the same person is known
    under several ids in the gallery.

    Sources: 228 look-ups in four months (Sedgwick, Kansas), 179 in 61 days (Milwaukee),
    69 + 24 + 15 of a woman, her mother and her father (Orange City, Florida); reasons as
    explanation after Fabbri and LeFevre, "Explanation-based auditing" (VLDB 2011).
    """

    code: ClassVar[PatternCode] = PatternCode.PERSISTENT_STALKING
    entity: ClassVar[EntityType] = "pair"
    level: ClassVar[int] = 2
    quiet_days: ClassVar[int] = 30
    memory_days: ClassVar[int] = 180
    taxonomy: ClassVar[Taxonomy] = Taxonomy(
        owasp_api="API6:2023", mitre_atlas="AML.T0087", mitre_attack="T1589"
    )

    null: ClassVar[tuple[float, float]] = (0.0, 1.0)

    budget_share: Annotated[Share, Meta(description="share of the alert budget")] = 0.5
    shadow: Annotated[bool, Meta(description="run and explain, but page nobody")] = False
    least_days: Annotated[Count, Meta(description="days with a search before it is judged")] = 3
    full_share: Annotated[
        Share, Meta(description="share of all searches of the person that counts as exclusive")
    ] = 0.5
    explained_share: Annotated[
        Share, Meta(description="most that reasons take from the evidence")
    ] = 0.9
    same_day_nats: Annotated[
        Positive, Meta(description="evidence of a further search on the same day, in nats")
    ] = 0.4

    def evidence(self, figures: Figures) -> NDArray[np.float64]:
        """Nats per event; NaN where the event names no person."""
        judged = (figures.actors["row"] >= 0) & (figures.subjects["row"] >= 0)
        result = np.where(judged, 0.0, np.nan)
        repeated = np.flatnonzero(judged & (figures.actors["pair_days"] >= self.least_days))
        if len(repeated):
            result[repeated] = self._nats(figures.at(repeated))
        return result

    def _nats(self, figures: Figures) -> NDArray[np.float64]:
        pair = figures.actors
        further_days = pair["pair_days"].astype(np.float64) - 1
        further_searches = pair["pair_searches"].astype(np.float64) - pair["pair_days"]
        days = further_days * np.log1p(1 / return_rate(figures))
        same_day = self.same_day_nats * np.minimum(further_searches, 2 * further_days)
        exclusive = np.minimum(exclusivity(figures) / self.full_share, 1.0)
        nats: NDArray[np.float64] = (days + same_day) * exclusive * self._unexplained(figures)
        return nats

    def _unexplained(self, figures: Figures) -> NDArray[np.float64]:
        """What reasons leave of the evidence: all without any, a tenth where all is usual."""
        pair = figures.actors
        explained = pair["pair_explained"] / np.maximum(pair["pair_searches"], 1)
        usual = np.maximum(pair["peer_explained"], 0.05)
        left: NDArray[np.float64] = 1 - self.explained_share * np.minimum(explained / usual, 1.0)
        return left

    def most_severe(self, figures: Figures) -> Severity:
        """Medium for an account that searched for nobody else: it may be its own face."""
        alone = figures.actors["other_pairs"][0] == 0
        return Severity.MEDIUM if alone else Severity.CRITICAL

    def reasons(self, figures: Figures) -> tuple[Reason, ...]:
        """Why, strongest first, for figures of one event."""
        pair = figures.actors[0]
        searches, days = int(pair["pair_searches"]), int(pair["pair_days"])
        rate = float(return_rate(figures)[0])
        share = float(exclusivity(figures)[0])
        explained = int(pair["pair_explained"])
        found = [
            Reason(
                "days_with_a_search", float(days), 1 + rate, "days",
                f"looked the same person up {searches} times on {days} days; "
                f"coming back {rate:.2f} times is usual",
            ),
            Reason(
                "exclusivity", share, 1 / (1 + int(figures.subjects[0]["other_actors"])), "share",
                f"made {share:.0%} of all searches of this person"
                + _others(int(figures.subjects[0]["other_actors"])),
            ),
        ]
        if pair["pair_probes"] >= _SEVERAL_PROBES:
            probes = round(float(pair["pair_probes"]))
            found.append(
                Reason("probes", float(probes), 1.0, "images", f"used about {probes} different images of the person")
            )
        text = "no search had a case or consent" if explained == 0 else f"{explained} of {searches} searches had a case or consent"
        usual = float(pair["peer_explained"])
        found.append(
            Reason("explained", explained / max(searches, 1), usual, "share", f"{text}; {usual:.0%} is usual among peers")
        )
        return tuple(found)


_SEVERAL_PROBES: Final = 2.5
_SURE_PAIRS: Final = 3.0


def return_rate(figures: Figures) -> NDArray[np.float64]:
    """Further days a pair is expected to have: the largest of three innocent explanations.

    The account's way with other persons and others' way with this person, each shrunk to
    the peers' rate with the weight of three pairs.
    """
    pair, subject = figures.actors, figures.subjects
    peers = pair["peer_returns"].astype(np.float64)
    own = (pair["other_return_days"] + _SURE_PAIRS * peers) / (pair["other_pairs"] + _SURE_PAIRS)
    others = (subject["other_return_days"] + _SURE_PAIRS * peers) / (
        subject["other_actors"] + _SURE_PAIRS
    )
    rate: NDArray[np.float64] = np.maximum(own, others)
    return rate


def exclusivity(figures: Figures) -> NDArray[np.float64]:
    """The account's share of all searches of the person."""
    searches = figures.actors["pair_searches"].astype(np.float64)
    share: NDArray[np.float64] = searches / np.maximum(
        searches + figures.subjects["other_searches"], 1.0
    )
    return share


def _others(count: int) -> str:
    if count == 0:
        return "; nobody else looked for them"
    return f"; {count} other account{'s' if count > 1 else ''} looked for them"
