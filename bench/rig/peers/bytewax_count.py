"""Bytewax, one worker: decode, and count the events of every actor."""

import sys
from typing import Any

import bytewax.operators as op  # type: ignore[import-not-found]
import orjson
from bytewax.connectors.kafka import KafkaSource  # type: ignore[import-not-found]
from bytewax.dataflow import Dataflow  # type: ignore[import-not-found]
from bytewax.outputs import DynamicSink, StatelessSinkPartition  # type: ignore[import-not-found]
from bytewax.testing import run_main  # type: ignore[import-not-found]

from bench.rig.peers.clock import Clock


class Counted(DynamicSink[Any]):  # type: ignore[misc]
    """Counts what comes out."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def build(self, *_: object) -> "Part":
        """The only part."""
        return Part(self._clock)


class Part(StatelessSinkPartition[Any]):  # type: ignore[misc]
    """Of one worker."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def write_batch(self, items: list[Any]) -> None:
        """Count them."""
        self._clock.count(len(items))


def actor_of(message: Any) -> str:
    """The key of a record."""
    return str(orjson.loads(message.value)["actor_id"])


def increased(count: int | None, _: Any) -> tuple[int, int]:
    """The state and what comes out of it."""
    count = (count or 0) + 1
    return count, count


def main(bootstrap: str, topic: str, events: int) -> None:
    """Read until so many events were counted."""
    flow = Dataflow("count")
    queries = op.input("in", flow, KafkaSource([bootstrap], [topic], batch_size=5_000))
    keyed = op.map("decode", queries, lambda message: (actor_of(message), None))
    counts = op.stateful_map("count", keyed, increased)
    op.output("out", counts, Counted(Clock(events)))
    run_main(flow)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[4]))
