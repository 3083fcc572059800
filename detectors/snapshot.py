"""State as bytes: named arrays with their layouts, checked when they are read."""

import hashlib
import struct
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from .errors import SnapshotError

MAGIC: Final = b"PROBEWATCH-STATE"
VERSION: Final = 5
"""Raised with every change of layout or of what a figure means."""

_FRAME = struct.Struct("<I16s")  # version, digest of all that follows
_LENGTH = struct.Struct("<Q")  # of the head


class _Array(msgspec.Struct, frozen=True):
    name: str
    dtype: Any
    shape: tuple[int, ...]


class _Head(msgspec.Struct, frozen=True):
    about: dict[str, Any]
    arrays: tuple[_Array, ...]


def pack(about: dict[str, Any], arrays: dict[str, NDArray[np.generic]]) -> bytes:
    """One blob of `about` (plain values) and `arrays`."""
    entries = (_Array(name, _descr(array.dtype), array.shape) for name, array in arrays.items())
    head = msgspec.msgpack.encode(_Head(about, tuple(entries)))
    body = [np.ascontiguousarray(array).tobytes() for array in arrays.values()]
    rest = b"".join([_LENGTH.pack(len(head)), head, *body])
    return b"".join([MAGIC, _FRAME.pack(VERSION, _digest(rest)), rest])


def unpack(blob: bytes) -> tuple[dict[str, Any], dict[str, NDArray[np.generic]]]:
    """What `pack` was given.

    Raises:
        SnapshotError: it is no snapshot, not whole, or of another version.
    """
    if not blob.startswith(MAGIC):
        raise SnapshotError("not a Probewatch state: it does not begin as one")
    rest = memoryview(blob)[len(MAGIC) + _FRAME.size :]
    if len(rest) < _LENGTH.size:
        raise SnapshotError("state is not whole: it ends too early")
    version, digest = _FRAME.unpack_from(blob, len(MAGIC))
    if version != VERSION:
        raise SnapshotError(f"state has layout version {version}, this program reads {VERSION}")
    if _digest(rest) != digest:
        raise SnapshotError("state is not whole: its checksum does not match")
    (length,) = _LENGTH.unpack_from(rest)
    at = _LENGTH.size + length
    head = msgspec.msgpack.decode(rest[_LENGTH.size : at], type=_Head)
    arrays = {}
    for entry in head.arrays:
        dtype = np.dtype(_undescr(entry.dtype))
        size = dtype.itemsize * int(np.prod(entry.shape, dtype=np.int64))
        arrays[entry.name] = np.frombuffer(rest[at : at + size], dtype).reshape(entry.shape)
        at += size
    return head.about, arrays


def _digest(rest: bytes | memoryview) -> bytes:
    return hashlib.blake2b(rest, digest_size=16).digest()


def _descr(dtype: np.dtype[Any]) -> Any:
    return np.lib.format.dtype_to_descr(dtype)


def _undescr(descr: Any) -> Any:
    """MessagePack gives lists where numpy wants tuples."""
    if isinstance(descr, str):
        return descr
    return [(name, kind, *(tuple(part) for part in rest)) for name, kind, *rest in descr]
