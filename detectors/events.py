"""A batch of query events as columns: the one form in which events reach a detector.

Ids are keyed 128-bit pseudonyms by now, or 64-bit hashes of them where only equality
matters; plain ids end in the shell. One row of `EVENT` is one valid event.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Records = NDArray[np.void]
"""An array of records; its dtype says which."""

Row: TypeAlias = Any
"""One record as compiled code sees it, its fields as attributes (no type checker does)."""


class Operation(IntEnum):
    """What was asked of the API."""

    IDENTIFY = 0
    VERIFY = 1
    ENROL = 2
    DETECT = 3
    EXTRACT = 4
    LIST = 5
    DELETE = 6
    OTHER = 7


class Outcome(IntEnum):
    """How the API answered; a search that found nobody is a success."""

    SUCCESS = 0
    FAILURE = 1
    DENIED = 2


class CaptureClass(IntEnum):
    """Where the probe image came from."""

    UNKNOWN = 0
    CCTV = 1
    LIVE = 2
    SOCIAL = 3
    DOCUMENT = 4


class Relation(IntEnum):
    """What the provider knows of actor and subject; `SELF` is identity-verified."""

    UNKNOWN = 0
    SELF = 1
    CONSENTED = 2
    OTHER = 3


ABSENT = -1
"""An absent integer. Absent numbers are NaN, absent ids 0."""

ABSENT_TIME = np.iinfo(np.int64).min
"""An absent time."""

EVENT = np.dtype(
    [
        # 0-based number of the input record that the event came from.
        ("index", "i8"),
        # Milliseconds since the epoch; the only clock.
        ("time", "i8"),
        # Minutes east of UTC where the actor is (`actor_tz` at `time`), 0 if unknown.
        ("utc_offset", "i2"),
        # Codes of the enums above.
        ("operation", "u1"),
        ("outcome", "u1"),
        ("capture", "u1"),
        ("relation", "u1"),
        # 1 yes, 0 no, -1 not said; throttled is an error code that says so.
        ("embedding_returned", "i1"),
        ("throttled", "u1"),
        # 64-bit hashes of plain codes; `EventBatch.names` has the words.
        ("tenant", "u8"),
        ("role", "u8"),
        ("gallery", "u8"),
        ("purpose", "u8"),
        ("unit", "u8"),
        # 64-bit hash of tenant and event_id: equal means the same event.
        ("event", "u8"),
        # Pseudonyms that alerts may name: 128 bits, (0, 0) where absent.
        ("actor", "u8", (2,)),
        ("credential", "u8", (2,)),
        ("subject", "u8", (2,)),
        ("case", "u8", (2,)),
        ("network", "u8", (2,)),
        # Pseudonyms that are only compared: their first 64 bits.
        ("device", "u8"),
        ("probe", "u8"),
        ("probe_cluster", "u8"),
        ("user_agent", "u8"),
        ("tls", "u8"),
        # Result and request figures.
        ("face_count", "i4"),
        ("limit", "i4"),
        ("offset", "i4"),
        ("candidates", "i4"),
        ("threshold", "f4"),
        ("quality", "f4"),
        ("top_score", "f4"),
        ("second_score", "f4"),
        ("asn", "i8"),
        # Two ASCII letters as 256 * first + second, 0 if unknown.
        ("country", "u2"),
        # When the account was opened, `ABSENT_TIME` if unknown.
        ("created", "i8"),
    ]
)


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Valid events in the order in which they are to be judged.

    Attributes:
        rows: `EVENT` records, shape (n,).
        event_ids: the provider's own ids, n of them, for evidence.
        exposed_offsets: int64, shape (n + 1,); the identities that event i returned are
            `exposed[exposed_offsets[i]:exposed_offsets[i + 1]]`.
        exposed: uint64, the first halves of the `candidate_ids`' pseudonyms.
        names: words behind the 64-bit codes (tenant, role, gallery, purpose, unit).
    """

    rows: Records
    event_ids: list[str]
    exposed_offsets: NDArray[np.int64]
    exposed: NDArray[np.uint64]
    names: dict[int, str]

    def __len__(self) -> int:
        """How many events."""
        return len(self.rows)

    def take(self, start: int, stop: int) -> "EventBatch":
        """The events from `start` to before `stop`, as views where possible."""
        first, last = self.exposed_offsets[start], self.exposed_offsets[stop]
        return EventBatch(
            rows=self.rows[start:stop],
            event_ids=self.event_ids[start:stop],
            exposed_offsets=self.exposed_offsets[start : stop + 1] - first,
            exposed=self.exposed[first:last],
            names=self.names,
        )


def empty_rows(n: int) -> Records:
    """`n` events with everything optional absent; the required fields are to be set."""
    rows: Records = np.zeros(n, EVENT)
    absent: dict[str, Any] = {
        "embedding_returned": ABSENT,
        "face_count": ABSENT,
        "limit": ABSENT,
        "offset": ABSENT,
        "candidates": ABSENT,
        "threshold": np.nan,
        "quality": np.nan,
        "top_score": np.nan,
        "second_score": np.nan,
        "asn": ABSENT,
        "created": ABSENT_TIME,
    }
    for field, value in absent.items():
        rows[field] = value
    return rows
