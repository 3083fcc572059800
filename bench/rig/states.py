"""Two states of a pipeline, compared entity by entity.

Rows and numbers of pools are dealt out in order of arrival. Here every value is found by the
key of what it is about, and the number of a pool's row is replaced by what lies there.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.events import Records
from detectors.kernels.hashing import FREE
from detectors.kernels.sketch import _DENSE as FIRST_DENSE
from detectors.kernels.sketch import LIST_LENGTH, REGISTERS
from detectors.shards.batch import SHARDS
from detectors.shards.tables import Arrays, records, under


class Role(StrEnum):
    """Whether a value may depend on the order of events, and why."""

    EXACT = "counts, bitmaps, sketches"
    DECAYED = "decayed counts, sums"
    BOOKED = "gaps, when somebody was reached"
    LEARNED = "learned from whole days"


# What is not named here must not depend on order.
_DECAYED = frozenset({"rates", "limit_sum", "threshold_sum"})
# A gap has an order. Of two look-ups of one person, the first to come reaches them.
_BOOKED = frozenset(
    {
        *("reaches", "reach", "reach_hours", "peak", "gaps", "gap_sum", "gap_squares"),
        # Who was first, on a day and in a span of it.
        *("client", "network", "country"),
        *("medley.clients", "medley.networks", "medley.countries"),
        # Different probes are told by the last few that came.
        *("near", "shots"),
        # Days of cases, by what each brought so far around midnight.
        *("late", "alone"),
    }
)
# It knows who came since it was drawn, and what was known of them when they last came.
_OF_CIRCLES = "circle."
_LEARNED = frozenset(
    {
        *("carried", "steady", "pace", "doubtful_days", "crowded"),
        *("suspect", "suspect_days", "suspect_on"),
        *("expected", "spread", "freedom", "peer_expected", "peer_spread"),
    }
)
_LEARNED_KINDS = frozenset({"baseline", "rhythm", "cohort"})


class Table(NamedTuple):
    """Entities of one kind: keys, uint64 of shape (n, 2), and values by field, n of each."""

    keys: NDArray[np.uint64]
    fields: Mapping[str, NDArray[np.generic]]


class Difference(NamedTuple):
    """How one field of one kind of entity differs between two states.

    Attributes:
        kind: of entity.
        field: its name, or `(there)` for whether the entity is there at all.
        role: whether it may differ.
        compared: entities.
        differing: of these.
        typical: median of the relative differences of those, each its largest; 0 if none differs.
        largest: relative difference of all.
    """

    kind: str
    field: str
    role: Role
    compared: int
    differing: int
    typical: float
    largest: float


def role_of(kind: str, field: str) -> Role:
    """What is to be expected of a field of a kind of entity."""
    if kind in _LEARNED_KINDS or field in _LEARNED:
        return Role.LEARNED
    if field in _BOOKED or field.startswith(_OF_CIRCLES):
        return Role.BOOKED
    return Role.DECAYED if field in _DECAYED else Role.EXACT


def differences(one: Arrays, other: Arrays) -> Iterator[Difference]:
    """Every field of every kind of entity, those that agree too."""
    these, those = tables(one), tables(other)
    for kind, table in these.items():
        yield from compare(kind, table, those[kind])


def compare(kind: str, one: Table, other: Table) -> Iterator[Difference]:
    """The fields of one kind of entity."""
    places = {key: place for place, key in enumerate(map(tuple, one.keys.tolist()))}
    pairs = [
        (places[key], place)
        for place, key in enumerate(map(tuple, other.keys.tolist()))
        if key in places
    ]
    here, there = np.array(pairs, np.int64).reshape(-1, 2).T
    together = len(one.keys) + len(other.keys) - len(pairs)
    alone = together - len(pairs)
    yield _difference(kind, "(there)", (np.arange(together) < alone).astype(np.float64))
    for field, values in one.fields.items():
        by = relative(values[here], other.fields[field][there])
        yield _difference(kind, field, by.max(axis=tuple(range(1, by.ndim)), initial=0.0))


def _difference(kind: str, field: str, by: NDArray[np.float64]) -> Difference:
    off = by[by > 0]
    typical, largest = (np.median(off), off.max()) if len(off) else (0.0, 0.0)
    role = role_of(kind, field)
    return Difference(kind, field, role, len(by), len(off), float(typical), float(largest))


def relative(one: NDArray[np.generic], other: NDArray[np.generic]) -> NDArray[np.float64]:
    """Differences as shares of the larger value; 0 where both are NaN, 1 where one is."""
    a, b = one.astype(np.float64), other.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        by = np.abs(a - b) / np.maximum(np.abs(a), np.abs(b))
    same = (one == other) | (np.isnan(a) & np.isnan(b))
    # Integers beyond 2^53 may differ and be equal as floats.
    return np.where(same, 0.0, np.maximum(np.nan_to_num(by, nan=1.0), np.finfo(float).tiny))


def tables(state: Arrays) -> dict[str, Table]:
    """The entities of a snapshot's arrays by kind."""
    found: defaultdict[str, list[Table]] = defaultdict(list)
    for shard in range(SHARDS):
        for kind, table in (
            *_of_actors(under(state, f"actor.{shard}.shard"), shard),
            *_of_subjects(under(state, f"subject.{shard}.shard"), shard),
            *_of_networks(under(state, f"network.{shard}.shard"), shard),
        ):
            found[kind].append(table)
    return {kind: _joined(parts) for kind, parts in found.items()}


def _sheets(rows: Records, medleys: Records) -> dict[str, NDArray[np.generic]]:
    """Days, and of each who was there at once."""
    drawn = _drawn("medley", rows["medley"], medleys)
    return _fields(rows, {"day", "medley"}) | drawn


def _drawn(name: str, numbers: NDArray[np.int32], pool: Records) -> dict[str, NDArray[np.generic]]:
    """What lies in a pool under each number: whether anything, and its fields; 0 if nothing."""
    held = numbers != FREE
    rows = np.zeros(len(numbers), pool.dtype)
    rows[held] = pool[numbers[held]]
    return {name: held, **{f"{name}.{key}": values for key, values in _fields(rows).items()}}


def _of_actors(kept: Arrays, shard: int) -> Iterator[tuple[str, Table]]:
    actors, keys = records(kept["actors.rows"]), kept["actors.keys"]
    exposed = sketches(actors["sketch"], kept["short.rows"], kept["dense.rows"])
    own = _fields(actors, {"sheets", "baseline", "rhythm", "sketch"})
    yield "actor", Table(_keys(keys), {**own, "sketch": exposed})
    for name in ("baseline", "rhythm"):
        held = actors[name] != FREE
        rows = records(kept[f"{name}s.rows"])[actors[name][held]]
        yield name, Table(_keys(keys[held]), _fields(rows))
    medleys = records(kept["medleys.rows"])
    for parity in (0, 1):
        held = actors["sheets"][:, parity] != FREE
        rows = records(kept["sheets.rows"])[actors["sheets"][held, parity]]
        yield "sheet", Table(_keys(keys[held], rows["day"]), _sheets(rows, medleys))
    yield "pair", _pairs(kept)
    cohorts = records(kept["cohorts.rows"])
    by_shard = _keys(cohorts["cohort"], np.full(len(cohorts), shard))
    yield "cohort", Table(by_shard, _fields(cohorts, {"cohort"}))
    for name in ("seen.even", "seen.odd"):
        yield (
            "event",
            Table(_keys(kept[f"{name}.keys"], np.full(len(kept[f"{name}.keys"]), shard)), {}),
        )
    yield "actor shard", _counted(kept, shard)


def _pairs(kept: Arrays) -> Table:
    pairs, histories = records(kept["pairs.rows"]), records(kept["histories.rows"])
    held = pairs["history"] != FREE
    returned = np.zeros(len(pairs), histories.dtype)
    returned[held] = histories[pairs["history"][held]]
    own = _fields(pairs, {"actor_row", "history", "day"})
    # The day of a pair with verified self-searches alone says only when it was begun.
    own["day"] = np.where(pairs["searches"] > 0, pairs["day"], 0)
    past = {f"history.{name}": values for name, values in _fields(returned).items()}
    return Table(_keys(kept["pairs.keys"]), {**own, **past})


def _of_subjects(kept: Arrays, shard: int) -> Iterator[tuple[str, Table]]:
    subjects, circles = records(kept["subjects.rows"]), records(kept["circles.rows"])
    drawn = _drawn("circle", subjects["circle"], circles)
    yield "subject", Table(_keys(kept["subjects.keys"]), _fields(subjects, {"circle"}) | drawn)
    yield "subject shard", _counted(kept, shard)


def _of_networks(kept: Arrays, shard: int) -> Iterator[tuple[str, Table]]:
    networks = records(kept["networks.rows"])
    own = _fields(networks, {"actors", "subjects"})
    for name in ("actors", "subjects"):
        own[name] = sketches(networks[name], kept["short.rows"], kept["dense.rows"])
    yield "network", Table(_keys(kept["networks.keys"]), own)
    yield "network shard", _counted(kept, shard)


def _counted(kept: Arrays, shard: int) -> Table:
    return Table(_keys(np.array([shard])), {"counts": kept["counts"][None]})


def sketches(
    handles: NDArray[np.int32], short: NDArray[np.generic], dense: NDArray[np.generic]
) -> NDArray[np.uint32]:
    """What sketches hold, shape (n, registers + 1): first which form they have."""
    found = np.zeros((len(handles), 1 + REGISTERS), np.uint32)
    few = np.flatnonzero((handles != FREE) & (handles < FIRST_DENSE))
    lists = records(short)[handles[few]]
    # The hashes are listed as they came.
    unused = np.arange(LIST_LENGTH) >= lists["count"][:, None]
    found[few, 0] = 1 + lists["count"]
    found[few, 1 : 1 + LIST_LENGTH] = np.sort(np.where(unused, 0, lists["hashes"]), axis=1)
    many = np.flatnonzero(handles >= FIRST_DENSE)
    found[many, 0] = FIRST_DENSE
    found[many, 1:] = records(dense)[handles[many] - FIRST_DENSE]["registers"]
    return found


def _fields(rows: Records, without: Collection[str] = ()) -> dict[str, NDArray[np.generic]]:
    names = rows.dtype.names or ()
    return {name: rows[name] for name in names if name not in without}


def _keys(
    first: NDArray[np.generic], second: NDArray[np.generic] | None = None
) -> NDArray[np.uint64]:
    more = np.zeros(len(first), np.uint64) if second is None else second.astype(np.uint64)
    return np.stack([first.astype(np.uint64), more], axis=1)


def _joined(parts: Sequence[Table]) -> Table:
    names = parts[0].fields
    return Table(
        np.concatenate([part.keys for part in parts]),
        {name: np.concatenate([part.fields[name] for part in parts]) for name in names},
    )
