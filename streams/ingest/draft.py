"""A batch of events in the making."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detectors.events import Records

from .decoded import Columns


@dataclass(frozen=True, slots=True)
class Draft:
    """What the parts of ingest fill in, column by column.

    Attributes:
        rows: `EVENT` records, shape (n,), of which index and time are set.
        columns: the fields as they were decoded.
        tenants: int32, shape (n,): each event's tenant by its number in the `Scopes`.
        dropped: how often a field's value turned out to be none of its kind.
    """

    rows: Records
    columns: Columns
    tenants: NDArray[np.int32]
    dropped: Counter[str] = field(default_factory=Counter)
