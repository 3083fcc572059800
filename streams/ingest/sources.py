"""Lines of files, compressed or not, and of standard input, in the order given."""

import os
import stat
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import zstandard

from detectors.errors import InputError

from .lines import Lines, cut, joined
from .scanning import LONGEST_LINE

STDIN = "-"

BLOCK_BYTES = 1 << 21
"""Read at a time: 1,700 to 7,000 lines, as many as ingest converts well at once."""

PIECE_BYTES = 4_096
"""Decompressed at a time. Of zstd's smallest blocks, 4 bytes for 128 KiB, this many make
128 MiB, so that no file can fill the memory."""

_FILLER = b"\0"
"""Tapes and block devices pad compressed files with it."""

Progress = Callable[[int, int | None], None]
"""Told bytes read so far, and how many there are, None if that is not known."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive lines of one source, without their line feeds.

    Attributes:
        source: which of the sources given, from 0.
        first_index: the number of the first line, over all sources, from 0. Blank lines
            have numbers too, so that in a single file it is the line's number less one.
        lines: the lines; one longer than `LONGEST_LINE` may be cut behind it.
    """

    source: int
    first_index: int
    lines: Lines


class _Inflater(Protocol):
    """What the decompressors of zlib and zstandard have in common."""

    @property
    def eof(self) -> bool:
        """Whether a stream has ended."""

    @property
    def unused_data(self) -> bytes:
        """What came behind the end."""

    def decompress(self, data: bytes, /) -> bytes:
        """What these bytes add."""


_INFLATERS: dict[str, Callable[[], _Inflater]] = {
    ".gz": lambda: zlib.decompressobj(wbits=16 + zlib.MAX_WBITS),
    ".zst": lambda: zstandard.ZstdDecompressor().decompressobj(),
}


def read_chunks(
    paths: Sequence[str], stdin: BinaryIO, on_progress: Progress = lambda _read, _total: None
) -> Iterator[Chunk]:
    """Read files (`.gz` and `.zst` are decompressed) and `-`, standard input.

    A last line needs no line feed. Of a file that is cut short or damaged, the lines
    before the damage are delivered first.

    Args:
        paths: what to read, in this order.
        stdin: what `-` means.
        on_progress: called after every read.

    Raises:
        InputError: if a file cannot be opened (at once, whichever it is), read or
            decompressed.
    """
    sizes = [None if path == STDIN else _size(path) for path in paths]
    total = None if None in sizes else sum(size or 0 for size in sizes)
    read = 0
    index = 0

    def counted(data: bytes) -> bytes:
        nonlocal read
        read += len(data)
        on_progress(read, total)
        return data

    for source, path in enumerate(paths):
        blocks = map(counted, _stdin_blocks(stdin) if path == STDIN else _file_blocks(path))
        inflater = _INFLATERS.get(Path(path).suffix)
        for lines in _lines(blocks if inflater is None else _inflated(path, blocks, inflater)):
            yield Chunk(source, index, lines)
            index += len(lines)


def _size(path: str) -> int | None:
    """Bytes of a file, None if that is not known beforehand, as of a pipe."""
    try:
        # Not opened here: to open and close a pipe would break it for its writer.
        status = Path(path).stat()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    if stat.S_ISDIR(status.st_mode):
        raise InputError(f"{path}: is a directory")
    if not os.access(path, os.R_OK):
        raise InputError(f"{path}: may not be read")
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _file_blocks(path: str) -> Iterator[bytes]:
    try:
        with Path(path).open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                yield block
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


def _stdin_blocks(stdin: BinaryIO) -> Iterator[bytes]:
    # What a pipe has now, without waiting for a full block.
    read = getattr(stdin, "read1", stdin.read)
    while block := read(BLOCK_BYTES):
        yield block


def _inflated(
    path: str, blocks: Iterable[bytes], start: Callable[[], _Inflater]
) -> Iterator[bytes]:
    """Decompress; several compressed streams in a row are one file (RFC 1952, RFC 8878)."""
    stream: _Inflater | None = None
    ready: list[bytes] = []
    pieces = (b[i : i + PIECE_BYTES] for b in blocks for i in range(0, len(b), PIECE_BYTES))
    try:
        for piece in pieces:
            data = piece
            while data := data if stream else data.lstrip(_FILLER):
                stream = stream or start()
                ready.append(stream.decompress(data))
                data, stream = (stream.unused_data, None) if stream.eof else (b"", stream)
            if sum(map(len, ready)) >= BLOCK_BYTES:
                yield b"".join(ready)
                ready.clear()
    except (zlib.error, zstandard.ZstdError) as error:
        yield b"".join(ready)
        raise InputError(f"{path}: damaged, {error}") from error
    yield b"".join(ready)
    if stream is not None:
        raise InputError(f"{path}: cut short, its compressed data has no end")


def _lines(blocks: Iterable[bytes]) -> Iterator[Lines]:
    rest = b""
    for block in blocks:
        lines, rest = cut(rest, block)
        if lines:
            yield lines
        rest = rest[: LONGEST_LINE + 1]
    if rest:
        yield joined([rest])
