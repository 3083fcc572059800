"""What an alert is about: the kinds of entity, and what an episode counts of one."""

import hashlib
from base64 import b32encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from .alerts import EntityType, Reason, Severity, Status
from .events import EventBatch
from .kernels.hashing import FREE
from .patterns import Figures

Pseudonym = tuple[int, int]
PseudonymKind = Literal["actor", "subject", "case"]
Namer = Callable[[PseudonymKind, Pseudonym], str]
"""How a pseudonym is written outside the process."""

MOST_NAMED: Final = 100
_COUNTED: Final = 400  # accounts of one episode, of whom the most involved are named

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

    `actor`, `subject`, `case` and `group` are (0, 0) if the entity is not about one; `actors`,
    `subjects`, `tenants` and `galleries` count events by account, by person (pseudonyms in
    hexadecimal), tenant and gallery. `live` once people were told of it: then they are to its end;
    `beyond` are the nats by which it has passed the mark at which its tenant's tail is counted.
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
    live: bool = False
    beyond: float = -1.0


@dataclass(frozen=True, slots=True)
class Found:
    """A stretch's evidence for the book.

    Attributes:
        batch: the events.
        figures: what the shards say of them.
        evidence: nats per event, NaN where not judged; what they are worth at the tenant.
        plain: the same before that was asked.
        numbers: of the events with evidence worth keeping whose entities are this book's.
    """

    batch: EventBatch
    figures: Figures
    evidence: NDArray[np.float64]
    plain: NDArray[np.float64]
    numbers: NDArray[np.intp]


def by_entity(kind: EntityType, found: Found) -> Iterator[NDArray[np.intp]]:
    """Numbers of the events, entity by entity, in order."""
    rows, kept = found.batch.rows, found.numbers
    parts = [rows[column][kept] for column in _KEYS[kind]]
    keys = np.concatenate(parts or [found.figures.groups["key"][kept]], axis=1)
    # Few events come this far: for them, numpy's sorting of rows is the slower way.
    numbers: dict[tuple[int, ...], list[int]] = {}
    for key, number in zip(keys.tolist(), kept.tolist(), strict=True):
        numbers.setdefault(tuple(key), []).append(number)
    for key in sorted(numbers):
        yield np.array(numbers[key], np.intp)


def key_of(kind: EntityType, found: Found, number: np.intp) -> str:
    """How the entity of an event is told from others of its kind."""
    row = found.batch.rows[number]
    parts = [row[column] for column in _KEYS[kind]]
    return "".join(map(_written, parts or [found.figures.groups["key"][number]]))


def begin(kind: EntityType, found: Found, number: np.intp) -> Episode:
    """An episode of an event's entity that nothing was added to."""
    row = found.batch.rows[number]
    about = _KEYS[kind]
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


def involve(
    kind: EntityType, episode: Episode, numbers: NDArray[np.intp], batch: EventBatch
) -> None:
    """Count whose events they are, at which tenants, in which galleries."""
    # `rows[numbers]` copies field by field, which takes 25 times as long.
    rows = batch.rows.take(numbers)
    if "actor" not in _KEYS[kind]:
        _count(episode.actors, map(_written, rows["actor"].tolist()))
    if "case" in _KEYS[kind]:
        known = rows["subject"][rows["subject"][:, 0] != 0]
        _count(episode.subjects, map(_written, known.tolist()))
    _count(episode.tenants, (batch.names[name] for name in rows["tenant"].tolist()))
    _count(episode.galleries, (batch.names.get(name, "") for name in rows["gallery"].tolist()))
    if len(episode.actors) > _COUNTED:
        episode.actors = dict(most(episode.actors)[: _COUNTED // 2])
    if len(episode.subjects) > _COUNTED:
        episode.subjects = dict(most(episode.subjects)[: _COUNTED // 2])


LEAST_COMPANY: Final = 3
"""Accounts with evidence that it takes until a group is one: fewer are no shared-out gallery."""


def company(episode: Episode, numbers: NDArray[np.intp], batch: EventBatch) -> NDArray[np.int64]:
    """How many accounts an episode has with each of some more events of it, in order."""
    written = map(_written, batch.rows["actor"][numbers].tolist())
    known = set(episode.actors)
    return np.array([len(known := known | {actor}) for actor in written], np.int64)


def named(episode: Episode, name_of: Namer) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Accounts, the most involved first, and persons."""
    actors = [episode.actor]
    if episode.actor == (0, 0):
        actors = _most_involved(episode.actors)
    subjects = [episode.subject]
    if episode.subject == (0, 0):
        subjects = _most_involved(episode.subjects)
    return (
        tuple(name_of("actor", actor) for actor in actors),
        tuple(name_of("subject", subject) for subject in subjects),
    )


def entity_id(kind: EntityType, episode: Episode, name_of: Namer) -> str:
    """What the alert is about; a case by itself, since the account is named beside it."""
    if kind == "case":
        return name_of("case", episode.case)
    parts: dict[PseudonymKind, Pseudonym] = {
        "actor": episode.actor,
        "subject": episode.subject,
    }
    about = _KEYS[kind]
    if not about:
        return group_id(episode.group)
    return "+".join(name_of(which, part) for which, part in parts.items() if which in about)


def campaign_of(kind: EntityType, tenant: str, entity: str, actors: Sequence[str]) -> str:
    """What alerts that belong together have in common, fixed by what each is about.

    The account, for all that is about one account: its searches, its pairs, its cases. The
    person, for what is about one person. A group of accounts by itself.

    Args:
        kind: of the entity.
        tenant: the account's.
        entity: its id, as written.
        actors: as written, the most involved first.
    """
    if kind == "subject":
        return digest("campaign of a person", entity)
    if not _KEYS[kind]:
        return digest("campaign of a group", entity)
    return digest("campaign", tenant, actors[0])


def group_id(key: Sequence[int]) -> str:
    """How a group is written outside the process: its key is a hash of pseudonyms."""
    return digest("group", *(str(int(half)) for half in key))


def _written(pseudonym: Sequence[int]) -> str:
    return f"{pseudonym[0]:016x}{pseudonym[1]:016x}"


def _count(counts: dict[str, int], names: Iterable[str]) -> None:
    for name in names:
        counts[name] = counts.get(name, 0) + 1


def most(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """The largest counts first; of equal ones in order of their names."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _most_involved(counts: Mapping[str, int]) -> list[Pseudonym]:
    """The pseudonyms behind the largest counts."""
    return [(int(key[:16], 16), int(key[16:], 16)) for key, _ in most(counts)[:MOST_NAMED]]


def digest(*parts: str) -> str:
    """A short id that is a function of `parts` alone (128 bits)."""
    digest = hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).digest()
    return b32encode(digest).decode().rstrip("=").lower()
