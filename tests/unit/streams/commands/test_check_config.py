from pathlib import Path

import pytest
from click.testing import CliRunner

from detectors.errors import ConfigError
from streams.commands.check_config import check_config
from streams.settings import Settings, default_file


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory to call the command in, and nothing in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROBEWATCH_CONFIG", raising=False)
    monkeypatch.delenv("PROBEWATCH_PSEUDONYM_KEY", raising=False)
    return tmp_path


def test_a_good_file_is_said_to_be_fine_in_one_line(here: Path) -> None:
    """The line has the hash that alerts will carry."""
    (here / "mine.toml").write_text("")
    result = CliRunner().invoke(check_config, ["mine.toml"])
    assert result.exit_code == 0
    assert result.output == (
        f"mine.toml: fine; configuration {Settings().config_hash}, no pseudonym key\n"
    )


def test_without_a_file_the_one_here_is_checked_or_else_the_defaults(here: Path) -> None:
    """What is checked is what the other commands would load."""
    nothing = CliRunner().invoke(check_config, env={"PROBEWATCH_PSEUDONYM_KEY": "ab" * 16})
    assert nothing.output.startswith("no file, so the defaults: fine; ")
    assert nothing.output.endswith(", a pseudonym key is set\n")
    (here / "probewatch.toml").write_text("x = 1\n")
    assert CliRunner().invoke(check_config).exit_code == 2


def test_every_fault_has_its_line_on_stderr(here: Path) -> None:
    """Two faults are two lines, and the exit code says that the configuration is wrong."""
    (here / "bad.toml").write_text('[input]\nformat = "csv"\n[limit]\n')
    result = CliRunner().invoke(check_config, ["bad.toml"])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == (
        "bad.toml: limit: unknown key; did you mean limits?\n"
        'bad.toml: input.format: expected one of "query", "combined", got "csv"\n'
    )


def test_a_bad_key_is_a_fault_too(here: Path) -> None:
    """A configuration is not fine if its key cannot be used."""
    (here / "c.toml").write_text('[pseudonyms]\nkey_file = "key"\n')
    (here / "key").write_text("c0ffee")
    result = CliRunner().invoke(check_config, ["c.toml"])
    assert isinstance(result.exception, ConfigError)
    assert str(result.exception).startswith("key: the pseudonym key has 3 bytes, expected ")


def test_a_directory_that_is_not_here_is_named(here: Path) -> None:
    """The file is fine, since the machine that writes there may be another."""
    (here / "c.toml").write_text(
        '[audit]\ncopy_file = "not/trail.jsonl"\n'
        '[[sinks]]\nname = "a"\ntype = "file"\noutput_file = "alerts.jsonl"\n'
    )
    result = CliRunner().invoke(check_config, ["c.toml"])
    assert result.exit_code == 0
    assert result.stderr == "audit.copy_file: not: no such directory here\n"


def test_the_default_file_is_printed_as_it_is(here: Path) -> None:
    """It can be redirected into a file and is valid there."""
    result = CliRunner().invoke(check_config, ["--default"])
    assert result.output == default_file()
    (here / "probewatch.toml").write_text(result.output)
    assert CliRunner().invoke(check_config).exit_code == 0


def test_an_estimator_that_there_is_not_is_a_fault_of_its_table(here: Path) -> None:
    """The line says what river has instead."""
    (here / "bad.toml").write_text('[patterns.unusual_activity]\nestimator = "Forest()"\n')
    result = CliRunner().invoke(check_config, ["bad.toml"])
    assert result.exit_code == 2
    assert result.stderr.startswith(
        "bad.toml: patterns.unusual_activity: estimator: 'Forest' is not in river.anomaly; "
        "there are HalfSpaceTrees, LODA"
    )
