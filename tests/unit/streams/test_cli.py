import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import click
import pytest

from detectors.errors import ConfigError, InputError, SnapshotError
from streams.cli import COMMANDS, Lazy, probewatch, run

MISSING = "File 'gone.jsonl' does not exist."
Raise = Callable[[BaseException], list[str]]


@pytest.fixture
def raising(monkeypatch: pytest.MonkeyPatch) -> Raise:
    """The arguments that call a command which raises the given error."""

    def arguments(error: BaseException) -> list[str]:
        @click.command()
        def fail() -> None:
            raise error

        module = ModuleType("fail")
        monkeypatch.setattr(module, "fail", fail, raising=False)
        monkeypatch.setitem(sys.modules, "fail", module)
        monkeypatch.setitem(COMMANDS, "fail", Lazy("fail", "fail", "Fails."))
        return ["fail"]

    return arguments


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (ConfigError("a.toml: x: unknown key"), 2, "a.toml: x: unknown key"),
        (InputError("log.jsonl: cannot be read"), 1, "log.jsonl: cannot be read"),
        (SnapshotError("state: torn\nat byte 7"), 1, "state: torn at byte 7"),
        (PermissionError(13, "Permission denied", "out.json"), 1, "out.json: Permission denied"),
        (click.UsageError("no"), 2, "no See probewatch fail --help."),
        (click.ClickException("no"), 1, "no"),
    ],
)
def test_what_goes_wrong_is_one_line(
    raising: Raise,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
    line: str,
) -> None:
    """The exit code is 2 for wrong usage or configuration, and 1 if the work failed."""
    assert run(raising(error)) == status
    assert capsys.readouterr() == ("", f"probewatch: {line}\n")


def test_a_bug_keeps_its_traceback(raising: Raise) -> None:
    """What nobody foresaw is not dressed up as an error of the user's."""
    with pytest.raises(ZeroDivisionError):
        run(raising(ZeroDivisionError()))


def test_an_interrupt_is_130_without_a_traceback(
    raising: Raise, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C ends the command as shells expect."""
    assert run(raising(KeyboardInterrupt())) == 130
    assert capsys.readouterr() == ("", "\n")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["evaluate"], "Missing argument 'ALERTS'. See probewatch evaluate --help."),
        (["nonsense"], "No such command 'nonsense'. See probewatch --help."),
        (
            ["check-config", "a", "b"],
            "Got unexpected extra argument (b) See probewatch check-config --help.",
        ),
        (
            ["evaluate", "gone.jsonl", "gone.jsonl"],
            f"Invalid value for 'ALERTS': {MISSING} See probewatch evaluate --help.",
        ),
    ],
)
def test_wrong_usage_is_one_line_that_leads_to_help(
    capsys: pytest.CaptureFixture[str], arguments: list[str], line: str
) -> None:
    """It says what is wrong and where to read on."""
    assert run(arguments) == 2
    assert capsys.readouterr() == ("", f"probewatch: {line}\n")


def test_an_output_without_a_directory_is_told_before_any_work(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Nobody waits an hour to hear that the result cannot be written."""
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    out = tmp_path / "gone" / "figures.json"
    assert run(["evaluate", str(empty), str(empty), "--json", str(out)]) == 2
    assert f"Directory '{out.parent}' does not exist." in capsys.readouterr().err


def test_no_arguments_show_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """The help goes to stderr, since nothing was asked for."""
    assert run([]) == 2
    assert capsys.readouterr().err.startswith("Usage: probewatch ")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_listed_command_works_and_shows_an_example(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """It can be imported, has help, and the help has a line to copy."""
    assert run([name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"Usage: probewatch {name}" in shown
    assert f"\n    probewatch {name}" in shown


def test_the_commands_are_those_of_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """The list says each command with what it does."""
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    for name, lazy in COMMANDS.items():
        assert f"  {name} " in shown
        assert lazy.summary in " ".join(shown.split())
    assert set(probewatch.list_commands(click.Context(probewatch))) == set(COMMANDS)


def call(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run Python with these arguments."""
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)


def test_help_imports_no_command_and_nothing_heavy() -> None:
    """Numba alone would take longer than a person waits for help."""
    program = (
        "import sys; from streams.cli import run; run(['--help']); "
        "print(*sys.modules, file=sys.stderr)"
    )
    imported = set(call("-c", program).stderr.split())
    assert "click" in imported
    assert imported.isdisjoint({"numba", "numpy", "rich", "msgspec", "streams.settings"})


def test_the_console_script_says_its_version() -> None:
    """The version is the distribution's."""
    result = call("-c", "from streams.cli import main; main(['--version'])")
    assert result.returncode == 0
    assert result.stdout.startswith("probewatch 0.")


def test_a_reader_that_goes_away_is_no_error_to_speak_of() -> None:
    """Into a closed pipe the command ends without a word."""
    program = "from streams.cli import main; main(['check-config', '--default'])"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_a_file_of_results_is_not_standard_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`-` would otherwise be a file of that name."""
    log = tmp_path / "log.jsonl"
    log.touch()

    assert run(["replay", str(log), "--alerts", "-"]) == 2
    assert "name a file" in capsys.readouterr().err
