"""The tokens of JSON (RFC 8259) in a buffer of bytes, as compiled code reads them.

Whoever reads makes sure that `packed.PADDING` or more follows, and that a byte that no token
holds, a line feed, ends the line: nothing here looks for the end.
"""

import numpy as np
from numpy.typing import NDArray

from detectors.kernels.compile import kernel, signed

NOTHING = -1
"""No such token here."""

QUOTE, BACKSLASH, SPACE, MINUS, POINT, ZERO, NINE = b'"\\ -.09'
_SLASH, _B, _F, _N, _R, _T, _U = b"/bfnrtu"
_PLUS, _SMALL_E, _LARGE_E = b"+eE"
_WHITE = tuple(b" \t\n\r")

TRUE, FALSE, NULL = b"tfn"
RUE, ALSE, ULL = (int.from_bytes(rest, "little") for rest in (b"rue", b"alse", b"ull"))
_OPEN, _CLOSE, _BEGIN, _END, _COMMA, _COLON = b"{}[],:"

DEEPEST = 60
"""Objects and lists in one another: one bit of a number for each."""

MOST_DIGITS = 18
"""Digits that surely fit 64 bits."""

_ONES = np.uint64(0x0101010101010101)
_HIGHS = np.uint64(0x8080808080808080)
_QUOTES = _ONES * np.uint64(QUOTE)
_BACKSLASHES = _ONES * np.uint64(BACKSLASH)
_SPACES = _ONES * np.uint64(SPACE)
_TOP = np.uint64(56)


@kernel
def word(buffer: NDArray[np.uint8], at: int) -> np.uint64:
    """Eight bytes as one number, the first of them lowest."""
    # Unsigned indices spare the check for negative ones, and LLVM makes this one load.
    start = np.uint64(at)
    found = np.uint64(0)
    for i in range(8):
        found |= np.uint64(buffer[start + np.uint64(i)]) << np.uint64(8 * i)
    return found


@kernel
def skip_white(buffer: NDArray[np.uint8], at: int, end: int) -> int:
    """Where white space ends."""
    while at < end and buffer[np.uint64(at)] in _WHITE:
        at += 1
    return at


@kernel
def _unlike_letters(bytes_: np.uint64) -> np.uint64:
    """Bits, of which the lowest is in the first byte that does not go on with plain ASCII text.

    That is a quote, a backslash, a control character, or a byte of something longer.
    The "haszero" and "hasless" tricks of Bit Twiddling Hacks; only the lowest bit is exact.
    """
    quotes = bytes_ ^ _QUOTES
    backslashes = bytes_ ^ _BACKSLASHES
    found = (quotes - _ONES) & ~quotes
    found |= (backslashes - _ONES) & ~backslashes
    found |= (bytes_ - _SPACES) & ~bytes_
    return (found | bytes_) & _HIGHS


@kernel
def read_text(buffer: NDArray[np.uint8], at: int) -> tuple[int, int, bool]:
    """A string, from behind its opening quote.

    Returns:
        Where its closing quote is, `NOTHING` if it is no valid string or has a surrogate in
        it; how many of the bytes before are no character of their own; whether a backslash is
        among them.
    """
    extra = 0
    escaped = False
    while True:
        found = _unlike_letters(word(buffer, at))
        if found == 0:
            at += 8
            continue
        below = ((found & (~found + np.uint64(1))) >> np.uint64(7)) - np.uint64(1)
        at += signed(((below & _ONES) * _ONES) >> _TOP)
        byte = buffer[np.uint64(at)]
        if byte == QUOTE:
            return at, extra, escaped
        if byte == BACKSLASH:
            escaped = True
            length = _escape(buffer, at)
        else:
            length = _utf8(buffer, at)
        if length == NOTHING:
            return NOTHING, extra, escaped
        extra += length - 1
        at += length


@kernel
def _escape(buffer: NDArray[np.uint8], at: int) -> int:
    """The length of an escape sequence; `NOTHING` if it is none, or half of a pair."""
    kind = buffer[np.uint64(at + 1)]
    if kind == _U:
        code = hex_number(buffer, at + 2)
        return NOTHING if code == NOTHING or 0xD800 <= code <= 0xDFFF else 6
    if kind in (QUOTE, BACKSLASH, _SLASH, _B, _F, _N, _R, _T):
        return 2
    return NOTHING


@kernel
def hex_number(buffer: NDArray[np.uint8], at: int) -> int:
    """The number of four hexadecimal digits, `NOTHING` if there are less."""
    number = 0
    for i in range(4):
        digit = hex_digit(buffer[np.uint64(at + i)])
        if digit == NOTHING:
            return NOTHING
        number = 16 * number + digit
    return number


@kernel
def hex_digit(byte: np.uint8) -> int:
    """The number of one hexadecimal digit, of either case; `NOTHING` if it is none."""
    digit = signed(byte)
    if ZERO <= digit <= NINE:
        return digit - ZERO
    digit = (digit | 32) - 87  # "a" is 10
    return digit if 10 <= digit <= 15 else NOTHING


@kernel
def _utf8(buffer: NDArray[np.uint8], at: int) -> int:
    """The length of a character of two to four bytes (RFC 3629); `NOTHING` if it is none."""
    first = buffer[np.uint64(at)]
    second = buffer[np.uint64(at + 1)]
    lowest, highest = 0x80, 0xBF
    if 0xC2 <= first <= 0xDF:
        length = 2
    elif 0xE0 <= first <= 0xEF:
        length = 3
        lowest = 0xA0 if first == 0xE0 else 0x80
        highest = 0x9F if first == 0xED else 0xBF
    elif 0xF0 <= first <= 0xF4:
        length = 4
        lowest = 0x90 if first == 0xF0 else 0x80
        highest = 0x8F if first == 0xF4 else 0xBF
    else:
        return NOTHING
    if not lowest <= second <= highest:
        return NOTHING
    for i in range(2, length):
        if not 0x80 <= buffer[np.uint64(at + i)] <= 0xBF:
            return NOTHING
    return length


@kernel
def read_number(buffer: NDArray[np.uint8], at: int) -> tuple[int, int, int, bool]:
    """A number.

    Returns:
        Where it ends, `NOTHING` if it is none; its digits as one whole number, `NOTHING` if it
        is negative or they are too many; the power of ten to multiply them with; whether it is
        written as an integer.
    """
    negative = buffer[np.uint64(at)] == MINUS
    at += negative
    first = at
    digits = 0
    while ZERO <= buffer[np.uint64(at)] <= NINE:
        digits = (digits * 10 + signed(buffer[np.uint64(at)]) - ZERO) & 0xFFFFFFFFFFFFFFF
        at += 1
    length = at - first
    if length == 0 or (length > 1 and buffer[np.uint64(first)] == ZERO):
        return NOTHING, NOTHING, 0, False
    power = 0
    whole = True
    if buffer[np.uint64(at)] == POINT:
        whole = False
        at += 1
        begun = at
        while ZERO <= buffer[np.uint64(at)] <= NINE:
            digits = (digits * 10 + signed(buffer[np.uint64(at)]) - ZERO) & 0xFFFFFFFFFFFFFFF
            at += 1
        power = begun - at
        length -= power
        if power == 0:
            return NOTHING, NOTHING, 0, False
    if buffer[np.uint64(at)] in (_SMALL_E, _LARGE_E):
        whole = False
        at += 1
        sign = -1 if buffer[np.uint64(at)] == MINUS else 1
        at += buffer[np.uint64(at)] in (_PLUS, MINUS)
        begun = at
        exponent = 0
        while ZERO <= buffer[np.uint64(at)] <= NINE:
            exponent = min(exponent * 10 + signed(buffer[np.uint64(at)]) - ZERO, 100_000)
            at += 1
        if at == begun:
            return NOTHING, NOTHING, 0, False
        power += sign * exponent
    if negative or length > MOST_DIGITS - 1:
        digits = NOTHING
    return at, digits, power, whole


@kernel
def is_rest(buffer: NDArray[np.uint8], at: int, rest: int, length: int) -> bool:
    """Whether some last bytes of a word stand here."""
    unused = np.uint64(64 - 8 * length)
    return bool((word(buffer, at) ^ np.uint64(rest)) << unused == 0)


@kernel
def skip_value(buffer: NDArray[np.uint8], at: int, end: int) -> int:
    """Where a value ends, whatever it is; `NOTHING` if others have to look at it."""
    depth = 0
    objects = 0  # its lowest bit: whether the innermost is an object
    while True:
        byte = buffer[np.uint64(at)]
        opened = byte in (_OPEN, _BEGIN)
        if opened:
            if depth == DEEPEST:
                return NOTHING
            depth += 1
            objects = objects << 1 | (byte == _OPEN)
            at = skip_white(buffer, at + 1, end)
            opened = buffer[np.uint64(at)] != (_CLOSE if objects & 1 else _END)
        else:
            at = _skip_simple(buffer, at)
        while not opened:
            if depth == 0 or at == NOTHING:
                return at
            at = skip_white(buffer, at, end)
            if buffer[np.uint64(at)] == _COMMA:
                at = skip_white(buffer, at + 1, end)
                opened = True
            elif buffer[np.uint64(at)] == (_CLOSE if objects & 1 else _END):
                depth -= 1
                objects >>= 1
                at += 1
            else:
                return NOTHING
        if objects & 1:
            at = _skip_name(buffer, at, end)
            if at == NOTHING:
                return NOTHING


@kernel
def _skip_name(buffer: NDArray[np.uint8], at: int, end: int) -> int:
    """Where the value begins that has this name."""
    if buffer[np.uint64(at)] != QUOTE:
        return NOTHING
    at = read_text(buffer, at + 1)[0]
    if at == NOTHING:
        return NOTHING
    at = skip_white(buffer, at + 1, end)
    return skip_white(buffer, at + 1, end) if buffer[np.uint64(at)] == _COLON else NOTHING


@kernel
def _skip_simple(buffer: NDArray[np.uint8], at: int) -> int:
    byte = buffer[np.uint64(at)]
    if byte == QUOTE:
        close = read_text(buffer, at + 1)[0]
        return NOTHING if close == NOTHING else close + 1
    if byte == TRUE:
        return at + 4 if is_rest(buffer, at + 1, RUE, 3) else NOTHING
    if byte == FALSE:
        return at + 5 if is_rest(buffer, at + 1, ALSE, 4) else NOTHING
    if byte == NULL:
        return at + 4 if is_rest(buffer, at + 1, ULL, 3) else NOTHING
    return read_number(buffer, at)[0]
