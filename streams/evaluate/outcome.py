"""What became of every campaign and every alert of a run; runs can be pooled."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import msgspec

from detectors.alerts import Alert, Entity, Mode, PatternCode

from .exposure import Exposure, trace
from .matching import CampaignIndex, Revision
from .records import Campaign, Difficulty, Group, Labels, Meta, Search

Basis = Literal["events", "labels", "estimate"]
"""Where actor-days come from: counted in the log, said by the labels, or actors times days."""

Fate = Literal["found", "beside", "ambiguous", "false", "low", "shadow"]
"""What an alert was worth: it found a campaign; it touched one without finding it; it is about
somebody labelled ambiguous; it is false; or it never paged anybody, being low or shadow."""


class CampaignOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one campaign. Figures up to its first alert are None if it was missed.

    Attributes:
        found_at: event time of its first alert.
        searches: its searches up to the first alert, that one's own included; without the
            log, up to the newest evidence that the alert names.
        identities: distinct people that these exposed; None if the log was not given.
        active_days: UTC days on which these were made; None if the log was not given.
        share_exposed: of the people that the whole campaign exposed, the share exposed before
            it was found; 1 if it was missed; None if nobody was, or the log was not given.
    """

    campaign_id: str
    pattern: PatternCode
    difficulty: Difficulty
    ambiguous: bool
    found_at: datetime | None = None
    searches: int | None = None
    identities: int | None = None
    active_days: int | None = None
    share_exposed: float | None = None


class FalseAlert(msgspec.Struct, frozen=True, kw_only=True):
    """One false alert: a pattern, an entity and a day, however many episodes it had."""

    pattern: PatternCode
    tenant_id: str | None
    entity: Entity
    day: str
    groups: tuple[str, ...]


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one run, or of several pooled.

    Attributes:
        campaigns: in the order of the labels.
        false_alerts: by day; see `FalseAlert` for what counts as one.
        fates: how many alerts (episodes) met which fate.
        actor_days: days on which an actor searched without misuse; None if unknown.
        basis: where `actor_days` comes from, the weakest of the pooled runs.
        runs: how many runs are pooled.
    """

    campaigns: tuple[CampaignOutcome, ...]
    false_alerts: tuple[FalseAlert, ...]
    fates: dict[Fate, int]
    actor_days: float | None
    basis: Basis
    runs: int = 1


@dataclass(slots=True)
class _Episode:
    """What is known of one alert after some of its revisions."""

    fates: set[Fate] = field(default_factory=set)
    first_page: Revision | None = None

    @property
    def fate(self) -> Fate:
        order: tuple[Fate, ...] = ("found", "beside", "ambiguous", "false", "low", "shadow")
        return next(fate for fate in order if fate in self.fates)


@dataclass(slots=True)
class _Find:
    """The first alert that found a campaign."""

    at: datetime
    evidence: tuple[str, ...]


def evaluate(
    alerts: Iterable[Alert], labels: Labels, searches: Iterable[Search] | None = None
) -> Evaluation:
    """Judge a run's alerts by the labels of the log that it judged.

    Args:
        alerts: every revision, in the order written.
        labels: the truth; ids written as in the alerts.
        searches: the log itself, which lets exposure and actor-days be counted.
    """
    index = CampaignIndex(labels.campaigns)
    episodes: dict[str, _Episode] = {}
    finds: dict[str, _Find] = {}
    for alert in alerts:
        revision = Revision.of(alert, first=alert.alert_id not in episodes)
        episode = episodes.setdefault(alert.alert_id, _Episode())
        episode.fates.add(_judge(revision, index, finds))
        if revision.pages and episode.first_page is None:
            episode.first_page = revision
    found_at = {campaign_id: find.at for campaign_id, find in finds.items()}
    if searches is None:
        outcomes = [_by_evidence(c, finds.get(c.campaign_id)) for c in labels.campaigns]
        actor_days, basis = _actor_days_of(labels.meta)
    else:
        exposures, actor_days = trace(searches, labels.campaigns, found_at)
        basis = "events"
        outcomes = [
            _by_exposure(c, exposures[c.campaign_id], found_at.get(c.campaign_id))
            for c in labels.campaigns
        ]
    return Evaluation(
        campaigns=tuple(outcomes),
        false_alerts=_false_alerts(episodes.values(), labels.groups),
        fates=dict(Counter(episode.fate for episode in episodes.values())),
        actor_days=actor_days,
        basis=basis,
    )


def pool(evaluations: Sequence[Evaluation]) -> Evaluation:
    """Several runs, of different seeds say, as one."""
    fates: Counter[Fate] = Counter()
    for evaluation in evaluations:
        fates.update(evaluation.fates)
    days = [evaluation.actor_days for evaluation in evaluations]
    order: tuple[Basis, ...] = ("estimate", "labels", "events")
    bases = {evaluation.basis for evaluation in evaluations}
    return Evaluation(
        campaigns=tuple(c for evaluation in evaluations for c in evaluation.campaigns),
        false_alerts=tuple(f for evaluation in evaluations for f in evaluation.false_alerts),
        fates=dict(fates),
        actor_days=None if None in days else sum(day for day in days if day is not None),
        basis=next((basis for basis in order if basis in bases), "estimate"),
        runs=sum(evaluation.runs for evaluation in evaluations),
    )


def _judge(revision: Revision, index: CampaignIndex, finds: dict[str, _Find]) -> Fate:
    """What this revision alone is worth; what it finds first goes into `finds`."""
    if not revision.pages:
        return "shadow" if revision.alert.mode is Mode.SHADOW else "low"
    fate: Fate = "false"
    for campaign in index.named_by(revision):
        at = revision.moment_within(campaign)
        finding = revision.is_of_family(campaign) and revision.agrees_on_subjects(campaign)
        if at is not None and finding:
            find = _Find(at, revision.alert.event_ids)
            finds[campaign.campaign_id] = min(
                finds.get(campaign.campaign_id, find), find, key=lambda f: f.at
            )
        if campaign.ambiguous:
            # No time bounds the doubt about a person.
            if fate == "false" and revision.agrees_on_subjects(campaign):
                fate = "ambiguous"
        elif at is not None:
            fate = "found" if finding or fate == "found" else "beside"
    return fate


def _by_exposure(
    campaign: Campaign, exposure: Exposure, found_at: datetime | None
) -> CampaignOutcome:
    outcome = _outcome(campaign, found_at)
    exposed = len(exposure.identities_in_all)
    before = len(exposure.identities) if found_at else exposed
    share = before / exposed if exposed else None
    if found_at is None:
        return msgspec.structs.replace(outcome, share_exposed=share)
    return msgspec.structs.replace(
        outcome,
        searches=exposure.searches,
        identities=len(exposure.identities),
        active_days=len(exposure.days),
        share_exposed=share,
    )


def _by_evidence(campaign: Campaign, find: _Find | None) -> CampaignOutcome:
    """Without the log, the alert's newest piece of evidence says how far the campaign was."""
    outcome = _outcome(campaign, find.at if find else None)
    if find is None:
        return outcome
    order = {event_id: number for number, event_id in enumerate(campaign.event_ids, start=1)}
    placed = [order[event_id] for event_id in find.evidence if event_id in order]
    return msgspec.structs.replace(outcome, searches=max(placed, default=None))


def _outcome(campaign: Campaign, found_at: datetime | None) -> CampaignOutcome:
    return CampaignOutcome(
        campaign_id=campaign.campaign_id,
        pattern=campaign.pattern,
        difficulty=campaign.difficulty,
        ambiguous=campaign.ambiguous,
        found_at=found_at,
    )


def _actor_days_of(meta: Meta) -> tuple[float | None, Basis]:
    said = meta.clean_actor_days if meta.clean_actor_days is not None else meta.actor_days
    if said is not None:
        return said, "labels"
    if meta.actors is None or meta.days is None:
        return None, "estimate"
    return meta.actors * meta.days, "estimate"


def _false_alerts(episodes: Iterable[_Episode], groups: Sequence[Group]) -> tuple[FalseAlert, ...]:
    """One per pattern, entity and UTC day on which a false episode first paged somebody."""
    found: dict[tuple[str, ...], FalseAlert] = {}
    for episode in episodes:
        revision = episode.first_page
        if episode.fate != "false" or revision is None:
            continue
        alert, day = revision.alert, revision.moments[0].date().isoformat()
        key = (alert.pattern, alert.tenant_id or "", alert.entity.type, alert.entity.id, day)
        found.setdefault(
            key,
            FalseAlert(
                pattern=alert.pattern,
                tenant_id=alert.tenant_id,
                entity=alert.entity,
                day=day,
                groups=_look_alikes(revision, groups),
            ),
        )
    return tuple(found[key] for key in sorted(found, key=lambda key: (key[-1], key)))


def _look_alikes(revision: Revision, groups: Sequence[Group]) -> tuple[str, ...]:
    """The groups of its actors or, if these are in none, of its subjects."""
    of_actors = [g.name for g in groups if not revision.actors.isdisjoint(g.actors)]
    of_subjects = [g.name for g in groups if not revision.subjects.isdisjoint(g.subjects)]
    return tuple(of_actors or of_subjects)
