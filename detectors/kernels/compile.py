"""How kernels are compiled, in one place and with their types kept."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numba
import numpy as np

P = ParamSpec("P")
R = TypeVar("R")


_njit: Any = numba.njit  # its stubs leave `_nrt` out


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` to machine code at its first call and keep it on disk.

    Strict IEEE arithmetic (no `fastmath`), so that results do not depend on how rows are
    batched; the GIL is released, so that shards can run side by side. A kernel allocates
    nothing: it is compiled without numba's reference counting (`_nrt`), whose atomic
    operations on every array of every call took two thirds of the time of `observe`
    (1,600 against 590 ns an event). It becomes part of every kernel that calls it
    (`forceinline`): a call hands over each array as seven words, which took another third of
    `observe`, and three quarters of the scanner of JSON.
    """
    compiled = _njit(cache=True, nogil=True, _nrt=False, forceinline=True)(function)
    return cast("Callable[P, R]", compiled)


@kernel
def signed(number: Any) -> int:
    """The number as a signed 64-bit integer, so that differences can be negative."""
    return np.int64(number)  # type: ignore[return-value]
