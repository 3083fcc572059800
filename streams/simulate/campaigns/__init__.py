"""Misuse to plant in a world: one pattern, one file, one line here."""

from collections.abc import Mapping
from types import MappingProxyType

from detectors.alerts import PatternCode

from .bulk_scraping import bulk_scraping
from .misuse import Difficulty, Misuse, Plan, Setting
from .persistent_stalking import persistent_stalking

CAMPAIGNS: Mapping[PatternCode, Plan] = MappingProxyType(
    {
        PatternCode.BULK_SCRAPING: bulk_scraping,
        PatternCode.PERSISTENT_STALKING: persistent_stalking,
    }
)

__all__ = ["CAMPAIGNS", "Difficulty", "Misuse", "Plan", "Setting"]
