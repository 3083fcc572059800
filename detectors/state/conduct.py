"""What is kept of what an account does, whatever the operation.

A row of `DEEDS` lives from an account's first event of a day until the day is closed. A row
of `CONDUCT` is drawn once a day with `ENOUGH` events was learned.
"""

from enum import IntEnum
from typing import Final

import numpy as np

from .actors import HOURS_PER_DAY

ENOUGH: Final = 3
"""A day's events from which on it is looked at, and learned; then whenever they have doubled."""


class Habit(IntEnum):
    """What a day is made of; each is a number that is 0 on most days of most accounts."""

    SEARCHES = 0  # identifications: not judged, `bulk_scraping` does; what they explain is
    VERIFIES = 1  # comparisons with a person
    FANOUT = 2  # different persons per different probe, from two on
    ENROLS = 3
    DELETES = 4
    LISTS = 5
    EMBEDDINGS = 6  # extractions, and whatever else returned an embedding
    OTHERS = 7  # detections and other operations
    GALLERIES = 8  # different galleries, from the third on
    # From here on, there is more of it where there are more searches.
    FAILURES = 9
    DENIALS = 10
    SOCIAL = 11  # probes from social media
    SWEEP = 12  # different thresholds and limits, from the fourth on
    # From here on, a day has it for other reasons than that there are many searches.
    STRANGE_GALLERY = 13  # events elsewhere than in the account's usual gallery
    STRANGE_HOUR = 14  # at hours of the day around which it never had any
    STRANGE_CLIENT = 15  # from a client that it never had
    STRANGE_NETWORK = 16
    STRANGE_ORIGIN = 17  # from a client and a network neither of which it ever had
    STRANGE_DEMAND = 18  # with a limit and threshold that it never asked for


HABITS: Final = len(Habit)

MARKS_KEPT: Final = 4

DEEDS = np.dtype(
    [
        ("tenant", "u8"),
        ("cohort", "u8"),
        # 1 if a pattern suspects the account on that day.
        ("suspect", "u1"),
        # 1 if it was judged, and how much each habit surprised when it last was, in nats.
        ("judged", "u1"),
        ("nats", "f4", (HABITS,)),
        ("events", "u4"),
        # Events that are a habit's number; of sweeps, fan-out and galleries cells are kept.
        ("counts", "u4", (HABITS,)),
        # Which of 64 cells thresholds and limits, persons, probes, galleries fell into.
        ("demands", "u8"),
        ("persons", "u8"),
        ("probes", "u8"),
        ("galleries", "u8"),
        # Bit h: an event in local hour h.
        ("hours", "u4"),
        # 32 bits of the least gallery, clients, networks and demands by hash; 0 for none.
        ("gallery", "u4"),
        ("clients", "u4", (MARKS_KEPT,)),
        ("networks", "u4", (MARKS_KEPT,)),
        ("asked", "u4", (MARKS_KEPT,)),
    ]
)

CONDUCT = np.dtype(
    [
        ("cohort", "u8"),
        ("tenant", "u8"),
        # The last day learned, and suspect days in a row since.
        ("day", "i4"),
        ("suspect_days", "i2"),
        # Days learned, fading; of them those with a habit, and their mean ln(number).
        ("total", "f4"),
        ("days", "f4", (HABITS,)),
        ("mean", "f4", (HABITS,)),
        # Days with an event in each local hour, fading.
        ("hours", "u1", (HOURS_PER_DAY,)),
        ("gallery", "u4"),
        # The newest first.
        ("clients", "u4", (MARKS_KEPT,)),
        ("networks", "u4", (MARKS_KEPT,)),
        ("asked", "u4", (MARKS_KEPT,)),
    ]
)
