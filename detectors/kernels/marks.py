"""What accounts are told to be the same person's by, and how usual it is to share that."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..events import ABSENT_TIME, Row
from ..state.actors import DAY
from ..state.subjects import CIRCLE_SIZE, MARK_KINDS, MARKS, PANEL_SIZE
from .compile import kernel
from .hashing import mix

NO_TIME = int(ABSENT_TIME)

USUALLY_SHARED: Final = (0.5, 0.15, 0.6, 0.25, 0.8)
"""Chance that two accounts of a tenant of which nothing is known share a network, a device, a
client, a sign-up day, a unit; it counts as one account of the panel. Orders of magnitude, for
an office: a tenant's own panel replaces them."""

SOME_FEW: Final = 4
"""A mark of so many of the panel's accounts at most is rare; an office's network is not."""

FIRST_MARK: Final = (0, 2, 4, 6, 7, 8)
"""Where the marks of each kind begin."""

_NETWORK, _DEVICE, _CLIENT, _OPENED, _UNIT = FIRST_MARK[:-1]


@kernel
def mark_of(kind: int, value: np.uint64) -> np.uint32:
    """32 bits for a value of a kind, 0 for none."""
    if value == 0:
        return np.uint32(0)
    return np.uint32((mix(value, np.uint64(kind)) >> np.uint64(32)) | np.uint64(1))


@kernel
def keep_two(marks: NDArray[np.uint32], first: int, mark: np.uint32) -> None:
    """Keep the two least: whoever uses the same ones keeps the same, in whatever order."""
    low, high = marks[first], marks[first + 1]
    if mark == 0 or mark in (low, high):
        return
    if low == 0 or mark < low:
        marks[first + 1] = low
        marks[first] = mark
    elif high == 0 or mark < high:
        marks[first + 1] = mark


@kernel
def put_marks(marks: NDArray[np.uint32], event: Row) -> None:
    """Add what the event tells of its account."""
    keep_two(marks, _NETWORK, mark_of(_NETWORK, event.network[0]))
    keep_two(marks, _DEVICE, mark_of(_DEVICE, event.device))
    if event.user_agent != 0 or event.tls != 0:
        keep_two(marks, _CLIENT, mark_of(_CLIENT, mix(event.user_agent, event.tls)))
    if event.created != NO_TIME:
        opened = np.uint64(event.created // DAY + (1 << 32))
        marks[_OPENED] = mark_of(_OPENED, mix(event.tenant, opened))
    if event.unit != 0:
        marks[_UNIT] = mark_of(_UNIT, mix(event.tenant, event.unit))


@kernel
def has_mark(marks: NDArray[np.uint32], mark: np.uint32) -> bool:
    """Whether the mark is among them."""
    for k in range(MARKS):  # noqa: SIM110  kernels have no generators
        if marks[k] == mark:
            return True
    return False


@kernel
def learn_panel(custom: Row, event: Row) -> None:
    """Take an event in as an example of how the tenant's accounts search."""
    key = event.actor[0]
    place = -1
    for k in range(PANEL_SIZE):
        if custom.panel[k] == key:
            put_marks(custom.panel_marks[k], event)
            return
        if custom.panel[k] == 0:
            if place < 0 or custom.panel[place] != 0:
                place = k
        elif key < custom.panel[k] and (
            place < 0 or (custom.panel[place] != 0 and custom.panel[k] > custom.panel[place])
        ):
            place = k
    if place >= 0:
        custom.panel[place] = key
        custom.panel_marks[place, :] = 0
        put_marks(custom.panel_marks[place], event)


@kernel
def find_partners(custom: Row) -> None:
    """Note which accounts of the panel have something rare in common with another."""
    for i in range(PANEL_SIZE):
        custom.partnered[i] = 0
        for kind in range(MARK_KINDS):
            if _has_partner(custom, i, kind):
                custom.partnered[i] |= 1 << kind


@kernel
def _has_partner(custom: Row, i: int, kind: int) -> bool:
    """Whether some few of the panel share a mark with account i: pools of machines, shifts."""
    if custom.panel[i] == 0:
        return False
    for k in range(FIRST_MARK[kind], FIRST_MARK[kind + 1]):
        mark = custom.panel_marks[i, k]
        having = 0
        for j in range(PANEL_SIZE):
            having += mark != 0 and has_mark(custom.panel_marks[j], mark)
        if 1 < having <= SOME_FEW:
            return True
    return False


@kernel
def shared(circle: Row, custom: Row, i: int, j: int) -> float:
    """Nats of what two members of a circle have in common."""
    nats = 0.0
    for kind in range(MARK_KINDS):
        rarest = 1.0
        for k in range(FIRST_MARK[kind], FIRST_MARK[kind + 1]):
            mark = circle.marks[i, k]
            if mark != 0 and has_mark(circle.marks[j], mark):
                rarest = min(rarest, _commonness(circle, custom, mark, kind))
        nats -= math.log(rarest)
    return nats


@kernel
def _commonness(circle: Row, custom: Row, mark: np.uint32, kind: int) -> float:
    """Share of the tenant's other accounts, by its panel, that have the mark.

    Or that have another one in common with some few, if that is more.
    """
    known = 1.0
    having = USUALLY_SHARED[kind]
    partnered = USUALLY_SHARED[kind]
    for k in range(PANEL_SIZE):
        if custom.panel[k] == 0 or _is_member(circle, custom.panel[k]):
            continue
        known += 1.0
        having += has_mark(custom.panel_marks[k], mark)
        partnered += (custom.partnered[k] >> kind) & 1
    return max(having, partnered) / known


@kernel
def _is_member(circle: Row, actor: np.uint64) -> bool:
    for i in range(CIRCLE_SIZE):  # noqa: SIM110  kernels have no generators
        if circle.members[i] == actor:
            return True
    return False
