"""Evidence becomes alerts: one episode per entity, updated as it grows, closed when quiet."""

from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from .alerts import Alert, Entity, Mode, Severity, Status, Told, rfc3339
from .calibration import Calibration, score
from .entities import (
    LEAST_COMPANY,
    MOST_NAMED,
    Episode,
    Found,
    Namer,
    begin,
    by_entity,
    campaign_of,
    company,
    digest,
    entity_id,
    involve,
    key_of,
    most,
    named,
)
from .kernels.sketch import DENSE, SHORT, estimate, insert_all, release
from .lessons import Lesson
from .modes import Modes
from .patterns import Pattern
from .shards.tables import Arrays, Pool, under
from .state.actors import DAY
from .tails import Reach, faded, law_of

PLAIN: Final = Modes()
"""Every pattern as its own settings say."""

MOST_EVENT_IDS: Final = 20
_GROWTH: Final = 2
"""An episode is published again when it has twice as many events, or is more severe."""


class _Saved(msgspec.Struct):
    episodes: dict[str, Episode]
    ordinals: dict[str, int]
    reached: dict[int, Reach]


class EpisodeBook:
    """The episodes of one pattern on one shard.

    Attributes:
        calibration: what the evidence is worth from now on.
        lesson: what verdicts say of alerts that are published from now on.
        law: where its episodes are counted for their tenants.
        reached: episodes that have come near an alert, by tenant, fading by the day.

    Args:
        pattern: whose evidence it takes.
        calibration: what the evidence is worth to begin with.
        config_hash: goes into the alerts.
        name_of: writes pseudonyms.
        modes: which alerts page.
    """

    def __init__(
        self,
        pattern: Pattern,
        calibration: Calibration,
        config_hash: str,
        name_of: Namer,
        modes: Modes = PLAIN,
    ) -> None:
        self.pattern = pattern
        self.calibration = calibration
        self.config_hash = config_hash
        self.name_of = name_of
        self.modes = modes
        self.lesson = Lesson()
        self.episodes: dict[str, Episode] = {}
        self.ordinals: dict[str, int] = {}
        self.reached: dict[int, Reach] = {}
        self.law = law_of(pattern, calibration.allowed / pattern.budget_share)
        self.short = Pool(SHORT)
        self.dense = Pool(DENSE)

    def observe(self, found: Found) -> list[tuple[int, Told]]:
        """Take a stretch's evidence in.

        Returns:
            Revisions, each with the number of the event in the batch that made it.
        """
        alerts: list[tuple[int, Told]] = []
        for numbers in by_entity(self.pattern.entity, found):
            key = key_of(self.pattern.entity, found, numbers[0])
            episode = self.episodes.get(key)
            if episode is None:
                episode = self.episodes[key] = begin(self.pattern.entity, found, numbers[0])
            alerts.extend(self._grow(key, episode, numbers, found))
        return alerts

    def advance(self, today: int) -> list[Alert]:
        """Close episodes that have been quiet, forget those long closed or never raised."""
        self.reached = faded(self.reached)
        alerts = []
        for key, episode in list(self.episodes.items()):
            quiet = today - episode.last // DAY
            if episode.status is None:
                if quiet > self.pattern.quiet_days:
                    self._forget(key, episode)
            elif episode.status is not Status.CLOSED:
                if quiet > self.pattern.quiet_days:
                    alerts.append(self._publish(episode, Status.CLOSED))
            elif quiet > self.pattern.memory_days:
                self._forget(key, episode)
        return sorted(alerts, key=lambda alert: alert.alert_id)

    def _grow(
        self, key: str, episode: Episode, numbers: NDArray[np.intp], found: Found
    ) -> Iterator[tuple[int, Told]]:
        """Add events up to each that is worth an alert, then the rest."""
        start = 0
        while (at := self._next_alert(episode, numbers[start:], found)) is not None:
            stop = start + at + 1
            self._absorb(episode, numbers[start:stop], found)
            number = int(numbers[stop - 1])
            least = episode.severity.rank + 1 if episode.alert_id else 0
            if not episode.alert_id:
                self._raise(key, episode, int(found.batch.rows["time"][number]))
                status = Status.OPEN
            else:
                status = Status.REOPENED if episode.status is Status.CLOSED else Status.UPDATED
            figures = found.figures.at(np.array([number]))
            episode.reasons = self.pattern.reasons(figures)
            episode.severity = max(
                episode.severity,
                min(
                    self.calibration.severity(episode.best),
                    self.pattern.most_severe(figures),
                    key=lambda severity: severity.rank,
                ),
                key=lambda severity: severity.rank,
            )
            reached = list(Severity)[least : episode.severity.rank + 1]
            yield number, Told(self._publish(episode, status), (*reached,))
            start = stop
        self._absorb(episode, numbers[start:], found)

    def _next_alert(self, episode: Episode, numbers: NDArray[np.intp], found: Found) -> int | None:
        """How many events on there is one that opens, reopens or changes the episode enough."""
        if len(numbers) == 0:
            return None
        evidence = found.evidence[numbers]
        if not episode.alert_id or episode.status is Status.CLOSED:
            worth = evidence >= self.calibration.threshold
            if self.pattern.entity == "cohort":
                worth &= company(episode, numbers, found.batch) >= LEAST_COMPANY
        else:
            counts = episode.count + 1 + np.arange(len(evidence))
            worth = counts >= _GROWTH * episode.published_count
            higher = self._next_severity(episode)
            if higher is not None:
                worth |= evidence >= self.calibration.evidence_for(higher)
        at = int(np.argmax(worth))
        return at if worth[at] else None

    def _next_severity(self, episode: Episode) -> Severity | None:
        reached = self.calibration.severity(episode.best).rank + 1
        return list(Severity)[reached] if reached < len(Severity) else None

    def _absorb(self, episode: Episode, numbers: NDArray[np.intp], found: Found) -> None:
        if len(numbers) == 0:
            return
        batch = found.batch
        times = batch.rows["time"][numbers]
        episode.first = min(episode.first, int(times.min()))
        episode.last = max(episode.last, int(times.max()))
        episode.count += len(numbers)
        episode.best = max(episode.best, float(found.evidence[numbers].max()))
        room = MOST_EVENT_IDS - len(episode.event_ids)
        episode.event_ids += [batch.event_ids[number] for number in numbers[:room]]
        involve(self.pattern.entity, episode, numbers, batch)
        self._look_at_tail(episode, numbers, found)
        offsets = batch.exposed_offsets
        returned = [batch.exposed[offsets[n] : offsets[n + 1]] for n in numbers]
        identities = np.concatenate([*returned, batch.rows["subject"][numbers, 0]])
        episode.sketch = insert_all(
            episode.sketch, identities[identities != 0], self.short.view(1), self.dense.view(1)
        )

    def _look_at_tail(self, episode: Episode, numbers: NDArray[np.intp], found: Found) -> None:
        """Count for its tenant how near to an alert an episode comes, whatever that is worth."""
        now = float(found.plain[numbers].max()) - self.law.mark
        if now > max(episode.beyond, 0.0) or now >= 0.0 > episode.beyond:
            tenant = int(found.batch.rows["tenant"][numbers[0]])
            before = self._furthest(episode)
            if now > before:
                reach = self.reached.setdefault(tenant, Reach())
                reach.note(before, now, self.law.most)
            episode.beyond = now

    def _furthest(self, episode: Episode) -> float:
        """How far beyond the mark its cause has come: groups of a gallery share their accounts."""
        if episode.group == (0, 0):
            return episode.beyond
        return max(
            other.beyond
            for other in self.episodes.values()
            if other.galleries.keys() == episode.galleries.keys()
            and other.tenants.keys() == episode.tenants.keys()
        )

    def _raise(self, key: str, episode: Episode, time: int) -> None:
        ordinal = self.ordinals.get(key, 0)
        self.ordinals[key] = ordinal + 1
        # An account is its tenant's; a person may be known to several.
        scope = "" if self.pattern.entity == "subject" else next(iter(episode.tenants))
        episode.alert_id = digest(self.pattern.code, scope, key, str(ordinal))
        episode.raised = time

    def _forget(self, key: str, episode: Episode) -> None:
        release(episode.sketch, self.short.view(0), self.dense.view(0))
        del self.episodes[key]

    def _publish(self, episode: Episode, status: Status) -> Alert:
        episode.status = status
        # A pattern may go into the shadow while people follow what it has told.
        tenants = tuple(name for name, _ in most(episode.tenants))
        episode.live |= self.modes.of(self.pattern, tenants) is Mode.LIVE
        episode.revision += 1
        episode.published_count = episode.count
        rarity = self.calibration.rarity(episode.best)
        tenants = tuple(name for name, _ in most(episode.tenants))
        galleries = [name for name, _ in most(episode.galleries) if name]
        actors, subjects = named(episode, self.name_of)
        kind = self.pattern.entity
        entity = entity_id(kind, episode, self.name_of)
        tenant = tenants[0] if len(tenants) == 1 else None
        lift = self.lesson.lift(self.pattern.code, tenant, episode.reasons)
        return Alert(
            alert_id=episode.alert_id,
            revision=episode.revision,
            pattern=self.pattern.code,
            status=status,
            mode=Mode.LIVE if episode.live else Mode.SHADOW,
            severity=episode.severity,
            score=score(rarity, lift),
            rarity=rarity,
            tenant_id=tenant,
            tenants=tenants[:MOST_NAMED],
            gallery_id=galleries[0] if len(galleries) == 1 else None,
            entity=Entity(kind, entity),
            actors=actors,
            subjects=subjects,
            campaign_id=campaign_of(kind, tenants[0], entity, actors),
            first_event_time=rfc3339(episode.first),
            last_event_time=rfc3339(episode.last),
            raised_event_time=rfc3339(episode.raised),
            event_count=episode.count,
            subjects_exposed=round(
                estimate(episode.sketch, self.short.view(0), self.dense.view(0))
            ),
            reasons=episode.reasons,
            event_ids=tuple(episode.event_ids),
            config_hash=self.config_hash,
            taxonomy=self.pattern.taxonomy,
        )

    def arrays(self) -> Arrays:
        """What a snapshot keeps."""
        saved = msgspec.msgpack.encode(_Saved(self.episodes, self.ordinals, self.reached))
        kept: Arrays = {"episodes": np.frombuffer(saved, np.uint8)}
        for name, pool in (("short", self.short), ("dense", self.dense)):
            kept |= {f"{name}.{key}": array for key, array in pool.arrays().items()}
        return kept

    def load(self, kept: Arrays) -> None:
        """Take a snapshot's arrays over."""
        saved = msgspec.msgpack.decode(kept["episodes"].tobytes(), type=_Saved)
        self.episodes, self.ordinals = saved.episodes, saved.ordinals
        self.reached = saved.reached
        self.short.load(under(kept, "short"))
        self.dense.load(under(kept, "dense"))
