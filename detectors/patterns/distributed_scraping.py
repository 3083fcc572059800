"""distributed_scraping: many accounts of one operator share a gallery out, each unobtrusively."""

from typing import Annotated, ClassVar, Final

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ..alerts import EntityType, PatternCode, Reason, Severity, Taxonomy
from ..base import Count, Figures, Share, StageKind
from ..state.groups import Common


class DistributedScraping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Scraping by many accounts, of which none is conspicuous.

    Judged are groups of accounts at one gallery that have something in common: a client, its
    user agent or TLS fingerprint alone, a network's owner, the weeks in which they were opened
    or first searched, settings, or nothing but the gallery. An account's day counts by how
    much likelier a scraper than a colleague of the same role, with as long a past, comes to so
    many searches that reach so many new people; the days of old accounts that do what they
    always did do
    not count. An account's whole use of the gallery counts likewise, so patient accounts are
    told, too. A group stands out if the mean over its accounts' days, or over its accounts,
    exceeds what the group's own past and other groups of its kind lead one to expect.

    Fails when: accounts have no value in common but the gallery and are few beside the
    innocent; each searches less, or comes back more, than its innocent peers do; fewer
    than `least_accounts` are active on the same day; the group is as old as the log.

    Sources: 38,000 accounts for 600,000 profiles, some 16 each (Meta v. Voyager Labs, 2023);
    loosely synchronised accounts after SynchroTrap (Cao et al., CCS 2014).
    """

    code: ClassVar[PatternCode] = PatternCode.DISTRIBUTED_SCRAPING
    entity: ClassVar[EntityType] = "cohort"
    judged_on: ClassVar[StageKind] = "cohort"
    level: ClassVar[int] = 0
    quiet_days: ClassVar[int] = 7
    memory_days: ClassVar[int] = 60
    taxonomy: ClassVar[Taxonomy] = Taxonomy(
        owasp_oat="OAT-011", owasp_api="API6:2023", mitre_atlas="AML.T0036", mitre_attack="T1585"
    )

    # Fitted once to 111,481 innocent actor-days of development seeds 1-4 (90 days each), of which
    # one episode is beyond the threshold that follows.
    null: ClassVar[tuple[float, float]] = (-6.26, 1.29)

    budget_share: Annotated[Share, Meta(description="share of the alert budget")] = 0.05
    shadow: Annotated[bool, Meta(description="run and explain, but page nobody")] = False
    least_accounts: Annotated[
        Count, Meta(description="accounts active on one day before a group is judged")
    ] = 5

    def evidence(self, figures: Figures) -> NDArray[np.float64]:
        """Nats per event; NaN where the event brings its account to no rung of a day's ladder."""
        groups = figures.groups
        judged = groups["row"] >= 0
        enough = groups["accounts"] >= self.least_accounts
        result: NDArray[np.float64] = np.where(
            judged, np.where(enough, groups["nats"], 0.0), np.nan
        )
        return result

    def most_severe(self, figures: Figures) -> Severity:  # noqa: ARG002  same for all
        """Anything."""
        return Severity.CRITICAL

    def reasons(self, figures: Figures) -> tuple[Reason, ...]:
        """Why, strongest first, for figures of one event."""
        return (_of_days(figures), _of_group(figures), _of_account(figures))


_WORDS: Final = {
    Common.CLIENT: "the same client program",
    Common.TLS: "the same TLS fingerprint",
    Common.ASN: "the same network owner (ASN)",
    Common.OPENED: "accounts opened in the same week",
    Common.BEGUN: "accounts first used in the same week",
    Common.TLS_OPENED: "the same TLS fingerprint, accounts opened within four weeks",
    Common.CLIENT_BEGUN: "the same client program, accounts first used within two weeks",
    Common.CLIENT_SETTINGS: "the same client program, list length and threshold",
    Common.CLIENT_ASN: "the same client program and network owner (ASN)",
    Common.SETTINGS: "the same list length and threshold",
    Common.GALLERY: "the same gallery",
    Common.AGENT: "the same user agent",
}


def _of_days(figures: Figures) -> Reason:
    group = figures.groups[0]
    seen, expected = float(group["mean"]), float(group["expected"])
    what = "use" if group["life"] else "day"
    text = (
        f"an account's {what} in this group looks like a scraper's by {seen:.1f} nats on average; "
        f"{expected:.1f} were expected, give or take {float(group['spread']):.1f}"
    )
    feature = "nats_per_account" if group["life"] else "nats_per_account_day"
    return Reason(feature, seen, expected, "nats", text)


def _of_group(figures: Figures) -> Reason:
    group = figures.groups[0]
    accounts = float(group["accounts"])
    when = "of some weeks" if group["life"] else "on the busiest day"
    text = f"{accounts:.0f} accounts {when} have in common: "
    return Reason("accounts", accounts, 1.0, "accounts", text + _WORDS[Common(group["kind"])])


def _of_account(figures: Figures) -> Reason:
    actor = figures.actors[0]
    reached, looks, when = int(actor["reach_today"]), int(actor["looks_today"]), " today"
    if figures.groups[0]["life"]:
        reached, looks, when = int(actor["reached"]), int(actor["looks"]), ""
    text = f"the account that searched last reached {reached} new people in {looks} searches{when}"
    return Reason("share_new", reached / max(looks, 1), 0.0, "share", text)
