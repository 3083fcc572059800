"""What is kept of an account and a person that it searched for."""

import numpy as np

PAIR = np.dtype(
    [
        ("actor_row", "i4"),
        ("day", "i4"),
        ("searches", "u4"),
        ("explained", "u4"),
        ("social", "u4"),
        # Which of 64 hash cells a probe fell into: distinct probes by linear counting.
        ("probes", "u8"),
        ("history", "i4"),
        # 1 if the pair is with a person, 0 if with a probe that found nobody.
        ("person", "u1"),
    ]
)

HISTORY = np.dtype(
    [
        ("first_day", "i4"),
        # Bit b: searched on day `PAIR.day` - b; `plain` if a search that day had no reason.
        ("days", "u8", (2,)),
        ("plain", "u8", (2,)),
    ]
)
