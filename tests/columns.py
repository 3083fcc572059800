"""What a decoder found, as plain values again."""

from itertools import pairwise
from typing import Any

from detectors.events import ABSENT_TIME
from streams.ingest.codes import WORDS
from streams.ingest.decoded import Decoded

WORDS_BY_CODE = {
    name: {code: word for word, code in codes.items()} for name, (_, codes) in WORDS.items()
}


def rows(decoded: Decoded) -> list[dict[str, Any]]:
    """Each event's fields as they were, without those that say nothing."""
    columns = decoded.columns
    events: list[dict[str, Any]] = [{} for _ in range(columns.count)]
    columns_of_values: dict[str, list[Any]] = {
        **{name: texts.texts() for name, texts in columns.texts.items()},
        **{name: numbers.tolist() for name, numbers in columns.numbers.items()},
        **{
            name: [WORDS_BY_CODE[name][code] for code in codes.tolist()]
            for name, codes in columns.codes.items()
        },
    }
    for name, values in columns_of_values.items():
        for event, value in zip(events, values, strict=True):
            event[name] = value
    for name, times in columns.times.items():
        for event, time in zip(events, times.tolist(), strict=True):
            if time != ABSENT_TIME:
                event[name] = time
    candidates = columns.candidates.texts()
    for event, (start, stop) in zip(events, pairwise(columns.offsets.tolist()), strict=True):
        event["candidate_ids"] = candidates[start:stop]
    return [telling(event) for event in events]


def telling(event: dict[str, Any]) -> dict[str, Any]:
    """The fields that say something."""
    return {
        name: value
        for name, value in event.items()
        if value not in (None, "", "unknown", []) and value == value  # noqa: PLR0124 - NaN
    }
