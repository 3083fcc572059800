"""Which alerts page people, and which only watch: by pattern, and by pattern and tenant."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from .alerts import Mode, PatternCode
from .base import Pattern

ANY: Final = "*"
"""Stands for every pattern."""

_WHERE: Final = re.compile(r"(?P<pattern>[^@]+)@(?P<tenant>.{1,128})", re.DOTALL)


class Modes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a pattern's alerts page people against what the pattern's own `shadow` says.

    What stands in `live` goes before what stands in `shadow`.
    """

    shadow: Annotated[
        tuple[str, ...],
        Meta(description="pattern@tenant, or *@tenant for every pattern: alerts there page nobody"),
    ] = ()
    live: Annotated[
        tuple[str, ...],
        Meta(description="pattern@tenant, or *@tenant: alerts there page, whatever is said else"),
    ] = ()

    def __post_init__(self) -> None:
        """Refuse what names no pattern or no tenant.

        Raises:
            ValueError: a fault an argument.
        """
        faults = [*_faults("shadow", self.shadow), *_faults("live", self.live)]
        faults += [
            f"live: {entry!r} is in shadow too" for entry in self.live if entry in self.shadow
        ]
        if faults:
            raise ValueError(*faults)

    def of(self, pattern: Pattern, tenants: Sequence[str]) -> Mode:
        """The mode of an alert.

        One across tenants pages if it would at one of them: who watches there must not keep the
        others from hearing of it.
        """
        if any(self._pages(pattern, tenant) for tenant in tenants):
            return Mode.LIVE
        return Mode.SHADOW

    def _pages(self, pattern: Pattern, tenant: str) -> bool:
        names = {f"{pattern.code.value}@{tenant}", f"{ANY}@{tenant}"}
        if not names.isdisjoint(self.live):
            return True
        return names.isdisjoint(self.shadow) and not pattern.shadow


def _faults(field: str, entries: Iterable[str]) -> Iterator[str]:
    for entry in entries:
        match = _WHERE.fullmatch(entry)
        if match is None:
            yield f"{field}: expected pattern@tenant, got {entry!r}"
        elif match["pattern"] not in {ANY, *PatternCode}:
            yield f"{field}: there is no pattern {match['pattern']!r}"
