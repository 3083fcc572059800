"""Other programs that read the same topic, each in a process of its own that measures itself."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from streams.embedded import leashed

ROOT = Path(__file__).parents[2]
PEERS = Path(sys.prefix, "bench-peers")
"""An environment inside the project's own, so that both are thrown away together."""

_REQUIREMENTS = ROOT / "bench/requirements-peers.txt"
_SCRIPTS = ROOT / "bench/rig/peers"


class Sample(NamedTuple):
    """What a number of events took: seconds that passed, and of CPU time."""

    events: int
    wall: float
    cpu: float


class Rival(NamedTuple):
    """A program: its name, its script, whether it needs the environment of peers."""

    name: str
    script: str
    foreign: bool


RIVALS = (
    Rival("aiokafka, only decodes", "bare.py", foreign=False),
    Rival("Faust agent, only decodes", "plain_faust.py", foreign=False),
    Rival("Bytewax, counts by key", "bytewax_count.py", foreign=True),
    Rival("Quix Streams, counts by key", "quix_count.py", foreign=True),
)


def install_peers() -> None:
    """Make the environment, if it is not as the requirements say."""
    stamp = PEERS / "requirements"
    if stamp.exists() and stamp.read_text() == _REQUIREMENTS.read_text():
        return
    uv = [sys.executable, "-m", "uv"]
    for command in (
        ["venv", "-q", "--clear", "-p", sys.executable, str(PEERS)],
        ["pip", "install", "-q", "-p", str(PEERS / "bin/python"), "-r", str(_REQUIREMENTS)],
    ):
        subprocess.run([*uv, *command], check=True)  # noqa: S603 - our own
    stamp.write_text(_REQUIREMENTS.read_text())


def run(rival: Rival, bootstrap: str, topic: str, partitions: int, events: int) -> Sample:
    """Let it read so many events.

    Raises:
        SystemExit: it fails.
    """
    python = str(PEERS / "bin/python") if rival.foreign else sys.executable
    arguments = [bootstrap, topic, str(partitions), str(events)]
    done = subprocess.run(  # noqa: S603 - our own
        leashed([python, str(_SCRIPTS / rival.script), *arguments]),
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{rival.name} fails: {done.stderr[-2000:]}")
    return Sample(**json.loads(done.stdout.splitlines()[-1]))
