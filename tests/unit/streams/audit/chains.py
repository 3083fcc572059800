"""Chains for tests."""

from streams.audit.chain import Happened, Head, Link, link


def a_chain(length: int) -> list[Link]:
    """Records of alerts, one behind the other."""
    found: list[Link] = []
    head = Head()
    for number in range(length):
        what = {"alert_id": f"a{number // 2}", "revision": number % 2 + 1}
        found.append(link(head, Happened("2026-03-05T09:00:00.000Z", "alert", what)))
        head = Head(found[-1].seq, found[-1].hash)
    return found


def lines(chain: list[Link]) -> list[bytes]:
    """As a file has them."""
    return [each.line() + b"\n" for each in chain]
