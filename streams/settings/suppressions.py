"""The tables `[[suppressions]]`: alerts that nobody is to be woken by, until a date."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import Meta

from detectors.alerts import PatternCode

from .sections import Section

CODE: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,31}")
"""A reason as a word from a list of one's own: too short for a story, so that none gets in."""

PERSON: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
"""Who answers for something: a user's name or address, or a team's."""

PSEUDONYM: Final = re.compile(r"(p\d{1,6}_)?[a-z2-7]{26}(\+p\d{1,6}_[a-z2-7]{26})?")
"""What an alert is about as it is written: a pseudonym, a pair of them, or a group's hash."""


class Suppression(Section, frozen=True):
    """Alerts that are not delivered: what is said of them must all fit; they stay in the topic."""

    id: Annotated[str, Meta(description="a short code of your own, to find it by")]
    owner: Annotated[str, Meta(description="who answers for it")]
    reason: Annotated[str, Meta(description="why: a short code, never a story")]
    until: Annotated[str, Meta(description='when it ends, as in "2026-03-31T00:00:00Z"')]
    patterns: Annotated[
        tuple[str, ...], Meta(description="codes of patterns; none: whatever the pattern")
    ] = ()
    tenants: Annotated[
        tuple[str, ...], Meta(description="alerts of these alone; none: whatever the tenant")
    ] = ()
    entities: Annotated[
        tuple[str, ...],
        Meta(description="pseudonyms of what alerts are about; none: whatever it is"),
    ] = ()
    up_to: Annotated[
        Literal["low", "medium", "high", "critical"],
        Meta(description="more severe alerts are delivered all the same"),
    ] = "high"

    @property
    def ends(self) -> int:
        """When it ends, ms."""
        return round(datetime.fromisoformat(self.until).timestamp() * 1000)

    def __post_init__(self) -> None:
        """Refuse one that would have no end, no owner, or no bound."""
        if faults := [*_faults(self)]:
            raise ValueError(*faults)


def _faults(one: Suppression) -> Iterator[str]:
    for field in ("id", "reason"):
        if CODE.fullmatch(getattr(one, field)) is None:
            yield f"{field}: expected a code such as red-team, got {getattr(one, field)!r}"
    if PERSON.fullmatch(one.owner) is None:
        yield f"owner: expected a name without spaces, got {one.owner!r}"
    if not _is_time(one.until):
        yield f'until: expected a time such as "2026-03-31T00:00:00Z", got {one.until!r}'
    if not (one.patterns or one.tenants or one.entities):
        yield "patterns, tenants or entities: one of them is needed"
    for pattern in one.patterns:
        if pattern not in list(PatternCode):
            yield f"patterns: expected {', '.join(PatternCode)}, got {pattern!r}"
    for entity in one.entities:
        if PSEUDONYM.fullmatch(entity) is None:
            # A plain id in a configuration would be one outside of its pseudonym.
            yield "entities: expected pseudonyms as alerts have them, got something else"


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
