"""`probewatch demo`, as one types it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final
from urllib.request import urlopen

import pytest

PATIENCE_SECONDS: Final = 120.0
"""For a part of it on a busy machine; it takes some seconds."""

_ADDRESS: Final = re.compile(r"^alerts +(\S+)$")


class Demo:
    """A demo in a session of its own, whose temporary files go to one directory.

    Attributes:
        lines: of its output, as far as they were read.
    """

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.lines: list[str] = []
        self._directory = directory
        self._process = subprocess.Popen(
            [str(Path(sys.executable).with_name("probewatch")), "demo", *arguments],
            cwd=directory.parent,
            env=os.environ | {"TMPDIR": str(directory)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    @property
    def _out(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout

    def read_until(self, words: str) -> str:
        """The first line that has these words."""
        for line in self._out:
            self.lines.append(line.rstrip("\n"))
            if words in line:
                return self.lines[-1]
        raise EOFError("\n".join(self.lines))

    @property
    def address(self) -> str:
        """Where its page is."""
        found = _ADDRESS.match(self.read_until("alerts  "))
        assert found is not None
        return found[1]

    def wait_for_children(self, number: int) -> None:
        """Return when it has started so many."""
        while len(self.family()) < number + 1:
            assert self._process.poll() is None
            time.sleep(0.02)

    def send(self, number: signal.Signals) -> None:
        """What a terminal does on Ctrl-C, and `kill`: to the process alone."""
        self._process.send_signal(number)

    def end(self) -> int:
        """Its status, once it has ended."""
        self.lines += self._out.read().splitlines()
        return self.wait()

    def wait(self) -> int:
        """Its status, whatever it still says."""
        return self._process.wait(PATIENCE_SECONDS)

    def stop_reading(self) -> None:
        """Close the pipe that it writes to."""
        self._out.close()

    def family(self) -> list[int]:
        """All processes that have its directory in their environment, itself included."""
        wanted = f"TMPDIR={self._directory}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    environ = (entry / "environ").read_bytes()
                except OSError:
                    continue
                if wanted in environ:
                    found.append(int(entry.name))
        return found

    def kill(self) -> None:
        """Whatever became of the test."""
        self._process.kill()
        self._process.wait()
        self._out.close()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """For its temporary files."""
    path = tmp_path / "temporary"
    path.mkdir()
    return path


@pytest.fixture
def demo(directory: Path) -> Iterator[Demo]:
    """One that would go on for an hour."""
    running = Demo(directory, "--seconds", "3600")
    yield running
    running.kill()


def test_it_shows_alerts_and_what_was_found_and_leaves_nothing_behind(directory: Path) -> None:
    """The most blatant misuse of each kind is found, and it ends by itself."""
    demo = Demo(directory, "--seconds", "5", "--exit")
    try:
        assert demo.end() == 0
        assert demo.family() == []
    finally:
        demo.kill()

    output = "\n".join(demo.lines)
    assert "for trying, not for production" in output
    assert re.search(
        r"  medium +bulk scraping  actor p0_[a-z2-7]{26}  reached about [\d,]+ new", output
    )
    assert re.search(
        r"  persistent stalking  pair p0_[a-z2-7]{26}\+p0_[a-z2-7]{26}  looked the same", output
    )
    assert re.search(
        r"^bulk scraping +blatant +[\d,]+ +\d+ minutes +\d+ minutes$", output, re.MULTILINE
    )
    assert re.search(
        r"^persistent stalking +blatant +\d+ +\d+ days +\d+ days$", output, re.MULTILINE
    )
    assert re.search(
        r"^Of \d+ planted campaigns of misuse [1-9]\d* were found; ", output, re.MULTILINE
    )
    assert list(directory.iterdir()) == []


def test_it_shows_what_the_worker_says(directory: Path) -> None:
    """If it is told to; a line about an alert bears the alert's id."""
    demo = Demo(directory, "--seconds", "5", "--exit", "--log-level", "info")
    try:
        assert demo.end() == 0
    finally:
        demo.kill()

    output = "\n".join(demo.lines)
    assert re.search(r'"message": "ready: \d+ partitions of queries', output)
    assert re.search(r'"message": "bulk_scraping: medium", "alert_id": "[0-9a-z]+"', output)


def test_it_stays_up_with_its_page_until_it_is_stopped(directory: Path) -> None:
    """The page has the alerts; once everything was shown, Ctrl-C is a good end."""
    demo = Demo(directory, "--seconds", "5")
    try:
        address = demo.address
        demo.read_until("stays up")
        with urlopen(address) as answer:  # noqa: S310 - http
            page = answer.read().decode()
        with urlopen(f"{address}metrics") as answer:  # noqa: S310
            metrics = answer.read().decode()
        demo.send(signal.SIGINT)

        assert demo.end() == 0
        assert demo.family() == []
    finally:
        demo.kill()
    assert "Persistent stalking" in page
    assert "looked the same person up" in page
    assert "probewatch_alerts_total" in metrics
    assert list(directory.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "kill"]
)
@pytest.mark.parametrize("moment", ["starting", "sending"])
def test_it_can_be_stopped_at_any_time(
    demo: Demo, directory: Path, moment: str, number: signal.Signals, status: int
) -> None:
    """Neither a process nor a file is left, and nothing is complained about."""
    if moment == "starting":
        demo.wait_for_children(2)
    else:
        demo.read_until("broker  ")
    demo.send(number)

    assert demo.end() == status
    assert demo.family() == []
    assert list(directory.iterdir()) == []
    assert not any("Error" in line or "Unclosed" in line for line in demo.lines), demo.lines


def test_it_ends_if_its_worker_does(demo: Demo, directory: Path) -> None:
    """That is said in one line."""
    demo.read_until("broker  ")
    (worker,) = (
        pid
        for pid in demo.family()
        if b"streams.demo.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    )
    os.kill(worker, signal.SIGKILL)

    assert demo.end() == 1
    assert demo.lines[-1].startswith("probewatch: the worker ended with status -9")
    assert demo.family() == []
    assert list(directory.iterdir()) == []


def test_it_ends_if_nobody_reads_on(directory: Path) -> None:
    """As with `| head`: it cleans up all the same."""
    demo = Demo(directory, "--seconds", "5")
    try:
        demo.read_until("broker  ")
        demo.stop_reading()

        assert demo.wait() == 1
        assert demo.family() == []
    finally:
        demo.kill()
    assert list(directory.iterdir()) == []


def test_a_port_that_is_taken_is_told(directory: Path) -> None:
    """With which one it is."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        demo = Demo(directory, "--port", f"{port}", "--exit")
        try:
            assert demo.end() == 1
        finally:
            demo.kill()

    assert demo.lines[-1].startswith("probewatch: ")
    assert f"127.0.0.1:{port}" in demo.lines[-1]
    assert list(directory.iterdir()) == []
