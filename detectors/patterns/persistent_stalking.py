"""persistent_stalking: one account comes back to the same person, day after day."""

import math
from typing import Annotated, ClassVar, Final

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ..alerts import EntityType, PatternCode, Reason, Severity, Taxonomy
from ..base import Count, Figures, Positive, Share, StageKind
from ..events import Records
from ..state.actors import DAY

Nats = NDArray[np.float64]


class PersistentStalking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Repeated look-ups of one person by one account, over days to months.

    Judged is the pair of account and person: on how many days did the account come back?
    Coming back has a heavy tail (`surprise_of_days`), whose weight is learned from the
    account's other persons (an analyst comes back to a whole list), from the person's
    other searchers (a celebrity's fans come back), and from peers. Being one of many is
    subtracted: many persons whom the account comes back to, many accounts that search for
    the person. Up to two others excuse nothing: victims have families and new partners.
    Three circumstances add to it, each at most as much again: no reasons (case, consent)
    where they are usual, effort, which is another image day after day, and photos from
    social media where the account's others are not. Reasons take half of it away, as far as
    they are usual: documented abusers gave one. Days count on which every search had one,
    lest a few searches with a case excuse the rest. A purpose is no reason: they all typed
    "investigation".

    Fails when: the account looks on fewer than three days; it comes back to dozens of
    persons, of whom one is the victim; most searches carry a real case reference (that is
    `case_laundering`); the person is spread over several accounts (`coordinated_stalking`)
    or known under several ids in the gallery. A long investigation by one detective, in a
    tenant that does not log cases, looks the same and does alert.

    Sources: 228 look-ups in four months (Sedgwick, Kansas), 179 in 61 days (Milwaukee),
    69 + 24 + 15 of a woman, her mother and her father (Orange City, Florida); mainly images
    from social media (Evansville, Indiana); reasons as explanation after Fabbri and LeFevre,
    "Explanation-based auditing" (VLDB 2011).
    """

    code: ClassVar[PatternCode] = PatternCode.PERSISTENT_STALKING
    entity: ClassVar[EntityType] = "pair"
    judged_on: ClassVar[StageKind] = "subject"
    level: ClassVar[int] = 2
    quiet_days: ClassVar[int] = 30
    memory_days: ClassVar[int] = 180
    taxonomy: ClassVar[Taxonomy] = Taxonomy(
        owasp_api="API6:2023", mitre_atlas="AML.T0087", mitre_attack="T1589"
    )

    # `bench/null.py --seeds 1-8`, twice: 219,876 innocent actor-days.
    null: ClassVar[tuple[float, float]] = (1.48, 1.45)

    budget_share: Annotated[Share, Meta(description="share of the alert budget")] = 0.25
    shadow: Annotated[bool, Meta(description="run and explain, but page nobody")] = False
    least_days: Annotated[Count, Meta(description="days with a search before it is judged")] = 3
    explained_share: Annotated[
        Share, Meta(description="most that reasons take from the evidence")
    ] = 0.5
    circumstance_share: Annotated[
        Positive,
        Meta(
            description="most that each circumstance (no reasons where they are usual, ever other "
            "images, photos from social media) adds, as a share of the days' evidence"
        ),
    ] = 1.0

    def evidence(self, figures: Figures) -> Nats:
        """Nats per event; NaN where the event names no person."""
        judged = (figures.actors["row"] >= 0) & (figures.subjects["row"] >= 0)
        result = np.where(judged, 0.0, np.nan)
        repeated = np.flatnonzero(judged & (figures.actors["pair_days"] >= self.least_days))
        if len(repeated):
            some = figures.at(repeated)
            nats = np.maximum(sum(self._parts(some)), 0.0)
            result[repeated] = nats * unexplained(some, self.explained_share)
        return result

    def _parts(self, figures: Figures) -> tuple[Nats, ...]:
        """Nats of days, of reasons, of effort and of where the photos are from."""
        days = np.maximum(surprise_of_days(figures) - one_of_many(figures), 0.0)
        circumstances = (surprise_of_reasons, surprise_of_effort, surprise_of_source)
        most = self.circumstance_share * days
        return days, *(np.minimum(surprise(figures), most) for surprise in circumstances)

    def most_severe(self, figures: Figures) -> Severity:
        """Medium for an account that searched for nobody else: it may be its own face."""
        alone = figures.actors["other_pairs"][0] == 0
        return Severity.MEDIUM if alone else Severity.CRITICAL

    def reasons(self, figures: Figures) -> tuple[Reason, ...]:
        """Why, strongest first, for figures of one event."""
        nats = [float(part[0]) for part in self._parts(figures)]
        told = (_of_days, _of_reasons, _of_effort, _of_source)
        order = sorted(range(len(told)), key=lambda i: -nats[i])
        strongest, *others = [told[i](figures) for i in order if nats[i] > 0] or [_of_days(figures)]
        return (strongest, _of_exclusivity(figures), *others)


SURE_RETURNS: Final = 10.0
"""How many persons the peers' way of coming back counts as. Between 8 and 20 little changes, in
the simulated worlds (seeds 11-15, 21-25) and in one drawn independently, with lighter tails."""

LASTING_DAYS: Final = 10.0
"""From so many days with a search on an interest has lasted; checking somebody out takes fewer."""

MOST_DAYS: Final = 20.0
"""Up to so many it lasts ever longer, and further days count for more."""

LASTING_SPAN: Final = 21.0
"""And so many days after it began."""

LEAST_LOGS: Final = 0.4
"""Mean of ln(further days) that peers have at least: a log that has just begun has only seen
beginnings."""

LEAST_SHARE: Final = 0.05
"""No cohort comes back so rarely that doing so once is worth more than ln 20 nats."""

CLOSE_PERSONS: Final = 2.0
"""So many others that an account comes back to are no habit: in Orange City a mother and father."""

FROM_SOCIAL: Final = 0.85
"""Share of photos from social media of a stalker who takes them from there, as every other does."""

_SURE_SEARCHES: Final = 4.0
_PER_DAY: Final = 2 / 3  # some days share their case
_LEAST_SOCIAL: Final = 0.02  # below, the log may not say where photos are from


def surprise_of_days(figures: Figures) -> Nats:
    """Nats of coming back so often: at all, then on so many further days.

    Further days follow Pareto's law, exp(-t x) of x = ln(days - 1), with a t that differs
    from account to account: of gamma law, with the mean of peers and the strength of
    `SURE_RETURNS` persons. Seen n persons with a sum of x of s, the chance of x is
    (1 + x / (m + s)) ** -(n + `SURE_RETURNS`), m being what peers come to (Lomax's law).
    The more innocent of two: of the account's others, persons and probes that found nobody,
    all but `CLOSE_PERSONS`; and of the person's others.
    """
    pair, subject = figures.actors, figures.subjects
    x = np.log(np.maximum(pair["pair_days"] - 1.0, 1.0))
    peers = SURE_RETURNS * np.maximum(pair["peer_return_logs"].astype(np.float64), LEAST_LOGS)
    listed = _listed(pair)
    share = listed / np.maximum(_returning(pair), 1.0)
    habits = (
        (listed, share * (pair["other_return_logs"] + pair["blank_logs"])),
        (subject["other_returning"], subject["other_return_logs"]),
    )
    further = [(SURE_RETURNS + n) * np.log1p(x / (peers + logs)) for n, logs in habits]
    once = -np.log(np.maximum(pair["peer_returning"], LEAST_SHARE))
    nats: Nats = (once + np.minimum(*further)) * lasting(figures)
    return nats


def lasting(figures: Figures) -> Nats:
    """0 to 1.3: by days, and since when. A story's people are looked up for a week or two."""
    pair = figures.actors
    span = np.maximum(figures.events["time"] // DAY - pair["pair_since"] + 1, 1)
    share = np.log(np.minimum(pair["pair_days"], MOST_DAYS)) / math.log(LASTING_DAYS)
    lasted: Nats = share * np.minimum(np.log(span) / math.log(LASTING_SPAN), 1.0)
    return lasted


def one_of_many(figures: Figures) -> Nats:
    """Nats that the choice takes: among the account's persons, among the person's searchers."""
    nats: Nats = np.log1p(_listed(figures.actors)) + np.log1p(figures.subjects["other_actors"])
    return nats


def _listed(pair: Records) -> Nats:
    """Others that the account came back to, but for those who may be close to the person."""
    return np.maximum(_returning(pair) - CLOSE_PERSONS, 0.0)


def _returning(pair: Records) -> Nats:
    """Others that the account came back to: persons, and probes that found nobody."""
    others: Nats = pair["other_returning"].astype(np.float64) + pair["blank_returning"]
    return others


def unexplained(figures: Figures, most: float) -> Nats:
    """What reasons leave: all without any, 1 - `most` with as many as usual."""
    usual = np.maximum(_usual(figures, "explained"), 0.05)
    left: Nats = 1 - most * np.minimum(_explained_days(figures) / usual, 1.0)
    return left


def surprise_of_reasons(figures: Figures) -> Nats:
    """Nats of so many days with a search without a reason, where they are usual."""
    usual = _usual(figures, "explained")
    seen = np.minimum(_explained_days(figures), usual)
    nats: Nats = _divergence(seen, usual) * figures.actors["pair_days"] * _PER_DAY
    return nats


def surprise_of_effort(figures: Figures) -> Nats:
    """Nats of ever other images: ten times as many are a tenth as usual, one a day at most.

    An image that is used again is no effort, and machines use theirs again and again, so
    images count by the root of the share of searches that brought a new one.
    """
    pair = figures.actors
    probes = np.maximum(pair["pair_probes"].astype(np.float64), 1.0)
    fresh = np.minimum(probes / np.maximum(pair["pair_searches"], 1), 1.0)
    nats: Nats = np.log(np.minimum(probes, pair["pair_days"])) * np.sqrt(fresh)
    return nats


def surprise_of_source(figures: Figures) -> Nats:
    """Nats of photos from social media, beyond what is usual: ln 1/2 at least.

    The photos of one person come from one place in honest work too: they are one observation.
    """
    usual, seen = _usual(figures, "social"), _share(figures, "social")
    p = np.clip(usual, _LEAST_SOCIAL, 1 - _LEAST_SOCIAL)
    ratio = (FROM_SOCIAL / p) ** seen * ((1 - FROM_SOCIAL) / (1 - p)) ** (1 - seen)
    nats: Nats = np.where((usual < _LEAST_SOCIAL) & (seen == 0), 0.0, np.log((1 + ratio) / 2))
    return nats


def _explained_days(figures: Figures) -> Nats:
    """Share of the pair's days on which every search had a reason."""
    pair = figures.actors
    share: Nats = 1 - pair["pair_plain_days"] / np.maximum(pair["pair_days"], 1).astype(np.float64)
    return share


def _share(figures: Figures, counted: str) -> Nats:
    pair = figures.actors
    share: Nats = pair[f"pair_{counted}"] / np.maximum(pair["pair_searches"], 1).astype(np.float64)
    return share


def _usual(figures: Figures, counted: str) -> Nats:
    """Share of the account's other searches, shrunk to its peers'."""
    pair = figures.actors
    share: Nats = (pair[f"other_{counted}"] + _SURE_SEARCHES * pair[f"peer_{counted}"]) / (
        pair["other_named"] + _SURE_SEARCHES
    ).astype(np.float64)
    return share


def _divergence(seen: Nats, usual: Nats) -> Nats:
    """Kullback-Leibler divergence of two Bernoulli laws, in nats."""
    p = np.clip(usual, 0.02, 0.98)
    q = np.clip(seen, 1e-9, 1 - 1e-9)
    nats: Nats = q * np.log(q / p) + (1 - q) * np.log((1 - q) / (1 - p))
    return np.maximum(nats, 0.0)


def _of_days(figures: Figures) -> Reason:
    pair = figures.actors[0]
    searches, days = int(pair["pair_searches"]), int(pair["pair_days"])
    usual = 1 + math.exp(float(pair["peer_return_logs"]))
    returning = int(pair["other_returning"])
    text = (
        f"looked the same person up {searches} times on {days} days; of {pair['other_pairs']} "
        f"other persons it came back to {returning}, and its peers come back to "
        f"{pair['peer_returning']:.0%}, usually on {usual:.0f} days"
    )
    return Reason("days_with_a_search", float(days), usual, "days", text)


def _of_exclusivity(figures: Figures) -> Reason:
    """Of the person's searchers: the fewer others there are, the less was taken off."""
    searches = int(figures.actors[0]["pair_searches"])
    others = int(figures.subjects[0]["other_actors"])
    share = searches / (searches + int(figures.subjects[0]["other_searches"]))
    accounts = f"{others} other account{'s' if others > 1 else ''}" if others else "nobody else"
    text = f"made {share:.0%} of all searches of this person; {accounts} looked for them"
    return Reason("exclusivity", share, 1 / (1 + others), "share", text)


def _of_reasons(figures: Figures) -> Reason:
    pair = figures.actors[0]
    explained, searches = int(pair["pair_explained"]), int(pair["pair_searches"])
    usual = float(_usual(figures, "explained")[0])
    seen = f"{explained} of {searches} searches" if explained else "no search"
    text = f"{seen} had a case or consent; {usual:.0%} of the account's others are expected to"
    return Reason("explained", explained / max(searches, 1), usual, "share", text)


def _of_effort(figures: Figures) -> Reason:
    probes, days = float(figures.actors["pair_probes"][0]), int(figures.actors["pair_days"][0])
    text = f"about {probes:.0f} different images of the person, on {days} days"
    return Reason("images", probes, 1.0, "images", text)


def _of_source(figures: Figures) -> Reason:
    seen, usual = float(_share(figures, "social")[0]), float(_usual(figures, "social")[0])
    text = f"{seen:.0%} of the photos are from social media; {usual:.0%} are usual"
    return Reason("social_media", seen, usual, "share", text)
