"""persistent_stalking: one account comes back to the same person, day after day."""

from typing import Annotated, ClassVar, Final

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ..alerts import EntityType, PatternCode, Reason, Severity, Taxonomy
from ..base import Count, Figures, Positive, Share


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
    circumstance_share: Annotated[
        Positive,
        Meta(
            description="most that each circumstance (searches a day, no reasons where they "
            "are usual, other photos than usual) adds, as a share of the days' evidence"
        ),
    ] = 0.5

    def evidence(self, figures: Figures) -> NDArray[np.float64]:
        """Nats per event; NaN where the event names no person."""
        judged = (figures.actors["row"] >= 0) & (figures.subjects["row"] >= 0)
        result = np.where(judged, 0.0, np.nan)
        repeated = np.flatnonzero(judged & (figures.actors["pair_days"] >= self.least_days))
        if len(repeated):
            result[repeated] = self._nats(figures.at(repeated))
        return result

    def _nats(self, figures: Figures) -> NDArray[np.float64]:
        days = surprise_of_days(figures)
        most = self.circumstance_share * days
        intensity = np.minimum(surprise_of_intensity(figures), most)
        reasons = np.minimum(surprise_of_reasons(figures), most)
        source = np.minimum(surprise_of_source(figures), most)
        exclusive = np.minimum(exclusivity(figures) / self.full_share, 1.0) ** 2
        nats: NDArray[np.float64] = (
            (days + intensity + reasons + source) * exclusive * self._unexplained(figures)
        )
        return nats

    def _unexplained(self, figures: Figures) -> NDArray[np.float64]:
        """What reasons leave of the evidence: all without any, a tenth where all is usual."""
        pair = figures.actors
        explained = pair["pair_explained"] / np.maximum(pair["pair_searches"], 1)
        left: NDArray[np.float64] = 1 - self.explained_share * np.minimum(
            explained / np.maximum(usual_reasons(figures), 0.05), 1.0
        )
        return left

    def most_severe(self, figures: Figures) -> Severity:
        """Medium for an account that searched for nobody else: it may be its own face."""
        alone = figures.actors["other_pairs"][0] == 0
        return Severity.MEDIUM if alone else Severity.CRITICAL

    def reasons(self, figures: Figures) -> tuple[Reason, ...]:
        """Why, strongest first, for figures of one event."""
        pair = figures.actors[0]
        searches, days = int(pair["pair_searches"]), int(pair["pair_days"])
        share_returned, further = returning(figures)
        rate = float(share_returned[0] * further[0])
        share = float(exclusivity(figures)[0])
        explained = int(pair["pair_explained"])
        found = [
            Reason(
                "days_with_a_search",
                float(days),
                1 + rate,
                "days",
                f"looked the same person up {searches} times on {days} days; "
                f"coming back {rate:.2f} times is usual",
            ),
            Reason(
                "exclusivity",
                share,
                1 / (1 + int(figures.subjects[0]["other_actors"])),
                "share",
                f"made {share:.0%} of all searches of this person"
                + _others(int(figures.subjects[0]["other_actors"])),
            ),
        ]
        if pair["pair_probes"] >= _SEVERAL_PROBES:
            probes = round(float(pair["pair_probes"]))
            found.append(
                Reason(
                    "probes",
                    float(probes),
                    1.0,
                    "images",
                    f"used about {probes} different images of the person",
                )
            )
        text = (
            "no search had a case or consent"
            if explained == 0
            else f"{explained} of {searches} searches had a case or consent"
        )
        usual = float(pair["peer_explained"])
        found.append(
            Reason(
                "explained",
                explained / max(searches, 1),
                usual,
                "share",
                f"{text}; {usual:.0%} is usual among peers",
            )
        )
        return tuple(found)


_SEVERAL_PROBES: Final = 2.5
_PER_DAY: Final = 0.5  # searches of one day share their reason and their photos
_SURE_PAIRS: Final = 4.0
_SURE_RETURNS: Final = 2.0
_LEAST_RETURNS: Final = 1.3


def returning(figures: Figures) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How innocent accounts come back: to how large a share of persons, on how many further days.

    The larger of the account's way with its other persons and of others' way with this
    person, both shrunk to the peers'.
    """
    pair, subject = figures.actors, figures.subjects
    share = np.zeros(len(figures))
    days = np.full(len(figures), _LEAST_RETURNS)
    for pairs, came_back, further in (
        (pair["other_pairs"], pair["other_returning"], pair["other_return_days"]),
        (subject["other_actors"], subject["other_returning"], subject["other_return_days"]),
    ):
        shares = (came_back + _SURE_PAIRS * pair["peer_returning"]) / (pairs + _SURE_PAIRS)
        means = (further + _SURE_RETURNS * pair["peer_return_days"]) / (came_back + _SURE_RETURNS)
        share, days = np.maximum(share, shares), np.maximum(days, means)
    return np.minimum(share, 1.0), days


def surprise_of_days(figures: Figures) -> NDArray[np.float64]:
    """Nats of coming back so often: first at all, then by a geometric law."""
    share, days = returning(figures)
    further = figures.actors["pair_days"].astype(np.float64) - 1
    nats: NDArray[np.float64] = -np.log(share) - (further - 1) * np.log1p(-1 / days)
    return nats


def surprise_of_intensity(figures: Figures) -> NDArray[np.float64]:
    """Nats of so many searches on those days, by a geometric law for each day."""
    pair = figures.actors
    usual = (pair["other_named"] + _SURE_PAIRS * pair["peer_intensity"]) / (
        pair["other_pairs"] + pair["other_return_days"] + _SURE_PAIRS
    )
    usual = np.maximum(usual.astype(np.float64), _LEAST_RETURNS)
    days = np.maximum(pair["pair_days"], 1)
    seen = np.maximum(pair["pair_searches"] / days, usual)
    # Kullback-Leibler divergence of two geometric laws on 1, 2, ... with these means.
    nats: NDArray[np.float64] = days * (
        np.log(usual / seen) + (seen - 1) * np.log((1 - 1 / seen) / (1 - 1 / usual))
    )
    return nats


def usual_reasons(figures: Figures) -> NDArray[np.float64]:
    """Share of the account's other searches that had a reason, shrunk to its peers'."""
    return _usual(figures, "other_explained", "peer_explained")


def surprise_of_reasons(figures: Figures) -> NDArray[np.float64]:
    """Nats of having so few reasons for this person, where they are usual."""
    pair = figures.actors
    seen = pair["pair_explained"] / np.maximum(pair["pair_searches"], 1)
    usual = usual_reasons(figures)
    return _divergence(np.minimum(seen, usual), usual) * pair["pair_days"] * _PER_DAY


def surprise_of_source(figures: Figures) -> NDArray[np.float64]:
    """Nats of photos from elsewhere (social media or not) than the account's other ones.

    Evansville's nine were mainly searched from social media, where real work used cameras.
    """
    pair = figures.actors
    seen = pair["pair_social"] / np.maximum(pair["pair_searches"], 1)
    usual = _usual(figures, "other_social", "peer_social")
    return _divergence(seen, usual) * pair["pair_days"] * _PER_DAY


def _usual(figures: Figures, counted: str, by_peers: str) -> NDArray[np.float64]:
    pair = figures.actors
    share: NDArray[np.float64] = (pair[counted] + _SURE_PAIRS * pair[by_peers]) / (
        pair["other_named"] + _SURE_PAIRS
    )
    return share.astype(np.float64)


def _divergence(seen: NDArray[np.float64], usual: NDArray[np.float64]) -> NDArray[np.float64]:
    """Kullback-Leibler divergence of two Bernoulli laws, in nats."""
    p = np.clip(usual, 0.02, 0.98)
    q = np.clip(seen, 1e-9, 1 - 1e-9)
    nats: NDArray[np.float64] = q * np.log(q / p) + (1 - q) * np.log((1 - q) / (1 - p))
    return np.maximum(nats, 0.0)


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
