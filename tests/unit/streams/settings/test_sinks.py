"""What a table `[[sinks]]` may say, and what is said of one that is wrong."""

import base64
from pathlib import Path
from typing import Any, get_args

import pytest

from detectors.alerts import PatternCode, Severity, Status
from detectors.errors import ConfigError
from streams.settings import (
    FaultyConfigError,
    Sink,
    parse,
    sink_secrets,
    sink_token,
    sink_url,
)
from streams.settings.sinks import PatternWord, SeverityWord, StatusWord

WEBHOOK = {"name": "on-call", "type": "webhook"}
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def sinks(*tables: dict[str, Any], directory: str = "/etc") -> tuple[Sink, ...]:
    """What a file with these tables says."""
    return parse({"sinks": list(tables)}, "p.toml", Path(directory)).sinks


def read_all(sink: Sink, environ: dict[str, str]) -> None:
    """Read all that is secret of a sink."""
    for read in (sink_url, sink_secrets, sink_token):
        read(sink, environ)


def faults(*tables: dict[str, Any]) -> list[str]:
    """What is said of these tables."""
    with pytest.raises(FaultyConfigError) as caught:
        sinks(*tables)
    return [line.removeprefix("p.toml: ") for line in caught.value.lines]


def test_words_are_those_of_alerts() -> None:
    """A new pattern can be filtered by."""
    assert get_args(PatternWord) == tuple(PatternCode)
    assert get_args(StatusWord) == tuple(Status)
    assert get_args(SeverityWord) == tuple(Severity)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"type": "file"}, "sinks[0].name: missing; expected text"),
        ({"name": "A", "type": "terminal"}, "sinks[0]: name: expected a letter a to z"),
        ({**WEBHOOK, "url": "http://x/"}, "sinks[0]: url: is not https; http needs allow_http"),
        ({**WEBHOOK, "url": "ftp://x/", "allow_http": True}, "sinks[0]: url: is not https"),
        ({**WEBHOOK, "url": "https://u:p@x/"}, "sinks[0]: url: holds a user or a password"),
        ({**WEBHOOK, "url": "https://"}, "sinks[0]: url: names no host"),
        ({**WEBHOOK, "url": "https://x:99999/"}, "sinks[0]: url: is no address"),
        ({**WEBHOOK, "url": "https://x", "url_file": "u"}, "sinks[0]: url_file: expected one of"),
        ({**WEBHOOK, "topic": "t"}, "sinks[0]: topic: has no effect with webhook"),
        ({**WEBHOOK, "timeout": "0s"}, "sinks[0]: timeout: expected 10ms to 5m, got 0s"),
        ({**WEBHOOK, "patterns": ["spying"]}, "sinks[0].patterns[0]: expected one of"),
        ({**WEBHOOK, "parallel": 0}, "sinks[0].parallel: expected a whole number, at least 1"),
        ({"name": "f", "type": "file"}, "sinks[0]: output_file: missing; file needs it"),
        ({"name": "f", "type": "terminal", "url": "https://x"}, "sinks[0]: url: has no effect"),
        ({"name": "o", "type": "ocsf", "topic": "a b"}, "sinks[0]: topic: expected at most 249"),
        ({"name": "o", "type": "ocsf", "topic": ".."}, "sinks[0]: topic: expected at most 249"),
        (
            {"name": "o", "type": "ocsf", "topic": "face-search.queries"},
            "sinks[0].topic: expected another topic than that of queries",
        ),
        (
            {"name": "o", "type": "ocsf", "topic": "probewatch.control"},
            "sinks[0].topic: expected another topic than one that Probewatch keeps for itself",
        ),
        (
            {"name": "o", "type": "ocsf", "topic": "t", "url": "https://x"},
            "sinks[0]: topic: expected one of topic and url, got both",
        ),
        (
            {"name": "o", "type": "ocsf", "topic": "t", "secret_file": "s"},
            "sinks[0]: secret_file: has no effect with ocsf",
        ),
        (
            {"name": "a", "type": "alertmanager", "statuses": ["open"]},
            "sinks[0]: statuses: has no effect with alertmanager",
        ),
        ({**WEBHOOK, "secret": "x"}, "sinks[0].secret: unknown key; did you mean secret_file?"),
    ],
)
def test_what_is_wrong_is_said(table: dict[str, Any], said: str) -> None:
    """Where, what was expected and what was there."""
    assert any(fault.startswith(said) for fault in faults(table)), faults(table)


def test_names_are_told_apart() -> None:
    """Two sinks of one name would share offsets and secrets."""
    assert faults(WEBHOOK, WEBHOOK) == [
        'sinks[1].name: expected a name of its own, got "on-call" a second time'
    ]


def test_files_are_seen_from_the_settings() -> None:
    """As the other files that settings name."""
    (sink,) = sinks({**WEBHOOK, "secret_file": "secrets"})

    assert Path(sink.secret_file) == Path("/etc/secrets")


def test_the_environment_goes_before_files(tmp_path: Path) -> None:
    """Address, secrets and token come from either."""
    (sink,) = sinks(
        {**WEBHOOK, "url_file": "url", "secret_file": "secrets", "token_file": "token"},
        directory=str(tmp_path),
    )
    (tmp_path / "url").write_text("https://a.example/\n")
    (tmp_path / "secrets").write_text(f"{SECRET}\n{SECRET}\n")
    (tmp_path / "token").write_text("t0ken\n")

    assert sink_url(sink, {}) == "https://a.example/"
    assert sink_url(sink, {"PROBEWATCH_SINK_ON_CALL_URL": "https://b/"}) == "https://b/"
    assert sink_secrets(sink, {}) == (bytes(range(32)), bytes(range(32)))
    assert len(sink_secrets(sink, {"PROBEWATCH_SINK_ON_CALL_SECRET": SECRET})) == 1
    assert sink_token(sink, {}) == "t0ken"
    assert sink_token(sink, {"PROBEWATCH_SINK_ON_CALL_TOKEN": "x"}) == "x"


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "sink on-call: no url: set url, url_file or PROBEWATCH_SINK_ON_CALL_URL"),
        ({"URL": "http://hidden/"}, "PROBEWATCH_SINK_ON_CALL_URL: is not https"),
        ({"URL": "https://x/", "SECRET": "hidden!"}, "secret 1: expected whsec_ and base64"),
        ({"URL": "https://x/", "SECRET": "whsec_aGlkZGVu"}, "secret 1: has 6 bytes, expected 24"),
        ({"URL": "https://x/", "SECRET": " "}, "is empty, expected whsec_ and base64"),
        ({"URL": "https://x/", "TOKEN": "hidden\nX: y"}, "is no token as RFC 6750 has it"),
    ],
)
def test_secrets_that_are_wrong_are_not_repeated(environ: dict[str, str], said: str) -> None:
    """The message says where they came from."""
    (sink,) = sinks(WEBHOOK)
    given = {f"PROBEWATCH_SINK_ON_CALL_{name}": value for name, value in environ.items()}
    with pytest.raises(ConfigError) as caught:
        read_all(sink, given)

    assert said in str(caught.value)
    assert "hidden" not in str(caught.value)
