import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.ingest.networks import NO_ADDRESS, OTHER, PLAIN, network_of, plain_networks
from streams.ingest.packed import pack


def reference(text: str) -> str | None:
    """The standard library's judgement of an address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return None
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((address, 48), strict=False))
        address = address.ipv4_mapped
    return str(ipaddress.ip_network((address, 24), strict=False))


quads = st.lists(
    st.sampled_from(["0", "1", "9", "10", "99", "100", "255", "256", "01", "00", "", "x", "-1"])
    | st.integers(0, 300).map(str),
    min_size=3,
    max_size=5,
).map(".".join)
addresses = quads | st.ip_addresses(v=4).map(str) | st.text("0123456789.", max_size=16)
others = (
    st.ip_addresses(v=6).map(str)
    | st.lists(st.sampled_from(["", "0", "1", "00", "db8", "FFFF", "12345"]), max_size=9).map(
        ":".join
    )
    | st.text("0123456789abcdef:.%/", max_size=20)
)


@given(st.lists(addresses | others | st.just(""), max_size=20))
def test_kernel_equals_reference(texts: list[str]) -> None:
    """Dotted quads and most of IPv6 come out as their networks, the rest is left to others."""
    packed, kinds = plain_networks(pack(texts))
    networks = packed.buffer.tobytes().split(bytes([packed.separator]))[: len(texts)]

    for text, network, kind in zip(texts, networks, kinds.tolist(), strict=True):
        expected = reference(text)
        if kind == OTHER:
            assert network == b""
            assert expected is None or ":" in text
        else:
            assert kind == (PLAIN if expected else NO_ADDRESS)
            assert network.decode() == (expected or "")


def test_what_is_no_address_leaves_nothing_behind() -> None:
    """Nor does the last of them: the texts can be read."""
    networks, kinds = plain_networks(pack(["192.0.2.7", "\N{GRINNING FACE}", "1.2.äö"]))

    assert networks.texts() == ["192.0.2.0/24", "", ""]
    assert kinds.tolist() == [PLAIN, OTHER, OTHER]


def test_usual_addresses_are_plain() -> None:
    """Whatever of their first three numbers is written, in whatever case."""
    texts = ["2001:db8:1:2:3::4", "2001:0DB8::", "2a00::1", "2a00:0:5:6:7:8:9:0", "1:2:0:4::5:6:7"]

    assert plain_networks(pack(texts))[1].tolist() == [PLAIN] * len(texts)


@given(addresses | st.ip_addresses(v=6).map(str) | others)
def test_network_equals_the_standard_librarys(text: str) -> None:
    """The quick way over the operating system judges as `ipaddress` does."""
    assert network_of(text) == reference(text)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("::1", "::/48"),
        ("fe80::1%eth0", None),
        ("203.0.113.77:443", None),
        ("[2001:db8::1]", None),
        ("\ud800", None),
        ("1.2.3.4\0", None),
    ],
)
def test_network_of_an_address(address: str, network: str | None) -> None:
    """A /24, a /48, the IPv4 address in an IPv6 one, or none."""
    assert network_of(address) == network
