"""Receivers for tests: one that does as it is told, and HTTP servers that misbehave."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import cast

from aiohttp import web

from streams.sinks.messages import DELIVERED, Message, Outcome, Plain

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Memory(Plain):
    """Remembers what it was given.

    Args:
        outcomes: of the first attempts; after them everything is delivered.
    """

    def __init__(self, outcomes: Sequence[Outcome] = ()) -> None:
        self._outcomes = list(outcomes)
        self.attempts: list[Message] = []
        self.delivered: list[Message] = []
        self.forgotten: list[str] = []
        self.open = asyncio.Event()
        self.open.set()

    @property
    def keys(self) -> list[str]:
        """Of what was delivered."""
        return [message.key for message in self.delivered]

    async def deliver(self, message: Message) -> Outcome:
        """As told beforehand, and only while it is open."""
        await self.open.wait()
        self.attempts.append(message)
        outcome = self._outcomes.pop(0) if self._outcomes else DELIVERED
        if outcome.delivered:
            self.delivered.append(message)
        return outcome

    def forget(self, alert_id: str) -> None:
        """Remember that, too."""
        self.forgotten.append(alert_id)


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[str]:
    """An HTTP server that answers everything like this; its address."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def speaking(speak: Speak) -> AsyncIterator[str]:
    """A server that says what it likes, which need not be HTTP; its address."""
    talks = set[asyncio.Task[None]]()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(cast("asyncio.Task[None]", asyncio.current_task()))
        with suppress(OSError, asyncio.CancelledError):
            await speak(reader, writer)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for one in talks:
            one.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


async def until(condition: Callable[[], object]) -> None:
    """Return when a condition holds.

    Raises:
        TimeoutError: it does not come to hold.
    """
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - it waits for what others do
            await asyncio.sleep(0.01)
