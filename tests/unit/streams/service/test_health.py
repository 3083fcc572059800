import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from streams.service.health import Health
from streams.service.metrics import Metrics

Get = Callable[[str], Awaitable[tuple[int, str]]]


class World:
    """A worker as its probes see it."""

    def __init__(self) -> None:
        self.metrics = Metrics(CollectorRegistry())
        self.ready = False
        self.looks = 0

    def look(self) -> None:
        """Count how often gauges are set."""
        self.looks += 1


def run(story: Callable[[World, Get], Awaitable[None]]) -> None:
    """Tell a story of a worker and of somebody who asks after it."""

    async def told() -> None:
        world = World()
        pages = [web.get("/more", _more)]
        health = Health(world.metrics, lambda: world.ready, world.look, pages)
        address = await health.start("127.0.0.1", 0)
        try:
            async with aiohttp.ClientSession(address) as client:

                async def get(path: str) -> tuple[int, str]:
                    async with client.get(path) as answer:
                        return answer.status, await answer.text()

                await story(world, get)
        finally:
            await health.stop()

    asyncio.run(told())


async def _more(_: web.Request) -> web.Response:
    return web.Response(text="more")


def test_a_worker_lives_before_it_is_ready() -> None:
    """Or it would be ended while it still reads its state."""

    async def story(world: World, get: Get) -> None:
        assert await get("/healthz") == (200, "alive\n")
        assert (await get("/readyz"))[0] == 503
        world.ready = True
        assert await get("/readyz") == (200, "ready\n")
        assert await get("/healthz") == (200, "alive\n")

    run(story)


def test_metrics_are_of_now() -> None:
    """They are looked at before they are shown, in Prometheus' format."""

    async def story(world: World, get: Get) -> None:
        world.ready = True
        for asked in (1, 2):
            status, text = await get("/metrics")
            assert (status, world.looks) == (200, asked)
        found = {family.name: family for family in text_string_to_metric_families(text)}
        assert [sample.value for sample in found["probewatch_ready"].samples] == [1]
        assert "probewatch_events" in found

    run(story)


def test_other_pages_are_shown_beside() -> None:
    """At the same address; what there is not is not found."""

    async def story(world: World, get: Get) -> None:
        del world
        assert await get("/more") == (200, "more")
        assert (await get("/nothing"))[0] == 404

    run(story)


def test_a_port_that_is_taken_is_an_error() -> None:
    """The caller says whose setting it is."""

    async def story() -> None:
        world = World()
        first, second = (Health(world.metrics, lambda: True, world.look) for _ in range(2))
        address = await first.start("127.0.0.1", 0)
        with pytest.raises(OSError, match="address already in use"):
            await second.start("127.0.0.1", int(address.rpartition(":")[2]))
        await second.stop()
        await first.stop()

    asyncio.run(story())
