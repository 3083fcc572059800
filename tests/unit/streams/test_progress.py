import io

from streams.progress import reading


class Terminal(io.StringIO):
    """A terminal that keeps what it was shown."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def test_a_pipe_is_told_nothing() -> None:
    """Work in a pipe is silent until its result."""
    file = io.StringIO()
    with reading(file) as report:
        report(10, 100, 1)
    assert file.getvalue() == ""


def test_a_terminal_sees_the_share_read_and_the_events() -> None:
    """Half of the bytes are 50 %."""
    file = Terminal()
    with reading(file) as report:
        report(200, 400, 1234)
    assert "50%" in file.getvalue()
    assert "1,234 events" in file.getvalue()


def test_a_stream_has_events_but_no_share() -> None:
    """How much of standard input is left, nobody knows."""
    file = Terminal()
    with reading(file) as report:
        report(200, None, 7)
    assert "7 events" in file.getvalue()
    assert "100%" not in file.getvalue()
