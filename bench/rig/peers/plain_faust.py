"""A Faust agent as one writes it, which does nothing but decode."""

import asyncio
import sys
from typing import Any
from uuid import uuid4

import faust
import orjson

from bench.rig.peers.clock import Clock


async def main(bootstrap: str, topic: str, events: int) -> None:
    """Read until so many events were decoded."""
    clock = Clock(events)
    app = faust.App(
        f"bench-{uuid4().hex[:8]}",
        broker=f"kafka://{bootstrap}",
        web_enabled=False,
        topic_disable_leader=True,
        key_serializer="raw",
        value_serializer="raw",
    )

    @app.agent(app.topic(topic, value_serializer="raw"))
    async def read(stream: Any) -> None:
        async for value in stream:
            orjson.loads(value)
            clock.count()

    app.finalize()
    await app.start()
    await app.wait_until_stopped()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[4])))
