from pathlib import Path

import pytest

from detectors.errors import ConfigError, InputError
from streams.decisions.exported import read_exported
from streams.decisions.records import line_of
from streams.ingest.rejects import Rejected
from streams.settings import Settings
from tests.decisions import a_budget, a_snooze, configured, ruled
from tests.logs import MONDAY


def written(directory: Path, *lines: bytes) -> Path:
    """A file of lines."""
    file = directory / "decisions.jsonl"
    file.write_bytes(b"\r\n".join([*lines, b""]))
    return file


def test_what_is_exported_is_read(tmp_path: Path) -> None:
    """Verdicts, bare ones too, and configurations; a snooze says nothing to a replay."""
    verdict, other = ruled(), ruled(alert_id="a2").verdict
    budget = configured(a_budget(2.0))
    lines = line_of(verdict), b"", line_of(a_snooze()), other.line(), b"garbage", line_of(budget)
    found = read_exported(written(tmp_path, *lines), Settings())

    assert found.heard.verdicts == [verdict.verdict, other]
    assert found.heard.rejected == [Rejected(4, "not_json")]
    (change,) = found.changes
    assert (change.event_time, change.config_hash) == (MONDAY, a_budget(2.0).config_hash)


def test_a_configuration_that_is_not_understood_is_named(tmp_path: Path) -> None:
    """With its line: a replay without it would be another one."""
    record = configured(a_budget(2.0))
    record.tables["budget"]["novelty"] = 1
    with pytest.raises(ConfigError, match=r"decisions\.jsonl, line 2: .*budget\.novelty: unknown"):
        read_exported(written(tmp_path, line_of(ruled()), line_of(record)), Settings())


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """With why."""
    with pytest.raises(InputError, match=r"none\.jsonl: cannot be read: No such file"):
        read_exported(tmp_path / "none.jsonl", Settings())
