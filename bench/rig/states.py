"""Two states of a pipeline, compared entity by entity.

Rows and pool numbers are dealt out in the order of arrival; here every value is found by
the key of what it is about, and numbers of pools are replaced by what lies there.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.kernels.hashing import FREE
from detectors.kernels.sketch import LIST_LENGTH, REGISTERS

from detectors.snapshot import unpack

State = Mapping[str, NDArray[np.generic]]
"""Arrays of a snapshot by name."""


class Role(StrEnum):
    """Why a value may depend on the order of events, if it may."""

    EXACT = "counts, bitmaps, sketches"
    DECAYED = "decayed counts and sums"
    BOOKED = "gaps, hour of reaching"
    LEARNED = "learned of whole days"


# Whatever is not named here must not depend on order.
_DECAYED = frozenset({"rates", "limit_sum", "threshold_sum"})
# The first of two look-ups within an hour of each other is booked as reaching the person.
_BOOKED = frozenset({"reaches", "reach", "reach_hours", "peak", "gaps", "gap_sum", "gap_squares"})
_LEARNED = frozenset(
    {
        *("carried", "suspect", "suspect_days", "suspect_on", "expected", "spread", "freedom"),
        *("peer_expected", "peer_spread"),
    }
)
_LEARNED_KINDS = frozenset({"baseline", "rhythm", "cohort", "peers"})
