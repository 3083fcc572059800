"""Which addresses an alert may be posted to: none that only this network can reach.

Whoever may set a receiver's address, or what its name resolves to, must not be able to have us
talk to an internal service (server-side request forgery; OWASP API7:2023). So the check is of
the address that is connected to, each time, and not of the name.
"""

import ipaddress
import socket
from typing import Any, Final

REFUSED: Final = "the address is not a public one"

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_EMBEDDING: Final = (
    # IPv4 behind IPv6: RFC 6052 (NAT64, the well-known prefix), RFC 4291 (compatible, obsolete),
    # RFC 2765 (SIIT, obsolete).
    ipaddress.IPv6Network("64:ff9b::/96"),
    ipaddress.IPv6Network("::/96"),
    ipaddress.IPv6Network("::ffff:0:0:0/96"),
)
_ISATAP: Final = (0x0000_5EFE, 0x0200_5EFE)
"""What an interface's half begins with if IPv4 stands behind it: RFC 5214, 6.1."""

_SPECIAL: Final[tuple[_Network, ...]] = (
    # In IANA's registries of special-purpose addresses, and public for older versions of Python
    # (its issue 113171).
    ipaddress.IPv4Network("192.0.0.0/24"),
    # Anycast of 6to4 relays, which are gone: RFC 7526.
    ipaddress.IPv4Network("192.88.99.0/24"),
    ipaddress.IPv6Network("64:ff9b:1::/48"),
    ipaddress.IPv6Network("2002::/16"),
    ipaddress.IPv6Network("3fff::/20"),
    # Segment routing within one network: RFC 9602.
    ipaddress.IPv6Network("5f00::/16"),
    # Once what fc00::/7 is today: RFC 3879.
    ipaddress.IPv6Network("fec0::/10"),
    # Public by its number, but Azure's own to each machine: "What is IP address 168.63.129.16?",
    # Microsoft Learn.
    ipaddress.IPv4Network("168.63.129.16/32"),
)


class RefusedAddressError(OSError):
    """A connection that is not made."""

    def __init__(self) -> None:
        super().__init__(REFUSED)


def is_public(text: str) -> bool:
    """Whether an address belongs to the public internet.

    >>> [is_public(text) for text in ("93.184.215.14", "10.0.0.1", "169.254.169.254")]
    [True, False, False]
    >>> [is_public(text) for text in ("::1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "fe80::1%eth0")]
    [False, False, False, False]
    """
    try:
        return all(_is_public(address) for address in _meant(ipaddress.ip_address(text)))
    except ValueError:
        return False


def guarded_socket(info: tuple[Any, ...]) -> socket.socket:
    """A socket for an address that a name was resolved to.

    Raises:
        RefusedAddressError: it is not public.
    """
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise RefusedAddressError
    return socket.socket(family, kind, protocol)


def _is_public(address: _Address) -> bool:
    if address.is_multicast or not address.is_global:
        return False
    return not any(address.version == each.version and address in each for each in _SPECIAL)


def _meant(address: _Address) -> list[_Address]:
    """The address, and those of IPv4 that a packet to it may end at."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    isatap = (int(address) >> 32) & 0xFFFFFFFF in _ISATAP
    if isatap or any(address in network for network in _EMBEDDING):
        return [address, ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    return [address]
