import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.ingest.packed import pack
from streams.ingest.siphash import siphash

MASK = 2**64 - 1
KEY = bytes(range(16))
FIRST_VECTOR = "a3817f04ba25a8e66df67214c7550293"
ALL_VECTORS = "ecfaa9fe47ff788fa834a9863ea2715a2880cd37d2b8c3c194402838428119b9"
"""SHA-256 of the 64 vectors `vectors_sip128` of the authors' reference implementation."""


def reference(key: bytes, message: bytes) -> bytes:
    """SipHash-2-4-128 as its paper and reference implementation describe it."""

    def rotated(x: int, bits: int) -> int:
        return ((x << bits) | (x >> (64 - bits))) & MASK

    def rounds(count: int) -> None:
        for _ in range(count):
            v[0] = (v[0] + v[1]) & MASK
            v[1] = rotated(v[1], 13) ^ v[0]
            v[0] = rotated(v[0], 32)
            v[2] = (v[2] + v[3]) & MASK
            v[3] = rotated(v[3], 16) ^ v[2]
            v[0] = (v[0] + v[3]) & MASK
            v[3] = rotated(v[3], 21) ^ v[0]
            v[2] = (v[2] + v[1]) & MASK
            v[1] = rotated(v[1], 17) ^ v[2]
            v[2] = rotated(v[2], 32)

    k0, k1 = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
    v = [
        k0 ^ int.from_bytes(b"somepseu", "big"),
        k1 ^ int.from_bytes(b"dorandom", "big") ^ 0xEE,
        k0 ^ int.from_bytes(b"lygenera", "big"),
        k1 ^ int.from_bytes(b"tedbytes", "big"),
    ]
    padded = message + bytes(7 - len(message) % 8) + bytes([len(message) % 256])
    for i in range(0, len(padded), 8):
        word = int.from_bytes(padded[i : i + 8], "little")
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xEE
    rounds(4)
    first = v[0] ^ v[1] ^ v[2] ^ v[3]
    v[1] ^= 0xDD
    rounds(4)
    return first.to_bytes(8, "little") + (v[0] ^ v[1] ^ v[2] ^ v[3]).to_bytes(8, "little")


def test_reference_gives_the_published_vectors() -> None:
    """The plain twin below which the kernel is tested is itself right."""
    vectors = [reference(KEY, bytes(range(length))) for length in range(64)]

    assert vectors[0].hex() == FIRST_VECTOR
    assert hashlib.sha256(b"".join(vectors)).hexdigest() == ALL_VECTORS


def test_kernel_gives_the_published_vectors() -> None:
    """All lengths but the empty one, which stands for no id, in a single buffer."""
    texts = ["".join(map(chr, range(length))) for length in range(1, 64)]
    key = np.frombuffer(KEY, "<u8").reshape(1, 2)

    hashed = siphash(pack(texts), key, np.zeros(len(texts), np.int32))

    vectors = bytes.fromhex(FIRST_VECTOR) + hashed.tobytes()
    assert hashlib.sha256(vectors).hexdigest() == ALL_VECTORS


@given(
    st.lists(st.tuples(st.text(st.characters(), max_size=40), st.integers(0, 2)), max_size=20),
    st.lists(st.binary(min_size=16, max_size=16), min_size=3, max_size=3),
)
def test_kernel_equals_reference(texts: list[tuple[str, int]], keys: list[bytes]) -> None:
    """Whatever the texts hold, each is hashed with its own key as if it stood alone."""
    table = np.frombuffer(b"".join(keys), "<u8").reshape(3, 2)
    which = np.array([key for _, key in texts], np.int32)

    hashed = siphash(pack([text for text, _ in texts]), table, which)

    expected = [
        reference(keys[key], text.encode("utf-8", "surrogatepass")) if text else bytes(16)
        for text, key in texts
    ]
    assert [row.tobytes() for row in hashed] == expected


@pytest.mark.parametrize("length", [255, 256, 257, 5_000])
def test_long_texts_are_hashed_whole(length: int) -> None:
    """The length enters the hash modulo 256, the text in full."""
    key = np.frombuffer(KEY, "<u8").reshape(1, 2)

    hashed = siphash(pack(["x" * length]), key, np.zeros(1, np.int32))

    assert hashed.tobytes() == reference(KEY, b"x" * length)


def test_one_half_is_the_first_half() -> None:
    """Columns that keep 64 bits compare equal with those that keep all."""
    key = np.frombuffer(KEY, "<u8").reshape(1, 2)
    texts, which = pack(["ada", "", "grace"]), np.zeros(3, np.int32)

    half = siphash(texts, key, which, halves=1)

    assert half[:, 0].tolist() == siphash(texts, key, which)[:, 0].tolist()
