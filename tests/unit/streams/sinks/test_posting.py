"""A receiver may do whatever it likes: it is an outcome, and leads nowhere else."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from streams.settings import Sink
from streams.sinks.messages import DELIVERED, Outcome
from streams.sinks.posting import LONGEST_ANSWER, Poster
from tests.unit.streams.sinks.examples import a_sink
from tests.unit.streams.sinks.receivers import Speak, serving, speaking


def http_sink(**changed: Any) -> Sink:
    """One that may talk to this machine."""
    base = {"type": "slack", "allow_http": True, "allow_private": True, "timeout": "2s"}
    return a_sink(**base | changed)


async def posted(url: str, sink: Sink | None = None, token: str = "") -> Outcome:
    """What comes of one attempt."""
    poster = Poster(sink or http_sink(), url, token)
    await poster.start()
    try:
        return await poster.post(b"{}")
    finally:
        await poster.stop()


def answering(status: int, **headers: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A server's answer to everything."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(
            status=status, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )

    return answer


def saying(*parts: bytes, hang: bool = False) -> Speak:
    """A server that says this, whatever it is asked, and then hangs up or does not."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1 << 16)
        for part in parts:
            writer.write(part)
        await writer.drain()
        if hang:
            await reader.read()
        writer.close()

    return speak


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, DELIVERED),
        (204, DELIVERED),
        (400, Outcome("http_400", lasting=True)),
        (401, Outcome("http_401")),
        (404, Outcome("http_404")),
        (410, Outcome("http_410", lasting=True)),
        (429, Outcome("http_429")),
        (500, Outcome("http_500")),
        (503, Outcome("http_503")),
    ],
)
def test_status_decides(status: int, outcome: Outcome) -> None:
    """Only what the receiver has understood and does not want is not tried again."""

    async def run() -> Outcome:
        async with serving(answering(status)) as url:
            return await posted(url)

    assert asyncio.run(run()) == outcome


@pytest.mark.parametrize(
    ("said", "wait"),
    [("7", 7.0), ("-7", 0.0), ("nan", 0.0), ("1e9", 3_600.0), ("Fri, 01 Jan 2027", 0.0)],
)
def test_a_receiver_may_ask_for_time(said: str, wait: float) -> None:
    """In seconds, up to an hour."""

    async def run() -> Outcome:
        async with serving(answering(503, Retry_After=said)) as url:
            return await posted(url)

    assert asyncio.run(run()).wait == wait


def test_a_redirect_is_not_followed() -> None:
    """Wherever it leads: what is there is never asked."""
    asked = []

    async def inside(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response()

    async def run() -> Outcome:
        async with serving(inside) as hidden, serving(answering(307, Location=hidden)) as url:
            return await posted(url)

    assert asyncio.run(run()) == Outcome("redirect")
    assert asked == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433"])  # noqa: S104
def test_addresses_inside_are_not_connected_to(host: str) -> None:
    """By number or by name, the server there sees no connection."""
    asked = []

    async def inside(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response()

    async def run() -> Outcome:
        async with serving(inside) as url:
            port = url.rpartition(":")[2]
            return await posted(f"http://{host}:{port}/", http_sink(allow_private=False))

    assert not asyncio.run(run()).delivered
    assert asked == []


def test_a_refusal_is_told_from_a_failure() -> None:
    """So that whoever reads the dead letter knows what to set."""

    async def run() -> Outcome:
        async with serving(answering(200)) as url:
            return await posted(url, http_sink(allow_private=False))

    assert asyncio.run(run()) == Outcome("address_refused")


def test_a_name_that_changes_its_mind_gets_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is judged is the address connected to: a second answer of the DNS changes nothing."""
    answers = iter(["93.184.215.14", "127.0.0.1"])
    asked = []

    async def inside(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response()

    async def run() -> list[str]:
        async with serving(inside) as url:
            port = int(url.rpartition(":")[2])

            async def lookup(*_: object, **__: object) -> list[tuple[Any, ...]]:
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

            monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", lookup)
            sink = http_sink(allow_private=False, timeout="200ms")
            address = f"http://rebinding.example:{port}/"
            return [(await posted(address, sink)).reason for _ in range(2)]

    first, second = asyncio.run(run())
    assert first in {"timeout", "unreachable"}
    assert second == "address_refused"
    assert asked == []


@pytest.mark.parametrize(
    ("speak", "reason"),
    [
        (saying(hang=True), "timeout"),
        (saying(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", hang=True), "timeout"),
        (saying(b"\x00\xff garbage\r\n\r\n"), "not_http"),
        (saying(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20_000 + b"\r\n\r\n"), "not_http"),
        (saying(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"), "answer_cut_off"),
        (saying(), "disconnected"),
        (saying(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (LONGEST_ANSWER + 2)), "answer_too_long"),
    ],
    ids=["silent", "stuck", "garbage", "long header", "cut off", "gone", "endless"],
)
def test_nonsense_is_a_failure_to_try_again_after(speak: Speak, reason: str) -> None:
    """Whatever comes instead of an answer."""

    async def run() -> Outcome:
        async with speaking(speak) as url:
            return await posted(url, http_sink(timeout="500ms"))

    assert asyncio.run(run()) == Outcome(reason)


def test_nobody_there_is_a_failure() -> None:
    """A port that nothing listens on."""

    async def run() -> Outcome:
        async with speaking(saying()) as url:
            pass
        return await posted(url)

    assert asyncio.run(run()) == Outcome("unreachable")


def test_what_is_sent_says_who_sends_it() -> None:
    """JSON, with the token, without cookies of an answer before."""
    seen = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(dict(request.headers) | {"body": (await request.read()).decode()})
        return web.Response(headers={"Set-Cookie": "a=b"})

    async def run() -> None:
        async with serving(answer) as url:
            poster = Poster(http_sink(), url, "t0ken")
            await poster.start()
            await poster.post(b"[1]")
            await poster.post(b"[2]", {"webhook-id": "x"})
            await poster.stop()

    asyncio.run(run())
    assert [each["body"] for each in seen] == ["[1]", "[2]"]
    assert {each["Authorization"] for each in seen} == {"Bearer t0ken"}
    assert {each["Content-Type"] for each in seen} == {"application/json"}
    assert seen[1]["webhook-id"] == "x"
    assert all("Cookie" not in each for each in seen)
