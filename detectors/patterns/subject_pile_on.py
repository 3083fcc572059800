"""subject_pile_on: many accounts suddenly look the same person up, for no stated reason."""

import math
from typing import Annotated, ClassVar, Final

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ..alerts import EntityType, PatternCode, Reason, Severity, Taxonomy
from ..base import Count, Figures, Positive, Share, StageKind
from ..kernels.tails import fill_surprises
from ..state.subjects import PURPOSE_CELLS

Nats = NDArray[np.float64]


class SubjectPileOn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Curiosity of a crowd: many accounts that never searched for a person before do so now.

    Judged is the person. Counted are first searches of an account for the person within
    about a month, beyond those that the person's own past leads one to expect. How large
    crowds are is heavy-tailed (Zipf's law), with a tail that each tenant teaches. Fewer
    reasons (case, consent) than usual for these accounts add to it, and to these adds that fewer
    come back than come back to others. Reasons take most of it away, as far as they are usual.

    By itself a crowd counts little, as news, appeals and trainings bring crowds, too. But who
    comes for a cause that all know states one purpose. Where purposes differ as they do by
    chance, each came by a way of its own, and the crowd counts in full; as far as it came of a
    sudden, for to a star people come all the time. Where all state one purpose, most of what
    missing reasons say is taken away.

    Where few state a purpose and nobody gives reasons, two more things tell that a sudden crowd
    has no cause that all know: photos from social media of accounts that bring others; and
    that all are of one tenant, where several search for the same persons, as news reach all of
    them. Only accounts that were there before the crowd count for that: guests of an event and
    trainees come for it.

    Fails when: neither reasons nor purposes are logged, photos are as usual, and persons are of
    one tenant only (there a mob looks like the fans of somebody new); the crowd gives false
    reasons as often as others give true ones, or agrees on a purpose that is unusual; it
    gathers over many months, or in one day.

    Sources: 158 queries for a murder victim by 110 users at 59 agencies in a month (Austin
    Daily Herald, 2016); some 25 of a hospital's staff during one week (UCLA, 2008).
    """

    code: ClassVar[PatternCode] = PatternCode.SUBJECT_PILE_ON
    entity: ClassVar[EntityType] = "subject"
    judged_on: ClassVar[StageKind] = "subject"
    level: ClassVar[int] = 2
    quiet_days: ClassVar[int] = 30
    memory_days: ClassVar[int] = 180
    taxonomy: ClassVar[Taxonomy] = Taxonomy(
        owasp_api="API6:2023", mitre_atlas="AML.T0087", mitre_attack="T1213"
    )

    # Fitted as in `bench/null.py` on development seeds 1-8 (146,754 innocent actor-days), when
    # volume counted twice as much: on the cautious side.
    null: ClassVar[tuple[float, float]] = (-6.81, 1.82)

    budget_share: Annotated[Share, Meta(description="share of the alert budget")] = 0.05
    shadow: Annotated[bool, Meta(description="run and explain, but page nobody")] = False
    enough_newcomers: Annotated[
        Count, Meta(description="newcomers in about a month from which they count in full")
    ] = 10
    explained_share: Annotated[
        Share, Meta(description="most that reasons take from the evidence")
    ] = 0.8
    volume_share: Annotated[
        Positive,
        Meta(description="what a crowd counts for by itself, as a share of its surprise"),
    ] = 0.05

    def evidence(self, figures: Figures) -> Nats:
        """Nats per event; NaN where the event names no person."""
        crowd = figures.subjects
        result = np.where((figures.actors["row"] >= 0) & (crowd["row"] >= 0), 0.0, np.nan)
        newcomer = (crowd["row"] >= 0) & (figures.actors["pair_is_new"] > 0)
        judged = np.flatnonzero(newcomer & (crowd["crowd"] > 1))
        if len(judged):
            some = figures.at(judged)
            nats = surprise_of_crowd(some)
            left = 1 - self.explained_share * _reasoned(some)
            apart = nats_apart(some)
            unasked = np.minimum(some.subjects["crowd_nats"], nats)
            unasked -= np.minimum(np.maximum(-apart, 0.0), self.explained_share * unasked)
            alone = np.minimum(np.maximum(apart, 0.0), some.subjects["crowd_sudden"])
            alone = np.maximum(alone, nats_unspoken(some))
            volume = np.maximum(self.volume_share * nats * left, np.minimum(nats, alone))
            brief = np.minimum(surprise_of_staying_away(some), unasked) * left**2
            enough = np.minimum(some.subjects["crowd"] / self.enough_newcomers, 1.0) ** 2
            result[judged] = (volume + unasked + brief) * enough
        return result

    def most_severe(self, figures: Figures) -> Severity:  # noqa: ARG002  same for all
        """Anything."""
        return Severity.CRITICAL

    def reasons(self, figures: Figures) -> tuple[Reason, ...]:
        """Why, strongest first, for figures of one event."""
        brief = [_of_coming_back(figures)] if surprise_of_staying_away(figures)[0] >= 1 else []
        apart = [_of_purposes(figures)] if nats_apart(figures)[0] >= 1 else []
        return (
            _of_crowd(figures),
            _of_reasons(figures),
            *apart,
            *_of_the_unspoken(figures),
            *brief,
        )


LEAST_CROWD: Final = 0.1
"""Mean ln(searchers) of persons at any tenant, at least: of a log that has just begun, and
where nobody is searched for twice."""


def surprise_of_crowd(figures: Figures) -> Nats:
    """Nats of so many newcomers: Zipf's law, with the tenant's own tail."""
    newcomers = np.maximum(figures.subjects["crowd"].astype(np.float64), 1.0)
    nats: Nats = np.log(newcomers) / np.maximum(figures.subjects["usual_crowd"], LEAST_CROWD)
    return nats


CURIOUS: Final = 0.2
"""The curious come back a fifth as often as accounts of their role do."""

PERSONS_DIFFER: Final = 0.5
"""What coming back counts for: to some persons all come back, to others nobody."""


def surprise_of_staying_away(figures: Figures) -> Nats:
    """Nats by which so few having come back is likelier of the curious.

    Of newcomers, who are taken to come back as often as all of the person's searchers did. On
    the first day nobody can have, on the second few.
    """
    crowd = figures.subjects
    usual = np.clip(figures.actors["peer_returning"].astype(np.float64), 0.05, 0.5)
    newcomers = crowd["crowd"].astype(np.float64)
    back = newcomers * crowd["other_returning"] / np.maximum(crowd["actors"], 1)
    each = np.log((1 - CURIOUS * usual) / (1 - usual))
    likelier = back * math.log(CURIOUS) + (newcomers - back) * each
    chance = 1 - 1 / np.maximum(crowd["active_days"], 1)
    nats: Nats = PERSONS_DIFFER * np.maximum(likelier, 0.0) * chance
    return nats


def nats_apart(figures: Figures) -> Nats:
    """Nats by which the newcomers' purposes are likelier without a cause that they share.

    Below 0 if they agree more than by chance; of a crowd that mostly states none, 0.
    """
    nats: Nats = purposes_known(figures) * figures.subjects["crowd_apart"]
    return nats


CROWDS_DIFFER: Final = 8.0
"""Strength of the beta laws that the shares of crowds follow, from crowd to crowd: of photos from
social media, of one tenant."""


def surprise_of_source(figures: Figures) -> Nats:
    """Nats of so many photos from social media, by what is usual for the newcomers.

    Where half of all photos are from there, those of any star are, and it says nothing.
    """
    crowd = figures.subjects
    known = crowd["crowd_known"].astype(np.float64)
    usual = crowd["crowd_usual_social"].astype(np.float64)
    nats = _surprise(crowd["crowd_social"] * known, known, usual)
    return np.clip(1.0 - 2.0 * usual, 0.0, 1.0) * nats


def surprise_of_one_tenant(figures: Figures) -> Nats:
    """Nats of so many newcomers of one tenant, by who else searches for the same persons."""
    crowd = figures.subjects
    noted = crowd["crowd_noted"].astype(np.float64)
    return _surprise(crowd["crowd_home"] * noted, noted, crowd["crowd_kin"])


def _surprise(seen: Nats, of: Nats, usual: Nats) -> Nats:
    nats: Nats = np.empty(len(of))
    share = np.clip(usual.astype(np.float64), 0.02, 0.98)
    fill_surprises(seen, of, share, CROWDS_DIFFER, nats)
    return nats


def nats_unspoken(figures: Figures) -> Nats:
    """Nats by which newcomers have no cause that all know, where purposes and reasons do not tell.

    Photos from social media where these accounts bring others; one tenant where others
    search for the same persons. Of accounts only that searched for others before.
    """
    crowd = figures.subjects
    silent = 1.0 - np.clip(4.0 * crowd["crowd_stated"].astype(np.float64) - 1.0, 0.0, 1.0)
    silent *= 1.0 - np.minimum(crowd["crowd_usual"] + crowd["crowd_explained"], 1.0)
    told = np.maximum(surprise_of_source(figures), surprise_of_one_tenant(figures))
    nats: Nats = silent * crowd["crowd_settled"] * np.minimum(told, crowd["crowd_sudden"])
    return nats


def purposes_known(figures: Figures) -> Nats:
    """How far newcomers' purposes tell of a common cause, 0 to 1.

    Up to a quarter who state one say nothing, a half say all. Nor do purposes where everybody
    states the same one, or writes words of one's own: then those with a common cause do, too.
    """
    crowd = figures.subjects
    stated = np.clip(4.0 * crowd["crowd_stated"].astype(np.float64) - 1.0, 0.0, 1.0)
    alike = crowd["crowd_alike"].astype(np.float64)
    words = np.clip(PURPOSE_CELLS * alike - 1.0, 0.0, 1.0) * np.clip(4.0 - 4.0 * alike, 0.0, 1.0)
    known: Nats = stated * words
    return known


def _reasoned(figures: Figures) -> Nats:
    """Share of newcomers with a reason against what is usual for them, at most 1."""
    crowd = figures.subjects
    usual = np.maximum(crowd["crowd_usual"].astype(np.float64), 0.05)
    reasoned: Nats = np.minimum(crowd["crowd_explained"] / usual, 1.0)
    return reasoned


def _of_crowd(figures: Figures) -> Reason:
    crowd = figures.subjects[0]
    seen, expected = float(crowd["crowd"]), float(crowd["crowd_expected"])
    text = (
        f"about {seen:.0f} accounts searched for this person for the first time within a month; "
        f"{expected:.0f} were expected of the person's past"
    )
    return Reason("newcomers_in_a_month", seen, expected, "accounts", text)


def _of_reasons(figures: Figures) -> Reason:
    crowd = figures.subjects[0]
    seen, usual = float(crowd["crowd_explained"]), float(crowd["crowd_usual"])
    text = f"{seen:.0%} of them had a case or consent; {usual:.0%} of these accounts usually have"
    return Reason("explained", seen, usual, "share", text)


def _of_purposes(figures: Figures) -> Reason:
    crowd = figures.subjects[0]
    common, usual = float(crowd["crowd_common"]), float(crowd["crowd_alike"])
    text = (
        f"{common:.0%} of those who stated a purpose stated the same one, {usual:.0%} by chance: "
        "no cause that they share"
    )
    return Reason("common_purpose", common, usual, "share", text)


def _of_the_unspoken(figures: Figures) -> list[Reason]:
    """What counts where neither purposes nor reasons tell, if it does."""
    crowd = figures.subjects[0]
    if nats_unspoken(figures)[0] < 1:
        return []
    told = []
    if surprise_of_source(figures)[0] >= 1:
        seen, usual = float(crowd["crowd_social"]), float(crowd["crowd_usual_social"])
        text = f"{seen:.0%} of their photos are from social media; {usual:.0%} are usual for them"
        told.append(Reason("social_media", seen, usual, "share", text))
    if surprise_of_one_tenant(figures)[0] >= 1:
        seen, usual = float(crowd["crowd_home"]), float(crowd["crowd_kin"])
        text = (
            f"{seen:.0%} of them are of one tenant; of those who search for the same persons "
            f"{usual:.0%} are"
        )
        told.append(Reason("one_tenant", seen, usual, "share", text))
    return told


def _of_coming_back(figures: Figures) -> Reason:
    crowd = figures.subjects[0]
    back, actors = int(crowd["other_returning"]), int(crowd["actors"])
    usual = float(figures.actors["peer_returning"][0])
    text = f"{back} of {actors} accounts came back on another day; {usual:.0%} usually do"
    return Reason("came_back", back / max(actors, 1), usual, "share", text)
