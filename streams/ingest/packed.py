"""A column of texts as one byte buffer, which is how kernels read it.

Joining and encoding once costs a tenth of encoding every text: ids that never repeat
cannot be cached, so a call of Python for each would be what ingest spends its time on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

NEWLINE = 0x0A

NO_TEXT_HAS = 0xFF
"""A byte that UTF-8 never uses, not even for a lone surrogate."""

PADDING = "\0" * 32
"""Kernels read ahead of the last text by no more than this."""


@dataclass(frozen=True, slots=True)
class Packed:
    """Texts in UTF-8 one after another, each followed by the separator.

    Attributes:
        buffer: uint8, the texts and some padding.
        separator: a byte that is in none of the texts.
        count: how many texts.
    """

    buffer: NDArray[np.uint8]
    separator: int
    count: int


def pack(texts: Sequence[str | None]) -> Packed:
    """Join a column of texts; None is packed as the empty text.

    A lone surrogate, which UTF-8 cannot write, is encoded as if it could.

    Raises:
        TypeError: if something in `texts` is neither a text nor None.
    """
    filled = cast("Sequence[str]", texts)
    try:
        joined = "\n".join([*filled, PADDING])
    except TypeError:
        filled = ["" if text is None else text for text in texts]
        joined = "\n".join([*filled, PADDING])
    buffer = np.frombuffer(joined.encode("utf-8", "surrogatepass"), np.uint8)
    if np.count_nonzero(buffer == NEWLINE) == len(filled):
        return Packed(buffer, NEWLINE, len(filled))
    pieces = [text.encode("utf-8", "surrogatepass") for text in [*filled, PADDING]]
    buffer = np.frombuffer(bytes([NO_TEXT_HAS]).join(pieces), np.uint8)
    return Packed(buffer, NO_TEXT_HAS, len(filled))
