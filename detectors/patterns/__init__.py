"""The misuse patterns. A new one is a file here and a field in `Patterns`."""

import msgspec

from ..base import Figures, Pattern
from .bulk_scraping import BulkScraping
from .case_laundering import CaseLaundering
from .coordinated_stalking import CoordinatedStalking
from .credential_sharing import CredentialSharing
from .distributed_scraping import DistributedScraping
from .persistent_stalking import PersistentStalking
from .probe_hill_climbing import ProbeHillClimbing
from .subject_pile_on import SubjectPileOn
from .unusual_activity import UnusualActivity

__all__ = [
    "BulkScraping",
    "CaseLaundering",
    "CoordinatedStalking",
    "CredentialSharing",
    "DistributedScraping",
    "Figures",
    "Pattern",
    "Patterns",
    "PersistentStalking",
    "ProbeHillClimbing",
    "SubjectPileOn",
    "UnusualActivity",
]


class Patterns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every pattern with its settings, by its code."""

    bulk_scraping: BulkScraping = BulkScraping()
    persistent_stalking: PersistentStalking = PersistentStalking()
    coordinated_stalking: CoordinatedStalking = CoordinatedStalking()
    subject_pile_on: SubjectPileOn = SubjectPileOn()
    case_laundering: CaseLaundering = CaseLaundering()
    probe_hill_climbing: ProbeHillClimbing = ProbeHillClimbing()
    credential_sharing: CredentialSharing = CredentialSharing()
    distributed_scraping: DistributedScraping = DistributedScraping()
    # Last: it says nothing of what another one names.
    unusual_activity: UnusualActivity = UnusualActivity()

    def all(self) -> tuple[Pattern, ...]:
        """The patterns in the order in which they judge."""
        return tuple(getattr(self, name) for name in self.__struct_fields__)
