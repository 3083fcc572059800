"""What the service has to come to: `replay` over the same events, and what both can be asked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson
import zstandard
from numpy.typing import NDArray

from detectors.snapshot import unpack
from streams.outputs import Outputs
from streams.replay import replay
from streams.settings import Settings

from .story import Story

Unit = Mapping[str, NDArray[Any]]
"""The arrays of a unit by name."""
Units = Mapping[str, Unit]
"""Units by name, as in `actor.7`."""
Revision = tuple[str, int]
"""Id of an alert, number of the revision."""

COUNTED: Final = {
    "actors": ("actor", "actors"),
    "pairs": ("actor", "pairs"),
    "subjects": ("subject", "subjects"),
    "networks": ("network", "networks"),
}
"""Where the events of each kind of entity are counted: kind of unit, table."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What came of a log.

    Attributes:
        units: the state after the last event.
        alerts: every revision as it is written.
    """

    units: Units
    alerts: Mapping[Revision, bytes]


def reference(story: Story, settings: Settings, directory: Path) -> Truth:
    """What `replay` makes of the story."""
    log, alerts, state = (directory / name for name in ("log.jsonl", "alerts.jsonl", "state"))
    log.write_bytes(b"".join(line.value + b"\n" for line in story.lines))
    outputs = Outputs(alerts=alerts, save_state=state)
    replay(settings, [str(log)], outputs, lambda *_: None)
    _, arrays = unpack(zstandard.ZstdDecompressor().decompress(state.read_bytes()))
    units: dict[str, dict[str, NDArray[Any]]] = {}
    for name, array in arrays.items():
        if name != "peers":
            kind, number, rest = name.split(".", 2)
            units.setdefault(f"{kind}.{number}", {})[rest] = array
    written = alerts.read_bytes().splitlines()
    return Truth(units, {revision_of(alert): alert for alert in written})


def revision_of(alert: bytes) -> Revision:
    """Which alert, and which of its revisions."""
    fields = orjson.loads(alert)
    return fields["alert_id"], fields["revision"]


def searches(units: Units, of: str) -> dict[tuple[str, int], int]:
    """How many events each entity has, by unit and key; of a pair, by the pair's key."""
    kind, table = COUNTED[of]
    return {
        (name, key): count
        for name, unit in units.items()
        if name.startswith(f"{kind}.")
        for key, count in zip(
            unit[f"shard.{table}.keys"].tolist(),
            unit[f"shard.{table}.rows"]["searches"].tolist(),
            strict=True,
        )
    }


def duplicates(units: Units) -> int:
    """Events that were known as repeated."""
    return sum(
        int(unit["shard.counts"][0]) for name, unit in units.items() if name.startswith("actor.")
    )


def differing(one: Unit, other: Unit) -> set[str]:
    """Names of the arrays that are not the same to the last bit.

    Episodes are compared as a set: a batch brings them in by entity, so that their order and
    the numbers of their sketches depend on how the log was cut into batches, and nothing else.
    """
    parts, others = dict(_parts(one)), dict(_parts(other))
    return {name for name in parts.keys() | others.keys() if parts.get(name) != others.get(name)}


def _parts(unit: Unit) -> Iterator[tuple[str, object]]:
    for name, array in unit.items():
        if name.startswith("shard."):
            yield name, (array.dtype, array.shape, array.tobytes())
        elif name.endswith(".episodes"):
            book = msgspec.msgpack.decode(array.tobytes())
            for episode in book["episodes"].values():
                del episode["sketch"]
            yield name, book
