"""State as bytes: named arrays with their layouts, checked when they are read."""

import hashlib
import struct
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from .errors import SnapshotError

MAGIC: Final = b"PROBEWATCH-STATE"
VERSION: Final = 1
"""Raised with every change of layout or of what a figure means."""

_LENGTH = struct.Struct("<Q")


class _Array(msgspec.Struct, frozen=True):
    name: str
    dtype: Any
    shape: tuple[int, ...]


class _Head(msgspec.Struct, frozen=True):
    version: int
    about: dict[str, Any]
    arrays: tuple[_Array, ...]
    digest: bytes


def pack(about: dict[str, Any], arrays: dict[str, NDArray[np.generic]]) -> bytes:
    """One blob of `about` (plain values) and `arrays`."""
    body = b"".join(np.ascontiguousarray(array).tobytes() for array in arrays.values())
    head = msgspec.msgpack.encode(
        _Head(
            version=VERSION,
            about=about,
            arrays=tuple(
                _Array(name, _descr(array.dtype), array.shape) for name, array in arrays.items()
            ),
            digest=_digest(body),
        )
    )
    return b"".join([MAGIC, _LENGTH.pack(len(head)), head, body])


def unpack(blob: bytes) -> tuple[dict[str, Any], dict[str, NDArray[np.generic]]]:
    """What `pack` was given.

    Raises:
        SnapshotError: it is no snapshot, not whole, or of another version.
    """
    if not blob.startswith(MAGIC):
        message = "not a Probewatch state: it does not begin as one"
        raise SnapshotError(message)
    start = len(MAGIC) + _LENGTH.size
    try:
        (length,) = _LENGTH.unpack_from(blob, len(MAGIC))
        head = msgspec.msgpack.decode(blob[start : start + length], type=_Head)
    except (struct.error, msgspec.MsgspecError) as error:
        message = f"state is not whole: its head cannot be read ({error})"
        raise SnapshotError(message) from error
    if head.version != VERSION:
        message = f"state has layout version {head.version}, this program reads {VERSION}"
        raise SnapshotError(message)
    body = memoryview(blob)[start + length :]
    if _digest(body) != head.digest:
        message = "state is not whole: its checksum does not match"
        raise SnapshotError(message)
    arrays = {}
    at = 0
    for entry in head.arrays:
        dtype = np.dtype(_undescr(entry.dtype))
        size = dtype.itemsize * int(np.prod(entry.shape, dtype=np.int64))
        arrays[entry.name] = np.frombuffer(body[at : at + size], dtype).reshape(entry.shape)
        at += size
    return head.about, arrays


def _digest(body: bytes | memoryview) -> bytes:
    return hashlib.blake2b(body, digest_size=16).digest()


def _descr(dtype: np.dtype[Any]) -> Any:  # noqa: ANN401  numpy's own description is untyped
    return np.lib.format.dtype_to_descr(dtype)


def _undescr(descr: Any) -> Any:  # noqa: ANN401
    """MessagePack gives lists where numpy wants tuples."""
    if isinstance(descr, str):
        return descr
    return [(name, kind, *(tuple(part) for part in rest)) for name, kind, *rest in descr]
