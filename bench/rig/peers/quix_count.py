"""Quix Streams: decode, and count the events of every actor; the records' keys are the actors."""

import sys
import tempfile
from typing import Any
from uuid import uuid4

from quixstreams import Application, State  # type: ignore[import-not-found]

from bench.rig.peers.clock import Clock


def main(bootstrap: str, topic: str, events: int) -> None:
    """Read until so many events were counted."""
    clock = Clock(events)

    def increased(_: dict[str, Any], state: State) -> int:
        count: int = state.get("count", 0) + 1
        state.set("count", count)
        clock.count()
        return count

    application = Application(
        broker_address=bootstrap,
        consumer_group=f"bench-{uuid4().hex[:8]}",
        auto_offset_reset="earliest",
        state_dir=tempfile.mkdtemp(prefix="bench-"),
        auto_create_topics=True,
        loglevel="WARNING",
    )
    queries = application.topic(topic, key_deserializer="str", value_deserializer="json")
    application.dataframe(queries).apply(increased, stateful=True)
    application.run()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[4]))
