"""The three kinds of record that an evaluation reads: alerts, labels, and the searches judged.

Files are JSON lines, plain or compressed (`.gz`, `.zst`); `-` is standard input.
"""

import gzip
import io
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, BinaryIO, Literal, TypeVar

import msgspec
import zstandard

from detectors.alerts import Alert, PatternCode
from detectors.errors import InputError

Difficulty = Literal["blatant", "moderate", "stealthy"]
DIFFICULTIES: tuple[Difficulty, ...] = ("blatant", "moderate", "stealthy")

Instant = Annotated[datetime, msgspec.Meta(tz=True)] | int
"""RFC 3339 with an offset, or milliseconds since the epoch."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

T = TypeVar("T")


class Meta(msgspec.Struct, frozen=True, tag="meta"):
    """What the labels say of the whole log; only what an evaluation needs of it."""

    days: float | None = None
    actors: int | None = None
    actor_days: int | None = None
    clean_actor_days: int | None = None


class Campaign(msgspec.Struct, frozen=True, tag="campaign", kw_only=True):
    """One labelled misuse; an ambiguous one is neither right nor wrong to alert on."""

    campaign_id: str
    pattern: PatternCode
    difficulty: Difficulty
    tenants: frozenset[str] = frozenset()
    actors: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    start: Instant
    end: Instant
    event_ids: tuple[str, ...] = ()
    ambiguous: bool = False


class Group(msgspec.Struct, frozen=True, tag="group"):
    """Innocent actors or subjects that look like misuse, by name."""

    name: str
    actors: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()


class Labels(msgspec.Struct, frozen=True):
    """The truth about one log."""

    meta: Meta
    campaigns: tuple[Campaign, ...]
    groups: tuple[Group, ...]


class Search(msgspec.Struct, frozen=True):
    """What an evaluation needs of a query event."""

    event_id: str
    event_time: Instant
    tenant_id: str
    actor_id: str
    subject_id: str | None = None
    candidate_ids: tuple[str, ...] = ()
    subject_namespace: str | None = None

    def identities(self) -> set[tuple[str, str]]:
        """The people that this search exposed, each with the space its id is unique in."""
        space = self.subject_namespace or self.tenant_id
        found = self.candidate_ids or ((self.subject_id,) if self.subject_id else ())
        return {(space, person) for person in found}


def moment(instant: Instant) -> datetime:
    """An instant in UTC, whichever way it was written."""
    if isinstance(instant, int):
        return EPOCH + timedelta(milliseconds=instant)
    return instant.astimezone(UTC)


def read_alerts(path: str) -> Iterator[Alert]:
    """Every revision in the file, in its order.

    Raises:
        InputError: the file cannot be read, or a line is not an alert.
    """
    return _records(path, msgspec.json.Decoder(Alert), "an alert")


def read_labels(path: str) -> Labels:
    """The labels in the file.

    Raises:
        InputError: the file cannot be read, a line is not a label, or two campaigns have
            one id.
    """
    decoder = msgspec.json.Decoder(Meta | Campaign | Group)
    records = list(_records(path, decoder, "a label"))
    metas = [record for record in records if isinstance(record, Meta)]
    ids = Counter(record.campaign_id for record in records if isinstance(record, Campaign))
    for campaign_id, times in ids.items():
        if times > 1:
            raise InputError(f"{path}: campaign_id {campaign_id} is given twice")
    return Labels(
        meta=metas[0] if metas else Meta(),
        campaigns=tuple(record for record in records if isinstance(record, Campaign)),
        groups=tuple(record for record in records if isinstance(record, Group)),
    )


def read_searches(path: str) -> Iterator[Search]:
    """The events in the file; what detection rejects for want of these fields is skipped.

    Raises:
        InputError: the file cannot be read.
    """
    decoder = msgspec.json.Decoder(Search)
    for line in _lines(path):
        try:
            yield decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue


def _records(path: str, decoder: msgspec.json.Decoder[T], kind: str) -> Iterator[T]:
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            yield decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise InputError(f"{path}:{number}: not {kind}: {error}") from error


def _lines(path: str) -> Iterator[bytes]:
    """The lines of a file however long: a campaign's label names all of its events."""
    if path == "-":
        yield from sys.stdin.buffer
        return
    try:
        with _open(Path(path)) as file:
            yield from file
    except (OSError, EOFError, zstandard.ZstdError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise InputError(f"{path}: cannot be read: {reason}") from error


def _open(path: Path) -> BinaryIO:
    if path.suffix == ".gz":
        return io.BufferedReader(gzip.open(path))
    if path.suffix == ".zst":
        return io.BufferedReader(zstandard.open(path, "rb"))
    return path.open("rb")
