"""The alert, as the contract fixes it (`probewatch.alert.v1`)."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal, NamedTuple

import msgspec


class PatternCode(StrEnum):
    """The kinds of misuse."""

    BULK_SCRAPING = "bulk_scraping"
    DISTRIBUTED_SCRAPING = "distributed_scraping"
    PERSISTENT_STALKING = "persistent_stalking"
    COORDINATED_STALKING = "coordinated_stalking"
    SUBJECT_PILE_ON = "subject_pile_on"
    CASE_LAUNDERING = "case_laundering"
    PROBE_HILL_CLIMBING = "probe_hill_climbing"
    CREDENTIAL_SHARING = "credential_sharing"
    UNUSUAL_ACTIVITY = "unusual_activity"


class Severity(StrEnum):
    """How much it matters, least first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for low to 3 for critical."""
        return list(Severity).index(self)


class Status(StrEnum):
    """Where an episode stands."""

    OPEN = "open"
    UPDATED = "updated"
    CLOSED = "closed"
    REOPENED = "reopened"


class Mode(StrEnum):
    """Whether the pattern pages people or only watches."""

    LIVE = "live"
    SHADOW = "shadow"


EntityType = Literal["actor", "credential", "subject", "pair", "case", "network", "cohort"]


class Entity(msgspec.Struct, frozen=True):
    """What an alert is about.

    The id is a pseudonym; a pair's: actor and subject, `+` between; a case's: the case, as the
    one account uses it that the alert names.
    """

    type: EntityType
    id: str


class Reason(msgspec.Struct, frozen=True):
    """One finding: what was seen, what was expected, and a sentence that says both."""

    feature: str
    observed: float
    expected: float
    unit: str
    text: str


class Taxonomy(msgspec.Struct, frozen=True):
    """Ids in public taxonomies, where one fits."""

    owasp_oat: str | None = None
    owasp_api: str | None = None
    mitre_atlas: str | None = None
    mitre_attack: str | None = None


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One revision of an episode. Times are RFC 3339 in UTC with milliseconds."""

    schema: str = "probewatch.alert.v1"
    alert_id: str
    revision: int
    pattern: PatternCode
    status: Status
    mode: Mode
    severity: Severity
    score: float
    rarity: float
    tenant_id: str | None
    tenants: tuple[str, ...]
    gallery_id: str | None
    entity: Entity
    actors: tuple[str, ...]
    subjects: tuple[str, ...]
    campaign_id: str | None
    first_event_time: str
    last_event_time: str
    raised_event_time: str
    event_count: int
    subjects_exposed: int
    reasons: tuple[Reason, ...]
    event_ids: tuple[str, ...]
    config_hash: str
    taxonomy: Taxonomy


class Told(NamedTuple):
    """A revision, and what it is the first of its alert to say.

    Attributes:
        alert: the revision.
        reached: severities that the alert has come to, least first; one that is raised as high has
            come to low and medium as well.
    """

    alert: Alert
    reached: tuple[Severity, ...]


def rfc3339(milliseconds: int) -> str:
    """Milliseconds since the epoch as an alert writes a time.

    >>> rfc3339(1_741_000_000_042)
    '2025-03-03T11:06:40.042Z'
    """
    seconds, rest = divmod(milliseconds, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"
