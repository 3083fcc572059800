"""What an account may have in common with others."""

import numpy as np
from numpy.typing import NDArray

from ..events import ABSENT_TIME, Row
from ..state.actors import DAY
from ..state.groups import Common
from .compile import kernel
from .hashing import mix

WEEK = 7 * DAY

NO_TIME = int(ABSENT_TIME)

CLIENT = int(Common.CLIENT)
TLS = int(Common.TLS)
ASN = int(Common.ASN)
OPENED = int(Common.OPENED)
BEGUN = int(Common.BEGUN)
TLS_OPENED = int(Common.TLS_OPENED)
CLIENT_BEGUN = int(Common.CLIENT_BEGUN)
CLIENT_SETTINGS = int(Common.CLIENT_SETTINGS)
CLIENT_ASN = int(Common.CLIENT_ASN)
SETTINGS = int(Common.SETTINGS)
GALLERY = int(Common.GALLERY)
AGENT = int(Common.AGENT)


@kernel
def fill_values(event: Row, actor: Row, beginning: int, values: NDArray[np.uint64]) -> None:
    """What the event's account may have in common with others, by kind; 0 if not known.

    Of accounts that were there as the log began (`beginning`) nobody knows when they had.
    """
    values[:] = 0
    values[GALLERY] = 1
    values[TLS] = event.tls
    values[AGENT] = event.user_agent
    if event.limit >= 0 or event.threshold >= 0:
        values[SETTINGS] = np.uint64((event.limit + 2) * 1024)
        if event.threshold >= 0:
            values[SETTINGS] += np.uint64(1 + int(1000 * event.threshold))
    if event.tls != 0 or event.user_agent != 0:
        values[CLIENT] = mix(event.user_agent, event.tls)
        values[CLIENT_SETTINGS] = mix(values[CLIENT], values[SETTINGS])
    if event.asn >= 0:
        values[ASN] = np.uint64(event.asn + 1)
        if values[CLIENT] != 0:
            values[CLIENT_ASN] = mix(values[CLIENT], values[ASN])
    if event.created != NO_TIME:
        values[OPENED] = np.uint64(event.created // WEEK + (1 << 32))
        if event.tls != 0:
            values[TLS_OPENED] = mix(event.tls, np.uint64(event.created // (4 * WEEK) + (1 << 32)))
    if actor.first >= beginning + WEEK:
        values[BEGUN] = np.uint64(actor.first // WEEK + (1 << 32))
        if values[CLIENT] != 0:
            begun = np.uint64(actor.first // (2 * WEEK) + (1 << 32))
            values[CLIENT_BEGUN] = mix(values[CLIENT], begun)
