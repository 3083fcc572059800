"""Who searches whom, where: tenants, galleries of people, and actors.

People are numbers: `namespace` and index. The index is also the rank of popularity, which
nobody sees, since ids are keyed hashes (`subject_ids`).
"""

from dataclasses import dataclass, field
from enum import IntEnum
from math import isqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detectors.events import Records

from .almanac import DAY
from .levels import Level
from .networks import Networks
from .randomness import I64, U64, Dice, fold, hexadecimal


class Slot(IntEnum):
    """From where an actor searches; each has its own network, client and device."""

    MAIN = 0
    MOBILE = 1
    ELSEWHERE = 2
    SCRIPT = 3


ROLES = ("consumer", "officer", "detective", "analyst", "supervisor", "service", "staff")

# Codes of a provider's drop-down list. Police lists are short and their first code is the
# one that everybody picks (Houston HIDTA told users to keep to "Investigation").
PURPOSES = (
    "investigation",
    "identification",
    "missing_person",
    "welfare_check",
    "intelligence",
    "training",
    "onboarding",
    "fraud_check",
    "access_control",
    "customer_support",
)

ACTOR = np.dtype(
    [
        ("tenant", "i4"),
        ("role", "u1"),
        # Unit of the tenant, -1 if none.
        ("unit", "i4"),
        # When the account was opened, milliseconds.
        ("created", "i8"),
        ("zone", "u1"),
        ("gallery", "i4"),
        # What the actor usually asks for.
        ("limit", "i4"),
        ("threshold", "f4"),
        # Share of searches for a case that name it.
        ("discipline", "f4"),
        # The actor as a person of the gallery.
        ("self", "i8"),
        # Where the actor's local ranking of popular people begins in the gallery.
        ("locality", "i8"),
        # Days that a credential lives; 0 is one session.
        ("key_days", "f4"),
        # How often each slot is used.
        ("slot", "f4", (4,)),
        # Network of each slot, how long one keeps an address there (hours; 0 is one
        # session), out of how many addresses at once, and whether with colleagues.
        ("network", "i4", (4,)),
        ("lease", "f4", (4,)),
        ("egress", "i4", (4,)),
        ("shared", "?", (4,)),
        # Client family of each slot, and the pool of shared machines (-1: one's own).
        ("client", "u1", (4,)),
        ("station", "i4", (4,)),
    ]
)


@dataclass(frozen=True, slots=True)
class Tenant:
    """One customer organisation.

    Attributes:
        level: what its log can tell.
        omits: optional fields that it does not log all the same.
        purposes: weight of each of `PURPOSES`, and last of none at all.
        failure: share of searches that fail on a bad or faceless image.
        throttle: share of requests within a second of the last one that are refused.
        max_limit: largest candidate list that the API gives it.
    """

    level: Level
    omits: frozenset[str]
    purposes: tuple[float, ...]
    failure: float
    throttle: float
    max_limit: int


@dataclass(frozen=True, slots=True)
class Gallery:
    """People that can be searched for.

    Attributes:
        namespace: people with the same index in it are the same person.
        size: people in it, indexes 0 to `size` - 1.
    """

    namespace: int
    size: int


@dataclass(slots=True)
class Population:
    """Everybody in a world; grows while the world is founded.

    Attributes:
        dice: keyed by the world, for ids.
        networks: where requests come from.
        shared_namespaces: namespaces that the log names, since they span tenants.
    """

    dice: Dice
    networks: Networks
    tenants: list[Tenant] = field(default_factory=list)
    galleries: list[Gallery] = field(default_factory=list)
    shared_namespaces: set[int] = field(default_factory=set)
    _actors: list[Records] = field(default_factory=list)

    @property
    def actors(self) -> Records:
        """All actors, shape (n,) of `ACTOR`."""
        if len(self._actors) != 1:
            self._actors = [np.concatenate([np.zeros(0, ACTOR), *self._actors])]
        return self._actors[0]

    def admit(self, newcomers: Records) -> I64:
        """Add actors; their indexes."""
        first = len(self.actors)
        self._actors.append(newcomers)
        return np.arange(first, first + len(newcomers))

    def gallery_sizes(self) -> I64:
        """People per gallery."""
        return np.array([gallery.size for gallery in self.galleries], np.int64)

    def namespaces(self) -> I64:
        """Namespace per gallery."""
        return np.array([gallery.namespace for gallery in self.galleries], np.int64)

    def purpose_weights(self) -> NDArray[np.float64]:
        """Weights of purposes, shape (tenants, purposes + 1)."""
        return np.array([tenant.purposes for tenant in self.tenants])

    def keys(self, word: str, *columns: ArrayLike) -> U64:
        """Hashes of things of this world, separated by kind (`word`)."""
        return fold(self.dice.bits(word), *columns)

    def actor_ids(self, actors: ArrayLike) -> list[str]:
        """Opaque ids of actors."""
        return hexadecimal(self.keys("actor", actors), 12, "u")

    def tenant_ids(self) -> list[str]:
        """Opaque ids of all tenants."""
        return hexadecimal(self.keys("tenant", np.arange(len(self.tenants))), 8, "t")

    def subject_ids(self, namespace: ArrayLike, persons: ArrayLike) -> list[str]:
        """Opaque ids of people."""
        return hexadecimal(self.keys("subject", namespace, persons), 14, "s")


def accounts(n: int, **columns: ArrayLike) -> Records:
    """`n` actors with these columns set (a column of slots broadcasts to all actors)."""
    rows: Records = np.zeros(n, ACTOR)
    rows["unit"] = -1
    rows["self"] = -1
    rows["slot"][:, Slot.MAIN] = 1.0
    rows["egress"] = 1
    rows["station"] = -1
    for name, value in columns.items():
        rows[name] = value
    return rows


def opened_before(rng: np.random.Generator, start: int, n: int, mean_days: float) -> I64:
    """Opening times of accounts that exist at `start`, exponentially long ago, milliseconds."""
    return start - (rng.exponential(mean_days, n) * DAY).astype(np.int64) - DAY


def gallery_size(about: float) -> int:
    """The least size from `about` on that is one more than a prime (see `candidates`)."""
    size = max(int(about), 4)
    while not _is_prime(size - 1):
        size += 1
    return size


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, isqrt(number) + 1))
