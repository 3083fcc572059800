"""`probewatch simulate` as it is run."""

import gzip
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
import zstandard

from streams.cli import run

SMALL = ["simulate", "--world", "police", "--seed", "5", "--actors", "40", "--days", "6"]


def lines(data: bytes) -> list[dict[str, object]]:
    """JSON lines as records."""
    return [orjson.loads(line) for line in data.splitlines()]


def test_files_are_packed_by_their_ending(tmp_path: Path) -> None:
    """Plain, gzip and Zstandard hold the same events, and are the same each time."""
    paths = [tmp_path / name for name in ("a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "b.jsonl.gz")]
    for path in paths:
        assert run([*SMALL, "--out", str(path)]) == 0
    plain = paths[0].read_bytes()

    assert gzip.decompress(paths[1].read_bytes()) == plain
    assert zstandard.ZstdDecompressor().decompressobj().decompress(paths[2].read_bytes()) == plain
    assert paths[1].read_bytes() == paths[3].read_bytes()
    assert len(lines(plain)) > 100


def test_labels_belong_to_the_log(tmp_path: Path) -> None:
    """The meta line counts the events that were written."""
    log, labels = tmp_path / "log.jsonl", tmp_path / "labels.jsonl.gz"

    assert run([*SMALL, "--out", str(log), "--labels", str(labels)]) == 0

    meta = lines(gzip.decompress(labels.read_bytes()))[0]
    assert meta["type"] == "meta"
    assert meta["events"] == len(lines(log.read_bytes()))


def test_a_pipe_gets_events_and_nothing_else() -> None:
    """Standard output is the log; standard error is empty."""
    command = [sys.executable, "-m", "streams.cli"]
    code = "from streams.cli import main; main()"
    command = [sys.executable, "-c", code, *SMALL, "--level", "L0"]
    done = subprocess.run(command, check=True, capture_output=True)

    assert done.stderr == b""
    assert all("subject_id" not in event for event in lines(done.stdout))


def test_options_reach_the_recipe(tmp_path: Path) -> None:
    """Start, patterns, amount of misuse and disorder do what they say."""
    log, labels = tmp_path / "log.jsonl", tmp_path / "labels.jsonl"
    files = ["--out", str(log), "--labels", str(labels)]
    options = ["--start", "2024-02-28", "--pattern", "bulk_scraping", "--disorder", "300"]

    assert run([*SMALL, *files, *options, "--campaigns", "2"]) == 0

    times = [str(event["event_time"]) for event in lines(log.read_bytes())]
    assert min(times) >= "2024-02-28T00:00:00"
    assert max(times) < "2024-03-05T00:00:00"
    assert times != sorted(times)
    patterns = {label.get("pattern") for label in lines(labels.read_bytes())} - {None}
    assert patterns == {"bulk_scraping"}


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["simulate", "--world", "mars"], 2, "mars"),
        (["simulate"], 2, "--world"),
        ([*SMALL, "--days", "0"], 2, "days: 0, expected 1 to 1000"),
        ([*SMALL, "--actors", "3"], 2, "actors: 3, expected 20 or more"),
        ([*SMALL, "--level", "L4"], 2, "L4"),
        ([*SMALL, "--out", "/nowhere/log.jsonl"], 1, "/nowhere/log.jsonl"),
    ],
)
def test_failures_are_one_line(
    arguments: list[str], status: int, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """2 for wrong usage, 1 where the work failed; the line says what."""
    assert run(arguments) == status

    error = capfd.readouterr().err
    assert error.count("\n") == 1
    assert said in error


def test_help_shows_an_example(capfd: pytest.CaptureFixture[str]) -> None:
    """With a command that can be copied."""
    assert run(["simulate", "--help"]) == 0

    assert "probewatch simulate --world police" in capfd.readouterr().out


def test_log_and_labels_are_two_files(tmp_path: Path) -> None:
    """One must not be written over the other, however it is spelled."""
    out = tmp_path / "same.jsonl"
    again = tmp_path / "." / "same.jsonl"
    assert run([*SMALL, "--out", str(out), "--labels", str(again)]) == 2
    assert not out.exists()
