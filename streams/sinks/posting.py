"""One attempt to post something to somebody who may do anything in return."""

import math
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import aiohttp

from detectors.errors import ConfigError
from streams.settings.faults import unreadable
from streams.settings.sinks import Sink

from .addresses import RefusedAddressError, guarded_socket
from .messages import DELIVERED, Outcome

LONGEST_ANSWER: Final = 1 << 16
"""Bytes of an answer that are read; nothing of them is used."""

LONGEST_WAIT: Final = 3_600.0
"""Seconds for which a receiver may ask to be left alone."""

_UNWANTED: Final = frozenset({400, 410, 413, 415, 422})
"""Says that whoever answered has understood, and would not take it the next time either. Others,
as 401, 404 or 429, are said of receivers that are being set up, moved or overrun."""

_AGENT: Final = "Probewatch"


class Poster:
    """Posts JSON to one address.

    It follows no redirect, uses no proxy and keeps no cookies.

    Args:
        sink: timeouts, and whom to trust.
        url: where to.
        token: sent as a bearer token; empty for none.
    """

    def __init__(self, sink: Sink, url: str, token: str = "") -> None:
        self._sink = sink
        self._url = url
        self._headers = {"Content-Type": "application/json", "User-Agent": _AGENT}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open nothing yet, but be able to.

        Raises:
            ConfigError: the certificates cannot be read.
        """
        connector = aiohttp.TCPConnector(
            ssl=_trust(self._sink.ca_file),
            limit=self._sink.parallel,
            # Names are looked up anew for each connection, as an address is checked for each.
            use_dns_cache=False,
            socket_factory=None if self._sink.allow_private else guarded_socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._sink.timeout.total_seconds()),
            headers=self._headers,
            auto_decompress=False,
            max_line_size=8_190,
            max_field_size=8_190,
        )

    async def stop(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    async def post(self, body: bytes, headers: Mapping[str, str] | None = None) -> Outcome:
        """Make one attempt; never raises for what the other side does."""
        if self._session is None:
            raise RuntimeError("not started")
        try:
            async with self._session.post(
                self._url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                whole = await _read(answer.content)
                return _outcome(answer) if whole else Outcome("answer_too_long")
        except aiohttp.ClientConnectorError as error:
            refused = isinstance(error.os_error, RefusedAddressError)
            return Outcome("address_refused" if refused else "unreachable")
        except TimeoutError:
            return Outcome("timeout")
        except aiohttp.ClientPayloadError:
            return Outcome("answer_cut_off")
        except aiohttp.ClientResponseError:
            return Outcome("not_http")
        except (aiohttp.ClientError, OSError, ValueError):
            return Outcome("disconnected")


async def _read(content: aiohttp.StreamReader) -> bool:
    """Read an answer to its end, unless it is too long."""
    left = LONGEST_ANSWER
    while left >= 0:
        part = await content.read(min(left + 1, 1 << 14))
        if not part:
            return True
        left -= len(part)
    return False


def _outcome(answer: aiohttp.ClientResponse) -> Outcome:
    if answer.status // 100 == 2:  # noqa: PLR2004
        return DELIVERED
    reason = "redirect" if answer.status // 100 == 3 else f"http_{answer.status}"  # noqa: PLR2004
    return Outcome(reason, answer.status in _UNWANTED, _wait(answer.headers.get("Retry-After")))


def _wait(text: str | None) -> float:
    """Seconds to wait; dates, which the header may hold as well, are not heeded."""
    try:
        seconds = float(text or 0.0)
    except ValueError:
        return 0.0
    return min(LONGEST_WAIT, max(0.0, seconds)) if math.isfinite(seconds) else 0.0


def _trust(file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=file or None)
    except ssl.SSLError as error:
        raise ConfigError(f"{file}: holds no certificates in PEM form") from error
    except OSError as error:
        raise unreadable(Path(file), error) from error
