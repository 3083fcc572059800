"""Decoded fields to an `EventBatch`, the form in which events reach a detector."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from detectors.events import ABSENT_TIME, EventBatch, empty_rows

from .circumstances import Circumstances
from .decoded import Decoded
from .draft import Draft
from .identities import Identities, SubjectScope
from .named import NameCodes
from .pseudonyms import Names
from .rejects import Rejected
from .scopes import Scopes


@dataclass(frozen=True, slots=True)
class Converted:
    """Events, those turned away for their time, and how often which field was of no use."""

    batch: EventBatch
    rejected: list[Rejected]
    dropped: Counter[str]


class EventColumns:
    """Turns decoded fields into event batches, a column at a time.

    Args:
        names: how ids become pseudonyms.
        subjects: within what subjects are unique where the event does not say.
    """

    def __init__(self, names: Names, subjects: SubjectScope) -> None:
        self._tenants = Scopes()
        self._identities = Identities(names, subjects, self._tenants)
        self._names = NameCodes(self._tenants)
        self._circumstances = Circumstances()

    def convert(self, decoded: Decoded) -> Converted:
        """The events of valid time as a batch, the others as rejects."""
        columns, index = decoded.columns, decoded.index
        times = columns.millis("event_time")
        valid = times != ABSENT_TIME
        rejected = [Rejected(i, "bad_time", "event_time") for i in index[~valid].tolist()]
        if rejected:
            columns, index, times = columns.only(np.flatnonzero(valid)), index[valid], times[valid]
        rows = empty_rows(len(times))
        if len(rows) == 0:
            nobody = np.empty(0, np.uint64)
            batch = EventBatch(rows, [], np.zeros(1, np.int64), nobody, {})
            return Converted(batch, rejected, Counter())
        rows["index"] = index
        rows["time"] = times
        draft = Draft(rows, columns, self._tenants.of(columns.texts["tenant_id"]))
        self._circumstances.fill(draft)
        offsets, exposed = self._identities.fill(draft)
        names = self._names.fill(draft)
        batch = EventBatch(rows, columns.texts["event_id"].texts(), offsets, exposed, names)
        return Converted(batch, rejected, draft.dropped)
