"""Nothing is posted where only this network can reach."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.sinks.addresses import RefusedAddressError, guarded_socket, is_public

INSIDE = [
    *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1"),  # noqa: S104
    *("169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "168.63.129.16"),
    *("224.0.0.1", "255.255.255.255", "198.18.0.1", "240.0.0.1"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1"),
    *("::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1"),
    *("64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:db8::1"),
    *("fec0::1", "5f00::1", "::ffff:0:7f00:1", "192.88.99.1", "2606:4700::5efe:a00:1"),
    *("2606:4700::200:5efe:7f00:1", "::ffff:0:a9fe:a9fe"),
    *("", "localhost", "example.org", "1.2.3", "017700000001"),
]
OUTSIDE = [
    "93.184.215.14",
    "8.8.8.8",
    "2606:4700::6810:84e5",
    "64:ff9b::808:808",
    "2606:4700::5efe:808:808",
]


@pytest.mark.parametrize("address", INSIDE)
def test_inside_is_refused(address: str) -> None:
    """Private, loopback, link-local, metadata services, however they are written; and no names."""
    assert not is_public(address)
    with pytest.raises(RefusedAddressError):
        guarded_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 443)))


@pytest.mark.parametrize("address", OUTSIDE)
def test_outside_is_not(address: str) -> None:
    """An address of the internet gets a socket."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET

    assert is_public(address)
    guarded_socket((family, socket.SOCK_STREAM, 0, "", (address, 443))).close()


@given(st.ip_addresses(v=4))
def test_ipv6_is_no_way_around(address: object) -> None:
    """An address of IPv4 that is refused is refused inside of IPv6 too."""
    if not is_public(str(address)):
        assert not is_public(f"::ffff:{address}")
        assert not is_public(f"64:ff9b::{address}")
        assert not is_public(f"::ffff:0:{address}")
        assert not is_public(f"2606:4700::200:5efe:{address}")
