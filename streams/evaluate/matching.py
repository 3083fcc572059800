"""Which alerts find which campaigns.

A revision of an alert *finds* a campaign if it is live and of medium severity or more, of
the pattern's family, raised or updated between the campaign's start and a day after its
end, names one of its actors or subjects, and, if the campaign is about certain subjects and
the alert names subjects, names one of them. It *touches* a campaign if it names one of its
actors or subjects in that time, whatever its family: the people are right, the finding is
not. Ids are unique within their tenant only, so an alert about other tenants than the
campaign's names nobody of it.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from detectors.alerts import Alert, Mode, PatternCode, Severity

from .records import Campaign, moment

GRACE = timedelta(days=1)
"""How long after a campaign's end an alert still finds it."""

FAMILIES = MappingProxyType(
    {
        PatternCode.BULK_SCRAPING: "scraping",
        PatternCode.DISTRIBUTED_SCRAPING: "scraping",
        PatternCode.PERSISTENT_STALKING: "stalking",
        PatternCode.COORDINATED_STALKING: "stalking",
        PatternCode.SUBJECT_PILE_ON: "stalking",
        PatternCode.CASE_LAUNDERING: "stalking",
        PatternCode.PROBE_HILL_CLIMBING: "probing",
        PatternCode.CREDENTIAL_SHARING: "credential",
        # Says that something is unusual, not what: a family of its own.
        PatternCode.UNUSUAL_ACTIVITY: "unusual",
    }
)


@dataclass(frozen=True, slots=True)
class Revision:
    """One line of an alert file, with when it was made and whom it names.

    Attributes:
        alert: the alert as it then stood.
        moments: event times at which it was raised or updated. A later revision stands for
            its update alone: the severity that it reached then was not there when the alert
            was raised. The first line of an alert stands for its raising and for what it
            already knew, since a file may hold no more than the last revision.
        actors: pseudonyms, as written.
        subjects: pseudonyms, as written.
    """

    alert: Alert
    moments: tuple[datetime, ...]
    actors: frozenset[str]
    subjects: frozenset[str]

    @classmethod
    def of(cls, alert: Alert, *, first: bool) -> "Revision":
        """`first` says that no revision of the same alert came before in the file."""
        updated = datetime.fromisoformat(alert.last_event_time)
        raised = datetime.fromisoformat(alert.raised_event_time)
        entity = {alert.entity.id}
        return cls(
            alert=alert,
            moments=tuple(sorted({raised, updated})) if first else (updated,),
            actors=frozenset(alert.actors).union(entity if alert.entity.type == "actor" else ()),
            subjects=frozenset(alert.subjects).union(
                entity if alert.entity.type == "subject" else ()
            ),
        )

    @property
    def pages(self) -> bool:
        """Whether it is live and of medium severity or more."""
        return self.alert.mode is Mode.LIVE and self.alert.severity.rank >= Severity.MEDIUM.rank

    @property
    def tenants(self) -> frozenset[str]:
        """The tenants that it is about; none if it does not say."""
        own = () if self.alert.tenant_id is None else (self.alert.tenant_id,)
        return frozenset(self.alert.tenants).union(own)

    def moment_within(self, campaign: Campaign) -> datetime | None:
        """When it was first raised or updated from start to end + 1 day, both included."""
        start, end = moment(campaign.start), moment(campaign.end) + GRACE
        return next((at for at in self.moments if start <= at <= end), None)

    def names(self, campaign: Campaign) -> bool:
        """Whether one of the campaign's actors or subjects takes part."""
        tenants = self.tenants
        if tenants and campaign.tenants and tenants.isdisjoint(campaign.tenants):
            return False
        return not (
            self.actors.isdisjoint(campaign.actors) and self.subjects.isdisjoint(campaign.subjects)
        )

    def agrees_on_subjects(self, campaign: Campaign) -> bool:
        """Whether it names one of the campaign's subjects, if both name any."""
        if not campaign.subjects or not self.subjects:
            return True
        return not self.subjects.isdisjoint(campaign.subjects)

    def is_of_family(self, campaign: Campaign) -> bool:
        """Whether it says the kind of misuse that the campaign is."""
        return FAMILIES[self.alert.pattern] == FAMILIES[campaign.pattern]


class CampaignIndex:
    """Campaigns by whom they involve, so that an alert is not compared with all of them."""

    def __init__(self, campaigns: Iterable[Campaign]) -> None:
        self._by_actor: defaultdict[str, list[Campaign]] = defaultdict(list)
        self._by_subject: defaultdict[str, list[Campaign]] = defaultdict(list)
        for campaign in campaigns:
            for actor in campaign.actors:
                self._by_actor[actor].append(campaign)
            for subject in campaign.subjects:
                self._by_subject[subject].append(campaign)

    def named_by(self, revision: Revision) -> list[Campaign]:
        """The campaigns of which the revision names an actor or a subject."""
        candidates: dict[str, Campaign] = {}
        for actor in revision.actors & self._by_actor.keys():
            candidates.update((c.campaign_id, c) for c in self._by_actor[actor])
        for subject in revision.subjects & self._by_subject.keys():
            candidates.update((c.campaign_id, c) for c in self._by_subject[subject])
        return [c for _, c in sorted(candidates.items()) if revision.names(c)]

    def of_actor(self, tenant: str, actor: str) -> list[Campaign]:
        """The campaigns in which this actor of this tenant takes part."""
        return [c for c in self._by_actor.get(actor, ()) if not c.tenants or tenant in c.tenants]
