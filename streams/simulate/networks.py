"""Networks and the addresses that they hand out.

Addresses are in 10.0.0.0/8 and 2001:db8::/32 and system numbers in the private range
(RFC 1918, 3849, 6996), so that a simulated log never names a network that exists.
"""

from dataclasses import dataclass, field

import numpy as np

from .randomness import I64, U64, Dice, fold

BLOCKS = 65_536
"""/24 networks in 10.0.0.0/8, and /48 networks in 2001:db8::/32."""

FIRST_ASN = 4_200_000_000
"""First of the private 32-bit system numbers."""


@dataclass(slots=True)
class Networks:
    """Whoever routes requests: providers, carriers, offices, clouds, VPNs.

    Each has a run of /24 or /48 blocks; runs wrap around when all blocks are given away.
    """

    countries: list[str] = field(default_factory=list)
    first: list[int] = field(default_factory=list)
    blocks: list[int] = field(default_factory=list)
    six: list[bool] = field(default_factory=list)
    _next: int = 0

    def add(self, country: str, blocks: int, *, six: bool = False) -> int:
        """A network of `blocks` blocks; its index."""
        self.countries.append(country)
        self.first.append(self._next % BLOCKS)
        self.blocks.append(blocks)
        self.six.append(six)
        self._next += blocks
        return len(self.first) - 1

    def numbers(self, network: I64) -> list[int]:
        """The autonomous system number of each network."""
        return [FIRST_ASN + index for index in network.tolist()]

    def addresses(self, network: I64, holder: U64, epoch: U64) -> list[str]:
        """The address that each `holder` has in `epoch`.

        A change of epoch always changes the host part; it moves to another block of the
        network one time in four.
        """
        moved = (fold(holder, epoch) & np.uint64(3)) == 0
        choice = Dice(np.where(moved, fold(holder, epoch), holder))
        block = np.array(self.first)[network] + choice.below(
            "block", np.array(self.blocks)[network]
        )
        host = Dice(fold(holder, epoch)).bits("host")
        return [
            f"2001:db8:{block_ % BLOCKS:x}:{host_ >> 48:x}::{host_ & 0xFFFF:x}"
            if six
            else f"10.{block_ // 256 % 256}.{block_ % 256}.{1 + host_ % 254}"
            for block_, host_, six in zip(
                block.tolist(), host.tolist(), np.array(self.six)[network].tolist(), strict=True
            )
        ]
