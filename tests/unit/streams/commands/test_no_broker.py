"""What commands that read Kafka say where nobody listens."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.cli import run


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address that refuses connections."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize(
    "command",
    [("audit", "verify"), ("explain", "a1"), ("deliver",), ("deliver", "--dead-letters")],
)
def test_that_no_broker_is_there_is_one_line(
    command: tuple[str, ...], nobody: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its address, and without what the client's error looks like; exit code 1."""
    config = tmp_path / "probewatch.toml"
    config.write_text(
        f'[kafka]\nbootstrap_servers = "{nobody}"\n[service]\nhttp_port = 0\n'
        f'[[sinks]]\nname = "file"\ntype = "file"\noutput_file = "{tmp_path / "out"}"\n'
    )
    status = run([*command, "--config", str(config)])
    said = capsys.readouterr().err
    last = said.splitlines()[-1]

    assert status == 1
    assert last.startswith(f"probewatch: {nobody}")
    assert last.endswith("no broker can be reached")
    assert "Unclosed" not in said
