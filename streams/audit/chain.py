"""Records, each with the hash of the one before it; and the first link that does not hold.

A record's hash is SHA-256 of the record without it, as canonical JSON: keys sorted, no spaces,
UTF-8. So a change of any record is a change of all hashes behind it. Whoever can write all of the
log can make a new chain: a head that was noted elsewhere tells (`expected`). A log that ends too
early, after a record that is whole, is told from one that is complete by the head alone, too.

Source: linked time-stamps after Haber and Stornetta, "How to time-stamp a digital document"
(Journal of Cryptology, 1991).
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import orjson

SCHEMA: Final = "probewatch.audit.v1"

GENESIS: Final = "0" * 64
"""What stands for the hash before the first record."""


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The record of another topic that is told of."""

    topic: str
    partition: int
    offset: int


class Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One record of the trail.

    Attributes:
        seq: its number, from 0.
        time: when it happened, RFC 3339.
        kind: what kind of thing: `alert`, `start`, or the type of a decision.
        what: the thing, without any id of a person but those in the keys of records.
        source: where it stands in full; None if it stands nowhere else.
        previous: hash of the record before, `GENESIS` if it is the first.
        hash: of all of the above.
    """

    schema: str
    seq: int
    time: str
    kind: str
    what: dict[str, Any]
    source: Source | None
    previous: str
    hash: str

    def line(self) -> bytes:
        """As it is kept: canonical JSON without a line break."""
        return canonical(msgspec.to_builtins(self))


class Head(msgspec.Struct, frozen=True):
    """The last record of a chain, by number and hash; of an empty one -1 and `GENESIS`."""

    seq: int = -1
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Happened:
    """Something to be recorded; see `Link`."""

    time: str
    kind: str
    what: Mapping[str, Any]
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """A chain that holds.

    Attributes:
        first: number of the first record that was there; 0 unless the log was shortened.
        head: the last.
        kinds: how many records of each kind.
        repeated: records about an alert's revision that another one was about: a worker that
            takes over may say again what the one before it said.
    """

    first: int
    head: Head
    kinds: Mapping[str, int]
    repeated: int


@dataclass(frozen=True, slots=True)
class Broken:
    """The first link that does not hold.

    Attributes:
        seq: the number that was expected there.
        what: what is wrong.
    """

    seq: int
    what: str


def canonical(record: Any) -> bytes:
    """A value as JSON that is the same for equal values."""
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)


def link(head: Head, happened: Happened) -> Link:
    """The record that goes behind a head."""
    body: dict[str, Any] = {
        "schema": SCHEMA,
        "seq": head.seq + 1,
        "time": happened.time,
        "kind": happened.kind,
        "what": dict(happened.what),
        "source": None if happened.source is None else msgspec.to_builtins(happened.source),
        "previous": head.hash,
    }
    return msgspec.convert(body | {"hash": _hash_of(body)}, Link)


def _hash_of(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical({k: v for k, v in body.items() if k != "hash"})).hexdigest()


def verify(
    lines: Iterable[bytes], expected: Iterable[Head] = (), *, shortened: bool = False
) -> Whole | Broken:
    """Check a chain.

    Args:
        lines: its records, in order.
        expected: heads that were noted before; each has to be there.
        shortened: whether it may begin later than at 0, since old records were deleted.
    """
    wanted = {head.seq: head.hash for head in expected}
    head = Head()
    first = -1
    kinds: dict[str, int] = {}
    seen: set[bytes] = set()
    repeated = 0
    for line in lines:
        if not line.strip():
            continue
        found = _read(line)
        if isinstance(found, str):
            return Broken(head.seq + 1, found)
        if first < 0:
            first = found.seq if shortened else 0
            head = Head(first - 1, found.previous if first else GENESIS)
        if wrong := _wrong(head, found) or _unexpected(wanted.pop(found.seq, None), found):
            return Broken(head.seq + 1, wrong)
        head = Head(found.seq, found.hash)
        kinds[found.kind] = kinds.get(found.kind, 0) + 1
        if found.kind == "alert":
            # As text: what others wrote may be of any type.
            about = canonical([found.what.get("alert_id"), found.what.get("revision")])
            repeated += about in seen
            seen.add(about)
    for seq in sorted(wanted):
        if first < 0 or seq >= first:
            return Broken(seq, "is not there, though it was noted as a head")
    return Whole(max(first, 0), head, kinds, repeated)


def _read(line: bytes) -> Link | str:
    """A record, or what is wrong with it."""
    try:
        found = msgspec.json.decode(line, type=Link)
        written = found.line()
    except (
        msgspec.MsgspecError,
        UnicodeDecodeError,
        # Nested deeper than it could have been written.
        RecursionError,
        orjson.JSONEncodeError,
    ) as error:
        return f"is no record: {error}"
    if found.schema != SCHEMA:
        return f"is of another version, {found.schema}"
    if written != line.strip():
        return "is not written as it was"
    return found


def _wrong(head: Head, found: Link) -> str:
    """What is wrong with a record behind a head; empty if nothing is."""
    if found.seq != head.seq + 1:
        if found.seq > head.seq + 1:
            return f"is missing; record {found.seq} stands in its place"
        return f"is not there; record {found.seq} stands in its place"
    if found.previous != head.hash:
        return f"does not follow record {head.seq}: its previous hash is another"
    if found.hash != _hash_of(msgspec.to_builtins(found)):
        return "was changed: its hash is not that of what it says"
    return ""


def _unexpected(noted: str | None, found: Link) -> str:
    if noted is not None and noted != found.hash:
        return "has another hash than was noted"
    return ""
