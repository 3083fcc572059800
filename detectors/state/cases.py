"""What is kept of the cases that an actor searches for.

A `CASE` row is all that a case of one person on one day costs, as incidents are. A `DOSSIER`
is drawn when a second person or a second day comes.
"""

import numpy as np

CELL_WORDS = 2

CASE_CELLS = 32
"""Into so many cells a tenant's cases are hashed, to know cases that many share."""

CASE = np.dtype(
    [
        ("actor_row", "i4"),
        # The last day with a search.
        ("day", "i4"),
        # Half of the first person's hash.
        ("person", "u4"),
        ("searches", "u4"),
        ("social", "u4"),
        # Number in the pool, `FREE` if not drawn.
        ("dossier", "i4"),
    ]
)

DOSSIER = np.dtype(
    [
        ("first_day", "i4"),
        # Bit b: day `CASE.day` - b brought persons new to the case; brought as many back, or
        # more, not counting those who had come last.
        ("fresh", "u8", (2,)),
        ("back", "u8", (2,)),
        # How many `CASE.day` brought.
        ("today_fresh", "u2"),
        ("today_back", "u2"),
        # Which of 128 hash cells a person fell into.
        ("persons", "u8", (CELL_WORDS,)),
        # Days that left the bitmaps: all of them, late ones, and of these those that were
        # alone: with more new persons than old ones.
        ("past_days", "u2"),
        ("past_late", "u2"),
        ("past_alone", "u2"),
        # The same of all late days.
        ("late", "u2"),
        ("alone", "u2"),
        # Cell of the case.
        ("cell", "u1"),
    ]
)
