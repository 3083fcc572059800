"""Client addresses to the networks that stand for them: a /24 of IPv4, a /48 of IPv6.

A /48 is what a site gets (RFC 6177 speaks of /48 to /56), a /24 the smallest block of IPv4
that is routed on its own. An IPv4-mapped IPv6 address is the IPv4 address in it.
"""

import socket

import numpy as np
from numpy.typing import NDArray

from detectors.kernels.compile import kernel

from .packed import NEWLINE, PADDING, Packed

NO_ADDRESS, IPV4, OTHER = 0, 1, 2
"""What a text is: nothing, a dotted quad, or something that `network_of` has to judge."""

_ZERO, _NINE = b"09"
_POINT = ord(".")
_PREFIX = tuple(b"0/24")
_LARGEST_OCTET = 255
_POINTS = 3

_MAPPED = bytes(10) + b"\xff\xff"


def ipv4_networks(addresses: Packed) -> tuple[Packed, NDArray[np.uint8]]:
    """The networks of all dotted quads, as texts `a.b.c.0/24`, and what each text was.

    Returns:
        n texts, empty where there is no dotted quad; and uint8, shape (n,), of
        `NO_ADDRESS`, `IPV4`, `OTHER`.
    """
    longest = len(addresses.buffer) + addresses.count * len("0/24")
    buffer = np.zeros(longest + len(PADDING), np.uint8)
    kinds = np.empty(addresses.count, np.uint8)
    _shorten(addresses.buffer, addresses.separator, buffer, kinds)
    return Packed(buffer, NEWLINE, addresses.count), kinds


def network_of(address: str) -> str | None:
    """The network of one address, `a.b.c.0/24` or `x:y:z::/48`; None if it is no address.

    A zone (`%eth0`), a port or brackets make it none.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        packed = socket.inet_pton(family, address)
    except (OSError, ValueError):
        return None
    if packed.startswith(_MAPPED):
        family, packed = socket.AF_INET, packed[len(_MAPPED) :]
    if family == socket.AF_INET:
        return socket.inet_ntop(family, packed[:3] + bytes(1)) + "/24"
    return socket.inet_ntop(family, packed[:6] + bytes(10)) + "/48"


@kernel
def _shorten(
    addresses: NDArray[np.uint8],
    separator: int,
    networks: NDArray[np.uint8],
    kinds: NDArray[np.uint8],
) -> None:
    # Unsigned indices spare the check for negative ones, a third of the time.
    at = 0
    end = 0
    for k in range(len(kinds)):
        start = at
        begun = end
        points = 0
        octet = 0
        digits = 0
        valid = True
        while addresses[np.uint64(at)] != separator:
            byte = addresses[np.uint64(at)]
            at += 1
            if _ZERO <= byte <= _NINE:
                # A leading zero may mean octal, so it is no address here.
                valid = valid and not (digits > 0 and octet == 0)
                octet = min(octet * 10 + int(byte) - _ZERO, _LARGEST_OCTET + 1)
                digits += 1
            elif byte == _POINT:
                valid = valid and digits > 0 and octet <= _LARGEST_OCTET
                points += 1
                octet = 0
                digits = 0
            else:
                valid = False
            if points < _POINTS or byte == _POINT:
                networks[np.uint64(end)] = byte
                end += 1
        if valid and points == _POINTS and digits > 0 and octet <= _LARGEST_OCTET:
            kinds[k] = IPV4
            for byte in _PREFIX:
                networks[np.uint64(end)] = byte
                end += 1
        else:
            kinds[k] = NO_ADDRESS if at == start else OTHER
            end = begun
        networks[np.uint64(end)] = NEWLINE
        end += 1
        at += 1
