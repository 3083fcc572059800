"""What is kept of the probes that an actor tries at one target.

A target is a person, or a cluster of near-duplicate probes. A `RECENT` row is all that an
actor with probes costs: its last few. A `RUN` is drawn when a second, different probe comes
for one of these targets.
"""

import numpy as np

LAST = 4
"""An actor's last probes, of which one may be met again."""

CELL_WORDS = 2

RECENT = np.dtype(
    [
        # The place that the next probe takes.
        ("next", "u1"),
        # Halves of hashes: what is met by chance among four is met once in a thousand million.
        ("clusters", "u4", (LAST,)),
        ("persons", "u4", (LAST,)),
        ("probes", "u4", (LAST,)),
        # Since the epoch.
        ("minutes", "u4", (LAST,)),
        ("scores", "f4", (LAST,)),
    ]
)

RUN = np.dtype(
    [
        ("since", "i8"),
        ("last", "i8"),
        # Which of 128 hash cells a probe fell into: distinct probes by linear counting.
        ("cells", "u8", (CELL_WORDS,)),
        # Distinct probes with a score, those that beat all before, the best so far, the sum.
        ("scored", "u2"),
        ("records", "u2"),
        ("best", "f4"),
        ("score_sum", "f4"),
        # Evidence of climbing, in nats.
        ("climb", "f4"),
    ]
)
