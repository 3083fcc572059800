"""Misuse to plant in a world: one pattern, one file, one line here."""

from collections.abc import Mapping
from types import MappingProxyType

from detectors.alerts import PatternCode

from .bulk_scraping import bulk_scraping
from .case_laundering import case_laundering
from .coordinated_stalking import coordinated_stalking
from .credential_sharing import credential_sharing
from .distributed_scraping import distributed_scraping
from .misuse import Difficulty, Misuse, Plan, Setting
from .persistent_stalking import persistent_stalking
from .probe_hill_climbing import probe_hill_climbing
from .subject_pile_on import subject_pile_on
from .unusual_activity import unusual_activity

CAMPAIGNS: Mapping[PatternCode, Plan] = MappingProxyType(
    {
        PatternCode.BULK_SCRAPING: bulk_scraping,
        PatternCode.PERSISTENT_STALKING: persistent_stalking,
        PatternCode.COORDINATED_STALKING: coordinated_stalking,
        PatternCode.CASE_LAUNDERING: case_laundering,
        PatternCode.PROBE_HILL_CLIMBING: probe_hill_climbing,
        PatternCode.CREDENTIAL_SHARING: credential_sharing,
        PatternCode.DISTRIBUTED_SCRAPING: distributed_scraping,
        PatternCode.UNUSUAL_ACTIVITY: unusual_activity,
        # A crowd is drawn from those who are in no other campaign, so it comes last.
        PatternCode.SUBJECT_PILE_ON: subject_pile_on,
    }
)

__all__ = ["CAMPAIGNS", "Difficulty", "Misuse", "Plan", "Setting"]
