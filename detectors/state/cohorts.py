"""What is kept of a cohort: the actors of one tenant in one role."""

import numpy as np

from .actors import TRAITS

COHORT = np.dtype(
    [
        ("cohort", "u8"),
        # Learned actor-days, sums and sums of squares per trait, fading by the day.
        ("days", "f8", (TRAITS,)),
        ("sums", "f8", (TRAITS,)),
        ("squares", "f8", (TRAITS,)),
        # The same of deviations from the actors' own means.
        ("own_days", "f8", (TRAITS,)),
        ("own_squares", "f8", (TRAITS,)),
        # As of the last day's end: actors, their pairs (each actor's up to `MOST_PAIRS`)
        # and return days, their searches and those with a reason.
        ("actors", "f8"),
        ("pairs", "f8"),
        ("returns", "f8"),
        ("searches", "f8"),
        ("explained", "f8"),
    ]
)
