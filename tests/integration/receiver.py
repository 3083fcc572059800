"""A receiver of webhooks in a thread of its own, which may misbehave."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, NamedTuple, Self

import orjson
from aiohttp import web

Behaviour = Callable[[web.Request, int], Awaitable[web.StreamResponse]]


class Got(NamedTuple):
    """One request, and whether it was taken."""

    headers: dict[str, str]
    body: bytes
    taken: bool

    @property
    def key(self) -> str:
        """Its idempotency key."""
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        """What is in it."""
        return orjson.loads(self.body)


async def take(_: web.Request, number: int) -> web.Response:  # noqa: ARG001
    """Take everything."""
    return web.Response()


class Receiver:
    """A server on the loopback.

    Args:
        behave: how it answers its n-th request, from 0; what is not answered with 200 counts as
            not taken.

    Attributes:
        got: every request, in the order of the answers.
        behave: as given; it may be changed at any time.
    """

    def __init__(self, behave: Behaviour = take) -> None:
        self.behave = behave
        self.got: list[Got] = []
        self._count = 0
        self._address = ""
        self._listens = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._listens.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    @property
    def url(self) -> str:
        """Where it listens."""
        return self._address

    @property
    def taken(self) -> list[Got]:
        """What was answered with 200."""
        return [got for got in list(self.got) if got.taken]

    async def _serve(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self._address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._listens.set()
        await self._ended.wait()
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        number, self._count = self._count, self._count + 1
        body = await request.read()
        answer = await self.behave(request, number)
        self.got.append(Got(dict(request.headers), body, answer.status == 200))
        return answer
