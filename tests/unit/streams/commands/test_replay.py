import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import msgspec
import pytest
from click.testing import CliRunner, Result

from detectors.alerts import (
    Reason,
    Severity,
)
from streams.cli import run
from streams.commands.replay import replay
from streams.outputs import Outputs, Progress
from streams.settings import Settings
from streams.summary import Summary
from tests.alerts import an_alert

ALERT = an_alert(
    event_count=99,
    subjects_exposed=90,
    reasons=(Reason("reach", 90, 3, "people", "90 people in a day"),),
)


class Call(NamedTuple):
    """What the command asked for."""

    settings: Settings
    files: Sequence[str]
    outputs: Outputs
    verdicts: Sequence[Path]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Call]:
    """Calls of a replay that finds one alert, in an empty directory with one empty log."""
    made: list[Call] = []

    def judge(
        settings: Settings,
        files: Sequence[str],
        outputs: Outputs,
        progress: Progress,
        verdicts: Sequence[Path],
    ) -> Summary:
        made.append(Call(settings, files, outputs, verdicts))
        progress(0, None, 0)
        outputs.on_alert(ALERT)
        outputs.on_alert(msgspec.structs.replace(ALERT, revision=2, severity=Severity.HIGH))
        return Summary(config_hash=settings.config_hash, records=7, events=5)

    module = ModuleType("streams.replay")
    monkeypatch.setattr(module, "replay", judge, raising=False)
    monkeypatch.setitem(sys.modules, "streams.replay", module)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROBEWATCH_CONFIG", raising=False)
    Path("log.jsonl").touch()
    return made


def invoke(*arguments: str) -> Result:
    """Call the command; an exception is the test's."""
    return CliRunner().invoke(replay, arguments, catch_exceptions=False)


def test_the_last_revision_of_every_alert_and_the_summary_are_shown(calls: list[Call]) -> None:
    """In a pipe that is one line per alert, then what became of the records."""
    result = invoke("log.jsonl")
    assert len(calls) == 1
    assert result.exit_code == 0
    heading, row, _, *summary = result.stdout.splitlines()
    assert heading.split() == ["raised", "severity", "rarity", "pattern", "alert", "who", "why"]
    assert row.split("  ")[-1] == "90 people in a day"
    assert "high" in row
    assert summary[0].split(maxsplit=1) == ["Events", "5 judged of 7 records"]
    assert result.stderr == ""


def test_without_options_nothing_is_written_and_the_defaults_hold(calls: list[Call]) -> None:
    """Files are read in the order given, and ids are written as pseudonyms."""
    Path("second.jsonl").touch()
    invoke("second.jsonl", "log.jsonl", "-")
    call = calls[0]
    assert call.files == ("second.jsonl", "log.jsonl", "-")
    assert call.settings == Settings()
    assert call.outputs == Outputs(on_alert=call.outputs.on_alert)
    assert call.outputs.names == "keyed"
    assert list(call.verdicts) == []


def test_every_option_reaches_the_replay(calls: list[Call]) -> None:
    """Each output goes to its own file."""
    files = {
        "--alerts": "a.jsonl",
        "--scores": "b.npz",
        "--rejects": "c.jsonl",
        "--summary": "d.json",
        "--save-state": "e.state",
    }
    options = [word for option in files.items() for word in option]
    Path("v.jsonl").touch()
    options += ["--verdicts", "v.jsonl"]
    invoke("log.jsonl", *options, "--format", "combined", "--pseudonyms", "none")
    assert list(calls[0].verdicts) == [Path("v.jsonl")]
    outputs = calls[0].outputs
    assert [
        str(path)
        for path in (
            outputs.alerts,
            outputs.scores,
            outputs.rejects,
            outputs.summary,
            outputs.save_state,
        )
    ] == list(files.values())
    assert outputs.names == "none"
    assert calls[0].settings.input.format == "combined"


def test_the_configuration_is_the_file_named_or_the_one_here(calls: list[Call]) -> None:
    """An option goes before what the file says."""
    Path("probewatch.toml").write_text('[input]\nformat = "combined"\nbatch_size = 3\n')
    Path("other.toml").write_text("[input]\nbatch_size = 4\n")
    invoke("log.jsonl")
    invoke("log.jsonl", "--config", "other.toml")
    invoke("log.jsonl", "--format", "query")
    used = [(call.settings.input.format, call.settings.input.batch_size) for call in calls]
    assert used == [("combined", 3), ("query", 4), ("query", 3)]


def test_a_wrong_configuration_stops_before_anything_is_read(
    calls: list[Call], capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, exit code 2."""
    Path("probewatch.toml").write_text("[inputs]\n")
    assert run(["replay", "log.jsonl"]) == 2
    assert calls == []
    assert capsys.readouterr().err == (
        "probewatch: probewatch.toml: inputs: unknown key; did you mean input?\n"
    )


def test_a_missing_file_stops_before_anything_is_read(
    calls: list[Call], capsys: pytest.CaptureFixture[str]
) -> None:
    """Even if the first file is there."""
    assert run(["replay", "log.jsonl", "gone.jsonl"]) == 2
    assert calls == []
    assert "File 'gone.jsonl' does not exist." in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [
        ("--alerts", "log.jsonl"),
        ("--summary", "./log.jsonl"),
        ("--rejects", "link.jsonl"),
        ("--alerts", "out.jsonl", "--rejects", "./out.jsonl"),
        ("--verdicts", "verdicts.jsonl", "--alerts", "verdicts.jsonl"),
    ],
)
def test_no_file_is_written_over(
    calls: list[Call], capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    """Neither a log or verdicts by an output, however spelt, nor an output by another."""
    Path("link.jsonl").symlink_to("log.jsonl")
    Path("verdicts.jsonl").touch()
    assert run(["replay", "log.jsonl", *options]) == 2
    assert calls == []
    assert f"{Path(options[-1])} is named twice" in capsys.readouterr().err


def test_several_outputs_may_go_to_a_device(calls: list[Call]) -> None:
    """Nothing there is written over."""
    assert run(["replay", "log.jsonl", "--alerts", "/dev/null", "--rejects", "/dev/null"]) == 0
    assert len(calls) == 1
