"""A token endpoint (RFC 6749) on the loopback, for whoever logs in with tokens."""

import asyncio
import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from aiohttp import web


@dataclass
class TokenServer:
    """Answers every request in the same way, and keeps what was asked.

    Attributes:
        url: where it is.
        answer: the JSON that it answers with, or text as it is.
        status: of the answer.
        asked: per request the client's id, its secret and the form.
    """

    url: str = ""
    answer: dict[str, Any] | str = ""
    status: int = HTTPStatus.OK
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    async def respond(self, request: web.Request) -> web.Response:
        """Give the answer."""
        kind, _, login = request.headers["Authorization"].partition(" ")
        client_id, _, secret = base64.b64decode(login).decode().partition(":")
        assert kind == "Basic"
        form = {key: str(value) for key, value in (await request.post()).items()}
        self.asked.append((client_id, secret, form))
        if isinstance(self.answer, str):
            return web.Response(text=self.answer, status=self.status)
        return web.json_response(self.answer, status=self.status)


@contextmanager
def token_server() -> Iterator[TokenServer]:
    """One that runs, in a thread of its own."""
    server = TokenServer()
    loop = asyncio.new_event_loop()
    app = web.Application()
    app.router.add_post("/token", server.respond)
    runner = web.AppRunner(app, shutdown_timeout=0)

    async def start() -> int:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port: int = runner.addresses[0][1]
        return port

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        port = asyncio.run_coroutine_threadsafe(start(), loop).result()
        server.url = f"http://127.0.0.1:{port}/token"
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
