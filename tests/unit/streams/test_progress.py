import io
from pathlib import Path

from streams.progress import reading


class Terminal(io.StringIO):
    """A terminal that keeps what it was shown."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def test_a_pipe_is_told_nothing(tmp_path: Path) -> None:
    """Work in a pipe is silent until its result."""
    file = io.StringIO()
    with reading([str(tmp_path / "not even there")], file) as report:
        report(10, 1)
    assert file.getvalue() == ""


def test_a_terminal_sees_the_share_read_and_the_events(tmp_path: Path) -> None:
    """Half of the bytes of both files are 50 %."""
    paths = [tmp_path / "a", tmp_path / "b"]
    for path, size in zip(paths, (300, 100), strict=True):
        path.write_bytes(bytes(size))
    file = Terminal()
    with reading([str(path) for path in paths], file) as report:
        report(200, 1234)
    assert "50%" in file.getvalue()
    assert "1,234 events" in file.getvalue()


def test_a_stream_has_events_but_no_share() -> None:
    """How much of standard input is left, nobody knows."""
    file = Terminal()
    with reading(["-"], file) as report:
        report(200, 7)
    assert "7 events" in file.getvalue()
    assert "100%" not in file.getvalue()
