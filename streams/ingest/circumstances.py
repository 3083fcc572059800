"""Figures, closed vocabularies, and what takes a look-up: country, clock, throttling, age.

What has to be looked up is looked up once for each different text of a batch.
"""

import numpy as np

from detectors.events import ABSENT, ABSENT_TIME, EVENT

from .codes import NO_COUNTRY, WORDS, CountryCodes, is_throttling
from .draft import Draft
from .zones import STEP_MS, UtcOffsets

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
        for name, codes in draft.columns.codes.items():
            column, _ = WORDS[name]
            draft.rows[column] = codes.view(EVENT[column])
        texts = draft.columns.texts
        if "error_code" in texts:
            words, which = texts["error_code"].different()
            draft.rows["throttled"] = np.array([is_throttling(word) for word in words])[which]
        if "source_country" in texts:
            self._fill_countries(draft)
        if "actor_tz" in texts:
            self._fill_offsets(draft)
        if "actor_created_at" in texts:
            _fill_created(draft)

    def _fill_countries(self, draft: Draft) -> None:
        words, which = draft.columns.texts["source_country"].different()
        countries = np.array([self._countries[word] for word in words], np.uint16)[which]
        unknown = countries == NO_COUNTRY
        draft.rows["country"] = np.where(unknown, 0, countries)
        draft.dropped["source_country"] += int(np.count_nonzero(unknown))

    def _fill_offsets(self, draft: Draft) -> None:
        zones, which = draft.columns.texts["actor_tz"].different()
        steps = draft.rows["time"] // STEP_MS
        # An offset holds for a step of time, so that few combinations have to be looked up.
        found, first, each = np.unique(
            steps * len(zones) + which, return_index=True, return_inverse=True
        )
        names = [zones[number] for number in (found % len(zones)).tolist()]
        offsets, unknown = self._offsets.minutes(names, draft.rows["time"][first])
        draft.rows["utc_offset"] = offsets[each]
        draft.dropped["actor_tz"] += int(np.count_nonzero(unknown[each]))


def _fill_numbers(draft: Draft) -> None:
    for name, target in _NUMBERS.items():
        column = draft.columns.numbers.get(name)
        if column is None:
            continue
        if EVENT[target].kind == "f":
            draft.rows[target] = column
        else:
            draft.rows[target] = np.where(np.isnan(column), ABSENT, column)


def _fill_created(draft: Draft) -> None:
    given = draft.columns.texts["actor_created_at"].sizes() > 0
    draft.rows["created"] = times = draft.columns.millis("actor_created_at")
    draft.dropped["actor_created_at"] += int(np.count_nonzero(given & (times == ABSENT_TIME)))
