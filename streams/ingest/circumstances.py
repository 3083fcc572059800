"""Figures, closed vocabularies, and what takes a look-up: country, clock, throttling, age.

Where Python objects become numbers, `struct.pack` takes a column at a third of the cost of
`np.fromiter`, and a bytearray takes small codes at half of it.
"""

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.events import ABSENT_TIME, EVENT

from .codes import NO_COUNTRY, WORDS, CountryCodes, is_throttling
from .draft import Draft
from .schema import FIELDS
from .times import to_millis
from .zones import UtcOffsets

_NUMBERS = {
    "probe_face_count": "face_count",
    "candidate_limit": "limit",
    "result_offset": "offset",
    "candidate_count": "candidates",
    "score_threshold": "threshold",
    "probe_quality": "quality",
    "top_score": "top_score",
    "second_score": "second_score",
    "source_asn": "asn",
}


class Circumstances:
    """Everything of an event that is no id and no name."""

    def __init__(self) -> None:
        self._countries = CountryCodes()
        self._offsets = UtcOffsets()

    def fill(self, draft: Draft) -> None:
        """Fill in the columns; what is no value of its kind is absent, and counted."""
        _fill_numbers(draft)
        for name, (column, codes) in WORDS.items():
            if name in draft.columns:
                values = _bytes(codes.__getitem__, draft.columns[name])
                draft.rows[column] = values.view(EVENT[column])
        if "error_code" in draft.columns:
            draft.rows["throttled"] = _bytes(is_throttling, draft.columns["error_code"])
        if "source_country" in draft.columns:
            self._fill_countries(draft)
        if "actor_tz" in draft.columns:
            zones, times = draft.columns["actor_tz"], draft.rows["time"]
            draft.rows["utc_offset"], unknown = self._offsets.minutes(zones, times)
            draft.dropped["actor_tz"] += unknown
        if "actor_created_at" in draft.columns:
            _fill_created(draft)

    def _fill_countries(self, draft: Draft) -> None:
        codes = map(self._countries.__getitem__, draft.columns["source_country"])
        countries = np.frombuffer(struct.pack(f"{len(draft.rows)}H", *codes), np.uint16)
        unknown = countries == NO_COUNTRY
        draft.rows["country"] = np.where(unknown, 0, countries)
        draft.dropped["source_country"] += int(np.count_nonzero(unknown))


def _fill_numbers(draft: Draft) -> None:
    for name, target in _NUMBERS.items():
        column = draft.columns.get(name)
        if column is None:
            continue
        form = f"{len(column)}{EVENT[target].char}"
        try:
            packed = struct.pack(form, *column)
        except struct.error:
            absent = FIELDS[name].default
            packed = struct.pack(form, *[absent if number is None else number for number in column])
        draft.rows[target] = np.frombuffer(packed, EVENT[target])


def _fill_created(draft: Draft) -> None:
    created = draft.columns["actor_created_at"]
    draft.rows["created"] = times = to_millis(created)
    without = int(np.count_nonzero(times == ABSENT_TIME))
    draft.dropped["actor_created_at"] += without - created.count("") - created.count(None)


def _bytes(code: Callable[[Any], int], column: list[Any]) -> NDArray[np.uint8]:
    return np.frombuffer(bytearray(map(code, column)), np.uint8)
