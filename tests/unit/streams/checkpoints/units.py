"""A unit of state that tests change at random, and what becomes of it in a log."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from streams.checkpoints.assembler import Assembler
from streams.checkpoints.records import encode
from streams.checkpoints.segments import Restored, Segment

Arrays = dict[str, NDArray[np.generic]]

DTYPES = [
    np.dtype([("key", "u8", (2,)), ("rates", "f8", (5,)), ("flag", "u1")]),
    np.dtype([("day", "i4"), ("history", "i4")]),
    np.dtype(np.uint64),
    np.dtype(np.int32),
    np.dtype(bool),
    np.dtype("f4"),
    np.dtype((np.void, 249)),
]


def random_rows(
    rng: np.random.Generator, dtype: np.dtype[Any], rows: int, *more: int
) -> NDArray[np.generic]:
    """Rows of random bytes, shape (rows, *more)."""
    array = np.zeros((rows, *more), dtype)
    flat = array.reshape(-1).view(np.uint8)
    flat[:] = rng.integers(0, 2 if dtype.kind == "b" else 256, len(flat), np.uint8)
    return array


@st.composite
def edits(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    """Steps in the life of a unit: what is done, to which array, with which number."""
    kinds = ("change", "change", "grow", "shrink", "retype", "drop", "add", "widen", "nothing")
    step = st.tuples(st.sampled_from(kinds), st.integers(0, 3), st.integers(0, 400))
    return draw(st.lists(step, max_size=12))


def edit(arrays: Arrays, step: tuple[str, int, int], rng: np.random.Generator) -> None:
    """Do one step, in place where a unit would."""
    kind, which, number = step
    name = f"array.{which}"
    dtype = DTYPES[number % len(DTYPES)]
    if kind in {"add", "retype"}:
        arrays[name] = random_rows(rng, dtype, number)
    elif kind == "widen":
        arrays[name] = random_rows(rng, dtype, number // 2, 3)
    elif name in arrays and kind == "drop":
        del arrays[name]
    elif name in arrays and kind == "shrink":
        arrays[name] = arrays[name][: len(arrays[name]) // 2]
    elif name in arrays and kind == "grow":
        old = arrays[name]
        arrays[name] = np.concatenate(
            [old, random_rows(rng, old.dtype, number // 4, *old.shape[1:])]
        )
    elif name in arrays and kind == "change" and len(arrays[name]):
        rows = rng.integers(0, len(arrays[name]), 1 + number // 40)
        arrays[name][rows] = random_rows(
            rng, arrays[name].dtype, len(rows), *arrays[name].shape[1:]
        )


def copied(arrays: Arrays) -> Arrays:
    """The arrays as they are now."""
    return {name: array.copy() for name, array in arrays.items()}


def same(left: Mapping[str, NDArray[np.generic]], right: Mapping[str, NDArray[np.generic]]) -> bool:
    """Whether both hold the same arrays to the bit."""
    return left.keys() == right.keys() and all(
        left[name].dtype == right[name].dtype
        and left[name].shape == right[name].shape
        and left[name].tobytes() == right[name].tobytes()
        for name in left
    )


def assembled(segments: Iterable[Segment], unit: str = "actors.07") -> Restored:
    """What the records of these segments make together."""
    assembler = Assembler()
    for segment in segments:
        for record in encode(unit, segment):
            assembler.feed(record)
    return assembler.units()[unit]
