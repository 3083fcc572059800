"""What docs/operations.md says to do, done as it stands while queries come in: nothing is lost."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import URLError
from urllib.request import urlopen

from streams.kafka.topics import Topic, topics
from streams.settings import load
from tests.chaos.application import Application
from tests.chaos.feeder import Feeder
from tests.chaos.reference import reference
from tests.chaos.story import Story, story
from tests.chaos.verdict import judge
from tests.docs.pages import DOCS, blocks
from tests.kafka.cluster import KafkaCluster

PAGE = DOCS / "operations.md"
HERE = "not run: needs a broker; tests/integration/test_operations.py has one"
FIRST, MORE, FEWER, RESTORE, STOP, ROTATE = range(6)
"""The blocks that are typed here, in the order of the page."""

EVENTS = 12_000
RATE = 250.0
"""Events a second: of those that there are, some are left when the last thing has been done."""
PATIENCE_SECONDS = 240.0

_END = "=== ended with "
_ADDRESS = re.compile(r"health and metrics at (http://[\d.:]+)")


class Shell:
    """A shell that what stands on the page is typed into; whatever it started ends with it.

    Args:
        directory: where it is at first.
    """

    def __init__(self, directory: Path) -> None:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PROBEWATCH_")}
        self._process = subprocess.Popen(
            ["bash"],
            cwd=directory,
            env=inherited | {"PATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.lose()

    def type(self, text: str) -> str:
        """What it prints; every line of the text must succeed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        # The first line that fails ends the shell.
        self._process.stdin.write(f'set -e\n{text}\necho "{_END}$?"\n')
        self._process.stdin.flush()
        said: list[str] = []
        for line in self._process.stdout:
            if line.startswith(_END):
                return "".join(said)
            said.append(line)
        raise AssertionError("".join(said))

    def lose(self) -> None:
        """End it and all that it started, as a lost machine does."""
        # Workers may be left though the shell has ended.
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()


class Installed(Application):
    """A service that the page had installed: its topics, and its alerts among those of others.

    Args:
        file: its settings.
        key: what its settings call the epoch of its key.
    """

    def __init__(self, file: Path, key: int) -> None:
        self.file = file
        self.settings = load(file)
        self.name = self.settings.kafka.application
        self.topics = topics(self.settings.kafka)
        self._admin = None
        self._mark = f'"p{key}_'.encode()

    def records(self, topic: Topic) -> Iterator[Any]:
        """All records of a topic; of alerts, those under its own key."""
        return (record for record in super().records(topic) if self._mark in record.value)

    def has_read_all(self) -> bool:
        """Whether nothing is left, now and when what was read last has become blocks."""
        if self.behind() != 0:
            return False
        time.sleep(2.0)
        return self.behind() == 0


def typed() -> list[str]:
    """What is typed, block by block."""
    return [block.text for block in blocks(PAGE, "sh") if block.note == HERE]


def asked(log: Path, path: str) -> str:
    """What a worker answers that says in this log where it is; empty while it does not answer."""
    found = _ADDRESS.search(log.read_text()) if log.exists() else None
    if found is None:
        return ""
    try:
        with urlopen(f"{found[1]}{path}", timeout=5.0) as answer:  # noqa: S310 - http
            text: str = answer.read().decode()
            return text
    except (URLError, OSError):
        return ""


def works(*logs: Path) -> Callable[[], bool]:
    """Whether all of these workers have partitions and work on them."""
    share = re.compile(r'probewatch_partitions\{stage="\w+"\} [1-9]')
    return lambda: all(
        asked(log, "/readyz") and share.search(asked(log, "/metrics")) for log in logs
    )


def eventually(condition: Callable[[], bool]) -> None:
    """Return when a condition holds.

    Raises:
        TimeoutError: it does not come to hold in some minutes, which a busy machine may take.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.2)


def prepare(directory: Path, kafka: KafkaCluster) -> Installed:
    """Settings as the page shows them, and a key."""
    (settings,) = blocks(PAGE, "toml")
    file = directory / "probewatch.toml"
    file.write_text(settings.text.replace("kafka-1.example.org:9092", kafka.bootstrap))
    (directory / "probewatch.key").write_text(os.urandom(32).hex())
    installed = Installed(file, 1)
    installed.create()
    return installed


def complaints(installed: Installed, told: Story, directory: Path) -> tuple[str, ...]:
    """What is not as in a replay of the same log under the same key."""
    directory.mkdir()
    truth = reference(told, installed.settings, directory)
    verdict, _ = judge(installed, truth)
    installed.disconnect()
    assert verdict.searches > 0.9 * EVENTS
    assert verdict.alerts > 0
    return verdict.wrong


def test_nothing_is_lost_by_what_the_page_says_to_do(tmp_path: Path) -> None:
    """Three workers and back to one, all lost and restored from Kafka alone, then another key."""
    todo = typed()
    told = story("police", 7, EVENTS)
    old = tmp_path / "old"
    old.mkdir()
    new = old / "new-machine"
    assert len(todo) == 6
    with KafkaCluster() as kafka:
        installed = prepare(old, kafka)
        queries = installed.topics.queries
        with Feeder(kafka.bootstrap, queries.name, queries.partitions, told.lines, RATE) as feeder:
            with Shell(old) as shell:
                shell.type(todo[FIRST])
                eventually(works(old / "first.log"))
                shell.type(todo[MORE])
                eventually(works(*(old / f"{name}.log" for name in ("first", "second", "third"))))
                shell.type(todo[FEWER])
                eventually(works(old / "first.log"))
            with Shell(old) as shell:
                shell.type(todo[RESTORE])
                eventually(works(new / "first.log"))
                assert not feeder.done
                feeder.hurry()
                eventually(lambda: feeder.done and installed.has_read_all())
                shell.type(todo[STOP])
                assert {path.name for path in new.iterdir()} == {
                    *("probewatch.toml", "probewatch.key", "first.log")
                }
                assert not complaints(installed, told, tmp_path / "first")
                shell.type(todo[ROTATE])
                rotated = Installed(new / "probewatch.toml", 2)
                eventually(works(new / "second.log"))
                eventually(rotated.has_read_all)
                shell.type("kill -TERM $!\nwait $!")
                assert rotated.name != installed.name
                assert not complaints(rotated, told, tmp_path / "second")
