"""case_laundering: ever more unrelated persons are searched for under one case."""

from typing import Annotated, ClassVar, Final

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ..alerts import EntityType, PatternCode, Reason, Severity, Taxonomy
from ..base import Count, Figures, Positive, Share, StageKind
from ..events import Records
from ..kernels.tails import fill_surprises
from ..state.actors import DAY

Nats = NDArray[np.float64]


class CaseLaundering(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One case, mostly a real one, serves as the reason for searches of unrelated persons.

    Judged is the case of one account. An inquiry brings its persons together in its first
    days and then comes back to them; an excuse goes on bringing a new one now and then. What
    counts are days after the case's first two and first week: how many brought more new persons
    than they brought back, the newest aside. Expected is the share that is usual for the
    account's other cases, for its peers', and for others who search for the same case,
    whichever is largest: so a number under which a unit files everything, or a tenant whose
    only case is its contract, is no news. To that add how many persons there are, and photos
    from social media where the account's others are not: as far as cases differ in where
    their photos come from, and none for each. Subtracted is the choice among the account's
    cases. An account without other cases says little.

    Fails when: it serves for a handful of persons, or several cases do in turn, each for a
    few; the number changes from search to search; every new person is searched for on days of
    real work on the case, with photos like those of real work, as ten persons among fifty
    searches are. Somebody who slowly adds persons to one old case, and to no other, and never
    comes back to them, looks the same.

    Sources: nine people under one real case number from April to December 2023, mainly with
    images from social media where real work had cameras' (Evansville, Indiana; City-County
    Observer, ID Tech Wire).
    """

    code: ClassVar[PatternCode] = PatternCode.CASE_LAUNDERING
    entity: ClassVar[EntityType] = "case"
    judged_on: ClassVar[StageKind] = "actor"
    level: ClassVar[int] = 3
    quiet_days: ClassVar[int] = 60
    memory_days: ClassVar[int] = 180
    taxonomy: ClassVar[Taxonomy] = Taxonomy(
        owasp_api="API6:2023", mitre_atlas="AML.T0087", mitre_attack="T1589"
    )

    # On the cautious side: in police and gateway worlds of seeds 1-4 (68,169 innocent
    # actor-days) none came to 2 nats; in worlds that were drawn independently, where every case
    # brings incidental persons, four of 102,406 came to 3.8, and the highest to 4.5.
    null: ClassVar[tuple[float, float]] = (-5.57, 1.2)

    budget_share: Annotated[Share, Meta(description="share of the alert budget")] = 0.1
    shadow: Annotated[bool, Meta(description="run and explain, but page nobody")] = False
    least_persons: Annotated[
        Count, Meta(description="persons searched for under a case before it is judged")
    ] = 4
    social_share: Annotated[
        Positive,
        Meta(description="what photos from social media count for, as a share of their surprise"),
    ] = 1.0

    def evidence(self, figures: Figures) -> Nats:
        """Nats per event; NaN where it has no case, or nobody was found."""
        persons = figures.actors["case_persons"]
        judged = persons > 0
        result = np.where(judged, 0.0, np.nan)
        several = np.flatnonzero(persons >= self.least_persons - _HALF)
        if len(several):
            some = figures.actors.take(several)
            nats = (
                surprise_of_days(some)
                + surprise_of_persons(some)
                + self.social_share * surprise_of_social(some)
                - np.log1p(some["other_cases"])
            )
            result[several] = np.maximum(nats, 0.0) * meaning_of_cases(some)
        return result

    def most_severe(self, figures: Figures) -> Severity:  # noqa: ARG002  same for all
        """Anything."""
        return Severity.CRITICAL

    def reasons(self, figures: Figures) -> tuple[Reason, ...]:
        """Why, strongest first, for figures of one event."""
        actors = figures.actors
        told = sorted(
            (
                (float(surprise_of_days(actors)[0]), _of_days(actors)),
                (float(surprise_of_persons(actors)[0]), _of_persons(figures)),
                (float(surprise_of_social(actors)[0]), _of_social(actors)),
            ),
            key=lambda part: -part[0],
        )
        strongest, *others = told
        return (strongest[1], *(reason for nats, reason in others if nats >= _WORTH_SAYING))


_HALF: Final = 0.5  # persons are counted by cells: seven may come out as 7.02 or 6.9

FEW_CASES: Final = 2.0
"""With so many other cases half of the evidence counts."""

OF_PEERS: Final = 0.25
"""What one of a peer's cases says of the account, against one of its own."""

_SURE_SEARCHES: Final = 4.0
_WORTH_SAYING: Final = 0.5


SOURCES_DIFFER: Final = 8.0
"""Strength of the beta law that the shares of photos from social media follow, from case to case:
an inquiry may have begun there. Between 5 and 12 little changes in independently drawn worlds."""

FEW_PERSONS: Final = 4.0
"""Persons of an ordinary case. How many more there are falls off as one over their number."""


def meaning_of_cases(actors: Records) -> Nats:
    """How far cases mean anything to the account and its peers, 0 to 1."""
    others = actors["other_cases"] + OF_PEERS * actors["peer_cases"].astype(np.float64)
    return others / (others + FEW_CASES)


def surprise_of_days(actors: Records) -> Nats:
    """Nats of so many late days that brought new persons only."""
    return np.maximum(actors["case_nats"].astype(np.float64), 0.0)


def surprise_of_persons(actors: Records) -> Nats:
    """Nats of so many persons (Zipf's law)."""
    return np.log(np.maximum(actors["case_persons"].astype(np.float64) / FEW_PERSONS, 1.0))


def surprise_of_social(actors: Records) -> Nats:
    """Nats of so many photos from social media: one observation a person, whatever the photos."""
    usual = np.clip(_usual_social(actors), 0.02, 0.98)
    persons = actors["case_persons"].astype(np.float64)
    nats: Nats = np.empty(len(actors))
    fill_surprises(_social(actors) * persons, persons, usual, SOURCES_DIFFER, nats)
    return nats


def _social(actors: Records) -> Nats:
    share: Nats = actors["case_social"] / np.maximum(actors["case_searches"], 1).astype(np.float64)
    return share


def _usual_social(actors: Records) -> Nats:
    """Of the account's searches outside the case, shrunk to its peers'."""
    named = actors["other_named"] + actors["pair_searches"].astype(np.float64)
    social = actors["other_social"] + actors["pair_social"].astype(np.float64)
    rest = np.maximum(named - actors["case_searches"], 0.0)
    social = np.clip(social - actors["case_social"], 0.0, rest)
    share: Nats = (social + _SURE_SEARCHES * actors["peer_social"]) / (rest + _SURE_SEARCHES)
    return share


def _of_days(actors: Records) -> Reason:
    late, alone = int(actors["case_late"][0]), int(actors["case_alone"][0])
    usual = float(actors["case_usual"][0])
    text = (
        f"after its first days the case still brought new persons and nobody back on {alone} of "
        f"{late} days with a search; {usual:.0%} is usual here"
    )
    return Reason("days_with_new_persons_only", float(alone), usual * late, "days", text)


def _of_persons(figures: Figures) -> Reason:
    actors = figures.actors
    persons, days = float(actors["case_persons"][0]), int(actors["case_days"][0])
    last = int(figures.events["time"][0]) // DAY
    months = (last - int(actors["case_since"][0])) / _MONTH
    text = (
        f"about {persons:.0f} persons were searched for under one case on {days} days within "
        f"{months:.1f} months; the account has {int(actors['other_cases'][0])} other cases"
    )
    expected = 1 + (days - 1) * float(actors["case_usual"][0])
    return Reason("persons_of_the_case", persons, expected, "persons", text)


_MONTH: Final = 30.4


def _of_social(actors: Records) -> Reason:
    seen, usual = float(_social(actors)[0]), float(_usual_social(actors)[0])
    text = f"{seen:.0%} of the photos are from social media; {usual:.0%} are usual"
    return Reason("social_media", seen, usual, "share", text)
