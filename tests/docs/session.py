"""A reader who follows a page: its commands in one shell, in one directory, at a terminal."""

import fcntl
import os
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.docs.pages import Block

COLUMNS = 80

FASTER = {
    # Its recipe, but ended; `make` itself would install packages if it thought that they were old.
    "make demo": "probewatch demo --seconds 10 --exit",
}

_END = "=== step {} ended with "
_VARIES = re.compile(r"\d|^(?:low|medium|high|critical)$")


@dataclass(frozen=True, slots=True)
class Step:
    """A command of a page, and what the page says it prints.

    Attributes:
        line: the number of its block's first line.
        command: as it is typed.
        expected: as it is shown; `…` stands for anything.
        fails: whether it should.
    """

    line: int
    command: str
    expected: str = ""
    fails: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step came to; `status` is None if the shell did not get so far."""

    status: int | None
    output: str


def steps(block: Block) -> list[Step]:
    """The commands of a block: all of it in `sh`, the lines with a prompt in `console`.

    If the page says that the block fails, it is the last of them that does.
    """
    fails = block.note == "fails"
    if block.language == "sh":
        return [Step(block.line, block.text, fails=fails)]
    found = []
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        first, *rest = part.splitlines()
        typed = [first]
        while rest and rest[0].startswith(">"):
            typed.append(rest.pop(0)[2:])
        found.append(Step(block.line, "\n".join(typed), "\n".join(rest)))
    return [*found[:-1], replace(found[-1], fails=fails)]


def follow(todo: Sequence[Step], directory: Path) -> list[Outcome]:
    """Run the steps, one after the other, in one shell."""
    (directory / ".venv").symlink_to(sys.prefix)
    lines: list[str] = []
    for number, step in enumerate(todo):
        lines += [FASTER.get(step.command, step.command), f'echo "{_END.format(number)}$?"']
    (directory / "steps.sh").write_text("\n".join(lines))
    output = _typed(["bash", "steps.sh"], directory)
    outcomes = []
    for number in range(len(todo)):
        before, ended, output = output.partition(_END.format(number))
        status, _, output = output.partition("\n")
        outcomes.append(Outcome(int(status) if ended else None, before))
    return outcomes


def _typed(command: Sequence[str], directory: Path) -> str:
    """What the command prints at a terminal that knows no colours."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PROBEWATCH_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with subprocess.Popen(
        command,
        cwd=directory,
        env=inherited | {"PATH": path, "TERM": "dumb"},
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=slave,
    ):
        os.close(slave)
        printed = b"".join(iter(lambda: _read(master), b""))
    os.close(master)
    return printed.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # How Linux says that whoever wrote has gone.
        return b""


def shows(output: str, expected: str) -> bool:
    """Whether the output has the words of what a page shows, in that order.

    Numbers, ids and severities may be others, and lines may break elsewhere.
    """
    words = expected.strip("… \n").split()
    forms = [r"\S+" if _VARIES.search(word) else re.escape(word) for word in words]
    pattern = " ".join(forms).replace(" … ", " (?:.* )?")
    return re.search(pattern, " ".join(output.split())) is not None
