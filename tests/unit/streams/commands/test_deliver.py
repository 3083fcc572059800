"""What is wrong with sinks is said before anything is delivered."""

from pathlib import Path

import pytest

from streams.cli import run

HOOK = '[service]\nhttp_port = 0\n[[sinks]]\nname = "hook"\ntype = "webhook"\n'


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        ("", [], "sinks: there is none to deliver to; docs/sinks.md says how to add one"),
        ("", ["--sink", "x"], "--sink goes with --dead-letters See probewatch deliver --help."),
        (HOOK, ["--dead-letters", "--sink", "x"], "sinks: there is no sink x"),
        (HOOK, [], "sink hook: no url: set url, url_file or PROBEWATCH_SINK_HOOK_URL"),
        (
            f'{HOOK}url = "https://example.org"',
            [],
            "sink hook: no secret to sign with: set secret_file or PROBEWATCH_SINK_HOOK_SECRET",
        ),
        (
            f'{HOOK}url = "https://example.org"\nsecret_file = "nowhere"',
            [],
            "sink hook: secret_file: {directory}/nowhere: cannot be read: No such file",
        ),
        (f"{HOOK}retries = 3", [], "sinks[0].retries: unknown key; there are:"),
    ],
)
def test_what_is_wrong_ends_it_at_once(
    text: str,
    arguments: list[str],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With exit code 2 and one line."""
    config = tmp_path / "probewatch.toml"
    config.write_text(text)
    status = run(["deliver", "--config", str(config), "--log-level", "error", *arguments])
    out = capsys.readouterr()

    assert status == 2
    assert said.format(directory=tmp_path) in out.err
    assert out.err.count("\n") == 1
