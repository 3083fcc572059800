"""credential_sharing: one account or API key is used by several people, or sold on."""

import math
from typing import Annotated, ClassVar, Final

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ..alerts import EntityType, PatternCode, Reason, Severity, Taxonomy
from ..base import Figures, Positive, Share, StageKind
from ..events import Records
from ..kernels.medley import LEAST_SPREADS, REST
from ..state.actors import VOLUMES, Trait
from ..surprises import either

Nats = NDArray[np.float64]

_TRAITS: Final = (Trait.PARTIES, Trait.PARALLEL, Trait.UNREST)
_PARTIES, _PARALLEL, _UNREST = range(len(_TRAITS))


class CredentialSharing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Several people behind one account: more clients in more networks than one person has.

    Judged is a day's number of parties (different clients, or networks if they are fewer); in
    how many spans of 22.5 minutes two clients in two networks were at work; and how many hours
    are missing to eight of rest, where a person's day is to be expected. Each is compared with the
    account's own days and, as a likelier excuse the more usual it is there, with its peers'. So
    a service that runs on a fleet, a role at shared machines and a tenant behind a rotating
    proxy are as always. The larger of the first two counts, and half of the smaller; rest adds
    to it, and so does what earlier days left. Two countries within one span add half as much as
    the overlap itself at most. A log with clients alone, or networks alone, gives half as much,
    unless they go back and forth between countries four times a day.

    Fails when: an account was shared from its first day, and peers share too; two people share
    who live together and are not up at the same time, or one uses a phone and the other a computer
    like one person with both; a bot that fronts for many sleeps by night, or is a service
    among services; the log has neither networks nor clients.

    Sources: shared accounts among the search anomalies of a plate-reader network
    (haveibeenflocked.com); a Telegram bot that passes its users' searches on to PimEyes
    (netzpolitik.org, 2022).
    """

    code: ClassVar[PatternCode] = PatternCode.CREDENTIAL_SHARING
    entity: ClassVar[EntityType] = "actor"
    judged_on: ClassVar[StageKind] = "actor"
    level: ClassVar[int] = 0
    quiet_days: ClassVar[int] = 7
    memory_days: ClassVar[int] = 180
    taxonomy: ClassVar[Taxonomy] = Taxonomy(
        owasp_oat="OAT-020", owasp_api="API2:2023", mitre_atlas="AML.T0012", mitre_attack="T1078"
    )

    # Fitted by `bench/null.py` on development seeds 1-8: 219,876 innocent actor-days.
    null: ClassVar[tuple[float, float]] = (-4.14, 0.52)

    budget_share: Annotated[Share, Meta(description="share of the alert budget")] = 0.05
    shadow: Annotated[bool, Meta(description="run and explain, but page nobody")] = False
    lesser_share: Annotated[
        Positive,
        Meta(description="what the smaller of parties and overlap counts for"),
    ] = 0.5
    rest_nats: Annotated[
        Positive, Meta(description="most evidence that a lack of rest adds, in nats")
    ] = 5.0
    carried_nats: Annotated[
        Positive, Meta(description="most evidence that earlier days leave, in nats")
    ] = 16.0
    one_side_share: Annotated[
        Share, Meta(description="what is left where the log has clients or networks, not both")
    ] = 0.5

    def evidence(self, figures: Figures) -> Nats:
        """Nats per event; NaN where it is no search, or too old to compare."""
        actors = figures.actors
        judged = (actors["row"] >= 0) & ~np.isnan(actors["spread"][:, Trait.PARTIES])
        result = np.where(judged, 0.0, np.nan)
        clients, networks = actors["clients"], actors["networks"]
        fewer = np.where(actors["sides"] > 1, np.minimum(clients, networks), clients + networks)
        unrest, usual = actors["observed"][:, Trait.UNREST], actors["expected"][:, Trait.UNREST]
        some = np.flatnonzero(judged & ((fewer > 1) | (unrest > usual)))
        if len(some):
            result[some] = self.parts(actors[some]).sum(axis=1)
        return result

    def parts(self, actors: Records) -> Nats:
        """Nats of parties, overlap, rest, countries and earlier days; shape (n, 5)."""
        own = surprises(actors)
        people = np.exp(np.nan_to_num(actors["observed"][:, Trait.PARTIES]))
        own[:, _PARALLEL] *= np.clip((people - 1) / (SURELY_SEVERAL - 1), 0.0, 1.0)
        abroad = np.minimum(actors["travels"] / SURELY_ABROAD, 1.0)
        one_side = self.one_side_share + (1 - self.one_side_share) * abroad
        known = np.where(actors["sides"] > 1, 1.0, one_side)
        lesser = np.minimum(own[:, _PARTIES], own[:, _PARALLEL])
        larger = own[:, _PARTIES] >= own[:, _PARALLEL]
        parties = own[:, _PARTIES] - np.where(larger, 0.0, (1 - self.lesser_share) * lesser)
        overlap = own[:, _PARALLEL] - np.where(larger, (1 - self.lesser_share) * lesser, 0.0)
        person = np.clip((14 - actors["expected"][:, Trait.AWAKE]) / 8, 0, 1)
        rest = np.minimum(own[:, _UNREST], self.rest_nats) * person
        sides = actors["sides"] > 1
        travels = np.log1p(actors["travels"])
        travels = np.minimum(travels, np.where(sides, overlap, parties + overlap) / 2)
        several = (parties + overlap + travels) * known
        earlier = np.minimum(actors["crowded"], self.carried_nats)
        earlier *= np.minimum((several + rest / 2) / ALIKE, 1.0)
        return np.stack([parties * known, overlap * known, rest, travels * known, earlier], axis=1)

    def most_severe(self, figures: Figures) -> Severity:  # noqa: ARG002  same for all
        """Anything."""
        return Severity.CRITICAL

    def reasons(self, figures: Figures) -> tuple[Reason, ...]:
        """Why, strongest first, for figures of one event."""
        nats = self.parts(figures.actors)[0]
        told = (_of_parties, _of_overlap, _of_rest, _of_travels, _of_earlier)
        order = sorted(range(len(nats)), key=lambda part: -nats[part])
        row = figures.actors[0]
        return tuple(told[part](row) for part in order if nats[part] >= _WORTH_SAYING)


SURELY_SEVERAL: Final = 4.0
"""Parties whose overlap counts in full; of two it counts a third: one person has a phone too."""

SURELY_ABROAD: Final = 4.0
"""Changes of country from which on networks alone count in full: no carrier does that, and who
switches a VPN on and off does it once or twice a day."""

ALIKE: Final = 3.0
"""Earlier days count in full from so many nats of today on, the most that one of them adds
(`kernels.carry`): a day that is less like them says less of whether it goes on. Of rest half
counts, as a job that begins to run by night lacks it, too."""

_WORTH_SAYING: Final = 0.5


def surprises(actors: Records) -> Nats:
    """Nats of each of the three traits, beyond the own past or, less likely, the peers'."""
    freedom = actors["freedom"].astype(np.float64)[:, None]
    observed = actors["observed"][:, _TRAITS].astype(np.float64)
    own = observed - actors["expected"][:, _TRAITS]
    own /= np.maximum(actors["spread"][:, _TRAITS], LEAST_SPREADS)
    peers = observed - actors["peer_expected"][:, VOLUMES:]
    peers /= np.maximum(actors["peer_spread"][:, VOLUMES:], LEAST_SPREADS)
    own, peers = _nats(own, freedom), _nats(peers, freedom)
    nats = either(own, peers)
    # A job that begins to run by night, among other jobs, is no news.
    nats[:, _UNREST] = np.minimum(own[:, _UNREST], peers[:, _UNREST])
    return nats


def _nats(beyond: Nats, freedom: Nats) -> Nats:
    """The Student-t log-likelihood ratio of so many spreads beyond, 0 below."""
    above = np.nan_to_num(np.maximum(beyond, 0.0))
    nats: Nats = (freedom + 1) / 2 * np.log1p(above**2 / freedom)
    return nats


def _of_parties(row: np.void) -> Reason:
    clients, networks = float(row["clients"]), float(row["networks"])
    usual = math.exp(float(row["expected"][Trait.PARTIES]))
    known = [
        f"{number:.0f} {what}"
        for number, what in ((clients, "clients"), (networks, "networks"))
        if number > 0
    ]
    text = f"about {' in '.join(known)} searched on one day; {usual:.1f} of either are usual"
    return Reason("parties", math.exp(float(row["observed"][Trait.PARTIES])), usual, "people", text)


def _of_overlap(row: np.void) -> Reason:
    spans, usual = int(row["parallel"]), math.expm1(float(row["expected"][Trait.PARALLEL]))
    text = (
        f"in {spans} spans of 22.5 minutes two of them were at work at once; "
        f"{max(usual, 0.0):.1f} a day are usual"
    )
    return Reason("parallel_spans", float(spans), max(usual, 0.0), "spans", text)


def _of_rest(row: np.void) -> Reason:
    lacking = float(row["observed"][Trait.UNREST])
    usual = float(row["expected"][Trait.UNREST])
    text = (
        f"no pause longer than {REST - lacking:.0f} hours in a day; {REST - usual:.0f} or more "
        "are usual"
    )
    return Reason("longest_rest", REST - lacking, REST - usual, "hours", text)


def _of_travels(row: np.void) -> Reason:
    travels = int(row["travels"])
    text = f"{travels} times they were in two countries at once, or within three hours"
    return Reason("two_countries", float(travels), 0.0, "times", text)


def _of_earlier(row: np.void) -> Reason:  # noqa: ARG001  says the same of all
    text = "days before this one looked like several people already"
    return Reason("earlier_days", 1.0, 0.0, "flag", text)
