"""What happened before an alert: searches made, people exposed, days; and clean actor-days."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .matching import GRACE, CampaignIndex
from .records import Campaign, Search, moment


@dataclass(slots=True)
class Exposure:
    """Running figures of one campaign: up to its first alert, and in all.

    The search that raised the alert counts as made before it.
    """

    searches: int = 0
    searches_in_all: int = 0
    identities: set[tuple[str, str]] = field(default_factory=set)
    identities_in_all: set[tuple[str, str]] = field(default_factory=set)
    days: set[int] = field(default_factory=set)

    def add(self, search: Search, at: datetime, found_at: datetime | None) -> None:
        """One more search of the campaign; `found_at` is its first alert, if there was one."""
        identities = search.identities()
        self.searches_in_all += 1
        self.identities_in_all |= identities
        if found_at is not None and at <= found_at:
            self.searches += 1
            self.identities |= identities
            self.days.add(at.toordinal())


def trace(
    searches: Iterable[Search], campaigns: Iterable[Campaign], found_at: Mapping[str, datetime]
) -> tuple[dict[str, Exposure], int]:
    """One pass over the log.

    Args:
        searches: the log, in any order.
        campaigns: labelled misuse, ambiguous or not.
        found_at: campaign_id to the event time of its first alert.

    Returns:
        The exposure of each campaign by campaign_id, and the clean actor-days: distinct
        actors and UTC days with a search on them, without the days on which the actor was
        in a campaign or less than a day past it (an alert cannot be false there).
    """
    campaigns = tuple(campaigns)
    index = CampaignIndex(campaigns)
    exposures = {campaign.campaign_id: Exposure() for campaign in campaigns}
    campaigns_of_event: defaultdict[str, list[Campaign]] = defaultdict(list)
    for campaign in campaigns:
        for event_id in campaign.event_ids:
            campaigns_of_event[event_id].append(campaign)
    actor_days: set[tuple[str, str, int]] = set()
    for search in searches:
        at = moment(search.event_time)
        for campaign in campaigns_of_event.get(search.event_id, ()):
            if not campaign.tenants or search.tenant_id in campaign.tenants:
                found = found_at.get(campaign.campaign_id)
                exposures[campaign.campaign_id].add(search, at, found)
        actor_days.add((search.tenant_id, search.actor_id, at.toordinal()))
    clean = sum(_is_clean(tenant, actor, day, index) for tenant, actor, day in actor_days)
    return exposures, clean


def _is_clean(tenant: str, actor: str, day: int, index: CampaignIndex) -> bool:
    return not any(
        moment(campaign.start).toordinal() <= day <= (moment(campaign.end) + GRACE).toordinal()
        for campaign in index.of_actor(tenant, actor)
    )
