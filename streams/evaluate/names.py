"""Whether ids are written alike, since what is written otherwise can never match."""

import re
from collections.abc import Iterable, Iterator, Sequence

from detectors.alerts import Alert
from detectors.errors import InputError

from .records import Labels

# As pseudonyms are written outside the process: key epoch, then 128 bits in base32.
_PSEUDONYM = re.compile(r"p\d+_[a-z2-7]{26}")


def comparable(alerts: Iterable[Alert], labels: Labels) -> Iterator[Alert]:
    """The alerts, unless they name pseudonyms where the labels name plain ids.

    Raises:
        InputError: no alert could ever match, and all would look false.
    """
    labelled = frozenset[str]().union(
        *(campaign.actors for campaign in labels.campaigns),
        *(group.actors for group in labels.groups),
    )
    plain = labelled and not any(map(_is_pseudonym, labelled))
    for alert in alerts:
        if plain and alert.actors and all(map(_is_pseudonym, alert.actors)):
            raise InputError(
                "the alerts name pseudonyms and the labels plain ids, so none can match; "
                "replay with --pseudonyms none"
            )
        yield alert


def refuse_unlike(one: Sequence[Alert], other: Sequence[Alert]) -> None:
    """Two runs can be compared if both name pseudonyms, or neither does.

    Raises:
        InputError: one does and one does not; all alerts would look new.
    """
    kinds = {
        _is_pseudonym(actor)
        for alerts in (one, other)
        for alert in alerts
        for actor in alert.actors
    }
    if len(kinds) > 1:
        raise InputError(
            "one file names pseudonyms and the other plain ids, so no alert can be in both; "
            "replay both with the same --pseudonyms"
        )


def _is_pseudonym(text: str) -> bool:
    return _PSEUDONYM.fullmatch(text) is not None
