"""What was known as the last days began: what a shard says to others, and may be asked for."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..events import Records
from .tables import Arrays, records

KEPT_DAYS: Final = 3
"""No shard is further ahead of another than that the other may ask for one of these."""


class Daily:
    """Records by day, of the last days only.

    Attributes:
        days: the records of each day that is kept (days since the epoch, UTC).
    """

    def __init__(self, dtype: np.dtype[np.void]) -> None:
        self.days: dict[int, Records] = {}
        self._nothing: Records = np.zeros(0, dtype)

    def put(self, day: int, known: Records) -> None:
        """What was known as a day began."""
        self.days[day] = known
        for old in sorted(self.days)[:-KEPT_DAYS]:
            del self.days[old]

    def at(self, day: int) -> Records:
        """What was known as `day` began: what the last day that is kept until then says."""
        days = [kept for kept in self.days if kept <= day]
        return self.days[max(days)] if days else self._nothing

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return sum(known.nbytes for known in self.days.values())

    def arrays(self) -> Arrays:
        """What a snapshot keeps."""
        return {
            "days": np.array([*self.days], np.int64),
            "lengths": np.array([*map(len, self.days.values())], np.int64),
            "rows": np.concatenate([self._nothing, *self.days.values()]),
        }

    def load(self, kept: Mapping[str, NDArray[np.generic]]) -> None:
        """Take a snapshot's arrays over."""
        ends = np.cumsum(kept["lengths"]).tolist()
        parts = np.split(records(kept["rows"]), ends)
        self.days = dict(zip(kept["days"].tolist(), parts, strict=False))
