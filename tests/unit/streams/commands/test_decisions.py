"""What the commands that decide say before any broker is asked."""

from pathlib import Path

import pytest

from streams.cli import run
from streams.commands import decisions, snooze, verdict
from streams.commands.snooze import told_of
from streams.commands.spoken import day_of, to_the_second
from streams.decisions.ledger import Ledger
from streams.settings import Settings
from tests.alerts import an_alert
from tests.decisions import a_snooze, ruled

ENTITY = "p0_" + "a" * 26
FOR = ("--for", "1h", "--owner", "soc")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("verdict",), "An alert's id and a verdict are needed"),
        (("verdict", "a1"), "An alert's id and a verdict are needed"),
        (("verdict", "a1", "maybe"), "'maybe' is not one of"),
        (("verdict", "a1", "true", "--list"), "--list and --export take no alert"),
        (("verdict", "a1", "true", "--note", "he is my ex"), "expected a code"),
        (("verdict", "a1", "true", *["--note", "x"] * 6), "At most 5 notes"),
        (("verdict", "a1", "true", "--by", "Anna Smith"), "expected a name without spaces"),
        (("verdict", "a1", "true", "--at", "2026-03-31T00:00:00"), "lacks its offset"),
        (("verdict", "a1", "true", "--at", "now"), "is no time"),
        (("verdict", "a1", "true", "--at", "9999-12-31T00:00Z"), "expected a time from 1970"),
        (("verdict", "a1", "true", "--at", "1969-12-31T23:59Z"), "expected a time from 1970"),
        (("reload", "--at", "9999-12-31T23:59:59Z"), "expected a time from 1970"),
        (("snooze", "--alert", "a", "--until", "9999-12-31T12:00Z", "--owner", "o"), "from 1970"),
        (("snooze", "--alert", "a", "--for", "99999999d", "--owner", "o"), "expected an end"),
        (("snooze", *FOR), "Name one of --alert, --entity"),
        (("snooze", "--alert", "a", "--entity", ENTITY, *FOR), "Name one of --alert, --entity"),
        (("snooze", "--entity", "anna", *FOR), "expected a pseudonym"),
        (("snooze", "--pattern", "bulk_scraping", *FOR), "--pattern and --tenant go together"),
        (("snooze", "--alert", "a", "--tenant", "t", *FOR), "--pattern and --tenant go together"),
        (("snooze", "--alert", "a", "--owner", "soc"), "Say either --until or --for"),
        (("snooze", "--alert", "a", "--for", "1h"), "--owner is missing"),
        (("snooze", "--alert", "a", "--for", "0h", "--owner", "o"), "expected a duration"),
        (
            ("snooze", "--alert", "a", "--until", "2020-01-01T00:00Z", "--owner", "o"),
            "over already",
        ),
        (("snooze", "--list", "--alert", "a"), "--list and --end stand alone"),
        (("reload",), "name a file with --config"),
        (("reload", "--config", "wrong.toml"), "budget.novelty: unknown key"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_done(
    words: tuple[str, ...],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With what was expected, and exit code 2."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROBEWATCH_CONFIG", raising=False)
    Path("wrong.toml").write_text("[budget]\nnovelty = 1\n")

    assert run(words) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("command", ["verdict", "snooze", "reload", "decisions"])
def test_help_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of how it is called."""
    assert run([command, "--help"]) == 0
    assert f"Example:\n    probewatch {command}" in capsys.readouterr().out


def test_an_ended_suppression_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By check-config, which takes the file all the same."""
    file = tmp_path / "probewatch.toml"
    file.write_text(
        '[[suppressions]]\nid = "old"\nowner = "soc"\nreason = "x"\ntenants = ["t"]\n'
        'until = "2020-01-01T00:00:00Z"\n'
    )

    assert run(["check-config", str(file)]) == 0
    assert "suppression old ended at 2020-01-01T00:00:00Z" in capsys.readouterr().err


def test_a_snooze_of_what_nothing_matches_says_so() -> None:
    """A tenant may be misspelt, or have no alert yet: both are taken, and told."""
    assert "none matches now" in told_of(a_snooze(), [])
    assert "1 by now" in told_of(a_snooze(), [an_alert()])


@pytest.mark.parametrize("time", [-(2**63), -1, 0, 253_402_300_799_999, 2**63])
def test_a_time_that_stands_in_the_topic_can_be_shown(time: int) -> None:
    """Whoever wrote it: others have their decisions in the same list."""
    assert day_of(time)[4:5] == to_the_second(time)[4:5] == "-"


def test_no_decision_speaks_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """What is in an id is shown and not obeyed."""
    bad = "a\x1b[2J\nb"
    ledger = Ledger(Settings())
    ledger.hear(ruled(alert_id=bad, tenant_id=bad))
    verdict._show(ledger)  # noqa: SLF001  without a broker
    of_alert = a_snooze(alert_id=bad, pattern=None, tenant_id=None)
    snooze._show([of_alert, a_snooze(tenant_id=bad)])  # noqa: SLF001  without a broker
    shown = capsys.readouterr().out + decisions._row(next(ledger.decisions()))[0]  # noqa: SLF001

    assert shown.count("a\N{REPLACEMENT CHARACTER}[2J") == 5
    assert "\x1b" not in shown
