"""Who was at work in which part of an account's day; see `detectors.kernels.medley`."""

import numpy as np

from .actors import SPANS

MEDLEY = np.dtype(
    [
        # Who searched first in each span, as hashes of one byte; 0 if nobody or unknown.
        ("clients", "u1", (SPANS,)),
        ("networks", "u1", (SPANS,)),
        ("countries", "u1", (SPANS,)),
        # Bit s: in span s another one did too.
        ("more_clients", "u8"),
        ("more_networks", "u8"),
        ("more_countries", "u8"),
        # 1 if there was a country other than the first.
        ("abroad", "u1"),
    ]
)
