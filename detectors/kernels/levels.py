"""What tenants' searches carry, counted as they pass."""

import numpy as np

from ..events import ABSENT, Operation, Records, Row
from ..levels import COUNTED
from .compile import kernel
from .hashing import FREE, TableView, add_row, find_row

SENDER = np.dtype([("events", "i8"), ("carried", "f8", (COUNTED,))])
"""Of a tenant: events, and searches that carry what `levels.carried` tells."""

_IDENTIFY = int(Operation.IDENTIFY)
_ABSENT = int(ABSENT)


@kernel
def count_senders(events: Records, senders: TableView, most: int) -> int:
    """Add events (`EVENT` records) to their tenants' rows (`SENDER`), of which there may be `most`.

    Returns:
        How many events are of tenants that there was no room for.
    """
    others = 0
    for i in range(len(events)):
        event: Row = events[i]
        row = find_row(senders, event.tenant)
        if row == FREE:
            if senders.used[0] >= most:
                others += 1
                continue
            row = add_row(senders, event.tenant)
        sender = senders.rows[row]
        sender.events += 1
        if event.operation != _IDENTIFY:
            continue
        sender.carried[0] += 1.0
        if event.gallery != 0 or event.limit != _ABSENT or event.threshold >= 0:
            sender.carried[1] += 1.0
        if event.subject[0] != 0:
            sender.carried[2] += 1.0
        if event.case[0] != 0 or event.purpose != 0:
            sender.carried[3] += 1.0
        if (
            event.device != 0
            or event.user_agent != 0
            or event.tls != 0
            or event.network[0] != 0
            or event.asn != _ABSENT
        ):
            sender.carried[4] += 1.0
        if event.probe != 0 and (event.probe_cluster != 0 or event.top_score >= 0):
            sender.carried[5] += 1.0
        if event.case[0] != 0:
            sender.carried[6] += 1.0
    return others
