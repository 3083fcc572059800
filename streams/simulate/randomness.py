"""Randomness that depends on names alone, never on what else was drawn before.

Two kinds. `stream` gives a generator for one named purpose, so that a new cohort or
campaign leaves all others as they were. `Dice` gives draws for many keyed things at once:
the same search gets the same score in whatever company it is rendered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b

import numpy as np
from numpy.typing import ArrayLike, NDArray

U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]
F64 = NDArray[np.float64]


def stream(seed: int, *path: str | int) -> np.random.Generator:
    """The generator for what `path` names in the world of `seed`."""
    name = "/".join(map(str, (seed, *path))).encode()
    return np.random.Generator(np.random.PCG64DXSM(_number(name, 16)))


def mix(values: U64) -> U64:
    """A bijection of 64-bit words that looks random (finaliser of SplitMix64, Steele 2014)."""
    mixed = values ^ (values >> np.uint64(30))
    mixed = mixed * np.uint64(0xBF58476D1CE4E5B9)
    mixed = mixed ^ (mixed >> np.uint64(27))
    mixed = mixed * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


def fold(*columns: ArrayLike) -> U64:
    """One 64-bit hash per row of integer columns of equal (or broadcast) length."""
    folded = np.zeros(1, np.uint64)
    for column in columns:
        words = np.atleast_1d(np.asarray(column))
        unsigned = words if words.dtype == np.uint64 else words.astype(np.int64).view(np.uint64)
        folded = mix((folded ^ unsigned) + np.uint64(0x9E3779B97F4A7C15))
    return folded


@dataclass(frozen=True, slots=True)
class Dice:
    """Independent draws per key and word: the same key and word always give the same.

    Attributes:
        keys: one per thing, well mixed already (`fold`).
    """

    keys: U64

    def bits(self, word: str) -> U64:
        """64 random bits per key."""
        return mix(mix(self.keys ^ np.uint64(_salt(word))))

    def uniform(self, word: str) -> F64:
        """Uniform on (0, 1)."""
        high = (self.bits(word) >> np.uint64(12)).astype(np.float64)
        return (high + 0.5) * 2.0**-52

    def normal(self, word: str) -> F64:
        """Standard normal, by Box and Muller."""
        radius = np.sqrt(-2.0 * np.log(self.uniform(word)))
        return radius * np.cos(2.0 * np.pi * self.uniform(word + "'"))

    def below(self, word: str, bound: ArrayLike) -> I64:
        """Integers from 0 to before `bound`."""
        return np.asarray(self.uniform(word) * np.asarray(bound), np.int64)


def chance(rng: np.random.Generator, probability: float) -> bool:
    """Whether something of this probability happens."""
    return bool(rng.random() < probability)


def some(
    rng: np.random.Generator, shape: int | tuple[int, ...], probability: float
) -> NDArray[np.bool_]:
    """Which of many things of this probability happen."""
    return np.asarray(rng.random(shape) < probability)


def zipf_rank(uniform: F64, size: ArrayLike, exponent: float) -> I64:
    """Ranks 0 to `size` - 1 of a bounded power law with the given exponent (not exactly 1)."""
    power = 1.0 - exponent
    span = np.asarray(size, np.float64) ** power - 1.0
    return np.floor((span * uniform + 1.0) ** (1.0 / power)).astype(np.int64) - 1


def categories(drawn: F64, weights: F64, rows: I64) -> I64:
    """For each entry of `rows` a column of `weights`, by that row's weights and a uniform draw."""
    cumulative = np.cumsum(weights, axis=1)
    cumulative /= cumulative[:, -1:]
    return np.asarray((cumulative[rows] < drawn[:, None]).sum(axis=1), np.int64)


def hexadecimal(values: U64, digits: int = 16, prefix: str = "") -> list[str]:
    """Opaque ids: the leading hexadecimal digits of 64-bit values."""
    text = values.astype(">u8").tobytes().hex()
    return [prefix + text[at : at + digits] for at in range(0, len(text), 16)]


class Parameters:
    """The numbers that make one world differ from the next, drawn by name and kept.

    Attributes:
        values: what was drawn, for the labels' meta line.
    """

    def __init__(self, seed: int, world: str) -> None:
        """Nothing is drawn yet."""
        self._seed = seed
        self._world = world
        self.values: dict[str, float] = {}

    def uniform(self, name: str, low: float, high: float) -> float:
        """Uniform between `low` and `high`."""
        return self._keep(name, self._stream(name).uniform(low, high))

    def log_uniform(self, name: str, low: float, high: float) -> float:
        """Between `low` and `high`, uniform in the logarithm."""
        return self._keep(name, float(np.exp(self._stream(name).uniform(*np.log([low, high])))))

    def integer(self, name: str, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return int(self._keep(name, float(self._stream(name).integers(low, high + 1))))

    def shares(self, name: str, concentration: float, **means: float) -> Mapping[str, float]:
        """Shares that add up to one, around `means` (Dirichlet; high concentration = close)."""
        mean = np.array(list(means.values()))
        drawn = self._stream(name).dirichlet(concentration * mean / mean.sum())
        return {
            key: self._keep(f"{name}.{key}", share) for key, share in zip(means, drawn, strict=True)
        }

    def _stream(self, name: str) -> np.random.Generator:
        return stream(self._seed, self._world, "parameter", name)

    def _keep(self, name: str, value: float) -> float:
        self.values[name] = round(float(value), 6)
        return self.values[name]


@cache
def _salt(word: str) -> int:
    return _number(word.encode(), 8)


def _number(name: bytes, size: int) -> int:
    return int.from_bytes(blake2b(name, digest_size=size).digest(), "little")
