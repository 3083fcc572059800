"""Client addresses to the networks that stand for them: a /24 of IPv4, a /48 of IPv6.

A /48 is what a site gets (RFC 6177 speaks of /48 to /56), a /24 the smallest block of IPv4
that is routed on its own. An IPv4-mapped IPv6 address is the IPv4 address in it.
"""

import socket

import numpy as np
from numpy.typing import NDArray

from detectors.kernels.compile import kernel

from .grammar import NOTHING, hex_digit
from .packed import NEWLINE, PADDING, Packed

NO_ADDRESS, PLAIN, OTHER = 0, 1, 2
"""What a text is: nothing, a dotted quad or an IPv6 address that begins as most do, or something
that `network_of` has to judge."""

_ZERO, _NINE = b"09"
_POINT = ord(".")
_PREFIX = tuple(b"0/24")
_LARGEST_OCTET = 255
_COLON = ord(":")
_PREFIX_6 = tuple(b"::/48")
_GROUPS, _LONGEST_GROUP = 8, 4
_MOST_BEHIND = 5  # groups behind a gap, so that it covers the third of all
_POINTS = 3

_MAPPED = bytes(10) + b"\xff\xff"


def plain_networks(addresses: Packed) -> tuple[Packed, NDArray[np.uint8]]:
    """The networks of all plain addresses, as `network_of` says them, and what each text was.

    Returns:
        n texts, empty where there is no plain address; and uint8, shape (n,), of
        `NO_ADDRESS`, `PLAIN`, `OTHER`.
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
            kinds[k] = PLAIN
            for byte in _PREFIX:
                networks[np.uint64(end)] = byte
                end += 1
        else:
            end = _shorten_ipv6(addresses, start, at, networks, begun)
            kinds[k] = PLAIN if end > begun else NO_ADDRESS if at == start else OTHER
        networks[np.uint64(end)] = NEWLINE
        end += 1
        at += 1
    # What was begun of the last one, and is none.
    networks[end:] = 0


@kernel
def _shorten_ipv6(
    addresses: NDArray[np.uint8], at: int, last: int, networks: NDArray[np.uint8], end: int
) -> int:
    """Write the network of an IPv6 address that begins with a number other than zero.

    Returns:
        Where its text ends: where it would begin if the address is none, or begins otherwise.
    """
    begun = end
    first = second = third = 0
    groups = 0
    gap = -1
    while at < last:
        group = 0
        digits = 0
        while at < last and addresses[np.uint64(at)] != _COLON:
            digit = hex_digit(addresses[np.uint64(at)])
            digits += 1
            if digit == NOTHING or digits > _LONGEST_GROUP:
                return begun
            group = 16 * group + digit
            at += 1
        if digits == 0:
            return begun
        if gap == -1:
            first = group if groups == 0 else first
            second = group if groups == 1 else second
            third = group if groups == 2 else third
        groups += 1
        if at == last:
            break
        at += 1
        if at == last:
            return begun
        if addresses[np.uint64(at)] == _COLON:
            if gap != -1:
                return begun
            gap = groups
            at += 1
    whole = groups == _GROUPS if gap == -1 else groups < _GROUPS and groups - gap <= _MOST_BEHIND
    if not whole or first == 0:
        return begun
    end = _write_hex(networks, end, first)
    if second != 0 or third != 0:
        networks[np.uint64(end)] = _COLON
        end = _write_hex(networks, end + 1, second)
    if third != 0:
        networks[np.uint64(end)] = _COLON
        end = _write_hex(networks, end + 1, third)
    for byte in _PREFIX_6:
        networks[np.uint64(end)] = byte
        end += 1
    return end


@kernel
def _write_hex(buffer: NDArray[np.uint8], at: int, number: int) -> int:
    """Write a number in hexadecimal digits, and say where they end."""
    begun = False
    for place in (12, 8, 4, 0):
        digit = number >> place & 15
        begun = begun or digit != 0 or place == 0
        if begun:
            buffer[np.uint64(at)] = digit + (48 if digit < 10 else 87)
            at += 1
    return at
