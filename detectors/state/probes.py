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
        # How often a probe was for another target than the last ones, and for the same.
        ("targets", "f4"),
        ("retries", "f4"),
        # Scores of probes that found nobody: number, sum and sum of squares on `blank_day`, the
        # moments of the days before, and the evidence that they rise, in nats.
        ("blank_day", "i4"),
        ("blanks_today", "f4"),
        ("blank_sum", "f4"),
        ("blank_squares", "f4"),
        ("blanks", "f4"),
        ("blank_mean", "f4"),
        ("blank_spread", "f4"),
        ("rise", "f4"),
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
