"""Keyed pseudonyms: what stands for an id everywhere behind ingest.

A pseudonym is 128 bits of SipHash under a key of its own for each kind of field and each
tenant or namespace, so equal ids of two tenants, or of two kinds, have nothing in common.
These keys come from the operator's secret by keyed BLAKE2b (RFC 7693).
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from detectors.errors import ConfigError

from .packed import pack
from .siphash import siphash

Kind = Literal[
    "actor",
    "credential",
    "device",
    "probe",
    "probe_cluster",
    "subject",
    "case",
    "user_agent",
    "tls",
    "network",
]
"""Kinds of field. `subject_id` and `candidate_ids` are one kind and compare equal."""

KINDS: tuple[Kind, ...] = get_args(Kind)

Scope = Literal["tenant", "namespace", "host"]
"""Within what an id is unique: a tenant, a `subject_namespace`, or everywhere."""

SECRET_BYTES = range(16, 65)
"""128 bits at least; BLAKE2b takes 64 bytes at most."""

PUBLIC_KEY = b"probewatch: public, hides nothing"
"""The key where a hash has only to be stable and spread."""

Pair = tuple[int, int]
"""128 bits as two little-endian halves; (0, 0) is no pseudonym."""

_WRITTEN = re.compile(r"p(0|[1-9][0-9]{0,8})_([a-z2-7]{26})")


def format_pseudonym(pair: Pair, epoch: int) -> str:
    """A pseudonym as it is written outside the process: `p<epoch>_` and 26 characters.

    >>> format_pseudonym((1, 0), epoch=3)
    'p3_aeaaaaaaaaaaaaaaaaaaaaaaaa'
    """
    raw = b"".join(int(half).to_bytes(8, "little") for half in pair)
    return f"p{epoch}_{base64.b32encode(raw).decode().rstrip('=').lower()}"


def parse_pseudonym(text: str) -> tuple[Pair, int] | None:
    """The 128 bits and the epoch of a written pseudonym, or None if it is none.

    >>> parse_pseudonym("p3_aeaaaaaaaaaaaaaaaaaaaaaaaa")
    ((1, 0), 3)
    """
    match = _WRITTEN.fullmatch(text)
    if match is None:
        return None
    raw = base64.b32decode(match[2].upper() + "======")
    pair = (int.from_bytes(raw[:8], "little"), int.from_bytes(raw[8:], "little"))
    epoch = int(match[1])
    return (pair, epoch) if format_pseudonym(pair, epoch) == text else None


def derived_key(secret: bytes, kind: str, scope: Scope, name: str) -> bytes:
    """The 128-bit key of one kind of field within one tenant or namespace.

    Kind and scope go into BLAKE2b's own fields for that (`person`, `salt`), so no name can
    be chosen that runs over into them.
    """
    text = name.encode("utf-8", "surrogatepass")
    return blake2b(
        text, key=secret, digest_size=16, person=kind.encode(), salt=scope.encode()
    ).digest()


class Names(Protocol):
    """How ids become pseudonyms, and how a pseudonym is written in an alert."""

    @property
    def secret(self) -> bytes:
        """What all keys are derived from."""

    @property
    def fingerprint(self) -> str:
        """What state that was made under these names has to be marked with."""

    @property
    def remembers(self) -> bool:
        """Whether `remember` wants to be told."""

    def remember(self, kind: Kind, pairs: NDArray[np.uint64], plain: Sequence[str | None]) -> None:
        """Learn what is behind pseudonyms of one kind, shape (n, 2)."""

    def write(self, kind: Kind, pair: Pair) -> str:
        """The id as it may be written outside the process."""


@dataclass(frozen=True, slots=True)
class PseudonymKey:
    """The operator's secret. Plain ids are forgotten as soon as they are hashed.

    Attributes:
        secret: 16 to 64 random bytes, kept outside this system.
        epoch: which secret it is; it is written into every pseudonym.

    Raises:
        ConfigError: if the secret is too short or too long.
    """

    secret: bytes = field(repr=False)
    epoch: int

    def __post_init__(self) -> None:
        """Check the length."""
        if len(self.secret) not in SECRET_BYTES:
            raise ConfigError(
                f"pseudonym key: expected {SECRET_BYTES[0]} to {SECRET_BYTES[-1]} bytes,"
                f" got {len(self.secret)}"
            )
        if self.epoch < 0:
            raise ConfigError(f"pseudonym key: expected an epoch of 0 or more, got {self.epoch}")

    @property
    def fingerprint(self) -> str:
        """Tells one key from another and nothing of the key; state goes with one key only."""
        digest = blake2b(key=self.secret, digest_size=8, person=b"fingerprint")
        return f"{self.epoch}:{digest.hexdigest()}"

    @property
    def remembers(self) -> bool:
        """Never."""
        return False

    def remember(self, kind: Kind, pairs: NDArray[np.uint64], plain: Sequence[str | None]) -> None:
        """Forget."""

    def write(self, kind: Kind, pair: Pair) -> str:  # noqa: ARG002
        """The pseudonym in its written form, whatever its kind."""
        return format_pseudonym(pair, self.epoch)


class PlainNames:
    """No pseudonyms: a public key, and the ids themselves kept to be written as given.

    For synthetic or already pseudonymous data only. Memory grows with the distinct ids.
    """

    secret = PUBLIC_KEY
    fingerprint = "plain"
    remembers = True

    def __init__(self) -> None:
        self._plain: dict[tuple[Kind, int, int], str] = {}

    def remember(self, kind: Kind, pairs: NDArray[np.uint64], plain: Sequence[str | None]) -> None:
        """Keep the ids behind these pseudonyms."""
        for (first, second), text in zip(pairs.tolist(), plain, strict=True):
            if text:
                self._plain[kind, first, second] = text

    def write(self, kind: Kind, pair: Pair) -> str:
        """The id as it was given, a network as `a.b.c.0/24`; a pseudonym of epoch 0 if unseen."""
        first, second = pair
        return self._plain.get((kind, int(first), int(second))) or format_pseudonym(pair, 0)


def hash_one(secret: bytes, kind: str, scope: Scope, name: str, plain: str) -> Pair:
    """What ingest makes of one id within tenant or namespace `name`, to look it up by hand."""
    key = np.frombuffer(derived_key(secret, kind, scope, name), "<u8").reshape(1, 2)
    first, second = siphash(pack([plain]), key, np.zeros(1, np.int32))[0].tolist()
    return first, second
