"""Two runs over the same log, two configurations say: what both find, and what only one does.

No labels are needed: somebody who changes a setting reads the alerts that come and go. An alert
of one run is *in the other* if that has one of the same pattern about the same entity, and the
two episodes overlap in time. Alert ids are not compared: an episode that only one run has lets
the entity's later ones be counted otherwise.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import msgspec

from detectors.alerts import Alert, Entity, PatternCode, Severity

from .figures import FalseRate, Figures, figures
from .matching import Revision
from .outcome import CampaignOutcome, Evaluation

Key = tuple[str, str, str, str]
Extent = tuple[datetime, datetime]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that one run has and the other has not, in short."""

    alert_id: str
    pattern: PatternCode
    tenant_id: str | None
    entity: Entity
    severity: Severity
    rarity: float
    raised_event_time: str
    event_count: int
    why: str
    event_ids: tuple[str, ...]

    @classmethod
    def of(cls, alert: Alert) -> "Finding":
        """The alert without what a reader can look up."""
        return cls(
            alert_id=alert.alert_id,
            pattern=alert.pattern,
            tenant_id=alert.tenant_id,
            entity=alert.entity,
            severity=alert.severity,
            rarity=alert.rarity,
            raised_event_time=alert.raised_event_time,
            event_count=alert.event_count,
            why=alert.reasons[0].text if alert.reasons else "",
            event_ids=alert.event_ids,
        )


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts of one pattern, or of all (None), in both runs.

    Attributes:
        before: alerts of the first run.
        after: alerts of the second run.
        gone: of the first, those that are not in the second.
        new: of the second, those that are not in the first.
        sooner: of the second, those that are in both and are raised sooner now.
        later: likewise, raised later.
        overlap: share of all alerts, of both runs, that are in the other; None without any.
    """

    pattern: PatternCode | None
    before: int
    after: int
    gone: int
    new: int
    sooner: int
    later: int
    overlap: float | None


class Detected(msgspec.Struct, frozen=True, kw_only=True):
    """Campaigns of one pattern, or of all (None), that are found in both runs; by their ids."""

    pattern: PatternCode | None
    campaigns: int
    before: int
    after: int
    no_longer_found: tuple[str, ...]
    newly_found: tuple[str, ...]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What labels add: campaigns found, and false alerts of the first and the second run."""

    detection: tuple[Detected, ...]
    false_before: FalseRate
    false_after: FalseRate


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """All that a comparison says; its JSON is `probewatch.comparison.v1`.

    Attributes:
        config_hash_before: the configurations that made the first run's alerts; one as a rule.
        config_hash_after: the second run's.
        differences: all patterns together, then each that has an alert.
        gone: alerts of the first run alone, the rarest first.
        new: alerts of the second run alone, the rarest first.
        judged: by labels; None without any.
    """

    schema: str = "probewatch.comparison.v1"
    config_hash_before: tuple[str, ...]
    config_hash_after: tuple[str, ...]
    differences: tuple[Difference, ...]
    gone: tuple[Finding, ...]
    new: tuple[Finding, ...]
    judged: Judged | None = None


@dataclass(frozen=True)
class _Run:
    """The alerts of a run that paged somebody, as they stood at the end."""

    alerts: tuple[Alert, ...]

    @classmethod
    def of(cls, revisions: Iterable[Alert]) -> "_Run":
        last = {alert.alert_id: alert for alert in revisions}
        paging = (alert for alert in last.values() if Revision.of(alert, first=False).pages)
        return cls(tuple(sorted(paging, key=lambda alert: (alert.rarity, alert.alert_id))))

    @cached_property
    def by_entity(self) -> Mapping[Key, Sequence[Alert]]:
        found: defaultdict[Key, list[Alert]] = defaultdict(list)
        for alert in self.alerts:
            found[_key(alert)].append(alert)
        return found

    def same(self, alert: Alert) -> Alert | None:
        """The first of this run's alerts that is in its place here, if there is one."""
        start, end = _extent(alert)
        fitting = [
            other
            for other in self.by_entity.get(_key(alert), ())
            if _extent(other)[0] <= end and start <= _extent(other)[1]
        ]
        return min(fitting, key=_raised, default=None)


def compare(before: Iterable[Alert], after: Iterable[Alert]) -> Comparison:
    """Compare two runs over the same log.

    Args:
        before: every revision of the first run's alerts, in the order written.
        after: the second run's.
    """
    first, second = _Run.of(before), _Run.of(after)
    gone = [alert for alert in first.alerts if second.same(alert) is None]
    new = [alert for alert in second.alerts if first.same(alert) is None]
    moved = Counter(
        (alert.pattern, _raised(alert) < _raised(earlier))
        for alert in second.alerts
        if (earlier := first.same(alert)) is not None and _raised(alert) != _raised(earlier)
    )
    counts = [Counter(a.pattern for a in part) for part in (first.alerts, second.alerts, gone, new)]
    patterns = [code for code in PatternCode if counts[0][code] or counts[1][code]]
    return Comparison(
        config_hash_before=_hashes(first),
        config_hash_after=_hashes(second),
        differences=tuple(
            _difference(code, counts, moved, [code] if code else patterns)
            for code in (None, *patterns)
        ),
        gone=tuple(map(Finding.of, gone)),
        new=tuple(map(Finding.of, new)),
    )


def judged(before: Evaluation, after: Evaluation) -> Judged:
    """Compare two runs by what they find of the same labels."""
    pairs = [
        (one, other)
        for one, other in zip(before.campaigns, after.campaigns, strict=True)
        if not one.ambiguous
    ]
    patterns = [code for code in PatternCode if any(one.pattern is code for one, _ in pairs)]
    return Judged(
        detection=tuple(
            _detected(code, [pair for pair in pairs if code in (None, pair[0].pattern)])
            for code in (None, *patterns)
        ),
        false_before=_of_all(figures(before)),
        false_after=_of_all(figures(after)),
    )


def _difference(
    pattern: PatternCode | None,
    counts: Sequence[Counter[PatternCode]],
    moved: Counter[tuple[PatternCode, bool]],
    of: Sequence[PatternCode],
) -> Difference:
    before, after, gone, new = (sum(count[code] for code in of) for count in counts)
    total = before + after
    return Difference(
        pattern=pattern,
        before=before,
        after=after,
        gone=gone,
        new=new,
        sooner=sum(moved[code, True] for code in of),
        later=sum(moved[code, False] for code in of),
        overlap=1 - (gone + new) / total if total else None,
    )


def _detected(
    pattern: PatternCode | None, pairs: Sequence[tuple[CampaignOutcome, CampaignOutcome]]
) -> Detected:
    found = [(one.campaign_id, bool(one.found_at), bool(other.found_at)) for one, other in pairs]
    return Detected(
        pattern=pattern,
        campaigns=len(found),
        before=sum(before for _, before, _ in found),
        after=sum(after for _, _, after in found),
        no_longer_found=tuple(name for name, before, after in found if before and not after),
        newly_found=tuple(name for name, before, after in found if after and not before),
    )


def _of_all(judgement: Figures) -> FalseRate:
    return judgement.false_alerts[0]


def _hashes(run: _Run) -> tuple[str, ...]:
    return tuple(sorted({alert.config_hash for alert in run.alerts}))


def _key(alert: Alert) -> Key:
    return alert.pattern, alert.tenant_id or "", alert.entity.type, alert.entity.id


def _extent(alert: Alert) -> Extent:
    return (
        datetime.fromisoformat(alert.first_event_time),
        datetime.fromisoformat(alert.last_event_time),
    )


def _raised(alert: Alert) -> datetime:
    return datetime.fromisoformat(alert.raised_event_time)
