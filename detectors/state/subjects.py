"""What is kept of a person searched for, and of a network that searches come from."""

import numpy as np

from .actors import DAY

SUBJECT_HORIZONS = np.array([DAY, 7 * DAY, 30 * DAY], np.float64)
"""Mean lifetimes of a subject's decayed counts, ms."""

SUBJECT = np.dtype(
    [
        ("first", "i8"),
        ("last", "i8"),
        ("searches", "u4"),
        ("explained", "u4"),
        # Actors who ever searched for the person, those who came back on another day, and
        # the logarithms of the days beyond the first, as in `ACTOR`.
        ("actors", "u4"),
        ("returning", "u4"),
        ("return_logs", "u4"),
        ("rates", "f8", (len(SUBJECT_HORIZONS),)),
        # Bit b: searched for by anybody on day `day` - b.
        ("day", "i4"),
        ("days", "u8", (2,)),
    ]
)

SUBJECT_FIGURES = np.dtype(
    [
        # The subject's row in its shard; `FREE` if the event names no person.
        ("row", "i4"),
        ("searches", "u4"),
        ("actors", "u4"),
        ("active_days", "i4"),
        ("rate_1d", "f4"),
        ("rate_30d", "f4"),
        # Of all others who searched for the person.
        ("other_searches", "u4"),
        ("other_actors", "u4"),
        ("other_returning", "u4"),
        ("other_return_logs", "f4"),
    ]
)

NETWORK_HORIZONS = np.array([3_600_000, DAY, 30 * DAY], np.float64)
"""Mean lifetimes of a network's decayed counts, ms."""

NETWORK = np.dtype(
    [
        ("first", "i8"),
        ("last", "i8"),
        ("searches", "u4"),
        ("rates", "f8", (len(NETWORK_HORIZONS),)),
        ("epoch", "i4"),
        # Sketches of the actors seen from it and of the persons they searched for.
        ("actors", "i4"),
        ("subjects", "i4"),
    ]
)

NETWORK_FIGURES = np.dtype(
    [
        ("row", "i4"),
        ("searches", "u4"),
        ("rate_1d", "f4"),
        ("actors", "f4"),
        ("subjects", "f4"),
    ]
)
