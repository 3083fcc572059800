import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from detectors.errors import BrokerError
from streams.kafka.oauth import AdminTokens, AiokafkaTokens, Client, Tokens
from tests.tokens import TokenServer, token_server


class Clock:
    """Stands still until it is set."""

    now = 1_000.0

    def __call__(self) -> float:
        """What time it is."""
        return self.now


@pytest.fixture
def server() -> Iterator[TokenServer]:
    """A token endpoint that gives tokens for 100 seconds."""
    with token_server() as running:
        running.answer = {"access_token": "t1", "token_type": "bearer", "expires_in": 100}
        yield running


def client(server: TokenServer, scope: str = "") -> Client:
    """A client whose id and secret are not plain letters."""
    return Client(server.url, "probe:watch", "p&ss w/rd%", scope)


def test_client_credentials_are_sent_as_the_standard_says(server: TokenServer) -> None:
    """The id and the secret come form-encoded in the header, the grant and scope in the form."""
    assert Tokens(client(server, scope="kafka read")).current() == "t1"

    (asked,) = server.asked
    assert asked == (
        "probe%3Awatch",
        "p%26ss+w%2Frd%25",
        {"grant_type": "client_credentials", "scope": "kafka read"},
    )


def test_no_scope_is_asked_for_unless_one_is_set(server: TokenServer) -> None:
    """An empty scope is another request than none."""
    Tokens(client(server)).current()

    assert server.asked[0][2] == {"grant_type": "client_credentials"}


@pytest.mark.parametrize(("told", "fresh"), [({"expires_in": 100}, 79), ({}, 47)])
def test_a_token_is_kept_until_shortly_before_it_expires(
    server: TokenServer, told: dict[str, Any], fresh: float
) -> None:
    """At 80 % of its life it is renewed; a life that is not told is taken to be a minute."""
    clock = Clock()
    tokens = Tokens(client(server), clock)
    server.answer = {"access_token": "t1"} | told
    first = tokens.current()
    server.answer = {"access_token": "t2"} | told

    clock.now += fresh
    kept = tokens.current()
    clock.now += 1
    renewed = tokens.current()

    assert [first, kept, renewed] == ["t1", "t1", "t2"]
    assert len(server.asked) == 2


def test_clients_that_connect_at_once_share_a_token(server: TokenServer) -> None:
    """Whatever thread or event loop they are in, one request is made."""
    tokens = Tokens(client(server))

    async def several() -> list[str]:
        return list(await asyncio.gather(*(AiokafkaTokens(tokens).token() for _ in range(3))))

    with ThreadPoolExecutor(4) as threads:
        loops = [threads.submit(lambda: asyncio.run(several())) for _ in range(2)]
        plain = [threads.submit(AdminTokens(tokens).token) for _ in range(2)]

    assert [loop.result() for loop in loops] == [["t1"] * 3] * 2
    assert [each.result() for each in plain] == ["t1"] * 2
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("status", "answer", "why"),
    [
        (401, {"error": "invalid_client"}, "status 401 invalid_client"),
        (
            400,
            {"error": "invalid_scope", "error_description": "no such scope"},
            "status 400 invalid_scope no such scope",
        ),
        (502, "<html>Bad gateway</html>", "status 502 with what is no answer of a token endpoint"),
        (200, {"token": "t1"}, "status 200 with what is no answer of a token endpoint"),
        (302, {}, "status 302"),
    ],
)
def test_a_refusal_says_why_and_not_the_secret(
    server: TokenServer, status: int, answer: dict[str, str] | str, why: str
) -> None:
    """The message names the endpoint, the client and what the server said."""
    server.status, server.answer = status, answer

    with pytest.raises(BrokerError) as caught:
        Tokens(client(server)).current()

    assert str(caught.value) == f"no token from {server.url} for probe:watch: {why}"


def test_an_endpoint_that_is_not_there_is_named(server: TokenServer) -> None:
    """Nothing listens at the port."""
    url = "http://127.0.0.1:1/token"

    with pytest.raises(BrokerError, match=f"no token from {url}: Cannot connect to host"):
        Tokens(Client(url, "me", "secret")).current()
    assert server.asked == []


def test_the_secret_is_not_shown(server: TokenServer) -> None:
    """Whoever prints a client sees who it is and no more."""
    assert "p&ss" not in repr(client(server))
    assert "probe:watch" in repr(client(server))
