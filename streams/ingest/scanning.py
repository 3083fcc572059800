"""From the bytes of events in JSON to columns, without an object of Python for anything.

A line is scanned if it is an event of the schema as it stands: every field of its own type and
within its bounds, no name twice, none that is unknown. Anything else is left to others, who
write what is an event of it anew, in a form that can be scanned.
"""

import numpy as np
from numpy.typing import NDArray

from detectors.kernels.compile import kernel, signed

from .grammar import (
    ALSE,
    FALSE,
    NOTHING,
    QUOTE,
    RUE,
    TRUE,
    is_rest,
    read_number,
    read_text,
    skip_value,
    skip_white,
    word,
)
from .layout import ENTRIES, NAME_WORDS, Kind, Layout, Scan
from .schema import LONGEST, REQUIRED

TEXT, TIME, NUMBER, COUNT, WORD, TRUTH, LIST, SKIPPED = map(int, Kind)

LONGEST_LINE = 1 << 20
"""Bytes. Kafka's default limit of a record; an event with a hundred candidates has 30 KB."""

_OPEN, _CLOSE, _COMMA, _COLON, _BEGIN, _END, _NULL = b"{},:[]n"
_ULL = int.from_bytes(b"ull", "little")
LEAST_ITEM = 3
"""Bytes that a candidate takes on a line, with quotes and a comma."""

_REQUIRED = len(REQUIRED)
_LONGEST_ITEM = LONGEST["subject_id"]
_EXACT = 2**53
_POWERS = np.array([10.0**power for power in range(23)])


@kernel
def scan_lines(
    buffer: NDArray[np.uint8],
    rows: NDArray[np.int64],
    bounds: NDArray[np.int64],
    layout: Layout,
    scan: Scan,
) -> None:
    """Scan lines into their rows.

    Args:
        buffer: the lines, each followed by a line feed, and padding.
        rows: of the lines.
        bounds: int64, shape (lines, 2): where each line begins and ends.
        layout: the schema.
        scan: what is found; changed.
    """
    for k in range(len(rows)):
        row = rows[k]
        end = bounds[k, 1]
        if end - bounds[k, 0] <= LONGEST_LINE:
            at = _object(buffer, bounds[k, 0], end, k + 1, row, layout, scan)
            scan.read[row] = at != NOTHING and skip_white(buffer, at, end) == end


@kernel
def _object(
    buffer: NDArray[np.uint8],
    at: int,
    end: int,
    turn: int,
    row: int,
    layout: Layout,
    scan: Scan,
) -> int:
    """Where the object ends, `NOTHING` if it is no event as it stands."""
    at = skip_white(buffer, at, end)
    if buffer[np.uint64(at)] != _OPEN:
        return NOTHING
    field = len(scan.follows) - 1
    given = 0
    while True:
        at = skip_white(buffer, at + 1, end)
        if buffer[np.uint64(at)] != QUOTE:
            return NOTHING
        before = field
        field = scan.follows[before]
        if not _is_name(layout, field, buffer, at + 1):
            field = _find(layout, buffer, at + 1)
            if field == NOTHING:
                return NOTHING
            scan.follows[before] = field
        if scan.turns[field] == turn:
            return NOTHING
        scan.turns[field] = turn
        scan.met[field] += 1
        at = skip_white(buffer, at + 1 + layout.lengths[field], end)
        if buffer[np.uint64(at)] != _COLON:
            return NOTHING
        at = _value(buffer, skip_white(buffer, at + 1, end), end, row, field, layout, scan)
        if at == NOTHING:
            return NOTHING
        given += layout.required[field]
        at = skip_white(buffer, at, end)
        if buffer[np.uint64(at)] != _COMMA:
            break
    complete = buffer[np.uint64(at)] == _CLOSE and given == _REQUIRED
    return at + 1 if complete else NOTHING


@kernel
def _is_name(layout: Layout, number: int, buffer: NDArray[np.uint8], at: int) -> bool:
    """Whether a name or word stands here, with its quote."""
    left = layout.lengths[number]
    i = 0
    while left > 8:
        if word(buffer, at + 8 * i) != layout.names[number, i]:
            return False
        left -= 8
        i += 1
    unused = np.uint64(64 - 8 * left)
    return bool((word(buffer, at + 8 * i) ^ layout.names[number, i]) << unused == 0)


@kernel
def _find(layout: Layout, buffer: NDArray[np.uint8], at: int) -> int:
    """The field whose name stands here, `NOTHING` if there is none."""
    length = 0
    found = np.uint32(0x811C9DC5)
    while buffer[np.uint64(at + length)] != QUOTE:
        if length > 8 * NAME_WORDS or buffer[np.uint64(at + length)] < 0x20:
            return NOTHING
        found = np.uint32((found ^ buffer[np.uint64(at + length)]) * np.uint32(0x01000193))
        length += 1
    slot = signed(found) % ENTRIES
    while layout.slots[slot] >= 0:
        if _is_name(layout, layout.slots[slot], buffer, at):
            return signed(layout.slots[slot])
        slot = (slot + 1) % ENTRIES
    return NOTHING


@kernel
def _value(
    buffer: NDArray[np.uint8],
    at: int,
    end: int,
    row: int,
    field: int,
    layout: Layout,
    scan: Scan,
) -> int:
    """Where the value ends, `NOTHING` if it is none that the field can have."""
    kind = layout.kinds[field]
    byte = buffer[np.uint64(at)]
    if byte == _NULL:
        absent = is_rest(buffer, at + 1, _ULL, 3) and not layout.required[field]
        scan.skipped[row] += kind == SKIPPED
        return at + 4 if absent else NOTHING
    if byte == QUOTE:
        if kind == WORD:
            return _word(buffer, at + 1, row, field, layout, scan)
        if kind in (TEXT, TIME):
            return _text(buffer, at + 1, row, field, layout, scan)
    elif kind == LIST:
        return _list(buffer, at, end, row, layout.most[field], scan)
    elif kind == TRUTH:
        place = layout.places[field]
        scan.codes[place, row] = byte == TRUE
        if byte == TRUE and is_rest(buffer, at + 1, RUE, 3):
            return at + 4
        return at + 5 if byte == FALSE and is_rest(buffer, at + 1, ALSE, 4) else NOTHING
    elif kind in (TIME, NUMBER, COUNT):
        return _number(buffer, at, row, field, layout, scan)
    if kind != SKIPPED:
        return NOTHING
    scan.skipped[row] += 1
    return skip_value(buffer, at, end)


@kernel
def _word(
    buffer: NDArray[np.uint8], at: int, row: int, field: int, layout: Layout, scan: Scan
) -> int:
    for number in range(layout.first[field], layout.last[field]):
        if _is_name(layout, number, buffer, at):
            scan.codes[layout.places[field], row] = layout.codes[number]
            return at + signed(layout.lengths[number])
    return NOTHING


@kernel
def _text(
    buffer: NDArray[np.uint8], at: int, row: int, field: int, layout: Layout, scan: Scan
) -> int:
    close, extra, escaped = read_text(buffer, at)
    length = close - at - extra
    if close == NOTHING or length > layout.most[field] or length < layout.least[field]:
        return NOTHING
    place = layout.places[field]
    scan.starts[place, row] = at
    scan.sizes[place, row] = at - close if escaped else close - at
    scan.used[2] += escaped
    return close + 1


@kernel
def _list(buffer: NDArray[np.uint8], at: int, end: int, row: int, most: float, scan: Scan) -> int:
    if buffer[np.uint64(at)] != _BEGIN:
        return NOTHING
    first = scan.used[0]
    at = skip_white(buffer, at + 1, end)
    while buffer[np.uint64(at)] != _END:
        close, extra, escaped = read_text(buffer, at + 1)
        full = scan.used[0] - first >= most or scan.used[0] >= scan.items.shape[1]
        if buffer[np.uint64(at)] != QUOTE or close == NOTHING or full:
            return NOTHING
        start = at + 1
        if close - start - extra > _LONGEST_ITEM:
            return NOTHING
        scan.items[0, scan.used[0]] = start
        scan.items[1, scan.used[0]] = start - close if escaped else close - start
        scan.used[0] += 1
        scan.used[2] += escaped
        at = skip_white(buffer, close + 1, end)
        if buffer[np.uint64(at)] == _COMMA:
            at = skip_white(buffer, at + 1, end)
            if buffer[np.uint64(at)] != QUOTE:
                return NOTHING
        elif buffer[np.uint64(at)] != _END:
            return NOTHING
    scan.lists[0, row] = first
    scan.lists[1, row] = scan.used[0] - first
    return at + 1


@kernel
def _number(
    buffer: NDArray[np.uint8],
    at: int,
    row: int,
    field: int,
    layout: Layout,
    scan: Scan,
) -> int:
    start = at
    at, digits, power, whole = read_number(buffer, at)
    if at == NOTHING:
        return NOTHING
    kind, place, most = layout.kinds[field], layout.places[field], layout.most[field]
    if kind != NUMBER:
        if not whole or not 0 <= digits <= most:
            return NOTHING
        if kind == TIME:
            scan.times[layout.first[field], row] = digits
        else:
            scan.numbers[place, row] = digits
        return at
    if 0 <= digits <= _EXACT and abs(power) < len(_POWERS):
        # Both are exact, so that the result is rounded once, and right (Clinger, 1990).
        value = digits / _POWERS[-power] if power < 0 else digits * _POWERS[power]
        if value > most:
            return NOTHING
        scan.numbers[place, row] = value
        return at
    if scan.used[1] >= len(scan.hard):
        return NOTHING
    hard = scan.hard[scan.used[1]]
    hard.row = row
    hard.place = place
    hard.start = start
    hard.end = at
    hard.most = most
    scan.used[1] += 1
    return at
