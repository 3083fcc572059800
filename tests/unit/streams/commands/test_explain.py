from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest
from click.testing import CliRunner, Result

from detectors.alerts import rfc3339
from detectors.errors import InputError
from detectors.patterns import Patterns
from streams.cli import run
from streams.commands.explain import explain
from tests.unit.streams.explain.told import KEY, Log, story_named, written

SVG = b"<?xml"
PNG = b"\x89PNG"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """What the chief of Sedgwick did, with plain ids."""
    return written(story_named("sedgwick_228"), tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def hidden(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """The same under pseudonyms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROBEWATCH_PSEUDONYM_KEY", KEY)
        return written(story_named("sedgwick_228"), tmp_path_factory.mktemp("keyed"), "keyed")


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty directory without settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROBEWATCH_CONFIG", raising=False)


def invoke(*arguments: object) -> Result:
    """Call the command; an exception is the test's."""
    return CliRunner().invoke(explain, list(map(str, arguments)), catch_exceptions=False)


def json_of(*arguments: object) -> dict[str, Any]:
    """What it says as JSON."""
    found: dict[str, Any] = orjson.loads(invoke(*arguments, "--json").stdout)
    return found


def test_an_alert_is_told_with_every_revision(told: Log) -> None:
    """Who, why in numbers, how rare, how it grew, what would have been otherwise, what to do."""
    last = told.revisions[-1]
    mine = [a for a in told.revisions if a.alert_id == last.alert_id]
    found = json_of(last.alert_id, "--alerts", told.alerts)

    assert (found["schema"], found["kind"]) == ("probewatch.explanation.v1", "alert")
    assert found["alert"]["entity"]["id"] == last.entity.id
    assert [r["revision"] for r in found["revisions"]] == [a.revision for a in mine]
    assert [r["rarity"] for r in found["revisions"]] == [a.rarity for a in mine]
    text = invoke(last.alert_id, "--alerts", told.alerts).stdout
    assert all(reason.text in text for reason in last.reasons)
    assert "What to do next" in text


def test_the_budget_that_is_told_is_the_one_that_decides(told: Log, tmp_path: Path) -> None:
    """Under a budget just below it the alert is not raised; just above, it is."""
    last = told.revisions[-1]
    needed = json_of(last.alert_id, "--alerts", told.alerts)["distance"]["budgets"]["medium"]
    event = last.event_ids[-1]
    raised = []
    for factor in (0.99, 1.01):
        config = tmp_path / "budget.toml"
        config.write_text(f"[budget]\nfalse_alerts_per_10000_actor_days = {needed * factor}\n")
        options = ("--alerts", told.alerts, "--config", config)
        distance = json_of(last.alert_id, *options)["distance"]
        raised.append(distance["evidence"] >= distance["threshold"])
        assert not distance["same_settings"]

    assert raised == [False, True]
    assert event


def test_an_event_is_told_of_by_every_pattern(told: Log) -> None:
    """The event that raised an alert is told to have raised it."""
    opened = told.revisions[0]
    event = _event_at(told, opened.raised_event_time)
    found = json_of("--event", event, "--from", told.log, "--pseudonyms", "none")
    findings = {finding["pattern"]: finding for finding in found["findings"]}

    assert list(findings) == [p.code.value for p in Patterns().all()]
    assert findings[opened.pattern.value]["made"] == "alert"
    assert findings[opened.pattern.value]["alert_id"] == opened.alert_id
    assert [a["alert_id"] for a in found["alerts"]] == [opened.alert_id]


def test_the_event_before_is_told_not_to_be_enough(told: Log) -> None:
    """With what would have been enough, on the way to the alert that came."""
    opened = told.revisions[0]
    before = opened.event_ids[-2]
    found = json_of("--event", before, "--from", told.log, "--pseudonyms", "none")
    (finding,) = (f for f in found["findings"] if f["pattern"] == opened.pattern)

    assert finding["made"] == "kept"
    assert found["alerts"] == []
    assert {change["feature"] for change in finding["changes"]} >= {"pair_days"}


def test_pseudonyms_are_told_under_their_key(
    hidden: Log, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No plain id is said, and the searches in the picture are found by pseudonym."""
    monkeypatch.setenv("PROBEWATCH_PSEUDONYM_KEY", KEY)
    opened = hidden.revisions[0]
    event = _event_at(hidden, opened.raised_event_time)
    result = invoke("--event", event, "--from", hidden.log)

    assert opened.entity.id in result.stdout
    assert "chief" not in result.stdout
    picture = tmp_path / "why.png"
    options = ("--alerts", hidden.alerts, "--from", hidden.log, "--plot", picture)
    assert invoke(opened.alert_id, *options).exit_code == 0
    assert picture.read_bytes().startswith(PNG)


def test_pictures_are_the_same_each_time(told: Log, tmp_path: Path) -> None:
    """An SVG is drawn of an alert and of an event, to the byte."""
    opened = told.revisions[0]
    about = {
        "alert": (opened.alert_id, "--alerts", told.alerts),
        "event": ("--event", opened.event_ids[0]),
    }
    for name, what in about.items():
        drawn = []
        for time in ("first", "second"):
            picture = tmp_path / f"{name}-{time}.svg"
            log = ("--from", told.log, "--pseudonyms", "none")
            assert invoke(*what, *log, "--plot", picture).exit_code == 0
            drawn.append(picture.read_bytes())
        assert drawn[0].startswith(SVG)
        assert drawn[0] == drawn[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nobody", "--alerts", "{alerts}"), "{alerts}: no alert nobody"),
        (("--event", "none", "--from", "{log}"), "{log}: no event none"),
    ],
)
def test_what_there_is_not_is_said_in_one_line(
    told: Log, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    """An unknown alert or event ends with 1."""
    names = {"alerts": told.alerts, "log": told.log}
    given = [argument.format_map(names) for argument in arguments]
    assert run(["explain", *given, "--pseudonyms", "none"]) == 1
    assert capsys.readouterr().err == f"probewatch: {message.format_map(names)}\n"


@pytest.mark.parametrize(
    ("change", "output", "message"),
    [
        ({"last_event_time": "nope"}, ("--plot", "a.svg"), "cannot be drawn: 'nope' is no time"),
        ({"first_event_time": "2026-03-05"}, ("--plot", "a.svg"), "lacks its offset"),
        ({"first_event_time": "0001-01-01T00:00:00Z"}, ("--plot", "a.svg"), "too far apart"),
        ({"event_count": 2**70}, ("--json",), "it cannot be written as JSON: Integer exceeds"),
        ({"alert_id": "another"}, ("--plot", "a.txt"), "expected a name that ends in .svg or .png"),
        ({"alert_id": "another"}, ("--plot", "a"), "expected a name that ends in .svg or .png"),
    ],
)
def test_an_alert_that_others_wrote_ends_in_one_line(
    told: Log,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, Any],
    output: tuple[str, ...],
    message: str,
) -> None:
    """Whatever times and numbers it holds; what cannot be drawn is told before it is looked for."""
    alert = told.revisions[0]
    alerts = Path("alerts.jsonl")
    alerts.write_bytes(msgspec.json.encode(msgspec.to_builtins(alert) | change))

    assert run(["explain", alert.alert_id, "--alerts", str(alerts), *output]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"outcome": "maybe"}, "was rejected"),
        ({"event_time": 1_000_000_000_000}, "came too late"),
    ],
)
def test_what_was_not_used_says_why(
    told: Log, tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    """An event that is there, and did not count, is told apart from one that is not there."""
    lines = told.log.read_bytes().splitlines()[:20]
    odd = orjson.loads(lines[-1]) | {"event_id": "odd"} | change
    log = tmp_path / "odd.jsonl"
    log.write_bytes(b"\n".join([*lines, orjson.dumps(odd), *lines[:1]]))
    with pytest.raises(InputError, match=why):
        invoke("--event", "odd", "--from", log, "--pseudonyms", "none")


@pytest.mark.parametrize(
    "line", [b'{"event_id": "torn", "event_time": "2026-', b'{"event_id":7}'], ids=["torn", "7"]
)
def test_a_record_that_is_no_event_is_found_by_what_it_says(
    told: Log, tmp_path: Path, line: bytes
) -> None:
    """A line that was cut off, or an id that is a number: it was rejected, and not absent."""
    log = tmp_path / "odd.jsonl"
    log.write_bytes(told.log.read_bytes().splitlines()[0] + b"\n" + line + b"\n")
    wanted = "torn" if b"torn" in line else "7"
    with pytest.raises(InputError, match=f"event {wanted}, record 1, was rejected"):
        invoke("--event", wanted, "--from", log, "--pseudonyms", "none")


@pytest.mark.parametrize(
    "arguments",
    [(), ("id", "--event", "e"), ("--event", "e"), ("--event", "e", "--from", "-")],
)
def test_wrong_usage_is_told(arguments: tuple[str, ...]) -> None:
    """Neither, both, an event without a log, a log that cannot be read twice: exit code 2."""
    assert run(["explain", *arguments]) == 2


def _event_at(told: Log, time: str) -> str:
    """The event that was made at a time."""
    for line in told.log.read_bytes().splitlines():
        event = orjson.loads(line)
        if rfc3339(int(event["event_time"])) == time:
            return str(event["event_id"])
    raise LookupError(time)
