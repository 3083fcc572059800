"""How far misuse had gone when it was found, and how often look-alikes were there to be mistaken.

Deadlines for stalking are about the person whom the alert names, while an evaluation counts
the searches of a whole campaign, which may be about several people.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from detectors.alerts import Alert, PatternCode
from streams.evaluate import Evaluation, Labels
from streams.evaluate.matching import Revision
from streams.evaluate.records import Campaign, Difficulty, Group, Search, moment


class Delay(msgspec.Struct, frozen=True, kw_only=True):
    """What a campaign had done up to its first alert, that search included.

    Attributes:
        searches: of the campaign; None if it was missed.
        of_person: its searches that showed a person whom the alert names; None if it was
            missed or is about nobody in particular.
        days: UTC days with such a search, likewise.
    """

    campaign_id: str
    pattern: PatternCode
    difficulty: Difficulty
    searches: int | None
    of_person: int | None
    days: int | None


class Deadline(NamedTuple):
    """When misuse should be found: what for, how it is written, and whether it was kept."""

    pattern: PatternCode
    difficulties: tuple[Difficulty, ...]
    text: str
    kept: Callable[[Delay], bool]


def at_most(count: int | None, limit: int) -> bool:
    """Whether there is a count, and within the limit."""
    return count is not None and count <= limit


DEADLINES = (
    # The simulator's blatant and moderate scrapers search at ten times their own rate or more.
    Deadline(
        PatternCode.BULK_SCRAPING,
        ("blatant", "moderate"),
        "15 searches",
        lambda delay: at_most(delay.searches, 15),
    ),
    Deadline(
        PatternCode.BULK_SCRAPING,
        ("blatant", "moderate"),
        "60 searches",
        lambda delay: at_most(delay.searches, 60),
    ),
    Deadline(
        PatternCode.PERSISTENT_STALKING,
        ("blatant", "moderate", "stealthy"),
        "10 searches of the person or 3 active days, the later",
        lambda delay: at_most(delay.of_person, 10) or at_most(delay.days, 3),
    ),
)


def delays(
    evaluation: Evaluation, truth: Labels, alerts: Sequence[Alert], searches: Iterable[Search]
) -> tuple[Delay, ...]:
    """The delay of every campaign that is not ambiguous.

    Args:
        evaluation: of one run, by its log.
        truth: its labels.
        alerts: every revision, in the order written.
        searches: the log.
    """
    outcomes = {o.campaign_id: o for o in evaluation.campaigns if not o.ambiguous}
    people = _people_named(truth.campaigns, alerts, evaluation)
    about = _by_event(campaign for campaign in truth.campaigns if campaign.campaign_id in people)
    shown: Counter[str] = Counter()
    days: defaultdict[str, set[int]] = defaultdict(set)
    for search in searches:
        for campaign in about.get((search.tenant_id, search.event_id), ()):
            key, at = campaign.campaign_id, moment(search.event_time)
            found_at = outcomes[key].found_at if key in outcomes else None
            if found_at and at <= found_at and search.subject_id in people[key]:
                shown[key] += 1
                days[key].add(at.toordinal())
    return tuple(
        Delay(
            campaign_id=key,
            pattern=outcome.pattern,
            difficulty=outcome.difficulty,
            searches=outcome.searches,
            of_person=shown[key] if key in people else None,
            days=len(days[key]) if key in people else None,
        )
        for key, outcome in outcomes.items()
    )


def _people_named(
    campaigns: Iterable[Campaign], alerts: Sequence[Alert], evaluation: Evaluation
) -> Mapping[str, frozenset[str]]:
    """By campaign that was found: whom of its subjects the alert that found it names."""
    seen: set[str] = set()
    revisions = []
    for alert in alerts:
        revisions.append(Revision.of(alert, first=alert.alert_id not in seen))
        seen.add(alert.alert_id)
    found_at = {outcome.campaign_id: outcome.found_at for outcome in evaluation.campaigns}
    people = {}
    for campaign in campaigns:
        first = found_at[campaign.campaign_id]
        if first is None or not campaign.subjects:
            continue
        named = [
            revision.subjects & campaign.subjects
            for revision in revisions
            if revision.moment_within(campaign) == first and _finds(revision, campaign)
        ]
        # An alert that names nobody is about all of them.
        people[campaign.campaign_id] = frozenset().union(*named) or campaign.subjects
    return people


def _finds(revision: Revision, campaign: Campaign) -> bool:
    return (
        revision.pages
        and revision.is_of_family(campaign)
        and revision.names(campaign)
        and revision.agrees_on_subjects(campaign)
    )


def _by_event(campaigns: Iterable[Campaign]) -> Mapping[tuple[str, str], list[Campaign]]:
    about: defaultdict[tuple[str, str], list[Campaign]] = defaultdict(list)
    for campaign in campaigns:
        for event_id in campaign.event_ids:
            for tenant in campaign.tenants:
                about[tenant, event_id].append(campaign)
    return about


def group_days(searches: Iterable[Search], groups: Iterable[Group]) -> dict[str, int]:
    """Days on which an actor of each look-alike group searched, summed over its actors."""
    names: defaultdict[str, list[str]] = defaultdict(list)
    days: dict[str, set[tuple[str, str, int]]] = {}
    for group in groups:
        days[group.name] = set()
        for actor in group.actors:
            names[actor].append(group.name)
    for search in searches:
        for name in names.get(search.actor_id, ()):
            day = moment(search.event_time).toordinal()
            days[name].add((search.tenant_id, search.actor_id, day))
    return {name: len(seen) for name, seen in days.items()}
