"""Access tokens for brokers that ask for OAUTHBEARER, by client credentials (RFC 6749, 4.4)."""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote_plus

import aiohttp
import msgspec
from aiokafka.abc import AbstractTokenProvider as AiokafkaProvider
from kafka.net.sasl.oauth import AbstractTokenProvider as AdminProvider

from detectors.errors import BrokerError

TIMEOUT_SECONDS = 5.0
"""A broker waits for the token; it closes connections that have not logged in after 10 s or so."""

FRESH_SHARE = 0.8
"""Of a token's life, after which it is renewed; Kafka's own clients have the same
(`sasl.login.refresh.window.factor`)."""

UNTOLD_LIFE_SECONDS = 60.0
"""Of a token whose server does not say how long it lives: `expires_in` is only recommended."""


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks whom for a token.

    Attributes:
        url: the token endpoint.
        client_id: as the server knows us.
        secret: what proves it.
        scope: what is asked for, empty to leave it to the server.
    """

    url: str
    client_id: str
    secret: str = field(repr=False)
    scope: str = ""


class Grant(msgspec.Struct, frozen=True):
    """What the server answers (RFC 6749, 5.1)."""

    access_token: str
    expires_in: float = UNTOLD_LIFE_SECONDS


class Refusal(msgspec.Struct, frozen=True):
    """What it answers if it does not give a token (RFC 6749, 5.2)."""

    error: str = ""
    error_description: str = ""


async def request(client: Client) -> Grant:
    """A new token.

    Raises:
        BrokerError: the server cannot be reached, refuses, or answers something else.
    """
    form = {"grant_type": "client_credentials"} | ({"scope": client.scope} if client.scope else {})
    # RFC 6749, 2.3.1: both are form-encoded before they become a user and a password.
    login = aiohttp.encode_basic_auth(quote_plus(client.client_id), quote_plus(client.secret))
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
            # A redirect would carry the secret to whoever it names.
            session.post(
                client.url, data=form, headers={"Authorization": login}, allow_redirects=False
            ) as response,
        ):
            status, answer = response.status, await response.read()
    except (aiohttp.ClientError, TimeoutError) as error:
        why = str(error) or f"no answer within {TIMEOUT_SECONDS:g} s"
        raise BrokerError(f"no token from {client.url}: {why}") from error
    return _granted(client, status, answer)


def _granted(client: Client, status: int, answer: bytes) -> Grant:
    try:
        if status == HTTPStatus.OK:
            return msgspec.json.decode(answer, type=Grant)
        refusal = msgspec.json.decode(answer, type=Refusal)
        why = f"{refusal.error} {refusal.error_description}".strip()
    except msgspec.DecodeError:
        why = "with what is no answer of a token endpoint"
    raise BrokerError(
        f"no token from {client.url} for {client.client_id}: status {status} {why}".rstrip()
    )


class Tokens:
    """The token of the moment, for any number of clients in any threads and event loops.

    Args:
        client: who asks whom.
        clock: seconds; only differences count.
    """

    def __init__(self, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._stale_at = 0.0

    def current(self) -> str:
        """A token with a part of its life before it; waits for a new one if need be.

        Raises:
            BrokerError: a new one cannot be had.
        """
        with self._lock:
            now = self._clock()
            if not self._token or now >= self._stale_at:
                # A loop of its own: clients of several threads share this, each with another.
                grant = asyncio.run(request(self._client))
                self._token = grant.access_token
                self._stale_at = now + FRESH_SHARE * grant.expires_in
            return self._token


class AiokafkaTokens(AiokafkaProvider):  # type: ignore[misc]  # ships no types
    """The tokens as aiokafka asks for them."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def token(self) -> str:
        """A token that is good for now."""
        return await asyncio.to_thread(self._tokens.current)


class AdminTokens(AdminProvider):  # type: ignore[misc]  # ships no types
    """The tokens as kafka-python asks for them, from a thread of its own."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def token(self) -> str:
        """A token that is good for now."""
        return self._tokens.current()
