"""Whom actors search for, and how: a cohort's mixture of reasons to look somebody up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol, TypeVar

import numpy as np

from detectors.events import CaptureClass, Operation, Relation

from .randomness import F64, I64
from .rhythm import PerActor

Code = TypeVar("Code", bound=IntEnum)


class Choice(IntEnum):
    """How the person of a task comes up."""

    OWN_FACE = 0
    INTEREST = 1  # one of the actor's list, the first ones more often
    ROUND = 2  # the list from the top, one after the other
    POPULAR = 3
    NEWS = 4  # whom everybody talks about today
    STRANGER = 5
    NOBODY = 6  # not in the gallery
    CASE = 7  # somebody in a case that the actor works on


class Caseload(Protocol):
    """Who works on which cases."""

    def assign(self, rng: np.random.Generator, actors: I64, times: I64) -> tuple[I64, I64]:
        """For each task its case and person; both -1 where the actor has no case then."""
        ...

    def of(self, actor: int) -> list[int]:
        """The cases that an actor works on at some time."""
        ...


@dataclass(frozen=True, slots=True)
class NoCases:
    """A world without cases."""

    def assign(self, rng: np.random.Generator, actors: I64, times: I64) -> tuple[I64, I64]:  # noqa: ARG002 - the protocol's
        """No actor has a case."""
        none = np.full(len(times), -1)
        return none, none

    def of(self, actor: int) -> list[int]:  # noqa: ARG002 - the protocol's
        """None."""
        return []


@dataclass(frozen=True, slots=True)
class Lists:
    """One list of people per actor, in one array."""

    people: I64
    offsets: I64

    @classmethod
    def of(cls, lists: Sequence[Sequence[int] | I64]) -> "Lists":
        """From a list of lists."""
        flat = np.concatenate([np.zeros(0, np.int64), *map(np.asarray, lists)])
        lengths = [len(people) for people in lists]
        return cls(flat.astype(np.int64), np.concatenate([[0], np.cumsum(lengths)]))

    def at(self, owner: I64, position: I64) -> I64:
        """The people at these positions of the owners' lists, which must not be empty."""
        return np.asarray(self.people[self.offsets[owner] + position])

    def lengths(self) -> I64:
        """Length of each list."""
        return np.diff(self.offsets)


NO_LISTS = Lists(np.zeros(0, np.int64), np.zeros(1, np.int64))


@dataclass(frozen=True, slots=True)
class Taste:
    """Whom the actors of a cohort search for, and how. Mappings hold relative weights.

    Attributes:
        choice: how a task's person comes up.
        interests: each actor's list; needed for `INTEREST` and `ROUND` only.
        again: chance that the next search of a visit is still about the same person.
        photos: how many photos of a person an actor has.
        resend: chance that a photo is sent as the very same file as before.
        shared_photos: chance that a popular person's photo is one that everybody has.
        public_list: whether those on the lists are popular in that sense.
        paging: chance that a task looks at further pages.
        deep: chance that a task asks for more candidates at a lower threshold.
        operations: what is asked for.
        capture: where photos come from.
        own_relation: what the provider knows of a search for one's own face.
        list_relation: and of one for a person on the actor's list.
        incidents: chance that a task without a case is for an incident with a number.
    """

    choice: Mapping[Choice, PerActor]
    interests: Lists = NO_LISTS
    again: PerActor = 0.4
    photos: PerActor = 3.0
    resend: PerActor = 0.5
    shared_photos: float = 0.5
    public_list: bool = False
    paging: PerActor = 0.05
    deep: PerActor = 0.04
    operations: Mapping[Operation, PerActor] = field(
        default_factory=lambda: {Operation.IDENTIFY: 1.0}
    )
    capture: Mapping[CaptureClass, PerActor] = field(
        default_factory=lambda: {CaptureClass.SOCIAL: 1.0}
    )
    own_relation: Relation = Relation.UNKNOWN
    list_relation: Relation = Relation.UNKNOWN
    incidents: PerActor = 0.0


def weight_matrix(weights: Mapping[Code, PerActor], columns: int, n: int) -> F64:
    """Relative weights as a matrix of shape (n, columns)."""
    matrix = np.zeros((n, columns))
    for column, weight in weights.items():
        matrix[:, column] = weight
    return matrix
