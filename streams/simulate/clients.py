"""Clients: user agents that move with their releases, and their TLS fingerprints."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from .randomness import I64, fold, hexadecimal

_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@dataclass(frozen=True, slots=True)
class Client:
    """One family of client programs.

    Attributes:
        agent: user agent; `{v}` is the version.
        version: version on the first day of the world.
        cadence: days between versions.
        laggards: days within which a version has reached everybody.
        ciphers: the readable first part of its JA4 (FoxIO's format).
    """

    agent: str
    version: int
    cadence: float
    laggards: float
    ciphers: str


CLIENTS = {
    "chrome_windows": Client(
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/{{v}}.0.0.0 Safari/537.36",
        130, 28, 20, "t13d1516h2",
    ),
    "chrome_mac": Client(
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT} Chrome/{{v}}.0.0.0 "
        "Safari/537.36",
        130, 28, 20, "t13d1516h2",
    ),
    "edge": Client(
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/{{v}}.0.0.0 Safari/537.36 "
        "Edg/{v}.0.0.0",
        130, 28, 40, "t13d1516h2",
    ),
    "firefox": Client(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{v}.0) Gecko/20100101 Firefox/{v}.0",
        133, 28, 25, "t13d1715h2",
    ),
    "safari_mac": Client(
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/18.{v} Safari/605.1.15",
        1, 60, 60, "t13d2014h2",
    ),
    "safari_ios": Client(
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_{v} like Mac OS X) AppleWebKit/605.1.15 "
        "(KHTML, like Gecko) Version/18.{v} Mobile/15E148 Safari/604.1",
        1, 60, 80, "t13d2014h2",
    ),
    "chrome_android": Client(
        f"Mozilla/5.0 (Linux; Android 10; K) {_WEBKIT} Chrome/{{v}}.0.0.0 Mobile Safari/537.36",
        130, 28, 40, "t13d1516h2",
    ),
    "app_ios": Client("FaceSearch/{v} CFNetwork/1568 Darwin/24.1.0", 210, 14, 30, "t13d2013h2"),
    "app_android": Client("FaceSearch/{v} okhttp/4.12.0", 210, 14, 45, "t13d1513h2"),
    "terminal": Client("PatrolTerminal/7.{v} (Windows NT 10.0)", 2, 90, 120, "t12d1209h1"),
    "python": Client("python-requests/2.{v}.0", 31, 180, 700, "t13d1812h1"),
    "boto": Client("Boto3/1.{v}.0 md/Botocore#1.{v}.0 lang/python#3.12", 34, 20, 500, "t13d1811h1"),
    "java": Client("Apache-HttpClient/5.{v} (Java/17.0.9)", 3, 240, 700, "t13d1411h1"),
    "go": Client("Go-http-client/2.0", 1, 180, 500, "t13d1910h2"),
    "node": Client("axios/1.{v}.0", 7, 60, 400, "t13d1312h1"),
}  # fmt: skip
NAMES = tuple(CLIENTS)

DESKTOPS = ("chrome_windows", "chrome_mac", "edge", "firefox", "safari_mac")
PHONES = ("safari_ios", "chrome_android", "app_ios", "app_android")
SCRIPTS = ("python", "boto", "java", "go", "node")
FIRST_SCRIPT = NAMES.index(SCRIPTS[0])
"""Client families from here on are programs without a device of their own."""

# Browsers' shares of desktop and mobile traffic, rounded from public web statistics (2025).
DESKTOP_SHARES = (0.58, 0.09, 0.13, 0.06, 0.14)
PHONE_SHARES = (0.24, 0.26, 0.25, 0.25)
SCRIPT_SHARES = (0.38, 0.22, 0.17, 0.11, 0.12)


def client_codes(
    rng: np.random.Generator, n: int, names: Sequence[str], shares: Sequence[float]
) -> NDArray[np.uint8]:
    """`n` client families out of `names`."""
    codes = np.array([NAMES.index(name) for name in names], np.uint8)
    return codes[rng.choice(len(names), n, p=np.array(shares) / sum(shares))]


def releases(family: I64, days: NDArray[np.float64], lag: NDArray[np.float64]) -> I64:
    """The version that a client runs.

    Args:
        family: index into `NAMES`, one per row.
        days: days since the first day of the world.
        lag: 0 to 1, how late this installation updates.
    """
    table = np.array([(c.version, c.cadence, c.laggards) for c in CLIENTS.values()])
    version, cadence, laggards = table[family].T
    return np.asarray(np.floor(version + (days - lag * laggards) / cadence + 0.5), np.int64)


@cache
def user_agent(family: int, version: int) -> str:
    """The user agent of a version."""
    return CLIENTS[NAMES[family]].agent.format(v=max(version, 0))


@cache
def fingerprint(family: int, version: int) -> str:
    """The JA4 of a version; TLS stacks change more slowly than the programs around them."""
    client = CLIENTS[NAMES[family]]
    suites, extensions = hexadecimal(fold([family, family + 256], [0, version // 6]), 12)
    return f"{client.ciphers}_{suites}_{extensions}"
