import asyncio
import logging
from pathlib import Path

import pytest

from detectors.errors import InputError
from streams.audit.chain import Head, Whole, verify
from streams.audit.file import AuditFile, Copy, lines
from tests.unit.streams.audit.chains import a_chain


def test_what_is_added_is_there(tmp_path: Path) -> None:
    """Records stand in the order in which they were added, for nobody else to read."""
    path, chain = tmp_path / "trail.jsonl", a_chain(5)
    file = AuditFile(path)
    file.append(chain[:3])
    file.append([])
    file.append(chain[3:])

    assert isinstance(verify(lines(path)), Whole)
    assert file.head() == Head(4, chain[-1].hash)
    assert path.stat().st_mode & 0o077 == 0


def test_a_torn_line_is_cut_off(tmp_path: Path) -> None:
    """What a crash left half-written is not there; what comes next follows the last whole one."""
    path, chain = tmp_path / "trail.jsonl", a_chain(3)
    file = AuditFile(path)
    file.append(chain[:2])
    with path.open("ab") as torn:
        torn.write(chain[2].line()[:20])

    assert file.head() == Head(1, chain[1].hash)
    file.append(chain[2:])
    assert isinstance(verify(lines(path)), Whole)


def test_a_file_that_is_not_there_has_no_records(tmp_path: Path) -> None:
    """It is made with the first record."""
    assert AuditFile(tmp_path / "trail.jsonl").head() == Head()


def test_another_file_is_refused(tmp_path: Path) -> None:
    """Nothing is added to what is no trail."""
    path = tmp_path / "notes.txt"
    path.write_text("bread\nmilk\n")
    with pytest.raises(InputError, match=r"notes\.txt: its last line is no record"):
        AuditFile(path).head()


def test_a_copy_that_cannot_be_written_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told and counted; as soon as it can be written, it goes on where it ended."""
    path, chain = tmp_path / "not" / "there" / "trail.jsonl", a_chain(3)
    failures: list[str] = []
    copy = Copy(AuditFile(path), lambda: failures.append("copy"))

    async def catch_up(seq: int, hash_: str) -> None:
        # What it has already is not read of the topic.
        await copy.catch_up({}, "probewatch.audit", Head(seq, hash_))

    with caplog.at_level(logging.WARNING):
        asyncio.run(catch_up(0, chain[0].hash))
        copy.append(chain[1:2])
    assert failures == ["copy"]
    assert "the copy of the audit trail falls behind" in caplog.text

    path.parent.mkdir(parents=True)
    AuditFile(path).append(chain[:2])
    asyncio.run(catch_up(1, chain[1].hash))
    copy.append(chain[2:])
    assert isinstance(verify(lines(path)), Whole)
    assert AuditFile(path).head().seq == 2


def test_a_copy_that_fails_later_gets_nothing_with_a_gap(tmp_path: Path) -> None:
    """What comes after what it lacks waits until that has been added."""
    path, chain = tmp_path / "trail.jsonl", a_chain(3)
    failures: list[str] = []
    copy = Copy(AuditFile(path), lambda: failures.append("copy"))
    asyncio.run(copy.catch_up({}, "probewatch.audit", Head()))
    copy.append(chain[:1])
    path.rename(tmp_path / "away")
    path.mkdir()
    copy.append(chain[1:2])
    path.rmdir()
    (tmp_path / "away").rename(path)
    copy.append(chain[2:])

    assert failures == ["copy"]
    assert AuditFile(path).head().seq == 0
