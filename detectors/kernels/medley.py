"""How many people may be behind an account on one day: clients, networks, and who overlaps whom.

All of it is sets and bits, so it does not depend on the order of the events. One person has a
few clients (a computer, a phone) and networks (home, office, carrier), seldom two in the same
minutes; and sleeps. What is unknown of an event marks nothing.
"""

import math

import numpy as np
from numpy.typing import NDArray

from ..events import Row
from ..state.actors import DAY, HOURS_PER_DAY, SPANS
from .bits import cells_to_count, ones
from .compile import kernel, signed
from .hashing import FREE, PoolView, draw, mix

REST = 8.0
"""Hours of rest within a day that nobody lacks for long."""

FLIGHT = 8
"""Spans (three hours) within which nobody goes from one country to another, and back."""

LEAST_SPREADS = (0.35, 0.5, 2.0)
"""Of ln(parties), ln(1 + parallel spans), hours without rest, at least: of somebody who never has
a second client, the first one is no news."""

_SYSTEM = np.uint64(0x4153)  # keeps a system's number apart from a pseudonym
_TLS = np.uint64(0x544C53)
_CELLS = np.uint64(63)
_BYTE = np.uint64(255)
_FEW = 6  # hours with a search, below which rest is not looked at


@kernel
def client_of(event: Row) -> np.uint64:
    """What tells clients apart: the device, else user agent and TLS fingerprint, 0 if unknown.

    Not the credential: it is what is shared.
    """
    if event.device != 0:
        return np.uint64(event.device)
    if event.user_agent != 0 or event.tls != 0:
        return mix(event.user_agent, event.tls ^ _TLS)
    return np.uint64(0)


@kernel
def begin_medley(sheet: Row) -> None:
    """Nobody on a new day."""
    sheet.clients = 0
    sheet.networks = 0
    sheet.systems = 0
    sheet.parties = np.nan
    sheet.spans = 0
    sheet.client = 0
    sheet.network = 0
    sheet.country = 0
    sheet.medley = FREE
    sheet.unrest = 0.0


@kernel
def mingle(sheet: Row, event: Row, medleys: PoolView) -> None:
    """Count a search's client and network on its day.

    Args:
        sheet: the day; changed in place.
        event: the search.
        medleys: pool with room for one more.
    """
    client = client_of(event)
    network = event.network[0]
    system = network if event.asn < 0 else mix(np.uint64(event.asn), _SYSTEM)
    cells = _cell(client), _cell(network), _cell(system)
    known = sheet.clients & cells[0], sheet.networks & cells[1], sheet.systems & cells[2]
    if known[0] != cells[0] or known[1] != cells[1] or known[2] != cells[2]:
        sheet.clients |= cells[0]
        sheet.networks |= cells[1]
        sheet.systems |= cells[2]
        sheet.parties = math.log(_parties(sheet))
    who, where = _byte(client), _byte(network)
    country = _byte(mix(np.uint64(event.country), _SYSTEM)) if event.country != 0 else 0
    span = event.time % DAY * SPANS // DAY
    if sheet.spans == 0:
        sheet.client = who
        sheet.network = where
        sheet.country = country
    other = who != sheet.client or where != sheet.network or country != sheet.country
    if sheet.medley == FREE and other:
        sheet.medley = draw(medleys)
        _begin(medleys.rows[sheet.medley], sheet)
    if sheet.medley != FREE:
        medley = medleys.rows[sheet.medley]
        bit = np.uint64(1) << np.uint64(span)
        if _another(medley.clients, span, who):
            medley.more_clients |= bit
        if _another(medley.networks, span, where):
            medley.more_networks |= bit
        if _another(medley.countries, span, country):
            medley.more_countries |= bit
        if country != 0:
            medley.abroad |= np.uint8(country != sheet.country)
    sheet.spans |= np.uint64(1) << np.uint64(span)


@kernel
def _begin(medley: Row, sheet: Row) -> None:
    """So far it was always the first client."""
    for span in range(SPANS):
        active = (sheet.spans >> np.uint64(span)) & np.uint64(1) != 0
        medley.clients[span] = sheet.client if active else 0
        medley.networks[span] = sheet.network if active else 0
        medley.countries[span] = sheet.country if active else 0
    medley.more_clients = 0
    medley.more_networks = 0
    medley.more_countries = 0
    medley.abroad = 0


@kernel
def _another(first: NDArray[np.uint8], span: int, found: int) -> bool:
    """Whether somebody else was in the span; whoever is first is noted."""
    if found == 0:
        return False
    if first[span] == 0:
        first[span] = found
    return bool(first[span] != found)


@kernel
def sides(sheet: Row) -> int:
    """Of clients and networks, how many the log knows."""
    return int(sheet.clients != 0) + int(sheet.networks != 0)


@kernel
def _parties(sheet: Row) -> float:
    """How many people could be behind the day's clients and networks, of which one is known.

    A phone changes networks and a computer is shared, so it is the fewer of both. Networks of
    one system count half, as a factor: a carrier's are many.
    """
    clients = cells_to_count(sheet.clients)
    networks = math.sqrt(cells_to_count(sheet.networks) * cells_to_count(sheet.systems))
    if sheet.clients == 0 or sheet.networks == 0:
        return max(clients, networks)
    return min(clients, networks)


@kernel
def overlap(sheet: Row, medleys: PoolView) -> np.uint64:
    """Bit s: two clients in two networks (or two of what is known) searched in span s."""
    if sheet.medley == FREE:
        return np.uint64(0)
    medley = medleys.rows[sheet.medley]
    if sheet.clients == 0:
        return np.uint64(medley.more_networks)
    if sheet.networks == 0:
        return np.uint64(medley.more_clients)
    return np.uint64(medley.more_clients & medley.more_networks)


@kernel
def abroad(sheet: Row, medleys: PoolView) -> int:
    """How often they were in two countries at once, or faster than one travels.

    Counted are the spans in which two clients overlap and two countries are, and of those with
    one country the ones in which it is not that of the last, at most three hours before.
    """
    if sheet.medley == FREE:
        return 0
    medley = medleys.rows[sheet.medley]
    travels = ones(overlap(sheet, medleys) & medley.more_countries)
    if not medley.abroad:
        return travels
    last, country = -FLIGHT - 1, 0
    for span in range(SPANS):
        here = signed(medley.countries[span])
        if here == 0 or (medley.more_countries >> np.uint64(span)) & np.uint64(1) != 0:
            continue
        travels += country != here and span - last <= FLIGHT
        last, country = span, here
    return travels


@kernel
def lacking_rest(before: np.uint32, today: np.uint32, hour: int) -> float:
    """Hours missing to eight of rest in the last day.

    Args:
        before: bit h: a search in hour h of the day before.
        today: the same of today.
        hour: the hour of today that it is.
    """
    now = HOURS_PER_DAY + hour
    hours = np.uint64(before) | (np.uint64(today) << np.uint64(HOURS_PER_DAY))
    if ones(hours >> np.uint64(hour + 1)) < _FEW:
        return 0.0
    # The first run began before what is known.
    longest, run = 0, signed(REST)
    for at in range(now + 1):
        if (hours >> np.uint64(at)) & np.uint64(1) != 0:
            run = 0
        else:
            run += 1
            if at > hour:
                longest = max(longest, run)
    return max(REST - longest, 0.0)


@kernel
def _cell(key: np.uint64) -> np.uint64:
    """The bit that a value marks; none if it is unknown."""
    if key == 0:
        return np.uint64(0)
    return np.uint64(1) << (mix(key, _SYSTEM) & _CELLS)


@kernel
def _byte(key: np.uint64) -> int:
    """A hash of 1 to 255; 0 if it is unknown."""
    return 0 if key == 0 else 1 + signed((mix(key, _TLS) & _BYTE) % np.uint64(255))
