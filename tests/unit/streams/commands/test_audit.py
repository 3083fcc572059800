from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from streams.audit.file import AuditFile
from streams.cli import run
from streams.commands.audit import audit
from tests.unit.streams.audit.chains import a_chain

CHAIN = a_chain(6)


@pytest.fixture
def trail(tmp_path: Path) -> Path:
    """A trail in a file."""
    path = tmp_path / "trail.jsonl"
    AuditFile(path).append(CHAIN)
    return path


def invoke(*arguments: object) -> Result:
    """Call the command; an exception is the test's."""
    return CliRunner().invoke(audit, list(map(str, arguments)), catch_exceptions=False)


def test_a_whole_trail_is_told_with_its_head(trail: Path) -> None:
    """The head can be noted as it is printed, and given back."""
    result = invoke("verify", "--file", trail)
    noted = result.stdout.splitlines()[-1].removeprefix("head ")

    assert result.stdout.startswith(f"{trail}: whole, 6 records (6 alert)")
    assert noted == f"5:{CHAIN[-1].hash}"
    assert invoke("verify", "--file", trail, "--expect", noted).exit_code == 0


def test_a_broken_trail_is_told_where(trail: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first broken record, what is wrong with it, and exit code 1."""
    lines = trail.read_bytes().splitlines(keepends=True)
    trail.write_bytes(b"".join([*lines[:2], *lines[3:]]))

    assert run(["audit", "verify", "--file", str(trail)]) == 1
    message = f"probewatch: {trail}: record 2 is missing; record 3 stands in its place\n"
    assert capsys.readouterr().err == message


def test_an_empty_trail_fails_unless_it_may_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that was wiped looks like one that has not begun."""
    path = tmp_path / "trail.jsonl"
    path.touch()

    assert run(["audit", "verify", "--file", str(path)]) == 1
    assert f"{path}: is empty" in capsys.readouterr().err
    assert run(["audit", "verify", "--file", str(path), "--json"]) == 1
    assert run(["audit", "verify", "--file", str(path), "--may-be-empty"]) == 0


def test_a_broken_trail_is_told_as_json(trail: Path) -> None:
    """With exit code 1 as well."""
    trail.write_bytes(trail.read_bytes().replace(b'"a1"', b'"a9"', 1))
    result = invoke("verify", "--file", trail, "--json")

    assert result.exit_code == 1
    assert orjson.loads(result.stdout)["record"] == 2


@pytest.mark.parametrize("noted", ["", "5", "x:y", "5:abc"])
def test_what_is_no_head_is_wrong_usage(trail: Path, noted: str) -> None:
    """Exit code 2."""
    assert run(["audit", "verify", "--file", str(trail), "--expect", noted]) == 2
