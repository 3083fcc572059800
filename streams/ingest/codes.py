"""Words of closed sets, and what follows from a word, as the numbers that columns hold."""

import re
from enum import IntEnum
from functools import lru_cache

from detectors.events import ABSENT, CaptureClass, Operation, Outcome, Relation

Codes = dict[str | bool | None, int]
"""Every value that the schema allows, by name, and the byte that stands for it."""


def _codes(words: type[IntEnum]) -> Codes:
    return {word.name.lower(): int(word) for word in words}


WORDS: dict[str, tuple[str, Codes]] = {
    "operation": ("operation", _codes(Operation)),
    "outcome": ("outcome", _codes(Outcome)),
    "capture_class": ("capture", {None: int(CaptureClass.UNKNOWN)} | _codes(CaptureClass)),
    "subject_relation": ("relation", {None: int(Relation.UNKNOWN)} | _codes(Relation)),
    "embedding_returned": ("embedding_returned", {None: ABSENT % 256, False: 0, True: 1}),
}
"""For each such field its column in `EVENT`, and its codes."""

_THROTTLING = re.compile(
    r"throttl|limit.?exceeded|throughputexceeded|too.?many.?requests|slow.?down|\b429\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=4_096)
def is_throttling(error_code: str | None) -> bool:
    """Whether an error code says that the caller asked too much.

    Such as `ThrottlingException` and `ProvisionedThroughputExceededException` of Amazon
    Rekognition, `LimitExceededException`, `RequestLimitExceeded`, or the status 429.

    >>> is_throttling("ThrottlingException"), is_throttling("InvalidImageFormatException")
    (True, False)
    """
    return bool(error_code) and _THROTTLING.search(error_code or "") is not None


_TWO_LETTERS = re.compile("[A-Za-z]{2}")

NO_COUNTRY = 0xFFFF
"""Stands for a text that is no country code; two ASCII letters stay below it."""


class CountryCodes(dict[str | None, int]):
    """ISO 3166-1 alpha-2 codes, of either case, as 256 * first + second letter.

    >>> CountryCodes()["de"] == 256 * ord("D") + ord("E")
    True
    """

    def __missing__(self, country: str | None) -> int:
        if not country:
            return 0
        if not _TWO_LETTERS.fullmatch(country):
            return NO_COUNTRY
        first, second = country.upper().encode()
        # Kept only here, so that 2,704 spellings are all that can ever be.
        self[country] = code = 256 * first + second
        return code
