"""What is counted of a log, wherever its shards stand; for laws on order and delivery."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from detectors.kernels.hashing import FREE
from detectors.kernels.sketch import estimate
from detectors.shards.actors import ActorShard
from detectors.shards.subjects import NetworkShard, SubjectShard
from detectors.shards.tables import Table
from detectors.stages import Stage

About = tuple[str, int, int]


@dataclass
class Facts:
    """What is counted, by kind, key and day; what decays apart, since it is equal to rounding."""

    exact: dict[About, dict[str, Any]] = field(default_factory=dict)
    decayed: dict[About, list[float]] = field(default_factory=dict)

    def put(self, about: About, row: Any, names: str, **others: float) -> None:
        """Note some fields of a row, and other figures."""
        noted = self.exact.setdefault(about, {})
        noted |= {name: row[name].tolist() for name in names.split()} | others


def rows_of(table: Table) -> list[tuple[int, Any]]:
    """Keys and rows."""
    return list(zip(table.keys[: len(table)].tolist(), table.rows[: len(table)], strict=True))


def note_actors(facts: Facts, shard: ActorShard) -> None:
    """Actors with their open days, and pairs with their histories."""
    short, dense = shard.pools["short"].view(0), shard.pools["dense"].view(0)
    for key, row in rows_of(shard.actors):
        about = "actor", key, 0
        names = "searches named explained social pairs returning return_days return_logs"
        names += " first last utc_offset"
        facts.put(about, row, names, exposed=estimate(int(row["sketch"]), short, dense))
        facts.decayed[about] = row["rates"].tolist()
        for number in row["sheets"][row["sheets"] != FREE].tolist():
            sheet = shard.pools["sheets"].rows[number]
            about = "sheet", key, int(sheet["day"])
            facts.put(about, sheet, "searches pages limits thresholds awake hours")
            facts.decayed[about] = [float(sheet["limit_sum"]), float(sheet["threshold_sum"])]
    for key, row in rows_of(shard.pairs):
        about = "pair", key, 0
        facts.put(about, row, "searches explained social probes person")
        if row["searches"] > 0:
            facts.put(about, row, "day")
        if row["history"] != FREE:
            history = shard.pools["histories"].rows[row["history"]]
            facts.put(about, history, "first_day days plain")


def note_subjects(facts: Facts, shard: SubjectShard) -> None:
    """Persons."""
    for key, row in rows_of(shard.subjects):
        about = "subject", key, 0
        names = "first last searches explained actors returning return_logs day days"
        facts.put(about, row, names)
        facts.decayed[about] = row["rates"].tolist()


def note_networks(facts: Facts, shard: NetworkShard) -> None:
    """Networks."""
    short, dense = shard.short.view(0), shard.dense.view(0)
    for key, row in rows_of(shard.networks):
        about = "network", key, 0
        facts.put(
            about,
            row,
            "first last searches epoch",
            actors=estimate(int(row["actors"]), short, dense),
            subjects=estimate(int(row["subjects"]), short, dense),
        )
        facts.decayed[about] = row["rates"].tolist()


def assert_same(found: Facts, expected: Facts) -> None:
    """Counts are equal; decayed values to one part in a thousand million."""
    assert found.exact == expected.exact
    assert found.decayed.keys() == expected.decayed.keys()
    for about, values in expected.decayed.items():
        assert found.decayed[about] == pytest.approx(values, rel=1e-9, abs=1e-12), about


def facts_of(stages: Iterable[Stage[Any]]) -> Facts:
    """All that stages have counted."""
    facts = Facts()
    for stage in stages:
        for shard in stage.shards.values():
            _NOTES[stage.kind](facts, shard)
    return facts


_NOTES: dict[str, Callable[[Facts, Any], None]] = {
    "actor": note_actors,
    "subject": note_subjects,
    "network": note_networks,
    # Which search comes to a rung, and with what, is a property of the order.
    "cohort": lambda facts, shard: None,  # noqa: ARG005
}
