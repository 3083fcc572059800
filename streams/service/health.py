"""What others see of a worker by HTTP: whether it lives, whether it works, and its metrics."""

from collections.abc import Callable, Iterable
from typing import Protocol

from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

Chores = Callable[[], None]


class Shown(Protocol):
    """What `/metrics` shows, and the one metric that is set when it does."""

    @property
    def registry(self) -> CollectorRegistry:
        """Of all metrics."""

    @property
    def ready(self) -> Gauge:
        """1 if the process works."""


class Health:
    """A small server for probes and for Prometheus; by itself it shows nothing of what is watched.

    Args:
        metrics: what `/metrics` shows.
        is_ready: asked by `/readyz`.
        look: called before metrics are shown, so that they are of now.
        pages: what else is shown at that address.
    """

    def __init__(
        self,
        metrics: Shown,
        is_ready: Callable[[], bool],
        look: Callable[[], None],
        pages: Iterable[web.RouteDef] = (),
    ) -> None:
        self._metrics = metrics
        self._is_ready = is_ready
        self._look = look
        routes = web.Application()
        routes.add_routes(
            [
                web.get("/healthz", self._live),
                web.get("/readyz", self._ready),
                web.get("/metrics", self._show),
                *pages,
            ]
        )
        self._runner = web.AppRunner(routes, access_log=None)

    async def start(self, host: str, port: int) -> str:
        """Listen; the address that it can be reached at.

        Raises:
            OSError: the port is taken, or the host is not ours.
        """
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        bound = self._runner.addresses[0]
        return f"http://{bound[0]}:{bound[1]}"

    async def stop(self) -> None:
        """Listen no more."""
        await self._runner.cleanup()

    async def _live(self, _: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def _ready(self, _: web.Request) -> web.Response:
        if self._is_ready():
            return web.Response(text="ready\n")
        return web.Response(status=503, text="not ready: has no partitions yet\n")

    async def _show(self, _: web.Request) -> web.Response:
        self._look()
        self._metrics.ready.set(self._is_ready())
        body = generate_latest(self._metrics.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})
