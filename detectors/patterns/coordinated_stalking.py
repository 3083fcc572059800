"""coordinated_stalking: one person behind several accounts, or a small ring, on one subject."""

import math
from collections.abc import Iterator
from typing import Annotated, ClassVar, Final

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ..alerts import EntityType, PatternCode, Reason, Severity, Taxonomy
from ..base import Count, Figures, Share, StageKind

Nats = NDArray[np.float64]


class CoordinatedStalking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Several accounts come back to the same person, none so often that it would stand out.

    Judged is the person, by the ring of accounts that the search's own account is in
    (`kernels.circles`). Accounts that have something rare in common (a network, a device, a
    client, a sign-up day, a unit) count as one, which comes back on all their days; others
    each by itself, and to a limit. Their surprises add up. The choice is subtracted: so many
    rings as large could be chosen among all who searched for the person. Coming back on few
    days counts for less, as in `persistent_stalking`; being linked adds to it; reasons take
    most of an account's part away.

    Fails when: every account searches on one day only and has nothing in common with another;
    many others come back to the person too; the person is known under several ids. Relatives
    or colleagues with the same innocent interest, in a tenant that does not log cases, look
    the same.

    Sources: one operator behind thousands of accounts (Meta v. Voyager Labs, 2023); lockstep
    and shared attributes as in SynchroTrap (Cao et al., CCS 2014).
    """

    code: ClassVar[PatternCode] = PatternCode.COORDINATED_STALKING
    entity: ClassVar[EntityType] = "subject"
    judged_on: ClassVar[StageKind] = "subject"
    level: ClassVar[int] = 2
    quiet_days: ClassVar[int] = 30
    memory_days: ClassVar[int] = 180
    taxonomy: ClassVar[Taxonomy] = Taxonomy(
        owasp_api="API6:2023", mitre_atlas="AML.T0087", mitre_attack="T1589"
    )

    # Fitted by `bench/null.py --seeds 1-3`: 84,885 innocent actor-days.
    null: ClassVar[tuple[float, float]] = (-4.32, 0.99)

    budget_share: Annotated[Share, Meta(description="share of the alert budget")] = 0.1
    shadow: Annotated[bool, Meta(description="run and explain, but page nobody")] = False
    least_accounts: Annotated[
        Count, Meta(description="accounts with nothing in common from which they are a ring")
    ] = 3

    def evidence(self, figures: Figures) -> Nats:
        """Nats per event; NaN where the event names no person."""
        ring = figures.subjects
        result = np.where((figures.actors["row"] >= 0) & (ring["row"] >= 0), 0.0, np.nan)
        several = (ring["ring_accounts"] > ring["ring_groups"]) | (
            ring["ring_groups"] >= self.least_accounts
        )
        judged = np.flatnonzero(several & (ring["ring_accounts"] > 1) & (ring["row"] >= 0))
        if len(judged):
            result[judged] = surprise_of_ring(figures.at(judged))
        return result

    def most_severe(self, figures: Figures) -> Severity:  # noqa: ARG002  same for all
        """Anything."""
        return Severity.CRITICAL

    def reasons(self, figures: Figures) -> tuple[Reason, ...]:
        """Why, strongest first, for figures of one event."""
        others = (*_of_links(figures), *_of_company(figures), _of_exclusivity(figures))
        return (_of_days(figures), *others)


LASTING_DAYS: Final = 10.0
"""From so many days on an interest has lasted, as in `persistent_stalking`."""


def surprise_of_ring(figures: Figures) -> Nats:
    """Nats of all coming back, less those of the choice.

    Those that come back alone count as far as it has lasted, and so does that they are so many.
    """
    ring = figures.subjects
    lasting = np.log(np.maximum(ring["ring_days"], 1)) / math.log(LASTING_DAYS)
    brief = (ring["ring_alone"] + ring["ring_company"]) * (1 - np.minimum(lasting, 1.0))
    all_of_it = ring["ring_nats"] + ring["ring_company"] - brief
    nats: Nats = np.maximum(all_of_it - ring["ring_choice"], 0.0)
    return nats


def _of_days(figures: Figures) -> Reason:
    ring = figures.subjects[0]
    accounts, days = int(ring["ring_accounts"]), int(ring["ring_days"])
    usual = float(figures.actors["peer_returning"][0])
    text = (
        f"{accounts} accounts looked the same person up {int(ring['ring_searches'])} times, on "
        f"{days} days between them; their peers come back to {usual:.0%} of persons"
    )
    return Reason("days_with_a_search", float(days), 1.0, "days", text)


def _of_links(figures: Figures) -> Iterator[Reason]:
    ring = figures.subjects[0]
    accounts, groups = int(ring["ring_accounts"]), int(ring["ring_groups"])
    if groups < accounts:
        share = math.exp(-float(ring["ring_links"]))
        text = (
            f"{accounts} accounts are {groups} independent one{'s' if groups > 1 else ''} at most: "
            f"they share networks, devices, clients or a sign-up day as {share:.1%} of pairs do"
        )
        yield Reason("independent_accounts", float(groups), float(accounts), "accounts", text)


def _of_company(figures: Figures) -> Iterator[Reason]:
    ring = figures.subjects[0]
    company, groups = float(ring["ring_company"]), int(ring["ring_groups"])
    if company > 0:
        text = (
            f"{groups} independent accounts come back to the person; at their tenant mostly one "
            f"does, and that so many do surprises by {company:.1f} nats"
        )
        yield Reason("accounts_that_come_back", float(groups), 1.0, "accounts", text)


def _of_exclusivity(figures: Figures) -> Reason:
    ring = figures.subjects[0]
    searches, accounts = int(ring["ring_searches"]), int(ring["ring_accounts"])
    share = min(searches / max(int(ring["searches"]), 1), 1.0)
    usual = accounts / max(int(ring["actors"]), accounts, 1)
    others = max(int(ring["actors"]) - accounts, 0)
    text = f"made {share:.0%} of all searches of this person; {others} other accounts looked too"
    return Reason("exclusivity", share, usual, "share", text)
