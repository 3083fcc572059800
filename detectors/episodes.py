"""Evidence becomes alerts: one episode per entity, updated as it grows, closed when quiet."""

import hashlib
from base64 import b32encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from .alerts import Alert, Entity, Mode, Reason, Severity, Status, rfc3339
from .calibration import Calibration, score
from .events import EventBatch
from .kernels.hashing import FREE
from .kernels.sketch import DENSE, SHORT, estimate, insert_all, release
from .lessons import Lesson
from .patterns import Figures, Pattern
from .shards.tables import Arrays, Pool, under
from .state.actors import DAY

Pseudonym = tuple[int, int]
PseudonymKind = Literal["actor", "subject", "case"]
Namer = Callable[[PseudonymKind, Pseudonym], str]
"""How a pseudonym is written outside the process."""

MOST_EVENT_IDS: Final = 20
MOST_NAMED: Final = 100
_COUNTED: Final = 400  # accounts of one episode, of whom the most involved are named
_GROWTH: Final = 2
"""An episode is published again when it has twice as many events, or is more severe."""


_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "actor": ("actor",),
    "pair": ("actor", "subject"),
    "case": ("actor", "case"),
    "subject": ("subject",),
    "cohort": (),
}
"""By which of an event's pseudonyms a kind of entity is known; a group by its own."""


class Episode(msgspec.Struct):
    """One entity's run of evidence for one pattern; `alert_id` is empty until it is raised.

    `actor`, `subject` and `case` are (0, 0) if the entity is not about one; `actors`,
    `subjects`, `tenants` and `galleries` count events by account, by person (pseudonyms in
    hexadecimal), tenant and gallery.
    `actor`, `subject` and `group` are (0, 0) if the entity is not one; `actors`, `tenants` and
    `galleries` count events by account (its pseudonym in hexadecimal), tenant and gallery.
    """

    actor: Pseudonym
    subject: Pseudonym
    actors: dict[str, int]
    tenants: dict[str, int]
    galleries: dict[str, int]
    first: int
    last: int
    sketch: int = FREE
    count: int = 0
    event_ids: list[str] = []
    best: float = 0.0
    raised: int = 0
    alert_id: str = ""
    revision: int = 0
    status: Status | None = None
    severity: Severity = Severity.LOW
    published_count: int = 0
    reasons: tuple[Reason, ...] = ()
    case: Pseudonym = (0, 0)
    subjects: dict[str, int] = {}
    group: Pseudonym = (0, 0)


class _Saved(msgspec.Struct):
    episodes: dict[str, Episode]
    ordinals: dict[str, int]


@dataclass(frozen=True, slots=True)
class Found:
    """A stretch's evidence for the book.

    Attributes:
        batch: the events.
        figures: what the shards say of them.
        evidence: nats per event, NaN where not judged.
        numbers: of the events with evidence worth keeping whose entities are this book's.
    """

    batch: EventBatch
    figures: Figures
    evidence: NDArray[np.float64]
    numbers: NDArray[np.intp]


class EpisodeBook:
    """The episodes of one pattern on one shard.

    Attributes:
        calibration: what the evidence is worth from now on.
        lesson: what verdicts say of alerts that are published from now on.

    Args:
        pattern: whose evidence it takes.
        calibration: what the evidence is worth to begin with.
        config_hash: goes into the alerts.
        name_of: writes pseudonyms.
    """

    def __init__(
        self, pattern: Pattern, calibration: Calibration, config_hash: str, name_of: Namer
    ) -> None:
        self.pattern = pattern
        self.calibration = calibration
        self.config_hash = config_hash
        self.name_of = name_of
        self.lesson = Lesson()
        self.episodes: dict[str, Episode] = {}
        self.ordinals: dict[str, int] = {}
        self.short = Pool(SHORT)
        self.dense = Pool(DENSE)

    def observe(self, found: Found) -> list[tuple[int, Alert]]:
        """Take a stretch's evidence in.

        Returns:
            Alerts, each with the number of the event in the batch that made it.
        """
        alerts: list[tuple[int, Alert]] = []
        for numbers in self._by_entity(found):
            key = self._key(found, numbers[0])
            episode = self.episodes.get(key)
            if episode is None:
                episode = self.episodes[key] = self._begin(found, numbers[0])
            alerts.extend(self._grow(key, episode, numbers, found))
        return alerts

    def advance(self, today: int) -> list[Alert]:
        """Close episodes that have been quiet, forget those long closed or never raised."""
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

    def _by_entity(self, found: Found) -> Iterator[NDArray[np.intp]]:
        """Numbers of the events, entity by entity, in order."""
        rows, kept = found.batch.rows, found.numbers
        if len(kept) == 0:
            return
        parts = [rows[column][kept] for column in _KEYS[self.pattern.entity]]
        keys = np.concatenate(parts or [found.figures.groups["key"][kept]], axis=1)
        _, where = np.unique(keys, axis=0, return_inverse=True)
        order = np.argsort(where.reshape(-1), kind="stable")
        ends = np.flatnonzero(np.diff(where.reshape(-1)[order])) + 1
        yield from np.split(kept[order], ends)

    def _key(self, found: Found, number: np.intp) -> str:
        row = found.batch.rows[number]
        parts = [row[column] for column in _KEYS[self.pattern.entity]]
        return "".join(map(_written, parts or [found.figures.groups["key"][number]]))

    def _begin(self, found: Found, number: np.intp) -> Episode:
        row = found.batch.rows[number]
        about = _KEYS[self.pattern.entity]
        actor, subject, case = (
            row[column] if column in about else (0, 0) for column in ("actor", "subject", "case")
        )
        group = (0, 0) if about else found.figures.groups["key"][number]
        return Episode(
            group=(int(group[0]), int(group[1])),
            actor=(int(actor[0]), int(actor[1])),
            subject=(int(subject[0]), int(subject[1])),
            actors={},
            tenants={},
            galleries={},
            first=int(row["time"]),
            last=int(row["time"]),
            event_ids=[],
            case=(int(case[0]), int(case[1])),
        )

    def _grow(
        self, key: str, episode: Episode, numbers: NDArray[np.intp], found: Found
    ) -> Iterator[tuple[int, Alert]]:
        """Add events up to each that is worth an alert, then the rest."""
        start = 0
        while (at := self._next_alert(episode, found.evidence[numbers[start:]])) is not None:
            stop = start + at + 1
            self._absorb(episode, numbers[start:stop], found)
            number = int(numbers[stop - 1])
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
            yield number, self._publish(episode, status)
            start = stop
        self._absorb(episode, numbers[start:], found)

    def _next_alert(self, episode: Episode, evidence: NDArray[np.float64]) -> int | None:
        """How many events on there is one that opens, reopens or changes the episode enough."""
        if len(evidence) == 0:
            return None
        if not episode.alert_id or episode.status is Status.CLOSED:
            worth = evidence >= self.calibration.threshold
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
        self._involve(episode, numbers, batch)
        offsets = batch.exposed_offsets
        returned = [batch.exposed[offsets[n] : offsets[n + 1]] for n in numbers]
        identities = np.concatenate([*returned, batch.rows["subject"][numbers, 0]])
        episode.sketch = insert_all(
            episode.sketch, identities[identities != 0], self.short.view(1), self.dense.view(1)
        )

    def _involve(self, episode: Episode, numbers: NDArray[np.intp], batch: EventBatch) -> None:
        """Count whose events they are, at which tenants, in which galleries."""
        for row in batch.rows[numbers]:
            if "actor" not in _KEYS[self.pattern.entity]:
                _count(episode.actors, _written(row["actor"]))
            if "case" in _KEYS[self.pattern.entity] and row["subject"][0] != 0:
                _count(episode.subjects, _written(row["subject"]))
            _count(episode.tenants, batch.names[int(row["tenant"])])
            _count(episode.galleries, batch.names.get(int(row["gallery"]), ""))
        if len(episode.actors) > _COUNTED:
            episode.actors = dict(_most(episode.actors)[: _COUNTED // 2])
        if len(episode.subjects) > _COUNTED:
            episode.subjects = dict(_most(episode.subjects)[: _COUNTED // 2])

    def _raise(self, key: str, episode: Episode, time: int) -> None:
        ordinal = self.ordinals.get(key, 0)
        self.ordinals[key] = ordinal + 1
        # An account is its tenant's; a person may be known to several.
        scope = "" if self.pattern.entity == "subject" else next(iter(episode.tenants))
        episode.alert_id = _digest(self.pattern.code, scope, key, str(ordinal))
        episode.raised = time

    def _forget(self, key: str, episode: Episode) -> None:
        release(episode.sketch, self.short.view(0), self.dense.view(0))
        del self.episodes[key]

    def _publish(self, episode: Episode, status: Status) -> Alert:
        episode.status = status
        episode.revision += 1
        episode.published_count = episode.count
        rarity = self.calibration.rarity(episode.best)
        tenants = tuple(name for name, _ in _most(episode.tenants))
        galleries = [name for name, _ in _most(episode.galleries) if name]
        actors, subjects = self._named(episode)
        of_one_account = self.pattern.entity in {"pair", "case"}
        tenant = tenants[0] if len(tenants) == 1 else None
        lift = self.lesson.lift(self.pattern.code, tenant, episode.reasons)
        return Alert(
            alert_id=episode.alert_id,
            revision=episode.revision,
            pattern=self.pattern.code,
            status=status,
            mode=Mode.SHADOW if self.pattern.shadow else Mode.LIVE,
            severity=episode.severity,
            score=score(rarity, lift),
            rarity=rarity,
            tenant_id=tenant,
            tenants=tenants[:MOST_NAMED],
            gallery_id=galleries[0] if len(galleries) == 1 else None,
            entity=Entity(self.pattern.entity, self._entity(episode)),
            actors=actors,
            subjects=subjects,
            campaign_id=_digest("campaign", tenants[0], actors[0]) if of_one_account else None,
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

    def _named(self, episode: Episode) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Accounts, the most involved first, and persons."""
        actors = [episode.actor]
        if episode.actor == (0, 0):
            actors = _most_involved(episode.actors)
        subjects = [episode.subject]
        if episode.subject == (0, 0):
            subjects = _most_involved(episode.subjects)
        return (
            tuple(self.name_of("actor", actor) for actor in actors),
            tuple(self.name_of("subject", subject) for subject in subjects),
        )

    def _entity(self, episode: Episode) -> str:
        """What the alert is about; a case by itself, since the account is named beside it."""
        if self.pattern.entity == "case":
            return self.name_of("case", episode.case)
        parts: dict[PseudonymKind, Pseudonym] = {
            "actor": episode.actor,
            "subject": episode.subject,
        }
        about = _KEYS[self.pattern.entity]
        if not about:
            return group_id(episode.group)
        return "+".join(self.name_of(kind, part) for kind, part in parts.items() if kind in about)

    def arrays(self) -> Arrays:
        """What a snapshot keeps."""
        saved = msgspec.msgpack.encode(_Saved(self.episodes, self.ordinals))
        kept: Arrays = {"episodes": np.frombuffer(saved, np.uint8)}
        for name, pool in (("short", self.short), ("dense", self.dense)):
            kept |= {f"{name}.{key}": array for key, array in pool.arrays().items()}
        return kept

    def load(self, kept: Arrays) -> None:
        """Take a snapshot's arrays over."""
        saved = msgspec.msgpack.decode(kept["episodes"].tobytes(), type=_Saved)
        self.episodes, self.ordinals = saved.episodes, saved.ordinals
        self.short.load(under(kept, "short"))
        self.dense.load(under(kept, "dense"))


def group_id(key: Sequence[int]) -> str:
    """How a group is written outside the process: its key is a hash of pseudonyms."""
    return _digest("group", *(str(int(half)) for half in key))


def _written(pseudonym: Sequence[int]) -> str:
    return f"{pseudonym[0]:016x}{pseudonym[1]:016x}"


def _count(counts: dict[str, int], name: str) -> None:
    counts[name] = counts.get(name, 0) + 1


def _most(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """The largest counts first; of equal ones in order of their names."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _most_involved(counts: Mapping[str, int]) -> list[Pseudonym]:
    """The pseudonyms behind the largest counts."""
    return [(int(key[:16], 16), int(key[16:], 16)) for key, _ in _most(counts)[:MOST_NAMED]]


def _digest(*parts: str) -> str:
    """A short id that is a function of `parts` alone (128 bits)."""
    digest = hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).digest()
    return b32encode(digest).decode().rstrip("=").lower()
