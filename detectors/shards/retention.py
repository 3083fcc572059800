"""Which rows stay when a shard looks for idle ones."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

EVICTION_DAYS: Final = 7
"""How often idle rows are looked for."""

GRACE: Final = 2
"""Days for late events and for local days that differ from UTC's."""

_FULL: Final = 0.9  # of the limit; leaves room until the next look
_WORTH_DROPPING: Final = 0.05  # rebuilding a table costs more than holding a few idle rows


def staying(
    age: NDArray[np.int64], lifetime: NDArray[np.int64], limit: int
) -> NDArray[np.bool_] | None:
    """The rows within their lifetime; if those are too many, the youngest of them.

    Args:
        age: days since each row was last used; 0 for one that must not be dropped for room.
        lifetime: days that each may be idle.
        limit: most rows to hold.

    Returns:
        True for each row that stays, or None if dropping the rest is not worth the work.
    """
    kept = age < lifetime
    room = int(_FULL * limit)
    if np.count_nonzero(kept) > room:
        # Of rows that were last used on the same day, those that came last stay.
        latest = np.flatnonzero(kept)[::-1]
        youngest = latest[np.argsort(age[latest], kind="stable")[:room]]
        kept[:] = False
        kept[youngest] = True
    return None if np.count_nonzero(~kept) <= _WORTH_DROPPING * len(kept) else kept


def crowded_out(
    kept: NDArray[np.bool_], age: NDArray[np.int64], lifetime: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Of the rows that do not stay, those within their lifetime: they go for want of room."""
    return ~kept & (age < lifetime)
