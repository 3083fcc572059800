"""The misuse patterns. A new one is a file here and a field in `Patterns`."""

import msgspec

from ..base import Figures, Pattern
from .bulk_scraping import BulkScraping
from .persistent_stalking import PersistentStalking

__all__ = ["BulkScraping", "Figures", "Pattern", "Patterns", "PersistentStalking"]


class Patterns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every pattern with its settings, by its code."""

    bulk_scraping: BulkScraping = BulkScraping()
    persistent_stalking: PersistentStalking = PersistentStalking()

    def all(self) -> tuple[Pattern, ...]:
        """The patterns in the order in which they judge."""
        return tuple(getattr(self, name) for name in self.__struct_fields__)
