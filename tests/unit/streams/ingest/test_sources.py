import gzip
import io
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.errors import InputError
from streams.ingest import sources
from streams.ingest.scanning import LONGEST_LINE
from streams.ingest.sources import read_chunks

NOBODY = io.BytesIO()
ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    ".jsonl": bytes,
    ".jsonl.gz": gzip.compress,
    ".jsonl.zst": zstandard.compress,
}


def written(directory: Path, name: str, data: bytes) -> str:
    """The path of a file with this content."""
    path = directory / name
    path.write_bytes(data)
    return str(path)


def read_into(lines: list[bytes], paths: list[str]) -> None:
    """Collect all lines, of which the chunks must be numbered without a gap."""
    for chunk in read_chunks(paths, NOBODY):
        assert chunk.first_index == len(lines)
        lines += chunk.lines


def lines_of(paths: list[str]) -> list[bytes]:
    """All lines."""
    lines: list[bytes] = []
    read_into(lines, paths)
    return lines


@pytest.mark.parametrize("suffix", ENCODERS)
@given(lines=st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b""))))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_lines_come_out_as_they_went_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, lines: list[bytes]
) -> None:
    """Blank ones and the last one without a line feed, wherever blocks begin and end."""
    monkeypatch.setattr(sources, "BLOCK_BYTES", 7)
    monkeypatch.setattr(sources, "PIECE_BYTES", 3)
    path = written(tmp_path, f"log{suffix}", ENCODERS[suffix](b"\n".join(lines)))

    # A last line with nothing on it cannot be told from no line.
    assert lines_of([path]) == (lines[:-1] if lines and not lines[-1] else lines)


def test_sources_are_read_in_the_order_given(tmp_path: Path) -> None:
    """Numbers go on from one to the next, and each chunk says whose it is."""
    plain = written(tmp_path, "b.jsonl", b"1\n2")
    packed = written(tmp_path, "a.log.gz", gzip.compress(b"4\n"))

    chunks = read_chunks([plain, "-", packed], io.BytesIO(b"3\n"))
    assert [(chunk.source, chunk.first_index, [*chunk.lines]) for chunk in chunks] == [
        (0, 0, [b"1"]),
        (0, 1, [b"2"]),
        (1, 2, [b"3"]),
        (2, 3, [b"4"]),
    ]


@pytest.mark.parametrize("suffix", [".jsonl.gz", ".jsonl.zst"])
def test_several_compressed_streams_are_one_file(tmp_path: Path, suffix: str) -> None:
    """As `cat a.gz b.gz` makes them; padding behind the last is nothing."""
    data = ENCODERS[suffix](b"1\n2") + ENCODERS[suffix](b"3\n4\n") + bytes(5_000)

    assert lines_of([written(tmp_path, f"log{suffix}", data)]) == [b"1", b"23", b"4"]


@pytest.mark.parametrize("suffix", [".jsonl.gz", ".jsonl.zst"])
@pytest.mark.parametrize(
    ("rest", "error"), [(b"", "cut short"), (bytes(range(256)) * 1_000, "damaged|cut short")]
)
def test_whole_lines_before_the_damage_are_delivered(
    tmp_path: Path, suffix: str, rest: bytes, error: str
) -> None:
    """Then the error says which file it is."""
    lines = [os.urandom(50).hex().encode() for _ in range(20_000)]
    data = ENCODERS[suffix](b"\n".join(lines))
    path = written(tmp_path, f"log{suffix}", data[: len(data) // 2] + rest)
    read: list[bytes] = []

    with pytest.raises(InputError, match=f"{path}: ({error})"):
        read_into(read, [path])

    assert len(read) > 5_000
    # Where bytes are wrong, decompression may go on for a little with wrong ones.
    assert read[:5_000] == lines[:5_000]


@pytest.mark.parametrize("suffix", [".jsonl.gz", ".jsonl.zst"])
def test_file_that_is_not_compressed_is_refused(tmp_path: Path, suffix: str) -> None:
    """Its name says that it is."""
    path = written(tmp_path, f"log{suffix}", b'{"event_id": "e1"}\n')

    with pytest.raises(InputError, match=f"{path}: damaged"):
        lines_of([path])


def test_missing_file_is_noticed_before_anything_is_read(tmp_path: Path) -> None:
    """Not after hours of work on those before it."""
    path = written(tmp_path, "log.jsonl", b"1\n")

    with pytest.raises(InputError, match=r"missing\.jsonl: No such file or directory"):
        next(read_chunks([path, str(tmp_path / "missing.jsonl")], NOBODY))
    with pytest.raises(InputError, match="is a directory"):
        next(read_chunks([str(tmp_path)], NOBODY))


def test_overlong_line_is_cut_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough of it is left to see that it is too long."""
    monkeypatch.setattr(sources, "BLOCK_BYTES", 1 << 16)
    path = written(tmp_path, "log.jsonl", b"1\n" + b"x" * (3 * LONGEST_LINE) + b"\n2\n")

    first, long, last = lines_of([path])
    assert (first, last) == (b"1", b"2")
    assert LONGEST_LINE < len(long) <= LONGEST_LINE + (1 << 16)


def test_small_file_that_holds_much_is_read_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """64 MiB of nothing in 2 KB are not in memory at once."""
    monkeypatch.setattr(sources, "PIECE_BYTES", 64)
    bomb = zstandard.compress(bytes(64 << 20))
    (line,) = lines_of([written(tmp_path, "log.jsonl.zst", bomb)])

    assert len(bomb) < 10_000
    assert LONGEST_LINE < len(line) < 8 << 20


def test_progress_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In bytes of the files as they lie there."""
    monkeypatch.setattr(sources, "BLOCK_BYTES", 4)
    paths = [written(tmp_path, "a.jsonl", b"123456"), written(tmp_path, "b.jsonl", b"78")]
    told: list[tuple[int, int | None]] = []
    for _ in read_chunks(paths, NOBODY, lambda read, total: told.append((read, total))):
        pass

    assert told == [(4, 8), (6, 8), (8, 8)]


def test_total_of_a_pipe_is_not_known(tmp_path: Path) -> None:
    """Standard input and named pipes end when they end."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"1\n2\n",))
    writer.start()
    told: list[int | None] = []

    chunks = read_chunks([str(pipe), "-"], io.BytesIO(b"3"), lambda _, total: told.append(total))
    lines = [line for chunk in chunks for line in chunk.lines]
    writer.join()

    assert lines == [b"1", b"2", b"3"]
    assert set(told) == {None}
